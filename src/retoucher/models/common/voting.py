"""Make a picture from a field of patches: every patch that covers a pixel has a say in it."""

from __future__ import annotations

import numpy as np

from retoucher.compiled import compiled_sums
from retoucher.models.common.patchmatch import Bools, Field, Floats, Ints, bounds, in_bands


@compiled_sums
def _vote(  # type: ignore[no-untyped-def]
    picture, source, hole, where, cost, wanted, trust, radius, sharpness, top, bottom, left, right
):
    height, width, channels = picture.shape
    total = np.empty(channels, np.float32)
    for y in range(top, bottom):
        for x in range(left, right):
            if not hole[y, x]:
                continue
            mean, covering = np.float32(0), 0
            for ny in range(max(0, y - radius), min(height, y + radius + 1)):
                for nx in range(max(0, x - radius), min(width, x + radius + 1)):
                    if wanted[ny, nx]:
                        mean += cost[ny, nx]
                        covering += 1
            if covering == 0:
                continue
            scale = np.float32(sharpness) * covering / (mean + np.float32(1e-8))
            total[:] = 0
            weights = np.float32(0)
            for ny in range(max(0, y - radius), min(height, y + radius + 1)):
                for nx in range(max(0, x - radius), min(width, x + radius + 1)):
                    if wanted[ny, nx]:
                        weight = np.exp(-cost[ny, nx] * scale) * trust[ny, nx] + np.float32(1e-20)
                        sy, sx = where[ny, nx, 0] + y - ny, where[ny, nx, 1] + x - nx
                        for c in range(channels):
                            total[c] += weight * source[sy, sx, c]
                        weights += weight
            for c in range(channels):
                picture[y, x, c] = total[c] / weights


@compiled_sums
def _choose(hole, where, cost, wanted, radius, offsets, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Each hole pixel takes the offset of the cheapest patch that covers it."""
    height, width = hole.shape
    for y in range(top, bottom):
        for x in range(left, right):
            if not hole[y, x]:
                continue
            best = np.float32(np.inf)
            for ny in range(max(0, y - radius), min(height, y + radius + 1)):
                for nx in range(max(0, x - radius), min(width, x + radius + 1)):
                    if wanted[ny, nx] and cost[ny, nx] < best:
                        best = cost[ny, nx]
                        offsets[y, x, 0] = where[ny, nx, 0] - ny
                        offsets[y, x, 1] = where[ny, nx, 1] - nx


def vote(
    picture: Floats, source: Floats, hole: Bools, field: Field, trust: Floats, radius: int, sharpness: float
) -> Floats:
    """Average what the covering patches propose for each hole pixel (Wexler et al. 2007, section 3.1).

    `picture` (H, W, C) and `source`, of equal C but any size; `hole` and `trust` (H, W): how sure each patch's place is
    (high near the known border). A patch weighs exp(-sharpness * cost / mean cost of the patches around), the published
    similarity with the spread measured where it is used, so that with `sharpness` 0 and even trust all weigh the same.
    Returns a copy of `picture` with the hole repainted; a pixel that no patch covers stays.
    """
    rows, columns = bounds(hole)
    result = picture.copy()

    def work(top: int, bottom: int) -> None:
        _vote(
            result, source, hole, field.source, field.cost, field.target, trust, radius, sharpness,
            top, bottom, columns.start, columns.stop,
        )  # fmt: skip

    in_bands(rows, int(hole.sum()), work)
    return result


def offsets(hole: Bools, field: Field, radius: int) -> Ints:
    """(H, W, 2) from each hole pixel to the source pixel of the cheapest patch that covers it; 0 elsewhere."""
    rows, columns = bounds(hole)
    result = np.zeros((*hole.shape, 2), np.int32)

    def work(top: int, bottom: int) -> None:
        _choose(hole, field.source, field.cost, field.target, radius, result, top, bottom, columns.start, columns.stop)

    in_bands(rows, int(hole.sum()), work)
    return result
