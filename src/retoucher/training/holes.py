"""LaMa's holes: chains of thick strokes, boxes, and a draw between them (paper 2.4; masks of the published program).

All randomness comes from a legacy `numpy.random.RandomState` and is drawn in the published program's order, so that a
seed gives the very hole it gives there. Lengths are pixels; a hole is (H, W) bool, True = hole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from retoucher.errors import UsageError
from retoucher.mask import Bools


class Holes(Protocol):
    """Anything that draws holes."""

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole (H, W) that depends on nothing but the size and the state of `random`, which moves on."""


@dataclass(frozen=True)
class Chains:
    """Chains of thick straight strokes, end to end ("irregular" in the published program).

    From `least` to `most` chains of one to five strokes; a stroke is at least 10 long and 5 wide and less than
    `length` longer and `width` wider. Its direction is one of `angles` fixed ones, a radian apart, mirrored in every
    other chain.
    """

    least: int
    most: int
    width: int
    length: int
    angles: int = 4

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width)."""
        canvas = np.zeros((height, width), np.uint8)
        for i in range(random.randint(self.least, self.most + 2)):  # published: one chain more than the maximum
            x, y = random.randint(width), random.randint(height)
            for _ in range(1 + random.randint(5)):
                angle = 0.01 + random.randint(self.angles)
                if i % 2 == 0:
                    angle = 2 * 3.1415926 - angle
                length, thick = 10 + random.randint(self.length), 5 + random.randint(self.width)
                end_x = int(np.clip(int(x + length * np.sin(angle)), 0, width))
                end_y = int(np.clip(int(y + length * np.cos(angle)), 0, height))
                cv2.line(canvas, (x, y), (end_x, end_y), 1, thick)
                x, y = end_x, end_y
        return canvas.astype(bool)

    def scaled(self, by: float) -> Chains:
        """The same for a picture `by` times as large."""
        return replace(self, width=max(1, round(self.width * by)), length=max(1, round(self.length * by)))


@dataclass(frozen=True)
class Boxes:
    """Upright boxes: from `least` to `most` of them with sides from `smallest` to `largest`, `margin` from the border.

    Where the picture is too small for the largest, the published program's bound holds: a side is less than the
    picture's shorter side without both margins.
    """

    least: int
    most: int
    smallest: int
    largest: int
    margin: int = 0

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width). Raises UsageError where the picture cannot hold a box."""
        hole = np.zeros((height, width), bool)
        bound = min(self.largest + 1, height - 2 * self.margin, width - 2 * self.margin)
        if bound <= self.smallest:
            least = self.smallest + 2 * self.margin + 1
            raise UsageError(
                f"Holes with boxes of at least {self.smallest} px do not fit into {width}x{height}: train with a size "
                f"of at least {least}, or scale the holes."
            )
        for _ in range(random.randint(self.least, self.most + 1)):
            w, h = random.randint(self.smallest, bound), random.randint(self.smallest, bound)
            left = random.randint(self.margin, width - self.margin - w + 1)
            top = random.randint(self.margin, height - self.margin - h + 1)
            hole[top : top + h, left : left + w] = True
        return hole

    def scaled(self, by: float) -> Boxes:
        """The same for a picture `by` times as large."""
        smallest, largest = (max(1, round(side * by)) for side in (self.smallest, self.largest))
        return replace(self, smallest=smallest, largest=largest, margin=round(self.margin * by))


@dataclass(frozen=True)
class Mixed:
    """Chains or boxes, drawn anew for every hole: `boxes_weight` is how often boxes come for each time chains do."""

    chains: Chains
    boxes: Boxes | None = None
    boxes_weight: float = 1

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width). Raises UsageError where the picture cannot hold a box."""
        kinds: list[Holes] = [self.chains]
        weights = [1.0]
        if self.boxes is not None:
            kinds.append(self.boxes)
            weights.append(self.boxes_weight)
        kind = random.choice(len(kinds), p=np.array(weights) / sum(weights))  # draws also where there is no choice
        return kinds[kind].draw(height, width, random)

    def scaled(self, by: float) -> Mixed:
        """The same for a picture `by` times as large: 0.5 makes holes for 128 pixels of those for 256."""
        return replace(self, chains=self.chains.scaled(by), boxes=self.boxes and self.boxes.scaled(by))


WIDE_CHAINS = Chains(least=1, most=5, width=100, length=200)

TRAINING = {
    "places": Mixed(WIDE_CHAINS, Boxes(least=1, most=4, smallest=30, largest=150, margin=10)),
    "big-lama": Mixed(WIDE_CHAINS, Boxes(least=1, most=3, smallest=30, largest=150, margin=10)),
    "celeba": Mixed(WIDE_CHAINS, Boxes(least=1, most=4, smallest=30, largest=150, margin=10)),
    "thin": Mixed(Chains(least=4, most=12, width=40, length=80), Boxes(least=1, most=1, smallest=30, largest=128)),
}
"""What the published networks were trained with, for crops of 256 pixels.

places: lama-fourier, lama-regular (`abl-04-256-mh-dist`). big-lama: the released big-lama's own settings. celeba: the
face networks (`abl-04-256-mh-dist-celeba`). thin: the ablation with narrow holes (`abl-02-thin-bb`).
"""
