"""From the network's picture of a square to the photo's pixels: enlarged, met at the seam, with the photo's grain."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from retoucher.edits.redrawing.boxes import wider
from retoucher.edits.redrawing.grain import grained
from retoucher.edits.redrawing.seam import met
from retoucher.edits.redrawing.squares import Part
from retoucher.mask import Bools

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.image import Image

AROUND = 0.2
"""Share of the square around the hole that seam and grain are measured in."""
LEAST, MOST = 40, 250
"""Pixels of the photo that this is at least and at most; seams of coarse pictures need more."""


def laid(
    image: Image,
    picture: Tensor,
    part: Part,
    where: Bools,
    unknown: Bools,
    painted: Bools | None,
    scale: float,
    seed: int | None,
) -> Tensor:
    """The pixels of `part.box`, (3, h, w) in [0, 1]; only those `where` (h, w) it is True are of use.

    `picture`: (1, 3, side, side) of the square. unknown, painted (H, W) bool of the whole photo. `scale`: pixels of the
    photo for each of the network's. `seed`: of the grain, None for none.
    """
    import torch

    margin = min(max(LEAST, round(AROUND * part.square.side)), MOST)
    box = wider(part.box, max(margin, ceil(8 * scale)), image.size)
    x, y, width, height = box
    left, top, wide, tall = part.box
    view = np.s_[y : y + height, x : x + width]
    inner = np.s_[top - y : top - y + tall, left - x : left - x + wide]
    hole = np.zeros((height, width), bool)
    hole[inner] = where
    photo = image.crop(*box).numpy().transpose(1, 2, 0)
    drawn = part.square.put(picture, box).numpy().transpose(1, 2, 0)
    # beyond the square the network has seen nothing: there the difference means nothing
    known = ~unknown[view] & part.square.covers(box)
    drawn = met(photo, drawn, hole, known, None if painted is None else painted[view], max(scale, 1))
    if seed is not None:
        drawn = grained(photo, drawn, hole, ~unknown[view], seed)
    pixels = drawn[inner].clip(0, 1).transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(pixels))
