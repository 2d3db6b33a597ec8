"""How far the thing at some clicks reaches: looked for by region growing at several distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.edits.selecting.windows import Window

if TYPE_CHECKING:
    from retoucher.edits.selecting.windows import Photo
    from retoucher.models.common.growing import Ground, Region

Array = np.ndarray[Any, np.dtype[Any]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

SIDE = 256
"""Pixels of the longer side of every view that is grown in."""

CLOSER = 3
"""How much closer each look is than the one before. Three looks find things from 1/200 of the photo's side to all."""

LOOKS = 3


def reach(photo: Photo, points: Array, excluded: Array) -> tuple[Window, Floats]:
    """The look that shows the thing at `points` (N, 2) x, y best, and the region grown there: (h, w) of 0 and 1.

    Nothing of the region is at `excluded` (M, 2). Where nothing stands out, the region may be a pixel.
    """
    from retoucher.models.common.growing import MOST_CLICKS, Ground

    chosen = points[np.unique(np.linspace(0, len(points) - 1, MOST_CLICKS).round().astype(int))]
    best: tuple[float, Window, Floats] | None = None
    for window in _looks(photo.image.size, points):
        share = window.width * window.height / (photo.image.width * photo.image.height)
        ground = Ground((window.take(photo) * 255).round().astype(np.uint8), share)
        regions = _regions(ground, _pixels(window, chosen), _pixels(window, excluded))
        score = sum(region.score for region in regions) / len(regions)
        if best is None or score > best[0]:
            best = score, window, np.any([region.array for region in regions], axis=0).astype(np.float32)
    assert best is not None  # the whole photo is looked at always
    return best[1], best[2]


def _regions(ground: Ground, clicks: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> list[Region]:
    """A region around each click that does not go into those around clicks on what is not meant."""
    from retoucher.models.common.growing import a_few

    none = np.zeros(ground.rgb.shape[:2], bool)
    meant = none.copy()
    for x, y in clicks:
        meant[y, x] = True
    walls = none.copy()
    for x, y in others[a_few(len(others))]:
        walls |= ground.grow(x, y, meant, none).array
    return [ground.grow(x, y, none, walls) for x, y in clicks]


def _looks(size: tuple[int, int], points: Array) -> Iterator[Window]:
    """The whole photo, then closer looks around the points as long as all of them are seen and there is more to see."""
    window = Window.whole(size, SIDE)
    low, high = np.floor(points).min(0).astype(int), np.floor(points).max(0).astype(int) + 1
    side = max(size)
    for _ in range(LOOKS):
        yield window
        if side <= SIDE:
            return
        side = max(side // CLOSER, SIDE // 2)
        width, height = min(side, size[1]), min(side, size[0])
        if (high - low > (width, height)).any():
            return
        corner = np.clip((low + high) // 2 - (width // 2, height // 2), 0, (size[1] - width, size[0] - height))
        window = Window(int(corner[0]), int(corner[1]), width, height, SIDE)


def _pixels(window: Window, points: Array) -> list[tuple[int, int]]:
    """The pixels of a view that points (N, 2) of the photo lie in; those outside are left out."""
    tall, wide = window.seen
    places = np.floor(window.inward(points)).astype(int).tolist()
    return [(x, y) for x, y in places if 0 <= x < wide and 0 <= y < tall]
