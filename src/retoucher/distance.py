"""How far each pixel is from the edge of a region: exact Euclidean distances, also on 100 megapixels."""

from __future__ import annotations

from typing import Any

import numpy as np

BAND = 1 << 23
"""Distances are measured in bands of about this many pixels, so that 100 megapixels fit in a laptop's memory."""


def distance_within(inside: np.ndarray[Any, np.dtype[np.bool_]], reach: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Distance of each True pixel to the nearest False one, exact up to `reach` + 1 and never below it beyond.

    (H, W) -> (H, W) float32, 0 where False. Computed in bands of rows that overlap by the reach.
    """
    import cv2

    height, width = inside.shape
    far = np.float32(reach + 1)
    distance = np.empty(inside.shape, np.float32)
    step = max(1, BAND // width, reach)
    for start in range(0, height, step):
        first, last = max(start - reach - 1, 0), min(start + step + reach + 1, height)
        band = inside[first:last]
        if band.all():  # there is nothing to measure the distance to
            distance[start : start + step] = far
            continue
        measured = cv2.distanceTransform(band.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        # Squares of distances are whole numbers: rounding them removes what float32 lost.
        exact = np.sqrt(np.rint(np.square(measured, dtype=np.float64))).astype(np.float32)
        distance[start : start + step] = np.minimum(exact, far)[start - first : start - first + step]
    return distance
