"""What a person has drawn: lines and colours read from pictures, and brought into a square."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

import numpy as np

from retoucher.alignment import Square
from retoucher.mask import Bools, box_of
from retoucher.models.scfegan.sketch import thinned

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.image import Image

ENOUGH = 0.25
"""Share of a resized pixel that must be painted for it to count as painted."""
NEAR = 20 / 255
"""Without transparency, what is as near as this to the ground is no paint."""
FAINTEST = 0.06
"""How much darker or brighter than its ground a line is at least, without transparency."""
MUCH = 0.25
"""Share of a picture that must be white for white to be its ground."""
BAND = 1 << 22
"""Pixels that are looked at at a time."""

Paper = Literal["", "black", "white"]
"""What counts as no paint in a picture without transparency; "" where transparency says it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Lines (H, W) bool, the picture with the colours, and where on it colour is painted (H, W) bool; or None each."""

    lines: Bools | None = None
    colors: Image | None = None
    painted: Bools | None = None
    lines_left: int = 0
    colors_left: int = 0
    ground: Paper = ""

    @classmethod
    def of(cls, sketch: Image | None, color: Image | None, hole: Bools) -> Drawn:
        """What is drawn inside the mask; `lines_left` and `colors_left`: how many drawn pixels lie outside of it.

        `ground`: which colour of the picture counted as no paint, "" for none.
        """
        lines = None if sketch is None else lines_of(sketch)
        paper = "" if color is None else ground(color)
        painted = None if color is None else painted_of(color, paper)
        within = [None if each is None else each & hole for each in (lines, painted)]
        left = [
            0 if each is None or inner is None else int(np.count_nonzero(each) - np.count_nonzero(inner))
            for each, inner in zip((lines, painted), within, strict=True)
        ]
        kept = [each if each is not None and each.any() else None for each in within]
        return cls(kept[0], None if kept[1] is None else color, kept[1], left[0], left[1], paper)

    def share(self, hole: Bools) -> float:
        """How much of the mask is lines."""
        return 0.0 if self.lines is None else float(self.lines.sum()) / max(float(hole.sum()), 1.0)

    @property
    def nothing(self) -> bool:
        """Whether the mask is to be filled without any guidance."""
        return self.lines is None and self.painted is None

    def lines_in(self, square: Square, side: int) -> Tensor | None:
        """The lines in a square of `side` pixels, one pixel wide: (1, 1, side, side) of zeros and ones, or None."""
        import torch

        if self.lines is None:
            return None
        lines = thin_lines(self.lines, square, side)
        return torch.from_numpy(lines.astype(np.float32))[None, None]

    def colors_in(self, square: Square, side: int) -> tuple[Tensor | None, Tensor | None]:
        """The colours in a square of `side` pixels (1, 3, side, side), and where they count (1, 1, side, side)."""
        if self.painted is None or self.colors is None:
            return None, None
        colors, share = square.take(self.colors, ~self.painted, side)
        return colors, (share > ENOUGH).float()


def lines_of(sketch: Image) -> Bools:
    """Where a sketch has a line: (H, W) bool.

    With transparency, where it is more than half as opaque as it is anywhere. Without, what is darker or brighter than
    the middle between its darkest and its brightest: the rarer of the two is the line; where these are less than
    `FAINTEST` apart there is none.
    """
    clear = _opaque(sketch, most=True)
    if clear is not None:
        return clear
    grey = np.concatenate([sketch.crop(0, top, sketch.width, rows).numpy().mean(0) for top, rows in _bands(sketch)])
    low, high = float(grey.min()), float(grey.max())
    if high - low < FAINTEST:
        return np.zeros(sketch.size, bool)
    dark = np.asarray(grey <= (low + high) / 2)
    return dark if np.count_nonzero(dark) <= dark.size / 2 else ~dark


def painted_of(color: Image, paper: Paper | None = None) -> Bools:
    """Where a picture of colours is painted: (H, W) bool. `paper`: its `ground`, where that is known already."""
    clear = _opaque(color)
    if clear is not None:
        return clear
    paper = paper or ground(color)
    return np.concatenate([~_near(color, top, rows, paper) for top, rows in _bands(color)])


def ground(color: Image) -> Paper:
    """What counts as no paint: "" where transparency says it, else black, or white where there is much and more of it.

    Up to `NEAR` of either is the same, since JPEG blurs.
    """
    if _opaque(color) is not None:
        return ""
    papers: tuple[Paper, Paper] = ("black", "white")
    black, white = (
        sum(int(np.count_nonzero(_near(color, top, rows, paper))) for top, rows in _bands(color)) for paper in papers
    )
    return "white" if white > max(black, MUCH * color.width * color.height) else "black"


def thin_lines(lines: Bools, square: Square, side: int) -> Bools:
    """Lines of a photo in a square of `side` pixels: one pixel wide, none lost, none broken: (side, side) bool.

    Every pixel of a line leaves one in the square, and where those would lie apart, several.
    """
    found = np.zeros((side, side), bool)
    x, y, wide, tall = square.bounds(lines.shape[:2])
    rows, columns = np.nonzero(lines[y : y + tall, x : x + wide])
    pieces = max(1, ceil(1.5 * side / square.side))
    for piece in range(pieces**2):
        down, across = ((each + 0.5) / pieces for each in divmod(piece, pieces))
        places = square.inside(np.stack([columns + x + across, rows + y + down], 1))
        there = np.floor(places * side).astype(int)
        there = there[((there >= 0) & (there < side)).all(1)]
        found[there[:, 1], there[:, 0]] = True
    box = box_of(found)
    if box is not None:
        x, y, wide, tall = box
        part = np.s_[y : y + tall, x : x + wide]
        found[part] = thinned(found[part])
    return found


def _opaque(picture: Image, *, most: bool = False) -> Bools | None:
    """Where a picture is more than half opaque; None where no pixel is transparent, so that opacity says nothing.

    `most`: half of what is the most opaque in it, so that a faint layer counts.
    """
    if not picture.has_alpha:
        return None
    alpha = picture.samples[..., -1]
    half = int(alpha.max()) // 2 if most else picture.maximum // 2
    return np.asarray(alpha > half) if (alpha < picture.maximum).any() else None


def _bands(picture: Image) -> list[tuple[int, int]]:
    """First row and number of rows of the bands in which a picture is read."""
    rows = max(1, BAND // picture.width)
    return [(top, min(rows, picture.height - top)) for top in range(0, picture.height, rows)]


def _near(picture: Image, top: int, rows: int, paper: Paper) -> Bools:
    pixels = picture.crop(0, top, picture.width, rows).numpy()
    return np.asarray((pixels <= NEAR).all(0) if paper == "black" else (pixels >= 1 - NEAR).all(0))
