"""Thin lines of pixels as smooth curves, so that they stay thin and smooth when they are enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from retoucher.mask import Bools

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

Place = tuple[int, int]

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""To the eight neighbours, the straight ones first."""
SMOOTHING = 3
"""How often each point is moved to the middle of itself and its neighbours."""
SHIFT = 4
"""Bits of a pixel's fraction that OpenCV draws with."""


def chains(lines: Bools) -> list[Points]:
    """Lines one pixel wide as chains of neighbouring pixels: each (N, 2) x, y of their middles in pixels.

    Every pixel of the lines is in one; chains begin at loose ends where there are any, and where a line forks the new
    chain begins at the fork.
    """
    rows, columns = np.nonzero(lines)
    left = {(int(y), int(x)) for y, x in zip(rows, columns, strict=True)}
    everything = frozenset(left)
    ends = sorted(place for place in left if len(_neighbors(place, everything)) < 2)
    found = []
    for start in [*ends, *sorted(left)]:
        if start in left:
            chain = _walk(start, left, everything)
            found.append(np.array([(x + 0.5, y + 0.5) for y, x in chain]))
    return found


def _walk(start: Place, left: set[Place], everything: frozenset[Place]) -> list[Place]:
    """From one pixel to the next until there is none; takes them out of `left`."""
    left.discard(start)
    before = [each for each in _neighbors(start, everything) if each not in left]
    chain = [*before[:1], start]
    while True:
        onward = _neighbors(chain[-1], left)
        if not onward:
            break
        chain.append(onward[0])
        left.discard(onward[0])
    first = chain[0]
    if len(chain) > 3 and first in _neighbors(chain[-1], everything) and first == start:
        chain.append(first)  # a ring is closed
    return chain


def _neighbors(place: Place, among: set[Place] | frozenset[Place]) -> list[Place]:
    y, x = place
    return [(y + dy, x + dx) for dy, dx in STEPS if (y + dy, x + dx) in among]


def smoothed(chain: Points) -> Points:
    """A chain without the stairs of its pixels; its ends stay, a ring stays closed: (N, 2) -> (N, 2)."""
    ring = len(chain) > 3 and bool((chain[0] == chain[-1]).all())
    for _ in range(SMOOTHING if len(chain) > 2 else 0):
        moved = chain.copy()
        moved[1:-1] = (chain[:-2] + 2 * chain[1:-1] + chain[2:]) / 4
        if ring:
            moved[0] = moved[-1] = (chain[-2] + 2 * chain[0] + chain[1]) / 4
        chain = moved
    return chain


def draw(curves: list[Points], size: tuple[int, int], thick: int) -> Bools:
    """Curves, places (N, 2) in a picture of `size` (height, width), as lines `thick` pixels wide: (H, W) bool."""
    canvas = np.zeros(size, np.uint8)
    for curve in curves:
        points = np.rint((curve - 0.5) * 2**SHIFT).astype(np.int32)  # OpenCV counts from the middle of a pixel
        points = np.concatenate([points, points[-1:]])  # a single point is drawn as a line to itself
        cv2.polylines(canvas, [points[:, None]], False, 1, thick, cv2.LINE_8, SHIFT)
    return canvas > 0
