"""A mask found in a small view, drawn along the photo's own edges at full size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.edits.selecting.windows import Window, carried

if TYPE_CHECKING:
    from retoucher.edits.selecting.windows import Photo

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

SIDE = 768
"""Pixels of the longer side of the view in which the edges' colours are learnt."""

WIDTH = 1.5
"""Pixels of the small view by which its edge may be off."""

LEAST_CONTRAST = 2e-4
"""Variance of colours, of 1, below which there is no edge to follow."""

SPECK = 150
"""Pixels of islands and holes along an edge that are noise."""

TILE = 256
"""Side of the squares in which the edge is drawn; squares without an edge are not looked at."""


def drawn(photo: Photo, window: Window, belief: Floats) -> Bools:
    """The mask (H, W) of the whole photo from how likely each pixel of a window's view belongs, (h, w) in [0, 1]."""
    import cv2

    from retoucher.models.common.guided import along, coefficients

    finer = window.at(max(SIDE, window.side))
    guide = finer.take(photo)
    soft = cv2.resize(belief, finer.seen[::-1], interpolation=cv2.INTER_LINEAR)
    radius = max(1, round(WIDTH * finer.scale / window.scale))
    line = coefficients(guide, soft, radius, LEAST_CONTRAST)
    follows = along(line, guide)
    near = _near(soft > 0.5, 2 * radius)
    mask = np.where(near, follows, soft) > 0.5
    if not mask.any():  # a dot on even ground is averaged away
        mask = soft > 0.5
    whole = np.zeros(photo.image.size, bool)
    if finer.scale == 1:
        whole[window.place] = cv2.medianBlur(mask.astype(np.uint8), 3) > 0
        return whole
    large = cv2.resize(mask.astype(np.uint8), (window.width, window.height), interpolation=cv2.INTER_LINEAR)
    for y in range(0, window.height, TILE):
        for x in range(0, window.width, TILE):
            tile = Window(
                window.x + x, window.y + y, min(TILE, window.width - x), min(TILE, window.height - y), 2 * TILE
            )
            _draw(large, tile, photo, finer, line, near)
    whole[window.place] = large > 0
    return whole


def _draw(large: Any, tile: Window, photo: Photo, finer: Window, line: Floats, near: Bools) -> None:
    """Draw the edge in one square of `large`, the mask of the box `finer` at the photo's size, if there is one."""
    import cv2

    from retoucher.models.common.guided import along

    down, across = near.shape[0] / finer.height, near.shape[1] / finer.width
    top, left = int((tile.y - finer.y) * down), int((tile.x - finer.x) * across)
    bottom, right = int((tile.y - finer.y + tile.height) * down) + 2, int((tile.x - finer.x + tile.width) * across) + 2
    if not near[top:bottom, left:right].any():
        return
    edge = carried(near.astype(np.float32), finer, tile) > 0.5
    values = carried(line, finer, tile)
    follows = along(values, tile.take(photo))
    rows = slice(tile.y - finer.y, tile.y - finer.y + tile.height)
    columns = slice(tile.x - finer.x, tile.x - finer.x + tile.width)
    part = np.where(edge, follows > 0.5, large[rows, columns] > 0)
    large[rows, columns] = without_specks(cv2.medianBlur(part.astype(np.uint8), 5) > 0)


def without_specks(mask: Bools) -> Bools:
    """The mask without islands and holes of fewer than `SPECK` pixels; what reaches its border may be larger."""
    import cv2

    clean = mask.astype(np.uint8)
    last = mask.shape[1] - 1, mask.shape[0] - 1
    lines, nested = cv2.findContours(clean, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for number, line in enumerate(lines):
        hole = nested[0, number, 3] >= 0
        if cv2.contourArea(line) < SPECK and (hole or (line.min() > 0 and (line.max((0, 1)) < last).all())):
            cv2.drawContours(clean, lines, number, int(hole), cv2.FILLED)
    return clean > 0


def _near(mask: Bools, pixels: int) -> Bools:
    """All that is within `pixels` of the mask's edge."""
    import cv2

    square = np.ones((2 * pixels + 1,) * 2, np.uint8)
    byte = mask.astype(np.uint8)
    return np.asarray(cv2.dilate(byte, square) != cv2.erode(byte, square))
