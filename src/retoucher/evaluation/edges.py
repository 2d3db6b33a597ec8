"""Edges of a picture, and how well two sets of lines agree: does a result have its edges where lines were drawn?"""

from __future__ import annotations

import cv2
import numpy as np

from retoucher.mask import Bools
from retoucher.picture import Samples

CLIP, TILES = 2.0, (8, 8)
"""Of CLAHE, which evens out the contrast first: its limit, and into how many tiles it cuts the picture."""
SIGMA = 1.4
"""Of the Gaussian before Canny's gradient, in pixels."""
LOW, HIGH = 0.1, 0.2
"""Canny's thresholds, shares of the picture's largest gradient."""
REACH = 2
"""How many pixels a line may lie beside the other and still count as met."""
STEEPEST = 8000
"""The largest gradient, as the whole number that OpenCV's Canny gets it as."""


def edges(picture: Samples) -> Bools:
    """Canny's edges of RGB (H, W, 3) uint8: (H, W) bool, one pixel wide. A picture of one colour has none.

    CIELAB lightness in 8 bits, CLAHE, Gaussian, Sobel's gradient (3×3, Euclidean), thresholds relative to its maximum.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2LAB)[:, :, 0]
    grey = cv2.GaussianBlur(cv2.createCLAHE(CLIP, TILES).apply(grey).astype(np.float32), (0, 0), SIGMA)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    largest = float(np.hypot(across, down).max())
    if largest < 1e-3:
        return np.zeros(grey.shape, bool)
    dx, dy = ((each * (STEEPEST / largest)).round().astype(np.int16) for each in (across, down))
    return np.asarray(cv2.Canny(dx, dy, LOW * STEEPEST, HIGH * STEEPEST, L2gradient=True) > 0)


def agreement(found: Bools, wanted: Bools, hole: Bools, reach: int = REACH) -> float:
    """F1 of two sets of lines within a hole, all (H, W) bool: 1 where they agree, 0 where nothing does.

    Precision is the share of found pixels with a wanted one no further than `reach` away, recall the share of wanted
    pixels with a found one; only pixels in the hole count and can be met. 1 where both are empty, 0 where one is.
    """
    found, wanted = found & hole, wanted & hole
    if not found.any() or not wanted.any():
        return float(found.any() == wanted.any())
    precision = float((found & _near(wanted, reach)).sum() / found.sum())
    recall = float((wanted & _near(found, reach)).sum() / wanted.sum())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _near(lines: Bools, reach: int) -> Bools:
    """The pixels no further than `reach` from a line."""
    place = np.arange(-reach, reach + 1)
    disc = (place[:, None] ** 2 + place**2 <= reach**2).astype(np.uint8)
    return np.asarray(cv2.dilate(lines.astype(np.uint8), disc) > 0)
