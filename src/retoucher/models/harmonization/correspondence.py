"""The correspondence map: which part of the painting each part of the object takes its strokes from."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor

from retoucher.models.common.cielab import to_lab, to_rgb
from retoucher.models.common.patchmatch import Bools, Floats, Ints
from retoucher.models.harmonization.masks import TIGHT, nearest
from retoucher.models.harmonization.match import RING
from retoucher.models.harmonization.patches import near, planes, tensor

DIM, FAINT = 0.45, 0.25
"""Of the painting where nothing was taken from: its lightness, and its colours."""
BRIGHT, COLOURFUL = 72.0, 62.0
"""Lightness of an even ground in the colours of the places, and how far those lie from grey."""
RELIEF = 0.5
"""How much of the painting's own light and dark shows through them."""


def picture(painting: Tensor, matches: Tensor, mask: Tensor) -> Tensor:
    """The painting dimmed, the places that were matched in a colour each, the object in the colours of its places.

    `painting` (3, H, W) in [0, 1], `mask` (1, H, W) the object, `matches` (h, w, 2): row and column in the map of cells
    (h, w) that each cell was matched to, -1 where none was; a map cell is as large as it must be to cover the painting.
    Returns (3, H, W) in [0, 1]. The object is framed in white; colours change with the place, from left to right
    and from top to bottom of the part that was matched.
    """
    lab = to_lab(planes(painting))
    cells: Ints = matches.numpy().astype(np.int32)
    known: Bools = np.asarray((cells >= 0).all(-1))
    size = (painting.shape[1], painting.shape[2])
    taken: Bools = np.zeros(known.shape, bool)
    taken[cells[known][:, 0], cells[known][:, 1]] = True
    taken = near(taken, RING)  # the style comes from the cells around each, too
    wheel = _colours(taken)
    relief = BRIGHT + RELIEF * (lab[..., :1] - 50)
    shown = lab * np.array([DIM, FAINT, FAINT], np.float32)
    area = _large(taken[..., None].astype(np.float32), size) > 0
    shown = np.where(area, np.concatenate([relief, _large(wheel, size)], -1), shown)
    thing: Bools = (mask[0] > TIGHT).numpy()
    places = _filled(cells, known)
    worn = _large(np.asarray(wheel[places[..., 0], places[..., 1]]), size)
    shown[thing] = np.concatenate([np.full((*size, 1), BRIGHT), worn], -1)[thing]
    shown[near(thing, 1) & ~thing] = 100, 0, 0
    return tensor(to_rgb(shown.astype(np.float32)))


def _colours(taken: Bools) -> Floats:
    """a and b of CIELAB for each cell (h, w, 2), by its place in the box of those taken."""
    found = np.zeros((*taken.shape, 2), np.float32)
    if taken.any():
        for axis, place in enumerate(np.nonzero(taken)):
            first, last = int(place.min()), int(place.max())
            steps = np.clip((np.arange(taken.shape[axis]) - first) / max(1, last - first), 0, 1)
            found[..., 1 - axis] = np.expand_dims(COLOURFUL * (2 * steps - 1), 1 - axis)
    return found


def _filled(cells: Ints, known: Bools) -> Ints:
    """Each cell's match (h, w, 2), or that of the nearest cell that has one: cells at the rim have none."""
    if not known.any():
        return np.zeros_like(cells)
    labels = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    number = np.zeros(int(labels[1].max()) + 1, np.int64)
    number[labels[1][known]] = np.flatnonzero(known)
    return np.asarray(cells.reshape(-1, 2)[number[labels[1]]])


def _large(cells: Floats, size: tuple[int, int]) -> Floats:
    """Each cell (h, w, C) for the pixels (*size, C) it stands for."""
    return planes(nearest(tensor(cells), size))
