"""Grain: what a network paints is too smooth; the noise of the photo around it is measured and made anew on top of it.

Only noise of the right strength and coarseness is made, no detail: hair and pores are not invented. It is measured
where the photo is quietest, as its correlation from each pixel to the next few, brightness and colours apart.
"""

from __future__ import annotations

import cv2
import numpy as np

from retoucher.mask import Bools
from retoucher.spreading import Floats

SLOW = 2.5
"""Spread in pixels of the blur that is taken for the picture itself; what is finer may be noise."""
TILE = 16
"""Side in pixels of the places that are told apart."""
QUIET, FEWEST = 0.1, 4
"""The share of places, those that vary least, which are measured (what varies more is hair, edges, cloth), and how many
at least there must be."""
ALIKE = 0.12
"""Only places are measured that are no brighter or darker than the hole by more: noise depends on brightness."""
REACH = 4
"""Pixels over which noise is correlated, at most."""
FINE = 32
"""Side of the grid of frequencies on which noise is made."""
ROUGHER = 0.2
"""What a drawing has of its own is noise if neighbours are not more alike by this than in the photo's: else edges."""
FAINT = 0.3 / 255
"""Weaker noise is not worth adding."""

OPPONENT = np.array([[1, 1, 1], [1, -1, 0], [0.5, 0.5, -1]], np.float32)
OPPONENT /= np.linalg.norm(OPPONENT, axis=1, keepdims=True)
"""Brightness and two differences of colour, of length 1: sensors and JPEG give each its own noise."""


def grained(photo: Floats, drawn: Floats, hole: Bools, known: Bools, seed: int) -> Floats:
    """The drawn picture with the photo's noise on it: (h, w, 3) -> the same; other seeds give other noise.

    photo, drawn (h, w, 3) in [0, 1]; hole, known (h, w) bool, where `known` is what may be measured. Noise that the
    drawn picture has already is not added again.
    """
    around = known & ~hole
    # Unknown pixels are never looked at: the drawn picture stands in for them.
    whole = np.where(around[..., None], photo, drawn) @ OPPONENT.T
    rough = np.asarray(whole - cv2.GaussianBlur(whole, (0, 0), SLOW), np.float32)
    # not where the blur has mixed photo and drawing
    clear = cv2.distanceTransform(around.astype(np.uint8), cv2.DIST_L2, 5) > 2 * SLOW
    there = _noise(rough, clear, whole[..., 0], _brightness(whole[..., 0][hole]))
    if there is None:
        return drawn
    inner = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5) > 2 * SLOW
    here = _noise(rough, inner, whole[..., 0], (-np.inf, np.inf))
    power = _power(there)
    if here is not None and _smoothness(here) < _smoothness(there) + ROUGHER:
        power = (power - _power(here)).clip(0)
    added = _made(power, hole.shape, seed)
    light = drawn.mean(2, keepdims=True).clip(0, 1)
    room = np.minimum(1, 5 * np.minimum(light, 1 - light) + 0.2)  # little noise is seen in white and in black
    return np.asarray(drawn + room * (added @ OPPONENT), np.float32)


def _brightness(light: Floats) -> tuple[float, float]:
    """Between which levels the photo is like the hole: of brightness on the first axis of `OPPONENT`."""
    low, high = np.quantile(light, (0.05, 0.95))
    more = ALIKE * float(OPPONENT[0].sum())
    return float(low) - more, float(high) + more


def _noise(rough: Floats, where: Bools, light: Floats, alike: tuple[float, float]) -> Floats | None:
    """How the noise of the quietest places is correlated: (2 R + 1, 2 R + 1, 3) for steps of up to R pixels each way.

    `rough` (h, w, 3): what is finer than the picture. None where there are too few places.
    """
    tall, wide = rough.shape[0] // TILE, rough.shape[1] // TILE
    if tall * wide == 0:
        return None

    def tiles(picture: Floats) -> Floats:
        inner = picture[: tall * TILE, : wide * TILE]
        return np.asarray(cv2.resize(inner, (wide, tall), interpolation=cv2.INTER_AREA), np.float32)

    whole = tiles(where.astype(np.float32)) > 0.999
    mean = tiles(light)
    like = whole & (mean >= alike[0]) & (mean <= alike[1])
    whole = like if np.count_nonzero(like) >= FEWEST else whole
    if np.count_nonzero(whole) < FEWEST:
        return None
    varied = tiles(np.square(rough[..., 0]))
    order = np.sort(varied[whole])
    limit = order[min(max(FEWEST, round(QUIET * order.size)), order.size) - 1]
    rows, columns = np.nonzero(whole & (varied <= limit))
    places = np.arange(TILE)
    down, across = (TILE * rows[:, None] + places)[:, :, None], (TILE * columns[:, None] + places)[:, None, :]
    return _correlation(rough[down, across])


def _correlation(parts: Floats) -> Floats:
    """How pixels go with those up to `REACH` away: parts (N, t, t, 3) -> (2 R + 1, 2 R + 1, 3)."""
    side = parts.shape[1]
    found = np.zeros((2 * REACH + 1, 2 * REACH + 1, 3), np.float32)
    for dy in range(REACH + 1):
        for dx in range(-REACH, REACH + 1):
            left, right = max(dx, 0), max(-dx, 0)
            one = parts[:, dy:, left : side - right]
            other = parts[:, : side - dy, right : side - left]
            value = (one * other).sum((0, 1, 2)) / (parts.shape[0] * side**2)  # fewer pairs, less trust
            found[REACH + dy, REACH + dx] = found[REACH - dy, REACH - dx] = value
    return found


def _smoothness(correlation: Floats) -> float:
    """How alike neighbours are in brightness: 0 for noise that knows no neighbours, 1 for none."""
    beside = correlation[REACH, REACH + 1, 0] + correlation[REACH + 1, REACH, 0]
    return float(beside / max(2 * correlation[REACH, REACH, 0], 1e-12))


def _power(correlation: Floats) -> Floats:
    """How strong each frequency is, from a correlation (2 R + 1, 2 R + 1, 3): (F, F, 3)."""
    grid = np.zeros((FINE, FINE, 3))
    grid[: 2 * REACH + 1, : 2 * REACH + 1] = correlation
    power = np.fft.fft2(np.roll(grid, (-REACH, -REACH), (0, 1)), axes=(0, 1)).real
    return np.asarray(power.clip(0), np.float32)


def _made(power: Floats, size: tuple[int, ...], seed: int) -> Floats:
    """Noise of these frequencies: (h, w, 3); nothing where it would be faint."""
    kernels = np.fft.ifft2(np.sqrt(power), axes=(0, 1)).real
    kernels = np.roll(kernels, (2 * REACH, 2 * REACH), (0, 1))[: 4 * REACH + 1, : 4 * REACH + 1].astype(np.float32)
    strength = np.sqrt(np.square(kernels).sum((0, 1)))
    lots = np.random.default_rng(seed).standard_normal((*size, 3), np.float32)
    made = [
        cv2.filter2D(lots[..., i], -1, kernels[..., i]) if strength[i] > FAINT else np.zeros(size) for i in range(3)
    ]
    return np.asarray(np.stack(made, -1), np.float32)
