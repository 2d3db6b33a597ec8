"""Colours from a photo: flat areas of the colour that a face has there, as somebody might paint them (section 3.1).

The paper takes the median colour of every part of the face that a parsing network finds. Without one the parts are
superpixels, which need no model and give the background colours, too: the watershed of the gradient from a grid of
seeds ("Waterpixels", Machairas et al. 2015).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Labels = NDArray[np.int32]

PASSES = 3
"""Bilateral passes before the colours are taken; the paper is said to have 20, which changes flat areas no more."""
GREYS = 30.0
CELL = 28
"""Distance of the seeds for a face square of 512 pixels."""


def colors(image: RGB, cell: float = CELL, scale: float = 1.0) -> RGB:
    """The picture (H, W, 3) RGB in flat areas of their median colour: the same shape. See `superpixels`."""
    smooth = cv2.medianBlur(np.ascontiguousarray(image), 3)
    for _ in range(PASSES):
        smooth = cv2.bilateralFilter(smooth, max(3, round(9 * scale) | 1), GREYS, 9 * scale)
    return medians(smooth, superpixels(smooth, cell * scale))


def superpixels(image: RGB, cell: float) -> Labels:
    """Areas of about `cell` pixels square whose borders follow edges: (H, W) int32 from 0, every pixel in one."""
    height, width = image.shape[:2]
    seeds = np.zeros((height, width), np.int32)
    rows, columns = _middles(height, cell), _middles(width, cell)
    seeds[np.ix_(rows, columns)] = 1 + np.arange(rows.size * columns.size, dtype=np.int32).reshape(rows.size, -1)
    if rows.size * columns.size == 1:
        return np.zeros((height, width), np.int32)
    # The watershed floods from plain to steep; what is the steepest channel's gradient decides.
    steep = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(2)
    labels = cv2.watershed(cv2.merge([steep] * 3), seeds)
    while (open_pixels := labels <= 0).any():  # the lines between the areas go to a neighbour
        labels = np.where(open_pixels, cv2.dilate(labels.astype(np.float32), np.ones((3, 3))).astype(np.int32), labels)
    return np.asarray(labels - 1, np.int32)


def medians(image: RGB, labels: Labels) -> RGB:
    """Every area in its median colour, channel by channel: (H, W, 3) and (H, W) from 0 -> (H, W, 3)."""
    flat = labels.ravel()
    sizes = np.bincount(flat)
    middle = np.cumsum(sizes) - sizes + sizes // 2
    found = np.empty((sizes.size, 3), np.uint8)
    for channel in range(3):
        # sorted by area, then by value within it: the key holds both
        order = np.sort(flat.astype(np.int64) << 8 | image[:, :, channel].ravel())
        found[:, channel] = order[np.minimum(middle, flat.size - 1)] & 255
    return found[labels]


def _middles(side: int, cell: float) -> NDArray[np.intp]:
    """The middles of so many equal parts of a side as there are cells in it."""
    count = max(1, round(side / cell))
    return np.asarray((np.arange(count) + 0.5) * side / count).astype(np.intp)
