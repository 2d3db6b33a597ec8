"""Where an object comes to lie on a painting, and the naive composite: mirrored, scaled, turned and pasted.

Coordinates are continuous, in pixels from the top left corner: the first pixel covers 0 to 1. Mixing is done in sRGB
with colours multiplied by their opacity, as every program with layers does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, cos, floor, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from retoucher.edits.harmonizing.resample import Layer, resampled, warped
from retoucher.mask import Box

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.image import Image
    from retoucher.mask import Mask

Area = tuple[float, float, float, float]
"""left, top, right, bottom"""

BAND = 1 << 20
"""Pixels of the object that are read at a time, so that a photo of 100 megapixels may be one."""

TILE = 1024
"""Side of the parts in which a turned object is drawn, in pixels of the painting."""


@dataclass(frozen=True)
class Placement:
    """How an object's picture of `size` (height, width) lies on a painting.

    It is mirrored, scaled about its centre, turned clockwise about it (`degrees`), and its centre put at `x`, `y`.
    """

    size: tuple[int, int]
    x: float
    y: float
    scale: float = 1.0
    degrees: float = 0.0
    flip: bool = False

    @property
    def quarters(self) -> int | None:
        """Of a whole turn, 0 to 3, None where it is turned by another angle."""
        turns, rest = divmod(self.degrees % 360, 90)
        return None if rest else int(turns) % 4

    def snapped(self) -> Placement:
        """With its corner on a corner of a pixel where it can be pasted as it is: not scaled, turned by quarters."""
        if self.scale != 1 or self.quarters is None:
            return self
        height, width = self.size if self.quarters % 2 == 0 else self.size[::-1]
        left, top = floor(self.x - width / 2 + 0.5), floor(self.y - height / 2 + 0.5)
        return replace(self, x=left + width / 2, y=top + height / 2)

    @property
    def matrix(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """(2, 3): from a place (x, y, 1) on the painting to the place on the object's picture."""
        across, down = _turned(self.degrees)
        sign = -1 if self.flip else 1
        turn = np.array([[sign * across, sign * down], [-down, across]]) / self.scale
        middle = np.array([self.size[1] / 2, self.size[0] / 2])
        return np.column_stack([turn, middle - turn @ (self.x, self.y)])

    def area(self, box: Box) -> Area:
        """The smallest upright rectangle of the painting that holds this box of the object."""
        left, top, width, height = box
        corners = np.array([[left + a * width, top + b * height] for a in (0, 1) for b in (0, 1)], np.float64)
        matrix = self.matrix
        places = np.linalg.solve(matrix[:, :2], corners.T - matrix[:, 2:])
        places = np.round(places, 9)  # 45.00000000000001 would be a pixel more
        (x, y), (right, bottom) = places.min(1).tolist(), places.max(1).tolist()
        return x, y, right, bottom


@dataclass(frozen=True, eq=False)
class Placed:
    """The naive composite (3, H, W), the object's opacity on it (1, H, W), and the share of it that is cut off."""

    composite: Tensor
    mask: Tensor
    lost: float


def place(painting: Tensor, thing: Image, mask: Mask | None, where: Placement, box: Box) -> Placed:
    """Paste an object: painting (3, H, W) sRGB in [0, 1]; its opacity is the picture's, times the mask (its size).

    `box` holds what can be seen of the object. What lies outside the painting is cut off. Shrunken, a pixel is the
    mean of all that falls on it; not scaled and not turned, the object's pixels are pasted as they are.
    """
    import torch

    height, width = painting.shape[1:]
    left, top, right, bottom = where.area(box)
    left, top, right, bottom = (
        max(floor(left), 0),
        max(floor(top), 0),
        min(ceil(right), width),
        min(ceil(bottom), height),
    )
    composite, opacity = painting.clone(), torch.zeros(1, height, width)
    if left < right and top < bottom:
        target = left, top, right - left, bottom - top
        draw = _upright if where.quarters is not None else _turned_part
        part = torch.from_numpy(np.moveaxis(draw(thing, mask, where, box, target), -1, 0).copy())
        region = np.s_[:, top:bottom, left:right]
        composite[region] = composite[region] * (1 - part[3:]) + part[:3]
        opacity[region] = part[3:]
    whole = sum(float(_opacity(thing, mask, part).sum(dtype=np.float64)) for part in _parts(box)) * where.scale**2
    lost = 1 - float(opacity.sum(dtype=torch.float64)) / whole if whole else 0.0
    return Placed(composite.clamp_(0, 1), opacity.clamp_(0, 1), max(lost, 0.0))


