"""Prompt: what a person pointed at, checked against the photo and ready for a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.errors import UsageError
from retoucher.mask import Box, Mask

if TYPE_CHECKING:
    from retoucher.edits.select import Place, Select

Array = np.ndarray[Any, np.dtype[Any]]

NOTHING = "Say what to select: a point on the thing, a box around it, or a scribble over it."
STEP = 1 / 400
"""Distance between the points that stand for a scribble, as a share of the photo's longer side."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """Points (N, 2) x, y that belong and that do not, boxes inside of the photo, and a first idea, perhaps."""

    points: Array
    exclude: Array
    boxes: tuple[Box, ...]
    guess: Mask | None

    @classmethod
    def made(cls, edit: Select, size: tuple[int, int], guess: Mask | None) -> Prompt:
        """What the edit's options say in a photo of `size` (height, width); UsageError where it makes no sense."""
        if guess is not None and guess.size != size:
            raise UsageError(
                f"The mask is {guess.width}×{guess.height} pixels but the photo is {size[1]}×{size[0]}: "
                "give a mask of the photo's size."
            )
        guess = None if guess is None or guess.empty else guess
        points = _places(edit.points, edit.strokes, size)
        boxes = tuple(_inside(box, size) for box in edit.boxes)
        if not len(points) and not boxes and guess is None:
            raise UsageError(NOTHING)
        return cls(points, _places(edit.exclude, edit.exclude_strokes, size), boxes, guess)

    @property
    def extent(self) -> Box | None:
        """The box around all that was pointed at; None where there are only points, which say little of the extent."""
        corners = [(x, y, x + width, y + height) for x, y, width, height in self.boxes]
        if self.guess is not None and self.guess.box is not None:
            x, y, width, height = self.guess.box
            corners.append((x, y, x + width, y + height))
        if not corners:
            return None
        corners += [(x, y, x + 1, y + 1) for x, y in np.floor(self.points).astype(int).tolist()]
        low, high = np.array(corners)[:, :2].min(0), np.array(corners)[:, 2:].max(0)
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _places(points: Sequence[Place], strokes: Iterable[Sequence[Place]], size: tuple[int, int]) -> Array:
    """All points, and points along all scribbles: (N, 2) float; UsageError for one outside of the photo."""
    corners = [*points, *(place for stroke in strokes for place in stroke)]
    for x, y in corners:
        if not (0 <= x < size[1] and 0 <= y < size[0]):
            raise UsageError(
                f"The point {x:g},{y:g} lies outside of the photo of {size[1]}×{size[0]}: "
                "give X,Y in pixels from the top left corner."
            )
    lines = [_along(np.array(stroke, float), STEP * max(size)) for stroke in strokes if len(stroke)]
    return np.concatenate([np.array(points, float).reshape(-1, 2), *lines])


def _along(line: Array, step: float) -> Array:
    """Points at most `step` apart along a polyline (N, 2)."""
    pieces = [line[:1]]
    for start, end in pairwise(line):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / max(step, 1))))
        pieces.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)


def _inside(box: Box, size: tuple[int, int]) -> Box:
    """The part of a box that lies in the photo; UsageError where there is none."""
    inner = Mask.from_boxes(size, [box]).box
    assert inner is not None  # from_boxes refuses a box without pixels
    return inner
