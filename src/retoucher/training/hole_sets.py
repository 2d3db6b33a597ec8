"""LaMa's narrow, medium and wide holes for measuring: how the published evaluation sets are made.

Which holes the authors drew is not known (they fixed no seed): sets drawn here follow the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retoucher.mask import Bools
from retoucher.training.holes import Boxes, Chains, Mixed

Numbers = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class Cut:
    """A square of the resized photo, and the hole in it (side, side)."""

    x: int
    y: int
    hole: Bools


@dataclass(frozen=True)
class HoleSet:
    """One of the evaluation sets: a photo is resized (bicubic) until its shorter side is `size`, then cut.

    `variants` holes are drawn on the whole resized photo, each with a square of its own that overlaps it; those that
    cover more than `largest` of their square are dropped, and one of the others is taken at random.
    """

    size: int
    holes: Mixed
    variants: int = 5
    largest: float = 0.5

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of a photo of this size after resizing, enlarged if it must be."""
        shorter = min(height, width)
        return round(height * self.size / shorter), round(width * self.size / shorter)

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Cut | None:
        """A square and its hole on a resized photo of (height, width); None where all variants cover too much.

        The published sets leave out a photo without a hole. Call again to draw anew from where `random` stands.
        """
        cuts = [self._cut(self.holes.draw(height, width, random), random) for _ in range(self.variants)]
        kept = [cut for cut in cuts if 0 < cut.hole.mean() <= self.largest]
        return kept[random.randint(len(kept))] if kept else None

    def _cut(self, hole: Bools, random: np.random.RandomState) -> Cut:
        """A square as large as fits, at random where it holds the middle of the hole's extent."""
        height, width = hole.shape
        side = min(height, width)
        x = _start(np.flatnonzero(hole.any(0)), side, width - side, random)
        y = _start(np.flatnonzero(hole.any(1)), side, height - side, random)
        return Cut(x, y, hole[y : y + side, x : x + side])


def _start(found: Numbers, side: int, room: int, random: np.random.RandomState) -> int:
    """From 0 to `room`, so that `side` pixels from there hold the middle of the places found (in order, not none)."""
    if room == 0:
        return 0
    middle = int(found[0] + found[-1]) // 2
    return int(random.randint(min(max(0, middle - side + 1), room), min(middle, room) + 1))


EVALUATION = {
    ("narrow", 256): HoleSet(256, Mixed(Chains(4, 50, width=10, length=40))),
    ("narrow", 512): HoleSet(512, Mixed(Chains(4, 70, width=20, length=100))),
    ("medium", 256): HoleSet(256, Mixed(Chains(4, 5, width=50, length=100), Boxes(1, 5, 10, 50), 0.3)),
    ("medium", 512): HoleSet(512, Mixed(Chains(4, 10, width=100, length=200), Boxes(1, 5, 30, 150), 0.3)),
    ("wide", 256): HoleSet(256, Mixed(Chains(1, 5, width=100, length=200), Boxes(1, 3, 30, 150, 10), 0.3)),
    ("wide", 512): HoleSet(512, Mixed(Chains(1, 5, width=250, length=450), Boxes(1, 4, 30, 300, 10), 0.3)),
}
"""By the paper's name and the size; the published program calls them `random_thin_512`, `random_medium_512` …"""
