"""Strokes finer than a small picture shows, taken from the painting octave by octave (after Hertzmann et al. 2001).

At every size the object's patches look for their like in the painting as it is one octave coarser, and what the
painting gains from there to this size is copied from where they found it.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from retoucher.jobs import Tell, silent
from retoucher.models.common.patchmatch import Bools, Field, Floats, Ints
from retoucher.models.common.voting import offsets
from retoucher.models.harmonization.patches import anywhere, centres, fitting, in_place, nearest
from retoucher.models.harmonization.views import View, enlarged, octaves, shrunk

PATCH = 3
"""Radius of the patches, which are 7×7."""
FIRST_ROUNDS, ROUNDS, LOOK = 8, 2, 8
"""Rounds of the search at the small size; at the larger ones, and as far as it looks there."""
BUSY, BUSY_RADIUS = 1.5, 3
"""How many times the painting's usual contrast strokes may have, within so many pixels."""


def with_strokes(
    seen: Callable[[View], Floats],
    mask: Floats,
    painting: Floats,
    small: View,
    large: View,
    *,
    seed: int = 0,
    tell: Tell = silent,
) -> Floats:
    """The object with strokes as fine as the painting's, in the box `large`: (h, w, 3).

    `seen` gives the object in a view, (h, w, 3), as sharp as it is in `small`. `mask` (H, W) is above 0 where strokes
    are wanted; `painting` (H, W, 3) is where they are taken from. Both have the size of `large`.
    """
    source, picture = shrunk(painting, small.size), seen(small)
    starts = in_place(small.shape, (small.rows.start, small.columns.start)), anywhere(small.shape, small.size, seed)
    radius = fitting(PATCH, picture, source)
    places = centres(small.of(mask) > 0, radius)
    field = nearest(picture, source, places, starts, radius=radius, rounds=FIRST_ROUNDS, seed=seed)
    view, strokes, sizes = small, np.zeros_like(picture), octaves(small.size, large.size)
    for number, size in enumerate(sizes):
        tell(number / len(sizes), "painting finer strokes", None)
        finer, sharp = large.at(size), shrunk(painting, size)
        coarse = enlarged(source, size)
        picture, strokes = seen(finer), view.carried(strokes, finer)
        wanted, start = finer.of(mask) > 0, finer_places(field, view, finer)
        places = centres(wanted, radius)
        field = nearest(
            picture + strokes, coarse, places, [start], radius=radius, rounds=ROUNDS, seed=seed + number, reach=LOOK
        )
        np.subtract(sharp, coarse, out=coarse)
        strokes += copied(coarse, wanted, field, radius)
        view, source = finer, sharp
    return picture + strokes


def finer_places(field: Field, old: View, new: View) -> Ints:
    """Where each pixel of a larger view begins to look, (h, w, 2): beside its parent's like, as it is beside that."""
    own = in_place(new.shape, (new.rows.start, new.columns.start))
    scale = np.array(new.size) / np.array(old.size)
    last = np.array(old.shape) - 1
    corner = np.array([old.rows.start, old.columns.start])
    parents = np.clip(((own + 0.5) / scale).astype(np.int32) - corner, 0, last)
    shift = field.source[parents[..., 0], parents[..., 1]] - (parents + corner)
    return np.asarray(own + np.rint(shift * scale), np.int32)


def copied(strokes: Floats, wanted: Bools, field: Field, radius: int) -> Floats:
    """The painting's `strokes` (H, W, 3) for each wanted pixel (h, w), from where its cheapest patch found its like.

    What has more contrast than strokes of this painting mostly have, the rim of a thing perhaps, is made weaker.
    """
    shift = offsets(wanted, field, radius)
    y, x = (np.where(wanted, place + shift[..., axis], 0) for axis, place in enumerate(np.indices(wanted.shape)))
    found = np.where(wanted[..., None], strokes[y, x], np.float32(0))
    most = BUSY * np.median(contrast(strokes))
    weaker = np.minimum(1, most / np.maximum(contrast(found), 1e-6))
    return np.asarray(found * weaker[..., None], np.float32)


def contrast(strokes: Floats) -> Floats:
    """Root of the mean square of (H, W, 3) around each pixel: (H, W)."""
    square = np.einsum("hwc,hwc->hw", strokes, strokes) / strokes.shape[2]
    window = (2 * BUSY_RADIUS + 1, 2 * BUSY_RADIUS + 1)
    return np.asarray(np.sqrt(np.maximum(cv2.blur(square, window, borderType=cv2.BORDER_REFLECT), 0)), np.float32)
