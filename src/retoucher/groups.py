"""Which holes are filled together, and how much of the photo around them is looked at.

Boxes are rows (x, y, width, height) of an (N, 4) array of integers, in pixels of the photo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.mask import Bools, Box, Mask, box_of

if TYPE_CHECKING:
    from retoucher.fit import Fit

Boxes = np.ndarray[Any, np.dtype[np.int64]]

LEAST_MARGIN = 64
"""Pixels of surroundings that even the smallest hole is shown with."""

MOST_SPARE = 1.25
"""How much larger one view of two holes may be than the two views: it is work done for nothing."""

LEAST_PIECE = 128
"""Side of the smallest squares that long thin holes are cut along."""

MOST_HOLES = 1 << 14
"""More holes than this are joined with their neighbours before anything else."""

FEW_HOLES = 256
"""Up to this many holes are each compared with all others."""

MOST_BLOCKS = 1 << 24
"""Connected holes are looked for on this many blocks of pixels at most."""


def groups(mask: Mask, fit: Fit) -> list[Box]:
    """Boxes around the holes of a mask, in reading order; holes that are to be filled in one go share a box.

    This is repeated until it changes nothing (`_belong` says which holes share). Boxes of two groups may overlap
    where a common one would be resized: many specks of dust all over a photo are filled at full size, part by part.
    """
    waiting = [piece for hole in _gathered(_holes(mask), fit) for piece in _pieces(hole, mask, fit)]
    done = np.empty((0, 4), np.int64)
    while waiting:
        hole = waiting.pop()
        partners = np.flatnonzero(_belong(hole[None], done, mask.size, fit))
        if partners.size:
            waiting.append(_union(hole[None], done[partners[:1]])[0])
            done = np.delete(done, partners[0], axis=0)
        else:
            done = np.concatenate([done, hole[None]])
    x, y, width, height = done[np.lexsort((done[:, 0], done[:, 1]))].T.tolist()
    return list(zip(x, y, width, height, strict=True))


def views(holes: Boxes, size: tuple[int, int], fit: Fit, *, wider: int = 1) -> Boxes:
    """Each hole with its surroundings, in a photo of `size` (height, width): (N, 4) -> (N, 4).

    The margin is `fit.context` times the hole's longer side and at least `LEAST_MARGIN`; where that would have to be
    resized, up to half of the margin is given up to avoid it. A view is moved where it would leave the photo, and cut
    only where it is larger than the photo. `wider` multiplies the margin.
    """
    longer = holes[:, 2:].max(1, keepdims=True)
    margin = np.maximum(np.ceil(fit.context * longer), LEAST_MARGIN).astype(np.int64)
    if fit.best:
        resized = _inside(holes, margin, size)[:, 2:].max(1, keepdims=True) > fit.best
        less = np.minimum(margin, np.maximum((fit.best - longer) // 2, margin // 2))
        margin = np.where(resized, less, margin)
    return _inside(holes, margin * wider, size)


def _inside(holes: Boxes, margin: Boxes, size: tuple[int, int]) -> Boxes:
    """Boxes with a margin (N, 1) on all sides, moved into the photo, cut where they are larger than it."""
    photo = np.array(size[::-1])
    sides = np.minimum(holes[:, 2:] + 2 * margin, photo)
    return np.concatenate([np.clip(holes[:, :2] - margin, 0, photo - sides), sides], 1)


def _belong(hole: Boxes, others: Boxes, size: tuple[int, int], fit: Fit) -> Bools:
    """Whether a hole (1, 4) is filled together with each of the others (N, 4): (N,) bool.

    It is where one box holds the other; where their views overlap and one view of both needs no resizing (and is not
    much larger than the two, `fit.local`); and where the boxes overlap, both need resizing anyway, and both together
    do not need much more of it.
    """
    both = _union(hole, others)
    held = ((both == hole) | (both == others)).all(1) if len(others) else np.zeros(0, bool)
    one, two, joint = views(hole, size, fit), views(others, size, fit), views(both, size, fit)
    near = _gaps(one, two) < 0
    if fit.local:
        areas = [view[:, 2] * view[:, 3] for view in (one, two, joint)]
        near &= areas[2] <= MOST_SPARE * (areas[0] + areas[1])
    if not fit.best:
        return np.asarray(held | near)
    sides = [view[:, 2:].max(1, initial=0) for view in (one, two, joint)]
    large = (sides[0] > fit.best) & (sides[1] > fit.best) & (_gaps(hole, others) < 0)
    return np.asarray(
        held | near & (sides[2] <= fit.best) | large & (sides[2] <= np.minimum(sides[0], sides[1]) * 4 / 3)
    )


def _gaps(one: Boxes, others: Boxes) -> Boxes:
    """Pixels between boxes along the axis on which they are further apart: (N,), negative where they overlap."""
    first = np.maximum(one[:, :2], others[:, :2])
    last = np.minimum(one[:, :2] + one[:, 2:], others[:, :2] + others[:, 2:])
    return np.asarray((first - last).max(1, initial=-(2**62)))


def _union(one: Boxes, others: Boxes) -> Boxes:
    """The smallest boxes that hold both."""
    first = np.minimum(one[:, :2], others[:, :2])
    last = np.maximum(one[:, :2] + one[:, 2:], others[:, :2] + others[:, 2:])
    return np.concatenate([first, last - first], 1)


def _holes(mask: Mask) -> Boxes:
    """Exact boxes around the connected holes of the mask; holes a few pixels apart may share one in a huge mask."""
    import cv2

    if mask.box is None:
        return np.empty((0, 4), np.int64)
    left, top, width, height = mask.box
    part = mask.array[top : top + height, left : left + width]
    block = 1
    while True:
        if part.size / block**2 <= MOST_BLOCKS:
            count, _, found, _ = cv2.connectedComponentsWithStats(_blocks(part, block).astype(np.uint8), connectivity=8)
            if count - 1 <= MOST_HOLES:
                break
        block *= 2
    holes = []
    for x, y, wide, tall, _ in (found[1:].astype(np.int64) * block).tolist():
        inner = box_of(part[y : y + tall, x : x + wide])
        assert inner is not None  # a block is set because a pixel in it is
        holes.append((left + x + inner[0], top + y + inner[1], inner[2], inner[3]))
    return np.array(holes, np.int64)


def _gathered(holes: Boxes, fit: Fit) -> Boxes:
    """Where there are very many holes: those small ones as one whose centres share a square of the photo.

    The squares are so small that what is in one of them needs no resizing. Comparing all with all would take seconds.
    """
    if len(holes) <= FEW_HOLES:
        return holes
    cell = LEAST_PIECE if fit.local else max(1, (fit.best or 1024) // 4)
    small = holes[:, 2:].max(1) <= cell // 2
    squares, member = np.unique((holes[small, :2] + holes[small, 2:] // 2) // cell, axis=0, return_inverse=True)
    first, last = np.full((len(squares), 2), np.iinfo(np.int64).max), np.zeros((len(squares), 2), np.int64)
    np.minimum.at(first, member, holes[small, :2])
    np.maximum.at(last, member, holes[small, :2] + holes[small, 2:])
    return np.concatenate([holes[~small], np.concatenate([first, last - first], 1)])


def _pieces(hole: Boxes, mask: Mask, fit: Fit) -> list[Boxes]:
    """A hole that is long but thin (a wire, a scratch, a line of text) cut into pieces that need no resizing.

    Each (4,). It is filled from what lies beside it, and gains nothing from being seen whole at a fraction of the size,
    or (`fit.local`) with surroundings as wide as it is long. A piece is filled knowing those before it.
    """
    import cv2

    x, y, width, height = hole.tolist()
    longest, step = max(width, height), max(1, fit.best // 2)
    if longest <= 2 * LEAST_PIECE or (not fit.local and views(hole[None], mask.size, fit)[0, 2:].max() <= fit.best):
        return [hole]
    part = mask.array[y : y + height, x : x + width]
    thick = 2 * float(cv2.distanceTransform(np.pad(part, 1).view(np.uint8), cv2.DIST_L2, 5).max())
    if fit.local:
        step = max(LEAST_PIECE, int(8 * thick))
        if longest <= 2 * step:
            return [hole]
    elif not fit.best or thick > fit.best / 8:
        return [hole]
    pieces = []
    for top in range(0, height, step):
        for left in range(0, width, step):
            inner = box_of(part[top : top + step, left : left + step])
            if inner:
                pieces.append(np.array([x + left + inner[0], y + top + inner[1], *inner[2:]], np.int64))
    return pieces


def _blocks(array: Bools, block: int) -> Bools:
    """Which blocks of `block` × `block` pixels hold a True: (h, w) -> (⌈h / block⌉, ⌈w / block⌉)."""
    if block == 1:
        return array
    rows = np.logical_or.reduceat(array, np.arange(0, array.shape[0], block), axis=0)
    return np.logical_or.reduceat(rows, np.arange(0, array.shape[1], block), axis=1)
