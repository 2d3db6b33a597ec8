"""Region growing: how far the thing at a click reaches, told from colours and edges alone.

Around a click, all connected pixels within a tolerance of its colour are a region; with a larger tolerance it only
gets larger. Of these nested regions the best is the one whose outline lies on the photo's edges, that is not torn, and
that stays off the border of the picture it was grown in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

MOST_CLICKS = 6
"""So many of the clicks are grown from; scribbles have hundreds of points."""

LEAST_TOLERANCE, MOST_TOLERANCE = 3, 72
"""Of 255, in each channel of CIELAB with 8 bits."""

MOST_SHARE = 0.7
"""A region that takes up more of the picture is its background."""

CLEAR = 20.0
"""Steps of CIELAB per pixel that count as a clear edge; a stronger one says no more."""

SIZE_COUNTS, ROUND_COUNTS = 0.22, 0.5
"""Exponents of a region's share of the photo and of its roundness. Both were tried from 0 to 1.5 on ten photos."""

LARGE = 0.15
"""Share of the photo above which a larger region is no better: it is more often a leak than a thing."""

LOOSE = 180.0
"""Tolerance at which a region would be worth nothing: of two alike, the one of a nearer colour is meant."""


def a_few(count: int) -> slice:
    """Which of `count` clicks to take, evenly spaced: at most `MOST_CLICKS`."""
    return slice(None, None, max(1, -(-count // MOST_CLICKS)))


@dataclass(frozen=True)
class Region:
    """`array` is (h, w) bool; `score` says how much it looks like a thing, and compares regions of one photo."""

    array: Bools
    score: float


@dataclass(frozen=True)
class Ground:
    """A picture to grow regions in: `rgb` (h, w, 3) uint8, which shows the share `share` of the photo's area."""

    rgb: Array
    share: float = 1.0

    @cached_property
    def lab(self) -> Array:
        """CIELAB in 8 bits, noise and fine texture smoothed away, edges kept: (h, w, 3) uint8."""
        lab = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2LAB)
        return np.asarray(cv2.medianBlur(cv2.bilateralFilter(lab, 0, 12, 3), 3))

    @cached_property
    def edges(self) -> Array:
        """How steep the colours are: (h, w) float32, steps of CIELAB per pixel."""
        return steepness(self.lab)

    def grow(self, x: int, y: int, forbidden: Bools, walls: Bools) -> Region:
        """The best region around the pixel `x`, `y` that holds nothing `forbidden` and stops at `walls`.

        Both are (h, w) bool. The score is 0 and the region that one pixel where nothing reaches further.
        """
        alone = np.zeros(self.lab.shape[:2], bool)
        alone[y, x] = True
        best = Region(alone, 0.0)
        for tolerance, array in self._nested(x, y, walls):
            if (array & forbidden).any():
                break
            solid = opened(array, x, y)
            whole = filled(solid) & ~walls
            solid = solid if (whole & forbidden).any() else whole  # the background encloses what is not background
            score = self.score(solid) * (1 - tolerance / LOOSE)
            if score > best.score:
                best = Region(solid, score)
        return best

    def score(self, region: Bools) -> float:
        """How much a region looks like a thing, at least 0."""
        edge = outline(region)
        length = np.count_nonzero(edge) / 2
        if not length:
            return 0.0
        at_border = sum(np.count_nonzero(side) for side in (region[0], region[-1], region[:, 0], region[:, -1]))
        area = np.count_nonzero(region)
        roundness = min(1.0, float(np.sqrt(4 * np.pi * area)) / length)
        size = min(LARGE, area / region.size * self.share)
        clear = float(np.minimum(self.edges[edge], CLEAR).mean())
        inside = max(0.0, 1 - at_border / length)
        return float(clear * inside * roundness**ROUND_COUNTS * size**SIZE_COUNTS)

    def _nested(self, x: int, y: int, walls: Bools) -> Iterator[tuple[int, Bools]]:
        """Tolerances, and the regions around a pixel that they give, each larger than the one before."""
        height, width = self.lab.shape[:2]
        last = 0
        for tolerance in range(LEAST_TOLERANCE, MOST_TOLERANCE):
            found = np.pad(walls, 1).astype(np.uint8) * np.uint8(2)
            if walls[y, x]:
                return
            how = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
            area = cv2.floodFill(self.lab, found, (x, y), 0, (tolerance,) * 3, (tolerance,) * 3, how)[0]
            if area > MOST_SHARE * height * width:
                return
            if area > last * 1.05:  # the same but for specks
                last = area
                yield tolerance, found[1:-1, 1:-1] == 1


def steepness(lab: Array) -> Array:
    """How much colours change from pixel to pixel, (h, w, 3) uint8 -> (h, w) float32: the length of the gradient."""
    total = np.zeros(lab.shape[:2], np.float32)
    for channel in cv2.split(lab):
        for across, down in ((1, 0), (0, 1)):
            total += np.square(cv2.Sobel(channel, cv2.CV_32F, across, down, ksize=3, scale=0.125))
    return np.sqrt(total)


def opened(region: Bools, x: int, y: int) -> Bools:
    """The part that holds the pixel `x`, `y` when bridges of two pixels are cut; all of it where that is very small."""
    cut = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts = cv2.connectedComponents(cut, connectivity=4)
    return np.asarray(parts == parts[y, x]) if parts[y, x] else region


def filled(region: Bools) -> Bools:
    """The region and all that it encloses."""
    apart = np.pad(region, 1).astype(np.uint8)
    cv2.floodFill(apart, None, (0, 0), 1)
    return np.asarray(region | (apart[1:-1, 1:-1] == 0))


def outline(region: Bools) -> Bools:
    """Pixels on both sides of the region's edge; the border of the picture is none."""
    byte, square = region.astype(np.uint8), np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(byte, square) != cv2.erode(byte, square))
