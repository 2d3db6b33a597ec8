"""A picture that was made of a face laid into the photo: softly, with the photo's tint and grain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retoucher.edits.redrawing.grain import grained
from retoucher.edits.redrawing.seam import met
from retoucher.mask import Bools, Box

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from retoucher.alignment import Square
    from retoucher.image import Image

    Floats = NDArray[np.float32]

HEAD = (0.5, 0.52, 0.40, 0.46)
"""Middle and half axes of the head in a face's square, within which an enlarged face is its own."""
SOFT = 0.28
"""Over which share of its axes the head fades into the enlarged photo."""
FAINT = 1e-3


def head(side: int) -> Tensor:
    """How much a made face counts in its square: (1, 1, side, side), 1 in the middle, 0 towards the edge."""
    import torch

    at = (torch.arange(side) + 0.5) / side
    x, y, across, down = HEAD
    far = (((at[None] - x) / across) ** 2 + ((at[:, None] - y) / down) ** 2).sqrt()
    fade = ((1 - far) / SOFT).clamp(0, 1)
    return (fade * fade * (3 - 2 * fade))[None, None]


def blended(
    image: Image, picture: Tensor, share: Tensor, square: Square, seed: int | None, mark: str
) -> tuple[Image, Bools]:
    """The photo with a picture of the square (1, 3, s, s) laid over it by shares (1, 1, s, s) in [0, 1], and where.

    `seed`: of the grain, None for none. Where the share is 0 nothing changes.
    """
    import torch

    box = square.bounds(image.size)
    weight = square.put(share, box, smooth=False).numpy()[0].clip(0, 1)
    weight[~square.covers(box)] = 0
    where = weight > FAINT
    photo = image.crop(*box).numpy().transpose(1, 2, 0)
    made = square.put(picture, box).numpy().transpose(1, 2, 0).clip(0, 1)
    scale = max(square.side / picture.shape[-1], 1.0)
    if where.any() and not where.all():
        made = met(photo, made, where, ~where, None, scale)
    if seed is not None and where.any():
        made = grained(photo, made, where, ~where, seed)
    pixels = photo + weight[..., None] * (made - photo)
    x, y, width, height = box
    changed = np.zeros(image.size, bool)
    changed[y : y + height, x : x + width] = where
    planes = torch.from_numpy(np.ascontiguousarray(pixels.clip(0, 1).transpose(2, 0, 1)))
    return image.paste(planes, where, x=x, y=y, mark=mark), changed


def detailed(image: Image, detail: Tensor, share: Tensor, square: Square, mark: str) -> Image:
    """The photo with detail (1, 3, s, s) around 0 added to it by shares (1, 1, s, s) in [0, 1] of a square."""
    import torch

    box = square.bounds(image.size)
    weight, added = square.put(share, box, smooth=False).clamp(0, 1), square.put(detail, box)
    inside = square.covers(box)
    pixels = (torch.as_tensor(image.crop(*box).numpy()) + weight * added).clamp(0, 1)
    where = inside & (weight[0].numpy() > FAINT)
    return image.paste(pixels, where, x=box[0], y=box[1], mark=mark)


def within(hole: Bools, square: Square, size: tuple[int, int]) -> tuple[Box, Bools]:
    """What of a hole (H, W) lies in a square: the square's box in the photo, and the hole in that box."""
    box = square.bounds(size)
    x, y, width, height = box
    return box, hole[y : y + height, x : x + width] & square.covers(box)
