"""Mask: which pixels of a photo may change. Exactly 0 or 1, 1 = may change, in the photo's upright coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.distance import distance_within
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from torch import Tensor

    from retoucher.image import Image

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]
Doubles = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels; origin top left."""
Stroke = tuple[Sequence[tuple[float, float]], float]
"""The points (x, y) of a polyline, and its width; all in pixels."""

THRESHOLD = 127
"""Of 255: values above it may change. At other depths: values above half of the largest."""

BAND = 1 << 23
"""Pixels that are read at a time, so that 100 megapixels fit in a laptop's memory."""

FARTHEST = 1 << 20
"""Pixels: no stroke lies further out or is wider."""

LUMA = (299, 587, 114)
"""Thousandths of red, green and blue in a grey value (ITU-R BT.601, what common tools call greyscale)."""


@dataclass(frozen=True, eq=False)
class Mask:
    """`array` is (H, W) bool, True where the photo may change. Never written in place."""

    array: Bools

    def __post_init__(self) -> None:
        if self.array.dtype != np.bool_ or self.array.ndim != 2 or 0 in self.array.shape:
            raise UsageError(f"A mask is a (height, width) array of booleans, not {_described(self.array)}.")

    @classmethod
    def open(cls, source: str | Path | bytes | BinaryIO, *, max_pixels: int | None = None) -> Mask:
        """Read a mask from a picture file of any kind that `Image.open` reads; EXIF orientation is honoured.

        White may change: a grey value (colours by BT.601 luma) above `THRESHOLD` of 255, above half of the largest
        value at other depths. With an alpha channel: where every visible pixel has the same colour and the alpha
        varies (strokes on a transparent layer), the alpha alone is the mask, whatever the colour; otherwise the grey
        value times the alpha counts. Errors are those of `Image.open`.
        """
        from retoucher.image import MAX_PIXELS, Image

        image = Image.open(source, max_pixels=MAX_PIXELS if max_pixels is None else max_pixels)
        if image.color == "CMYK":
            return cls.from_array(np.moveaxis(image.pixels.numpy(), 0, -1))
        return cls.from_array(image.samples)

    @classmethod
    def of(cls, mask: Mask | str | Path | bytes | np.ndarray[Any, Any]) -> Mask:
        """A mask however it is given: itself, an array as `from_array` takes it, or what `open` reads."""
        if isinstance(mask, Mask):
            return mask
        return cls.from_array(mask) if isinstance(mask, np.ndarray) else cls.open(mask)

    @classmethod
    def from_array(cls, array: np.ndarray[Any, Any]) -> Mask:
        """From (H, W) or (H, W, 1…4) bool, unsigned integers (white is the type's largest value) or floats in [0, 1].

        Channels are grey, grey + alpha, RGB or RGBA, with the rules of `open`.
        """
        if array.ndim == 2:
            array = array[..., None]
        if array.ndim != 3 or array.shape[-1] not in (1, 2, 3, 4) or array.dtype.kind not in "buf":
            raise UsageError(f"A mask is a picture of one to four channels, not {_described(array)}.")
        if array.dtype == np.bool_:
            array = array.astype(np.uint8) * 255
        top = 1.0 if array.dtype.kind == "f" else float(np.iinfo(array.dtype).max)
        step = max(1, BAND // array.shape[1])
        bands = [array[start : start + step] for start in range(0, array.shape[0], step)]
        alone = array.shape[-1] in (2, 4) and _is_one_colour(array)
        return cls(np.concatenate([_white(band, top, alone) for band in bands]))

    @classmethod
    def from_alpha(cls, image: Image) -> Mask:
        """What the photo shows as transparent may change: opacity of at most one half."""
        if not image.has_alpha:
            return cls.none(image.size)
        alpha = image.samples[..., -1]
        return cls(alpha <= np.iinfo(alpha.dtype).max // 2)

    @classmethod
    def from_boxes(cls, size: tuple[int, int], boxes: Iterable[Box]) -> Mask:
        """Boxes (x, y, width, height) in a photo of `size` (height, width); what lies outside the photo is cut off."""
        array = np.zeros(size, bool)
        for x, y, width, height in boxes:
            part = array[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
            if width < 1 or height < 1 or part.size == 0:
                raise UsageError(
                    f"The box {x},{y},{width},{height} covers no pixel of this photo of {size[1]}×{size[0]}: "
                    "give X,Y,WIDTH,HEIGHT in pixels from the top left corner."
                )
            part[:] = True
        return cls(array)

    @classmethod
    def from_strokes(cls, size: tuple[int, int], strokes: Iterable[Stroke]) -> Mask:
        """Brush strokes with round ends and joints in a photo of `size` (height, width). One point makes a disc.

        A pixel may change if its centre lies within half the stroke's width of the line.
        """
        array = np.zeros(size, bool)
        for points, width in strokes:
            line = np.asarray(points, np.float64).reshape(-1, 2)
            if not np.isfinite(line).all() or np.abs(line).max(initial=0) > FARTHEST or not 0 < width < FARTHEST:
                raise UsageError(f"A stroke needs points and a width above 0 that are numbers below {FARTHEST}.")
            ends = line[1:] if len(line) > 1 else line
            for start, end in zip(line, ends, strict=False):
                _draw(array, start, end, width / 2)
        return cls(array)

    @classmethod
    def none(cls, size: tuple[int, int]) -> Mask:
        """A mask of `size` (height, width) in which nothing may change."""
        return cls(np.zeros(size, bool))

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.array.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def pixels(self) -> Tensor:
        """(1, H, W) float32, exactly 0 and 1."""
        import torch

        return torch.from_numpy(self.array[None].astype(np.float32))

    @property
    def keep(self) -> Tensor:
        """(H, W) bool: True where nothing may change."""
        import torch

        return torch.from_numpy(~self.array)

    @cached_property
    def area(self) -> int:
        """How many pixels may change."""
        return int(np.count_nonzero(self.array))

    @property
    def empty(self) -> bool:
        """Nothing may change."""
        return self.area == 0

    @property
    def full(self) -> bool:
        """Everything may change."""
        return self.area == self.array.size

    @cached_property
    def box(self) -> Box | None:
        """The smallest box that holds all that may change, or None."""
        return box_of(self.array)

    def grow(self, pixels: int) -> Mask:
        """All that is within `pixels` (Euclidean, between pixel centres) of what may change; negative shrinks."""
        if pixels < 0:
            return self.shrink(-pixels)
        if pixels == 0 or self.box is None:
            return self
        rows, columns = _around(self.box, pixels, self.size)
        grown = self.array.copy()
        grown[rows, columns] = distance_within(~self.array[rows, columns], pixels) <= pixels
        return Mask(grown)

    def shrink(self, pixels: int) -> Mask:
        """Only what is further than `pixels` from all that is kept; the edge of the photo itself keeps nothing."""
        if pixels < 0:
            return self.grow(-pixels)
        if pixels == 0 or self.box is None:
            return self
        rows, columns = _around(self.box, 1, self.size)  # every nearest kept pixel of the box touches or is in it
        shrunk = self.array.copy()
        shrunk[rows, columns] = distance_within(self.array[rows, columns], pixels) > pixels
        return Mask(shrunk)

    def feather(self, pixels: int) -> Floats:
        """Weights for blending, (H, W) float32 in [0, 1]: 0 outside, rising inside to 1 over `pixels` pixels.

        A pixel at distance d from what is kept weighs min(1, d / (pixels + 1)); the edge of the photo keeps nothing.
        """
        weights = np.zeros(self.size, np.float32)
        if self.box is not None:
            rows, columns = _around(self.box, 1, self.size)
            inside = distance_within(self.array[rows, columns], pixels + 1)
            weights[rows, columns] = np.minimum(inside / (pixels + 1), 1)
        return weights

    def invert(self) -> Mask:
        """What may change is kept, and what is kept may change."""
        return Mask(~self.array)

    def union(self, other: Mask) -> Mask:
        """What may change in either of two masks of the same size."""
        if other.size != self.size:
            raise UsageError(f"Masks of {self.width}×{self.height} and {other.width}×{other.height} cannot be joined.")
        return Mask(self.array | other.array)

    __or__ = union

    def encode(self) -> bytes:
        """A PNG file, 8-bit grey: 255 where the photo may change, else 0."""
        from io import BytesIO

        from PIL import Image as Pillow

        file = BytesIO()
        Pillow.fromarray(self.array.astype(np.uint8) * 255).save(file, "PNG")
        return file.getvalue()


def _draw(array: Bools, start: Doubles, end: Doubles, radius: float) -> None:
    """Set in `array` all pixel centres within `radius` of the line from `start` to `end` (x, y)."""
    pieces = math.ceil(math.dist(start, end) / (64 + 4 * radius)) or 1  # short pieces: a small box around each
    for piece in range(pieces):
        a, b = (start + (end - start) * share / pieces for share in (piece, piece + 1))
        left, top = (max(math.floor(v), 0) for v in np.minimum(a, b) - radius)
        right, bottom = (max(math.ceil(v), 0) for v in np.maximum(a, b) + radius)
        part = array[top:bottom, left:right]
        x = left + 0.5 - a[0] + np.arange(part.shape[1])
        y = (top + 0.5 - a[1] + np.arange(part.shape[0]))[:, None]
        along = b - a
        place = np.clip((x * along[0] + y * along[1]) / max(along @ along, 1e-12), 0, 1)
        part |= np.square(x - place * along[0]) + np.square(y - place * along[1]) <= radius**2


def _described(array: np.ndarray[Any, Any]) -> str:
    return f"an array of shape {array.shape} and type {array.dtype}"


def box_of(array: Bools) -> Box | None:
    """The smallest box (x, y, width, height) around what is True in (h, w), or None."""
    rows, columns = np.flatnonzero(array.any(1)), np.flatnonzero(array.any(0))
    if not rows.size:
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def _around(box: Box, margin: int, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a box with a margin, cut at the photo's edges."""
    x, y, width, height = box
    return (
        slice(max(y - margin, 0), min(y + height + margin, size[0])),
        slice(max(x - margin, 0), min(x + width + margin, size[1])),
    )


def _is_one_colour(array: np.ndarray[Any, Any]) -> bool:
    """Whether a varying alpha (the last channel) shows one colour only."""
    alpha = array[..., -1]
    if alpha.min() == alpha.max():
        return False
    visible = array[..., :-1][alpha > 0]
    return bool((visible == visible[0]).all())


def _white(band: np.ndarray[Any, Any], top: float, alpha_alone: bool) -> Bools:
    """Which pixels of (h, w, 1…4) samples, `top` at most, are a mask's white: (h, w) bool."""
    *colours, alpha = np.moveaxis(band, -1, 0) if band.shape[-1] in (2, 4) else (*np.moveaxis(band, -1, 0), None)
    if alpha is not None and alpha_alone:
        return np.asarray(alpha > top / 2)
    if len(colours) == 1:
        grey = colours[0].astype(np.float64)
    else:  # whole numbers, so that a white mask's 255 and a grey's 127 come out exactly
        grey = sum((weight * channel.astype(np.float64) for weight, channel in zip(LUMA, colours, strict=True))) / 1000
    if alpha is not None:
        grey = grey * (alpha / top)
    return np.asarray(grey > top / 2)
