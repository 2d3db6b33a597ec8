"""Lines and colours to learn from: made of the very crop, then roughened as a hand would (SC-FEGAN, section 3.1).

A guide is (size, size, 5) uint8: the lines (0 or 255), the colours RGB, and where colour is painted (0 or 255).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from retoucher.mask import Bools
from retoucher.models.scfegan import colors, sketch
from retoucher.training.decode import RGB
from retoucher.training.faces import Zigzags

Random = np.random.RandomState
Planes = NDArray[np.uint8]

CHANNELS = 5


class Guide(Protocol):
    """Anything that draws guides."""

    def draw(self, image: RGB, random: Random) -> Planes:
        """A guide (H, W, 5) for a crop (H, W, 3)."""


@dataclass(frozen=True)
class Published:
    """As far as the paper is known: all lines, the flat colours under a brush of their own. `scale`: size / 512."""

    scale: float = 1.0

    def draw(self, image: RGB, random: Random) -> Planes:
        """Lines and colours everywhere; training shows what is inside the hole."""
        height, width = image.shape[:2]
        brush = Zigzags().scaled(2 * self.scale).draw(height, width, random)
        return planes(sketch.sketch(image, self.scale), colors.colors(image, scale=self.scale), brush)


@dataclass(frozen=True)
class Drawn:
    """Ours: lines of any density, width and steadiness, colours in areas of any size, and each of both often missing.

    `bare`, `no_lines`, `no_colors`: chances that both, the lines, or the colours are left out. `gaps`: the chance that
    a share of the lines is. `shake`: how far lines move at most, in pixels. `everywhere`, `areas`: how often colour is
    painted all over, or area by area up to near their edges, rather than under a brush. `scale`: of the face square
    that details belong to, / 512.
    """

    bare: float = 0.12
    no_lines: float = 0.15
    no_colors: float = 0.25
    gaps: float = 0.5
    shake: float = 1.5
    everywhere: float = 0.2
    areas: float = 0.4
    scale: float = 0.5

    def draw(self, image: RGB, random: Random) -> Planes:
        """Lines and colours; the same numbers are drawn whatever is left out."""
        bare, no_lines, no_colors = random.uniform(size=3) < (self.bare, self.no_lines, self.no_colors)
        lines = np.zeros(image.shape[:2], bool) if bare or no_lines else self._lines(image, random)
        if bare or no_colors:
            return planes(lines, np.zeros_like(image), np.zeros(image.shape[:2], bool))
        return planes(lines, *self._colors(image, random))

    def _lines(self, image: RGB, random: Random) -> Bools:
        low = np.exp(random.uniform(np.log(12), np.log(45)))
        sigma, speck = random.uniform(1.2, 3.0), random.randint(12, 60)
        lines = sketch.sketch(image, self.scale, sigma=sigma, low=low, high=2.5 * low, speck=speck)
        if random.uniform() < self.gaps:
            count, labels = cv2.connectedComponents(lines.astype(np.uint8), connectivity=8)
            lines = (random.uniform(size=count) > random.uniform(0, 0.8))[labels] & (labels > 0)
        lines = shaken(lines, random.uniform(0, self.shake), random)
        thick = random.choice(3, p=(0.6, 0.3, 0.1)) + 1
        return np.asarray(cv2.dilate(lines.astype(np.uint8), np.ones((thick, thick), np.uint8)) > 0)

    def _colors(self, image: RGB, random: Random) -> tuple[RGB, Bools]:
        cell = np.exp(random.uniform(np.log(24), np.log(110)))
        flat = colors.colors(image, cell, self.scale).astype(np.int16) + random.randint(-4, 5, 3)
        height, width = image.shape[:2]
        if random.uniform() < self.everywhere:
            brush = np.ones((height, width), bool)
        else:
            wide = np.exp(random.uniform(np.log(3), np.log(30)))
            brush = Zigzags(strokes=10, thin=wide / 2, thick=wide).draw(height, width, random)
        return flat.clip(0, 255).astype(np.uint8), brush

    def _areas(self, image: RGB, random: Random) -> Bools:
        """Some areas, as somebody fills in lips or an iris and leaves the skin around them."""
        cell = np.exp(random.uniform(np.log(24), np.log(140))) * self.scale
        labels = colors.superpixels(cv2.medianBlur(image, 3), cell)
        chosen = random.uniform(size=int(labels.max()) + 1) < random.uniform(0.1, 0.7)
        side = 2 * random.randint(2) + 1
        inner = cv2.erode(chosen[labels].astype(np.uint8), np.ones((side, side), np.uint8))
        return np.asarray(inner > 0)


def planes(lines: Bools, painted_colors: RGB, brush: Bools) -> Planes:
    """The five planes of a guide; colours are 0 where nothing is painted."""
    flat = np.where(brush[..., None], painted_colors, 0)
    return np.dstack([lines * np.uint8(255), flat, brush * np.uint8(255)]).astype(np.uint8)


def shaken(lines: Bools, most: float, random: Random) -> Bools:
    """Lines moved by a smooth field of up to `most` pixels each way, one pixel wide as they were: (H, W) bool."""
    height, width = lines.shape
    field = random.uniform(-most, most, (6, 6, 2)).astype(np.float32)
    if most < 0.25:
        return lines
    moved = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.nonzero(lines)
    by = moved[rows, columns]
    there = np.zeros_like(lines)
    there[(rows + by[:, 1]).round().astype(int).clip(0, height - 1),
          (columns + by[:, 0]).round().astype(int).clip(0, width - 1)] = True  # fmt: skip
    return there