def _upright(thing: Image, mask: Mask | None, where: Placement, box: Box, target: Box) -> Layer:
    """Mirrored, scaled and turned by quarters only: each axis by itself, exactly."""
    matrix = where.matrix
    crossed = bool(where.quarters and where.quarters % 2)  # the object's columns run down the painting
    columns = _axis(matrix[0], target, along=int(crossed))
    rows = _axis(matrix[1], target, along=int(not crossed))
    box = _needed(box, (columns, rows))
    parts = [resampled(band, 1, columns[0] - box[0], *columns[1:]) for band in _bands(thing, mask, box)]
    layer = resampled(np.concatenate(parts), 0, rows[0] - box[1], *rows[1:])
    return layer.swapaxes(0, 1) if crossed else layer


def _axis(row: np.ndarray[tuple[int], np.dtype[np.float64]], target: Box, along: int) -> tuple[float, float, int]:
    """One axis of the object over the target: where its first cell begins, how long each is, and how many there are."""
    step = float(row[along])
    return float(round(row[2] + step * target[along], 9)), step, target[2 + along]


def _needed(box: Box, axes: tuple[tuple[float, float, int], ...]) -> Box:
    """What of the box is seen in these cells, with what interpolation looks at beside it."""
    sides = []
    for start, length, (origin, step, count) in zip(box[:2], box[2:], axes, strict=True):
        first, last = sorted((origin, origin + step * count))
        begin = min(max(floor(first) - 2, start), start + length - 1)
        sides.append((begin, max(min(ceil(last) + 2, start + length) - begin, 1)))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def _turned_part(thing: Image, mask: Mask | None, where: Placement, box: Box, target: Box) -> Layer:
    """Turned by any angle: shrunken first where it is to be smaller, then turned with four looks at every pixel."""
    small = min(where.scale, 1.0)  # any finer, and the looks would not see all of a fine pattern
    left, top = box[0], box[1]
    wide, tall = ceil(box[2] * small) + 1, ceil(box[3] * small) + 1
    bands: Iterable[Layer] = (band for band in _bands(thing, mask, box))
    if small < 1:
        bands = (resampled(band, 1, 0, 1 / small, wide) for band in bands)
    layer = np.concatenate(list(bands))
    if small < 1:
        layer = resampled(layer, 0, 0, 1 / small, tall)
    matrix = where.matrix
    matrix[:, 2] -= left, top
    matrix *= small
    found = np.zeros((target[3], target[2], 4), np.float32)
    for y in range(0, target[3], TILE):
        for x in range(0, target[2], TILE):
            part = found[y : y + TILE, x : x + TILE]
            part[:] = warped(layer, matrix, (target[0] + x, target[1] + y, part.shape[1], part.shape[0]))
    return found


def _bands(thing: Image, mask: Mask | None, box: Box) -> Iterator[Layer]:
    """The box of an object from top to bottom: (h, w, 4) colours times opacity, and opacity."""
    for part in _parts(box):
        opacity = _opacity(thing, mask, part)
        colors = thing.crop(part[1].start, part[0].start, opacity.shape[1], len(opacity)).numpy()
        layer = np.empty((*opacity.shape, 4), np.float32)
        np.multiply(np.moveaxis(colors, 0, -1), opacity[..., None], layer[..., :3])
        layer[..., 3] = opacity
        yield layer


def _parts(box: Box) -> Iterator[tuple[slice, slice]]:
    """A box cut into bands from top to bottom."""
    x, y, width, height = box
    rows = max(1, BAND // width)
    for top in range(y, y + height, rows):
        yield slice(top, min(top + rows, y + height)), slice(x, x + width)


def _opacity(thing: Image, mask: Mask | None, part: tuple[slice, slice]) -> Layer:
    """How opaque a part of an object is, (h, w): by its alpha, and by the mask."""
    if thing.has_alpha:
        opacity = thing.samples[part][..., -1].astype(np.float32) / np.float32(thing.maximum)
    else:
        opacity = np.ones((part[0].stop - part[0].start, part[1].stop - part[1].start), np.float32)
    return opacity if mask is None else opacity * mask.array[part]


def _turned(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact for quarter turns."""
    quarters = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    angle = degrees % 360
    return quarters.get(angle) or (cos(radians(angle)), sin(radians(angle)))
