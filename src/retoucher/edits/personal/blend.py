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
    box, weight, where = _weighted(share, square, image.size)
    photo = image.crop(*box).numpy().transpose(1, 2, 0)
    made = square.put(picture, box).numpy().transpose(1, 2, 0).clip(0, 1)
    scale = max(square.side / picture.shape[-1], 1.0)
    if where.any() and not where.all():
        made = met(photo, made, where, ~where, None, scale)
    if seed is not None and where.any():
        made = grained(photo, made, where, ~where, seed)
    pixels = photo + weight[..., None] * (made - photo)
    return _pasted(image, pixels, box, where, mark), in_photo(where, box, image.size)


def detailed(image: Image, detail: Tensor, share: Tensor, square: Square, mark: str) -> tuple[Image, Bools]:
    """The photo with detail (1, 3, s, s) around 0 added by shares (1, 1, s, s) in [0, 1] of a square, and where."""
    box, weight, where = _weighted(share, square, image.size)
    added = square.put(detail, box).numpy().transpose(1, 2, 0)
    pixels = image.crop(*box).numpy().transpose(1, 2, 0) + weight[..., None] * added
    return _pasted(image, pixels, box, where, mark), in_photo(where, box, image.size)


def _weighted(share: Tensor, square: Square, size: tuple[int, int]) -> tuple[Box, Floats, Bools]:
    """The square's box in a photo of `size`, how much each pixel of it is to change, and which do at all."""
    box = square.bounds(size)
    weight = square.put(share, box, smooth=False).numpy()[0].clip(0, 1)
    weight[~square.covers(box)] = 0
    return box, weight, weight > FAINT


def _pasted(image: Image, pixels: Floats, box: Box, where: Bools, mark: str) -> Image:
    import torch

    planes = torch.from_numpy(np.ascontiguousarray(pixels.clip(0, 1).transpose(2, 0, 1)))
    return image.paste(planes, where, x=box[0], y=box[1], mark=mark)


def in_photo(where: Bools, box: Box, size: tuple[int, int]) -> Bools:
    """What is True in a box of a photo, as a mask of the whole photo of `size` (height, width)."""
    x, y, width, height = box
    whole = np.zeros(size, bool)
    whole[y : y + height, x : x + width] = where
    return whole


def within(hole: Bools, square: Square, size: tuple[int, int]) -> tuple[Box, Bools]:
    """What of a hole (H, W) lies in a square: the square's box in the photo, and the hole in that box."""
    box = square.bounds(size)
    x, y, width, height = box
    return box, hole[y : y + height, x : x + width] & square.covers(box)
