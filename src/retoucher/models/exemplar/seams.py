"""The last step of the fill: copy one source pixel to each hole pixel, then take the seams away."""

from __future__ import annotations

import numpy as np

from retoucher.models.common.patchmatch import Bools, Floats, Ints, bounds
from retoucher.models.exemplar.blend import Guide, solve
from retoucher.models.exemplar.pyramid import local_mean, measured_gradients

ROUGH = 0.02
"""Mean absolute gradient at which ground is taken for rough."""


def blended(image: Floats, hole: Bools, offsets: Ints, screen: float, mismatch: float) -> Floats:
    """Copy from `offsets` ((H, W, 2), rows and columns to the source), then match the gradients of the sources.

    Where two neighbours come from different places, each place has its own opinion of the difference between them.
    The mean of both is believed less the more it contradicts what was copied, half at `mismatch` on smooth ground and
    at a third of it on rough: a change of light is evened out, an edge that does not meet stays an edge. On smooth
    ground any edge shows, so there more is evened out; on rough ground it hides, and evening out would show as haze.
    """
    (rows, columns), (height, width) = bounds(hole), hole.shape
    box = np.s_[  # a pixel more on each side where there is one
        max(0, rows.start - 1) : min(height, rows.stop + 1), max(0, columns.start - 1) : min(width, columns.stop + 1)
    ]
    y, x = np.mgrid[box].astype(np.int32) + offsets[box].transpose(2, 0, 1)  # where each pixel of the box comes from
    inside = hole[box]
    copy = np.where(inside[..., None], image[y, x], image[box])
    half = mismatch * (1 + 2 * np.exp(-_roughness(image, hole)[y, x] / ROUGH)) / 3
    down, trust_down = _differences(image, hole, copy, inside, (y, x), (1, 0), half)
    right, trust_right = _differences(image, hole, copy, inside, (y, x), (0, 1), half)
    result = image.copy()
    result[box] = np.clip(solve(copy, inside, Guide(down, right, trust_down, trust_right), screen), 0, 1)
    return result


def _differences(
    image: Floats, hole: Bools, copy: Floats, inside: Bools, source: tuple[Ints, Ints], step: tuple[int, int],
    half: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """What each pixel of the box should differ by from the next one in direction `step`, and how far to believe it.

    image (H, W, 3) and hole (H, W) are the whole; copy (h, w, 3), inside and half (h, w)
    and source (rows, columns) the box.
    Returns (h, w, 3) and (h, w); the last row or column, which has no next one, is not believed.
    """
    (height, width), (y, x), (tall, wide) = hole.shape, source, inside.shape
    here, there = np.s_[: tall - step[0], : wide - step[1]], np.s_[step[0] :, step[1] :]
    ahead = np.minimum(y[here] + step[0], height - 1), np.minimum(x[here] + step[1], width - 1)
    behind = np.maximum(y[there] - step[0], 0), np.maximum(x[there] - step[1], 0)
    first = (inside[here] & ~hole[ahead]).astype(np.float32)[..., None]  # whose source has a known neighbour
    second = (inside[there] & ~hole[behind]).astype(np.float32)[..., None]
    total = first * (image[ahead] - copy[here]) + second * (copy[there] - image[behind])
    wanted = total / np.maximum(first + second, 1)
    error = np.abs(wanted - (copy[there] - copy[here])).max(-1)
    difference, trust = np.zeros_like(copy), np.zeros(inside.shape, np.float32)
    difference[here] = wanted
    trust[here] = (first + second > 0)[..., 0] / (1 + (error / np.minimum(half[here], half[there])) ** 4)
    return difference, trust


def _roughness(image: Floats, hole: Bools) -> Floats:
    """(H, W): mean absolute gradient of the known grey around each pixel."""
    gradients, certain = measured_gradients(image, ~hole)
    roughness: Floats = local_mean(gradients, certain, 7).mean(-1)
    return roughness
