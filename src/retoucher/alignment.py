"""Square: an upright picture of a square part of a photo that may be turned, and the way back.

Networks for faces are trained on squares in which every face lies in the same place. Places in a photo are continuous:
the top left pixel covers 0 to 1 both ways and has its middle at 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, cos, floor, radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.mask import Bools, Box
from retoucher.spreading import Floats, spread

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.faces import Face
    from retoucher.image import Image
    from retoucher.templates import Template

Places = np.ndarray[Any, np.dtype[np.float64]]
Point = tuple[float, float]

BAND = 1 << 22
"""Pixels that are read at a time, so that a face of 100 megapixels fits in a laptop's memory."""

ALL = 1 - 1e-3
"""Share of a resized pixel from which it counts as wholly there: resizing rounds."""


LIKELY = (0.82, 1.08)
"""How much smaller or larger than by the box a face's square may come out by the eyes."""


@dataclass(frozen=True)
class Square:
    """A square of a photo: its middle `x`, `y` and `side` in pixels, turned by `angle` degrees clockwise.

    It may reach over the photo's edge; there the photo is reflected.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def enlarged(self, scale: float) -> Square:
        """The same square of a photo that was made `scale` times as large."""
        return Square(self.x * scale, self.y * scale, self.side * scale, self.angle)

    def inside(self, places: Places) -> Places:
        """Places in the photo (N, 2) as shares of the square, (0, 0) its top left corner: (N, 2)."""
        return np.asarray((places - (self.x, self.y)) @ self._turn() / self.side + 0.5)

    def outside(self, shares: Places) -> Places:
        """The way back of `inside`: (N, 2) -> (N, 2)."""
        return np.asarray((shares - 0.5) @ self._turn().T * self.side + (self.x, self.y))

    def bounds(self, size: tuple[int, int], margin: float = 0.0) -> Box:
        """The box of a photo of `size` (height, width) that holds the square with a margin in pixels.

        Raises ValueError where the square lies outside of the photo.
        """
        corners = self.outside(np.array([(0, 0), (0, 1), (1, 0), (1, 1)]))
        (left, top), (right, bottom) = corners.min(0) - margin, corners.max(0) + margin
        x, y = max(floor(left), 0), max(floor(top), 0)
        width, height = min(ceil(right), size[1]) - x, min(ceil(bottom), size[0]) - y
        if width < 1 or height < 1:
            raise ValueError(f"{self} lies outside of a photo of {size[1]}x{size[0]}")
        return x, y, width, height

    def covers(self, box: Box) -> Bools:
        """Which pixels of a box of the photo have their middle in the square: (height, width) bool."""
        x, y, width, height = box
        columns, rows = np.meshgrid(np.arange(x, x + width) + 0.5, np.arange(y, y + height) + 0.5)
        shares = self.inside(np.stack([columns.ravel(), rows.ravel()], 1))
        return np.asarray(((shares >= 0) & (shares <= 1)).all(1).reshape(height, width))

    def holding(self, box: Box, margin: float = 0.0) -> Square:
        """The smallest square, turned alike, that holds this one and a box, moved no further than it must be.

        `margin`: what is left beside the box, as a share of the larger square; only where the box reaches out of it.
        """
        x, y, width, height = box
        corners = np.array([(x, y), (x + width, y), (x, y + height), (x + width, y + height)], np.float64)
        shares = self.inside(corners)
        low, high = shares.min(0), shares.max(0)
        if (low >= 0).all() and (high <= 1).all():
            return self
        low, high = np.minimum(low, 0), np.maximum(high, 1)
        share = float((high - low).max()) * (1 + 2 * margin)
        middle = np.clip(0.5, high - share / 2, low + share / 2)
        (there,) = self.outside(middle[None])
        return replace(self, x=float(there[0]), y=float(there[1]), side=self.side * share)

    def take(self, image: Image, unknown: Bools | None, side: int) -> tuple[Tensor, Tensor]:
        """The square as an upright picture of `side` pixels: (1, 3, side, side) sRGB in [0, 1], and how much is known.

        What is `unknown` ((H, W) bool, of the whole photo) is never looked at: resizing averages known pixels only,
        and gaps are filled from around them. The second is the known share of each pixel: (1, 1, side, side) in [0, 1].
        """
        import cv2
        import torch

        scale = min(1.0, side / self.side)
        # the reduced crop reaches a little further than the square, since interpolation looks around
        box = self.bounds(image.size, margin=3 / scale)
        small = _reduced(image, unknown, box, scale)
        matrix = self._to_crop(side, box, small.shape[:2])
        known = np.clip(small[..., 3], 0, 1)
        pixels = spread(np.asarray(small[..., :3] / np.maximum(known, 1e-6)[..., None], np.float32), known)
        options: dict[str, Any] = {"dsize": (side, side), "borderMode": cv2.BORDER_REFLECT}
        pixels = cv2.warpAffine(pixels, matrix, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, **options)
        known = cv2.warpAffine(known, matrix, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, **options)
        planes = np.ascontiguousarray(pixels.clip(0, 1).transpose(2, 0, 1))
        return torch.from_numpy(planes)[None], torch.from_numpy(known)[None, None]

    def put(self, pixels: Tensor, box: Box, *, smooth: bool = True) -> Tensor:
        """A picture (1, C, side, side) of the square laid over a box of the photo: (C, height, width) float32.

        Enlarged with Lanczos' filter (`smooth`; else linearly, which never overshoots), reduced by area. What lies
        beyond the square repeats its edge.
        """
        import cv2
        import torch

        picture = np.ascontiguousarray(pixels[0].detach().float().cpu().numpy().transpose(1, 2, 0))
        side = picture.shape[0]
        if side > self.side:
            side = max(1, ceil(self.side))
            picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).reshape(side, side, -1)
        x, y, width, height = box
        turned = self._turn().T * side / self.side  # columns of the photo's pixels -> of the picture's
        at = turned @ (x + 0.5 - self.x, y + 0.5 - self.y) + side / 2 - 0.5
        flags = (cv2.INTER_LANCZOS4 if smooth else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
        matrix = np.column_stack([turned, at])
        laid = cv2.warpAffine(picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return torch.from_numpy(np.ascontiguousarray(laid.reshape(height, width, -1).transpose(2, 0, 1)))

    def _turn(self) -> Places:
        """The matrix that turns a column (x, y) by `angle`: y points down, so clockwise."""
        c, s = cos(radians(self.angle)), sin(radians(self.angle))
        return np.array([[c, -s], [s, c]])

    def _to_crop(self, side: int, box: Box, size: tuple[int, ...]) -> Places:
        """From pixels of a picture of `side` to those of a crop (the box of the photo) that was resized to `size`."""
        x, y, width, height = box
        resized = np.array([size[1] / width, size[0] / height])
        turned = self._turn() * self.side / side
        corner = np.array([self.x - x, self.y - y]) + turned @ (0.5 - side / 2, 0.5 - side / 2)
        return np.column_stack([turned * resized[:, None], corner * resized - 0.5])


def by_face(face: Face, template: Template) -> Square:
    """The square of a template around a face: level eyes in their places, or the box in the middle."""
    x, y, width, height = face.box
    side = template.box * (width + height) / 2
    if face.eyes is None:
        return Square(x + width / 2, y + height / 2, side)
    (left, top), (right, bottom) = face.eyes
    dx, dy = right - left, bottom - top
    side = float(np.clip(np.hypot(dx, dy) / template.apart, LIKELY[0] * side, LIKELY[1] * side))
    angle = float(np.degrees(np.arctan2(dy, dx)))
    square = Square((left + right) / 2, (top + bottom) / 2, side, angle)
    # from the place of the eyes to the middle
    ((x, y),) = square.outside(np.array([(0.5, 1 - template.eyes[0][1])]))
    return Square(float(x), float(y), side, angle)


def by_points(left: Point, right: Point, mouth: Point) -> Square:
    """FFHQ's square of the middles of both eyes (the left one in the picture first) and of the mouth.

    Its side is four distances of the eyes, or 3.6 of eyes and mouth where that is more; it is turned by the eyes and
    the line to the mouth together (the published alignment script of FFHQ).
    """
    eyes, other, lips = np.array(left), np.array(right), np.array(mouth)
    middle, across = (eyes + other) / 2, other - eyes
    down = lips - middle
    axis = across + np.array([down[1], -down[0]])  # the line to the mouth, turned to lie along the eyes
    axis = axis / np.hypot(*axis) * max(2 * np.hypot(*across), 1.8 * np.hypot(*down))
    x, y = middle + 0.1 * down
    return Square(float(x), float(y), float(2 * np.hypot(*axis)), float(np.degrees(np.arctan2(axis[1], axis[0]))))


def _reduced(image: Image, unknown: Bools | None, box: Box, scale: float) -> Floats:
    """A box of the photo resized by `scale` <= 1: (h, w, 4), the sums of known colours and the known share."""
    import cv2

    x, y, width, height = box
    size = max(1, round(width * scale)), max(1, round(height * scale))
    rows, bands = max(1, BAND // width), []
    for top in range(y, y + height, rows):
        end = min(top + rows, y + height)
        band = np.ones((end - top, width, 4), np.float32)
        band[..., :3] = image.crop(x, top, width, end - top).numpy().transpose(1, 2, 0)
        if unknown is not None:
            band[unknown[top:end, x : x + width]] = 0
        bands.append(cv2.resize(band, (size[0], end - top), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(np.concatenate(bands), size, interpolation=cv2.INTER_AREA), np.float32)
