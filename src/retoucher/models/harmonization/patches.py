"""Where in the painting the patches of a picture find their like."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from retoucher.models.common.patchmatch import Bools, Field, Floats, Ints, Search, bounds

Box = tuple[slice, slice]
"""Rows and columns."""


def planes(picture: Tensor) -> Floats:
    """(C, H, W) -> (H, W, C), float32, row by row in memory."""
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy(), np.float32)


def tensor(picture: Floats) -> Tensor:
    """(H, W, C) -> (C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def box_around(wanted: Bools, margin: int) -> Box:
    """The smallest box around True and `margin` pixels more on each side, where there are so many."""
    rows, columns = bounds(wanted)
    height, width = wanted.shape
    down = slice(max(0, rows.start - margin), min(height, rows.stop + margin))
    return down, slice(max(0, columns.start - margin), min(width, columns.stop + margin))


def near(wanted: Bools, pixels: int) -> Bools:
    """All that is within so many rows and columns of True."""
    window = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return np.asarray(cv2.dilate(wanted.astype(np.uint8), window) > 0)


def fitting(radius: int, *pictures: Floats) -> int:
    """The radius, made smaller where a picture is too small for such patches."""
    smallest = min(int(side) for picture in pictures for side in picture.shape[:2])
    return max(0, min(radius, (smallest - 1) // 2))


def centres(wanted: Bools, radius: int) -> Bools:
    """Centres of the patches that touch True and lie in the picture throughout."""
    return near(wanted, radius) & _inside(wanted.shape, radius)


def nearest(
    target: Floats,
    source: Floats,
    wanted: Bools,
    starts: Sequence[Ints],
    *,
    radius: int,
    rounds: int,
    seed: int,
    reach: int | None = None,
) -> Field:
    """For patches of `target` (h, w, C) with their centres in `wanted` (h, w), the most alike in `source` (H, W, C).

    Least squared difference of colours in [0, 1], compared in 8 bits. Of the `starts` (h, w, 2), rows and columns in
    the source, cut off to what is possible, each patch takes the best; it is improved in so many `rounds` of the
    search, which looks as far as `reach` (see `Search.improved`).
    """
    allowed = _inside(source.shape[:2], radius)
    search = Search(_bytes(target), _bytes(source), allowed, radius, np.zeros(allowed.shape, np.float32))
    last = [side - radius - 1 for side in allowed.shape]
    unknown = np.full(wanted.shape, np.inf, np.float32)
    fields = [search.measured(Field(start.clip(radius, last).astype(np.int32), unknown, wanted)) for start in starts]
    best = fields[0]
    for other in fields[1:]:
        better = other.cost < best.cost
        places = np.where(better[..., None], other.source, best.source)
        best = Field(places, np.minimum(other.cost, best.cost), wanted)
    return search.improved(best, rounds=rounds, seed=seed, reach=reach)


def anywhere(shape: tuple[int, ...], size: tuple[int, ...], seed: int) -> Ints:
    """For each pixel of a picture of this shape (h, w) a place in one of that size, drawn: (h, w, 2)."""
    random = np.random.default_rng(seed)
    return np.stack([random.integers(side, size=shape[:2], dtype=np.int32) for side in size[:2]], -1)


def in_place(shape: tuple[int, ...], corner: tuple[int, int]) -> Ints:
    """Each pixel's own place, if (0, 0) lies at `corner`: (h, w, 2)."""
    rows, columns = np.indices(shape[:2], np.int32)
    return np.stack([rows + np.int32(corner[0]), columns + np.int32(corner[1])], -1)


def _inside(shape: tuple[int, ...], radius: int) -> Bools:
    """Centres whose patch lies in a picture of this shape."""
    height, width = shape[:2]
    inside = np.zeros((height, width), bool)
    inside[radius : height - radius, radius : width - radius] = True
    return inside


def _bytes(picture: Floats) -> Floats:
    """Whole numbers from 0 to 255: sums of squares over a 7×7 patch are exact in float32."""
    levels = np.ascontiguousarray(picture.clip(0, 1), np.float32)
    levels *= 255
    return np.rint(levels, out=levels)
