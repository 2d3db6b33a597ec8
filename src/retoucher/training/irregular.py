"""Irregular holes after Partial Convolutions (Liu et al. 2018, 4.1): six buckets by area, with and without border.

The published holes are where one frame of a video hides another, grown at random; they are a data set, not a program.
Ours are walks of a brush: as ragged and as large, bucket by bucket, but with round ends, without the outlines of real
objects and without the finest specks. Their numbers are therefore near, not equal, to those on the published holes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retoucher.errors import UsageError
from retoucher.mask import Bools

Points = NDArray[np.float64]
"""An (x, y)."""

RATIOS = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))
"""The buckets: hole area / picture area lies above the first and not above the second number."""

MARGIN = 50 / 512
"""How far holes without border stay away from it, as a share of the shorter side (published: 50 of 512 pixels)."""

FEWEST = 16
"""A bucket must span this many pixels, or strokes would jump over it."""


@dataclass(frozen=True)
class Walks:
    """Walks of a brush that turns, swells and shrinks, until the hole's share of the picture is within a bucket.

    The share aimed at is drawn evenly from (low, high]; a stroke that would pass `high` is taken back and tried again
    with a thinner brush. With `border` every hole reaches the picture's border, without it none comes nearer than
    `MARGIN`.
    """

    low: float
    high: float
    border: bool = True

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width). Raises UsageError where the picture is too small for the bucket."""
        margin = 0 if self.border else int(np.ceil(MARGIN * min(height, width)))
        size = np.array([width - 2 * margin, height - 2 * margin], float)
        pixels = height * width
        if (self.high - self.low) * pixels < FEWEST or (size < 4).any() or size.prod() < self.high * pixels:
            raise UsageError(
                f"Irregular holes of {self.low:g} to {self.high:g} do not fit into {width}x{height}: use larger "
                f"pictures{'' if self.border else ', or holes with border'}."
            )
        target = self.low + (self.high - self.low) * random.uniform(0.05, 0.95)
        inner = _walked(size, int(self.low * pixels), target * pixels, int(self.high * pixels), self.border, random)
        return np.pad(inner, margin)


def _walked(size: Points, low: int, target: float, high: int, border: bool, random: np.random.RandomState) -> Bools:
    """Walk after walk on a canvas of `size` (width, height) until the hole has `target` pixels, at most `high`."""
    widest = max(1.0, 0.3 * min(float(np.sqrt(target)), 0.4 * float(size.min())))
    canvas = np.zeros((int(size[1]), int(size[0])), np.uint8)
    area = 0
    while area < target or area <= low:
        place: Points = random.uniform(0, 1, 2) * (size - 1)
        if border and area == 0:
            place[random.randint(2)] = 0  # flipped below, so that each of the four sides comes
        heading, brush = random.uniform(0, 2 * np.pi), widest * random.uniform(0.2, 1)
        for _ in range(random.randint(3, 13)):
            heading += random.normal(0, 0.6)
            brush = float(np.clip(brush * np.exp(random.normal(0, 0.35)), 1, widest))
            inset = 0 if border else (brush - 1) / 2  # without border, strokes end round before the edge, too
            end = place + brush * random.uniform(0.3, 1.5) * np.array([np.cos(heading), np.sin(heading)])
            place, end = _folded(place, size, inset), _folded(end, size, inset)
            before = canvas.copy()
            cv2.line(canvas, _pixel(place), _pixel(end), 1, max(1, round(brush)))
            area = cv2.countNonZero(canvas)
            if area > high:
                canvas, widest = before, max(1.0, widest / 2)
                area = cv2.countNonZero(canvas)
                break
            place = end
            if area >= target and area > low:
                break
    flips = random.randint(2, size=2)
    hole: Bools = canvas[:: 1 - 2 * flips[0], :: 1 - 2 * flips[1]].astype(bool)
    return hole


def _folded(place: Points, size: Points, inset: float) -> Points:
    """A place outside of the canvas, or nearer than `inset` to its edge, is mirrored back into it."""
    last = size - 1 - 2 * inset
    inside: Points = last - np.abs(np.abs(place - inset) - last)
    return np.clip(inside, 0, last) + inset


def _pixel(place: Points) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


TRAINING = Walks(RATIOS[0][0], RATIOS[-1][1])
"""All shares from 1 to 60 % alike, for training."""
