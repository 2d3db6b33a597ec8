"""Remove the seams of a pasted hole: keep the gradients of the sources, meet the known border, stay near the paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from retoucher.compiled import compiled_sums
from retoucher.models.common.patchmatch import Bools, Floats, bounds, workers

TOLERANCE = 1e-4  # of the residual, relative to its start: far below one level of 8 bits
MOST_STEPS = 600  # of conjugate gradients: with a screen of 1e-3 the tolerance needs fewer, however large the hole


@dataclass(frozen=True)
class Guide:
    """What neighbouring pixels should differ by. `down`, `right` (H, W, 3): the difference to the pixel below and
    to the right; `trust_down`, `trust_right` (H, W): how much that counts (0 = not at all)."""

    down: Floats
    right: Floats
    trust_down: Floats
    trust_right: Floats


@compiled_sums
def _conjugate_gradients(residual, hole, down, right, screen, tolerance, most):  # type: ignore[no-untyped-def]
    """Solve for the correction whose image is `residual` (H, W), which is changed; zero outside the hole.

    Row and column 0 and the last ones lie outside the hole, so that every pixel has four neighbours.
    """
    height, width = residual.shape
    x, product = np.zeros_like(residual), np.zeros_like(residual)
    direction = residual.copy()
    energy = _energy(residual)
    goal = tolerance * tolerance * energy
    for _ in range(most):
        if energy <= goal:
            break
        curve = 0.0
        for i in range(1, height - 1):
            total = np.float32(0)
            for j in range(1, width - 1):
                above, below, left, ahead = down[i - 1, j], down[i, j], right[i, j - 1], right[i, j]
                value = (above + below + left + ahead + screen) * direction[i, j]
                value -= above * direction[i - 1, j] + below * direction[i + 1, j]
                value -= left * direction[i, j - 1] + ahead * direction[i, j + 1]
                value = value if hole[i, j] else np.float32(0)
                product[i, j] = value
                total += value * direction[i, j]
            curve += float(total)
        step = np.float32(energy / max(curve, 1e-30))
        for i in range(1, height - 1):
            for j in range(1, width - 1):
                x[i, j] += step * direction[i, j]
                residual[i, j] -= step * product[i, j]
        before, energy = energy, _energy(residual)
        turn = np.float32(energy / max(before, 1e-30))
        for i in range(1, height - 1):
            for j in range(1, width - 1):
                direction[i, j] = residual[i, j] + turn * direction[i, j]
    return x


@compiled_sums
def _energy(values):  # type: ignore[no-untyped-def]
    """Sum of squares: rows in single precision, their sum in double, because the number of steps hangs on it."""
    total = 0.0
    for i in range(values.shape[0]):
        row = np.float32(0)
        for j in range(values.shape[1]):
            row += values[i, j] * values[i, j]
        total += float(row)
    return total


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

    result, most = start.copy(), min(MOST_STEPS, 2 * int(np.sqrt(hole.sum())) + 20)
    for c, correction in enumerate(
        workers().map(
            lambda plane: _conjugate_gradients(
                plane, inside, trust_down, trust_right, np.float32(screen), TOLERANCE, most
            ),
            np.ascontiguousarray(residual.transpose(2, 0, 1)),
        )
    ):
        result[rows.start : rows.stop, columns.start : columns.stop, c] += correction[1:-1, 1:-1]
    return result


def diffused(picture: Floats, hole: Bools) -> Floats:
    """Let the known border flow into the hole until it is smooth: the membrane. picture (H, W, C), not read there."""
    start = np.where(hole[..., None], picture[~hole].mean(0), picture).astype(np.float32)
    flat, one = np.zeros_like(start), np.ones(hole.shape, np.float32)
    edge = one.copy()
    edge[-1], one[:, -1] = 0, 0  # nothing lies beyond the picture
    return solve(start, hole, Guide(flat, flat, edge, one), 1e-6)


def _padded(a: Floats, mode: Literal["edge", "constant"]) -> Floats:
    """One more pixel on each side."""
    return np.pad(a, ((1, 1), (1, 1)) + ((0, 0),) * (a.ndim - 2), mode)
