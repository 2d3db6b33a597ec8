"""Lines from a photo: the edges of a face as somebody might draw them (paper, section 3.1, without its edge network).

Contrast evened out (CLAHE), skin smoothed with edges kept (bilateral), Canny, thin lines, specks dropped. Sizes are for
a face square of 512 pixels, as the released program works at, and shrink with the square.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from retoucher.mask import Bools

RGB = NDArray[np.uint8]

FULL = 512
"""The side of the face square that the sizes below are for."""
CLIP, TILES = 2.0, (8, 8)
DIAMETER, GREYS = 9, 50.0
SIGMA, LOW, HIGH, SPECK = 2.0, 30.0, 90.0, 30


def sketch(
    image: RGB, scale: float = 1.0, *, sigma: float = SIGMA, low: float = LOW, high: float = HIGH, speck: int = SPECK
) -> Bools:
    """The lines of a picture (H, W, 3) RGB: (H, W) bool, one pixel wide, True on a line.

    `scale`: side of the face square / 512. `sigma` of the blur and `speck`, the number of pixels below which a line is
    dropped, are for 512; `low` and `high` are Canny's thresholds in grey levels.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2LAB)[:, :, 0]
    grey = cv2.createCLAHE(CLIP, TILES).apply(grey)
    grey = cv2.bilateralFilter(grey, max(3, round(DIAMETER * scale) | 1), GREYS, DIAMETER * scale)
    grey = cv2.GaussianBlur(grey, (0, 0), max(sigma * scale, 0.5))
    return without_specks(cv2.Canny(grey, low, high) > 0, round(speck * scale))


def without_specks(lines: Bools, smallest: int) -> Bools:
    """The lines whose connected pixels (eight neighbours) are at least so many."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(lines.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= smallest
    large[0] = False  # what is no line
    return np.asarray(large[labels]) if count > 1 else lines


def thinned(lines: Bools) -> Bools:
    """Lines of any width one pixel wide, none lost or broken (Guo and Hall, "Parallel Thinning", 1989)."""
    kept = np.pad(lines.astype(np.uint8), 1)
    while True:
        before = int(kept.sum())
        for first in (True, False):
            kept[1:-1, 1:-1][_removable(kept, first)] = 0
        if int(kept.sum()) == before:
            return kept[1:-1, 1:-1] > 0


def _removable(kept: NDArray[np.uint8], first: bool) -> Bools:
    """Which pixels one of the two half-steps of the thinning takes away.

    Not Zhang and Suen's better known steps: they take away diagonal lines of two pixels altogether.
    """
    inner = slice(1, -1)
    up, down, centre = slice(0, -2), slice(2, None), kept[1:-1, 1:-1]
    # the eight neighbours, clockwise from the top
    n = [
        kept[up, inner], kept[up, down], kept[inner, down], kept[down, down],
        kept[down, inner], kept[down, up], kept[inner, up], kept[up, up],
    ]  # fmt: skip
    sides = sum((1 - n[i]) & (n[i + 1] | n[(i + 2) % 8]) for i in (0, 2, 4, 6))
    one = sum(n[i - 1] | n[i] for i in (0, 2, 4, 6))
    other = sum(n[i] | n[i + 1] for i in (0, 2, 4, 6))
    fewer = np.minimum(one, other)
    at = 0 if first else 4
    held = (n[(at + 4) % 8] | n[(at + 5) % 8] | (1 - n[(at + 7) % 8])) & n[(at + 6) % 8]
    return np.asarray((centre > 0) & (sides == 1) & (fewer >= 2) & (fewer <= 3) & (held == 0))
