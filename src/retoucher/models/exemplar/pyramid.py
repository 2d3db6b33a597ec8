"""The photo at ever smaller sizes, with its hole and the texture around each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from retoucher.models.common.patchmatch import Bools, Floats, Ints

TEXTURE_WEIGHT = 50.0
"""Of squared texture against squared colour differences (Newson et al. 2014, section 3.3)."""

TRUST = 1.3
"""What a patch trusts more than one whose centre is a pixel deeper in the hole (Wexler et al. 2007, section 3.2)."""

FEWEST_SOURCES = 256
"""A level with fewer source patches than this is not worth having."""


@dataclass(frozen=True)
class Level:
    """`appearance` (H, W, 5): RGB in [0, 1], then mean |horizontal| and |vertical| gradient, weighted; `hole` (H, W).

    `radius` is that of a patch.
    """

    appearance: Floats
    hole: Bools
    radius: int

    @cached_property
    def _touched(self) -> Bools:
        window = np.ones((2 * self.radius + 1, 2 * self.radius + 1), np.uint8)
        return np.asarray(cv2.dilate(self.hole.astype(np.uint8), window) > 0)

    @cached_property
    def _inside(self) -> Bools:
        """Centres whose patch lies in the picture."""
        inside = np.zeros_like(self.hole)
        inside[self.radius : self.hole.shape[0] - self.radius, self.radius : self.hole.shape[1] - self.radius] = True
        return inside

    @property
    def wanted(self) -> Bools:
        """Centres of the patches that touch the hole."""
        return self._touched & self._inside

    @property
    def allowed(self) -> Bools:
        """Centres of the patches that are known throughout."""
        return ~self._touched & self._inside

    @cached_property
    def trust(self) -> Floats:
        """How sure the place of each patch is: it falls with the distance from the known."""
        return np.power(TRUST, -self._distance).astype(np.float32)

    @cached_property
    def thickness(self) -> float:
        """The largest distance from a hole pixel to a known one, in pixels."""
        return float(self._distance.max())

    @cached_property
    def _distance(self) -> Floats:
        """From each hole pixel to the nearest known one. The picture's edge is no known pixel."""
        return np.asarray(cv2.distanceTransform(self.hole.astype(np.uint8), cv2.DIST_L2, 5))


def pyramid(image: Floats, hole: Bools, coarsest_hole: float, radius: int) -> list[Level]:
    """Levels from fine to coarse, each half as large, until the hole's `thickness` is at most `coarsest_hole`.

    image: (H, W, 3) in [0, 1], 0 under the hole. Where the picture is too small or too full of holes for patches of
    `radius`, they are made smaller; where not even a known pixel with known neighbours is left, there are no levels.
    A coarse pixel is the mean of the known pixels under it, and hole where more than half of them are. Gradients are
    measured at full size and carried down, so that coarse levels still know how rough the surface was.
    """
    gradients, certain = measured_gradients(image, ~hole)
    colour, window = image, 2 * radius + 1
    levels: list[Level] = []
    while True:
        texture = np.float32(np.sqrt(TEXTURE_WEIGHT)) * local_mean(gradients, certain, window)
        appearance = np.ascontiguousarray(np.concatenate([colour, texture], -1))
        level = _usable(appearance, hole, radius, fewest=FEWEST_SOURCES if levels else 1)
        if level is None:
            return levels
        levels.append(level)
        if level.thickness <= coarsest_hole:
            return levels
        gradients, certain = halved(gradients, certain)
        colour, known = halved(colour, (~hole).astype(np.float32))
        hole = known < 0.5


def _usable(appearance: Floats, hole: Bools, radius: int, fewest: int) -> Level | None:
    """The level with patches as large as there are enough sources for; coarse levels keep the radius or are dropped."""
    for smaller in range(radius, 0, -1) if fewest == 1 else (radius,):
        level = Level(appearance, hole, smaller)
        covered = cv2.dilate(level.wanted.astype(np.uint8), np.ones((2 * smaller + 1, 2 * smaller + 1), np.uint8))
        if level.allowed.sum() >= fewest and covered[hole].all():
            return level
    return None


def measured_gradients(image: Floats, known: Bools) -> tuple[Floats, Floats]:
    """|horizontal|, |vertical| differences of grey (H, W, 2), and (H, W) 1 where both neighbours are known."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    result = np.zeros((*grey.shape, 2), np.float32)
    result[:, :-1, 0] = np.abs(np.diff(grey, axis=1))
    result[:-1, :, 1] = np.abs(np.diff(grey, axis=0))
    certain = known.copy()
    certain[:, :-1] &= known[:, 1:]
    certain[:-1] &= known[1:]
    return np.where(certain[..., None], result, 0), certain.astype(np.float32)


def local_mean(values: Floats, weight: Floats, window: int) -> Floats:
    """Mean over a square window of what is certain."""
    total = cv2.blur(values * weight[..., None], (window, window), borderType=cv2.BORDER_REFLECT_101)
    share = cv2.blur(weight, (window, window), borderType=cv2.BORDER_REFLECT_101)
    mean: Floats = (total / np.maximum(share, 1e-6)[..., None]).astype(np.float32)
    return mean


def halved(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Halve both sides (rounded up); a coarse pixel averages the certain fine pixels under it."""
    tall, wide = weight.shape[0] % 2, weight.shape[1] % 2
    values = np.pad(values, ((0, tall), (0, wide), (0, 0)), mode="edge")
    weight = np.pad(weight, ((0, tall), (0, wide)), mode="edge")
    size = (weight.shape[1] // 2, weight.shape[0] // 2)
    share = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
    total = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
    return np.asarray(total / np.maximum(share, 1e-6)[..., None], np.float32), share


def doubled(values: Ints, size: tuple[int, int]) -> Ints:
    """Each coarse value for the fine pixels it stands for: (h, w, C) -> (*size, C), the way back from `halved`."""
    return np.repeat(np.repeat(values, 2, 0), 2, 1)[: size[0], : size[1]]
