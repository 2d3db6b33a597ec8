"""Boxes of a picture at its different sizes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

import cv2
import numpy as np

from retoucher.models.common.patchmatch import Bools, Floats
from retoucher.models.harmonization.patches import box_around


@dataclass(frozen=True)
class View:
    """A box of a picture at one of its sizes: (height, width) of the whole, rows and columns of the box."""

    size: tuple[int, int]
    rows: slice
    columns: slice

    @classmethod
    def around(cls, wanted: Bools) -> View:
        """The box of what is wanted (h, w), of a picture of that size."""
        return cls((wanted.shape[0], wanted.shape[1]), *box_around(wanted, 0))

    def at(self, size: tuple[int, int]) -> View:
        """The same box, and what it touches, at another size."""
        sides = []
        for box, old, new in zip((self.rows, self.columns), self.size, size, strict=True):
            sides.append(slice(box.start * new // old, min(new, ceil(box.stop * new / old))))
        return View(size, *sides)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the box."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def of(self, picture: Floats) -> Floats:
        """The box, of a whole picture (H, W, C) or (H, W), which is shrunk to this size first."""
        return np.ascontiguousarray(shrunk(picture, self.size)[self.rows, self.columns])

    def carried(self, values: Floats, to: View) -> Floats:
        """What this box holds, (h, w, C) with at most 4 channels, for a larger view of the same picture: cubic."""
        matrix = np.zeros((2, 3))  # x first
        sides = zip((1, 0), (self.columns, self.rows), (to.columns, to.rows), strict=True)
        for row, (axis, old, new) in enumerate(sides):
            scale = self.size[axis] / to.size[axis]
            matrix[row, row], matrix[row, 2] = scale, (new.start + 0.5) * scale - 0.5 - old.start
        how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        large = cv2.warpAffine(values, matrix, to.shape[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(large, np.float32)


def shrunk(picture: Floats, size: tuple[int, int]) -> Floats:
    """A whole picture (H, W, C) or (H, W) at a smaller size, each pixel the mean of those under it."""
    if picture.shape[:2] == size:
        return picture
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA))


def enlarged(picture: Floats, size: tuple[int, int]) -> Floats:
    """A whole picture (H, W, C) at a larger size, no sharper than it was."""
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_CUBIC))


def octaves(small: tuple[int, int], large: tuple[int, int]) -> list[tuple[int, int]]:
    """The sizes after `small` up to `large`, each about twice the one before; at least one."""
    count = max(1, round(log2(max(large) / max(small))))
    shares = [n / count for n in range(1, count)]
    between = [tuple(round(a * (b / a) ** share) for a, b in zip(small, large, strict=True)) for share in shares]
    return [*((height, width) for height, width in between), large]
