"""Remove the seams of a pasted hole: keep the gradients of the sources, meet the known border, stay near the paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from retoucher.models.common.patchmatch import Bools, Floats, bounds

TOLERANCE = 1e-4  # of the residual, relative to its start: far below one level of 8 bits


@dataclass(frozen=True)
class Guide:
    """What neighbouring pixels should differ by. `down`, `right` (H, W, 3): the difference to the pixel below and
    to the right; `trust_down`, `trust_right` (H, W): how much that counts (0 = not at all)."""

    down: Floats
    right: Floats
    trust_down: Floats
    trust_right: Floats


@njit(cache=True, nogil=True, fastmath=True)
def _apply(u, hole, trust_down, trust_right, screen, out):  # type: ignore[no-untyped-def]
    """The matrix of the normal equations times `u`, which is zero outside the hole."""
    height, width, channels = u.shape
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if not hole[y, x]:
                continue
            above, below = trust_down[y - 1, x], trust_down[y, x]
            left, right = trust_right[y, x - 1], trust_right[y, x]
            diagonal = above + below + left + right + screen
            for c in range(channels):
                out[y, x, c] = (
                    diagonal * u[y, x, c] - above * u[y - 1, x, c] - below * u[y + 1, x, c]
                    - left * u[y, x - 1, c] - right * u[y, x + 1, c]
                )  # fmt: skip


def solve(start: Floats, hole: Bools, guide: Guide, screen: float) -> Floats:
    """Minimise the trusted squared gradient error plus `screen` times the squared distance to `start`, in the hole.

    start (H, W, 3): the pasted picture, known pixels included. Outside the hole nothing changes. This is the
    screened Poisson equation (Pérez et al. 2003, with the data term of Bhat et al. 2008), solved for the correction
    by conjugate gradients on the hole's box.
    """
    rows, columns = bounds(hole)
    box = slice(rows.start, rows.stop + 2), slice(columns.start, columns.stop + 2)  # one pixel more on each side
    u, down, right = (_padded(a, "edge")[box] for a in (start, guide.down, guide.right))
    trust_down, trust_right = (_padded(a, "constant")[box] for a in (guide.trust_down, guide.trust_right))
    inside = np.pad(hole, 1)[box]

    residual = np.zeros_like(u)
    error = trust_down[:-1, :, None] * (down[:-1] - np.diff(u, axis=0))
    residual[:-1] -= error
    residual[1:] += error
    error = trust_right[:, :-1, None] * (right[:, :-1] - np.diff(u, axis=1))
    residual[:, :-1] -= error
    residual[:, 1:] += error
    residual[~inside] = 0

    result = start.copy()
    correction = _conjugate_gradients(residual, inside, trust_down, trust_right, np.float32(screen))
    result[rows.start : rows.stop, columns.start : columns.stop] += correction[1:-1, 1:-1]
    return result


def diffused(picture: Floats, hole: Bools) -> Floats:
    """Let the known border flow into the hole until it is smooth: the membrane. picture (H, W, C), not read there."""
    start = np.where(hole[..., None], picture[~hole].mean(0), picture).astype(np.float32)
    flat, one = np.zeros_like(start), np.ones(hole.shape, np.float32)
    edge = one.copy()
    edge[-1], one[:, -1] = 0, 0  # nothing lies beyond the picture
    return solve(start, hole, Guide(flat, flat, edge, one), 1e-6)


def _conjugate_gradients(residual: Floats, hole: Bools, down: Floats, right: Floats, screen: np.float32) -> Floats:
    """Solve for the correction whose image is `residual`, each channel for itself; zero outside the hole."""
    x, product, direction = np.zeros_like(residual), np.zeros_like(residual), residual.copy()
    energy = first = _dot(residual, residual)
    for _ in range(2 * int(np.sqrt(hole.sum())) + 20):
        if (energy <= TOLERANCE**2 * first).all():
            break
        _apply(direction, hole, down, right, screen, product)
        step = energy / np.maximum(_dot(direction, product), 1e-30)
        x += (step * direction).astype(np.float32)
        residual = residual - (step * product).astype(np.float32)
        energy, before = _dot(residual, residual), energy
        direction = residual + (energy / np.maximum(before, 1e-30)).astype(np.float32) * direction
    return x


def _padded(a: Floats, mode: Literal["edge", "constant"]) -> Floats:
    """One more pixel on each side."""
    return np.pad(a, ((1, 1), (1, 1)) + ((0, 0),) * (a.ndim - 2), mode)


def _dot(a: Floats, b: Floats) -> Floats:
    """One product for each channel; summed in float64, because the number of steps hangs on it."""
    product: Floats = np.einsum("hwc,hwc->c", a, b, dtype=np.float64).astype(np.float32)
    return product
