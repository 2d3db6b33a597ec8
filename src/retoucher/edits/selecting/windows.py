"""Window: a part of a photo looked at from further away, fast enough to answer a click.

`Frame` is for what is pasted back and averages known pixels in linear bands; here nothing is pasted, and 12 megapixels
must be seen in a few hundredths of a second: the file's own samples are averaged first and converted to sRGB then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.mask import Box

if TYPE_CHECKING:
    from retoucher.image import Image

Array = np.ndarray[Any, np.dtype[Any]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

SMALL = 1024
"""Pixels of the longer side of the copy from which views from far away are taken."""

LEAST_MARGIN = 24
"""Pixels of surroundings that even a speck of dust is seen with."""

GREY = np.float32(0.5)
"""What is seen through transparent pixels."""


@dataclass(frozen=True)
class Window:
    """The box `x, y, width, height` of a photo, seen with at most `side` pixels along its longer side."""

    x: int
    y: int
    width: int
    height: int
    side: int

    @classmethod
    def whole(cls, size: tuple[int, int], side: int) -> Window:
        """All of a photo of `size` (height, width)."""
        return cls(0, 0, size[1], size[0], side)

    @classmethod
    def around(cls, box: Box, margin: float, size: tuple[int, int], side: int) -> Window:
        """A box (x, y, width, height) with a margin of that share of its longer side, cut at the photo's edges."""
        x, y, width, height = box
        more = max(LEAST_MARGIN, round(margin * max(width, height)))
        left, top = max(x - more, 0), max(y - more, 0)
        right, bottom = min(x + width + more, size[1]), min(y + height + more, size[0])
        return cls(left, top, right - left, bottom - top, side)

    def at(self, side: int) -> Window:
        """The same box seen with other detail."""
        return Window(self.x, self.y, self.width, self.height, side)

    @property
    def scale(self) -> float:
        """Pixels seen for each pixel of the photo, at most 1."""
        return min(1.0, self.side / max(self.width, self.height))

    @property
    def seen(self) -> tuple[int, int]:
        """(height, width) of the view."""
        return max(1, round(self.height * self.scale)), max(1, round(self.width * self.scale))

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the box in the photo."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def inward(self, points: Floats) -> Floats:
        """Points (N, 2) x, y of the photo in pixels of the view."""
        tall, wide = self.seen
        return (points - (self.x, self.y)) * (wide / self.width, tall / self.height)

    def take(self, photo: Photo) -> Floats:
        """The view as sRGB, (h, w, 3) float32 in [0, 1]; transparent pixels are grey."""
        from retoucher.formats import color

        image = photo.image
        samples, rows, columns = image.samples, *self.place
        if self.scale <= 1.001 * photo.scale:
            samples = photo.small
            rows = _shrunk(rows, photo.scale, samples.shape[0])
            columns = _shrunk(columns, photo.scale, samples.shape[1])
        part = reduced(samples[rows, columns], self.seen)
        view = np.asarray(color.to_srgb(part[..., :-1] if image.has_alpha else part, image.color, image.profile))
        if image.has_alpha:
            view = GREY + (view - GREY) * (part[..., -1:].astype(np.float32) / np.float32(image.maximum))
        return np.ascontiguousarray(view, np.float32)


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo that is looked at several times: what is seen from far away is averaged from a small copy."""

    image: Image

    @property
    def scale(self) -> float:
        """Size of the small copy, of 1; 0 where the photo is so small that none is needed."""
        longer = max(self.image.size)
        return SMALL / longer if longer > 2 * SMALL else 0.0

    @cached_property
    def small(self) -> Array:
        """All samples, averaged to `SMALL` pixels along the longer side."""
        return reduced(self.image.samples, Window.whole(self.image.size, SMALL).seen)


def _shrunk(part: slice, scale: float, side: int) -> slice:
    """The part of the small copy, `side` long, that shows a part of the photo."""
    start = min(round(part.start * scale), side - 1)
    return slice(start, max(start + 1, min(round(part.stop * scale), side)))


def reduced(array: Array, size: tuple[int, int]) -> Array:
    """(H, W, C) averaged to `size` (height, width): (height, width, C). A photo on its side is not turned for it."""
    import cv2

    if array.shape[:2] == size:
        return array
    if abs(array.strides[0]) < abs(array.strides[1]):  # rows of the file are columns of the upright photo
        return reduced(array.swapaxes(0, 1), size[::-1]).swapaxes(0, 1)
    small = cv2.resize(np.ascontiguousarray(array), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small).reshape(*size, array.shape[2])


def carried(view: Floats, source: Window, target: Window) -> Floats:
    """What lies over one window's view, (h, w), as it lies over another's; 0 where the first shows nothing."""
    import cv2

    (tall, wide), (high, broad) = target.seen, source.seen
    across, down = target.width / wide, target.height / tall
    inner = broad / source.width, high / source.height
    matrix = np.array(  # from the centre of a target's pixel to the place in the source
        [
            [across * inner[0], 0, (0.5 * across + target.x - source.x) * inner[0] - 0.5],
            [0, down * inner[1], (0.5 * down + target.y - source.y) * inner[1] - 0.5],
        ]
    )
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(view, matrix, (wide, tall), flags=how, borderMode=cv2.BORDER_CONSTANT))


def cut_off(window: Window, thing: Bools, size: tuple[int, int]) -> int:
    """Along how many pixels of its view a window's sides, where they are not the photo's own, cut through a thing."""
    sides = (
        (window.y > 0, thing[0]),
        (window.x > 0, thing[:, 0]),
        (window.y + window.height < size[0], thing[-1]),
        (window.x + window.width < size[1], thing[:, -1]),
    )
    return sum(int(np.count_nonzero(line)) for inside, line in sides if inside)
