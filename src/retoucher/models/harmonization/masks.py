"""The masks of painterly harmonization, and the way Torch7 resized pictures, on which their numbers depend.

Masks are (1, H, W), 1 = object; what is made of them is soft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.models.common.features import CONVOLUTIONS, layer_names

DILATION, DILATION_LEVEL = 35, 0.1
"""Side of the Gaussian that grows the tight mask, and what counts as covered; it grows a straight edge by 12 pixels."""
FEATHER, FEATHER_SPREAD = 7, 21.0
"""Side and spread of the kernel that blurs the tight mask; so wide a Gaussian is in effect a box."""
TIGHT = 0.1
"""What of the tight mask counts as the object."""


def gaussian(size: int, spread: float) -> Tensor:
    """A normalised Gaussian kernel of so many pixels and standard deviation: (size,)."""
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    kernel = torch.exp(-place.square() / (2 * spread**2))
    return kernel / kernel.sum()


def blurred(picture: Tensor, kernel: Tensor) -> Tensor:
    """Convolved with a separable kernel of odd length, zeros around: (C, H, W) -> the same size."""
    kernel, channels, reach = kernel.to(picture), len(picture), len(kernel) // 2
    rows = kernel[None, None, :, None].expand(channels, 1, -1, 1)
    picture = F.conv2d(picture[None], rows, padding=(reach, 0), groups=channels)
    return F.conv2d(picture, rows.mT, padding=(0, reach), groups=channels)[0]


def dilated(tight: Tensor, scale: float = 1.0) -> Tensor:
    """The tight mask grown by about 12 pixels times `scale`, exactly 0 or 1: what may change."""
    size = max(3, 2 * round((DILATION - 1) / 2 * scale) + 1)
    return (blurred(tight, gaussian(size, size / 3)) > DILATION_LEVEL).to(tight)


def feathered(tight: Tensor) -> Tensor:
    """The tight mask with a soft edge: how much of the result goes into the painting."""
    return blurred(tight, gaussian(FEATHER, FEATHER_SPREAD))


def beyond_the_border(change: Callable[[Tensor], Tensor], picture: Tensor, reach: int = FEATHER) -> Tensor:
    """What a filter of `reach` pixels makes of a picture (C, H, W) that goes on with its outermost pixels.

    As published there is nothing beyond the border, and along it the painting shines through an object it cuts off.
    """
    whole = F.pad(picture[None], (reach,) * 4, mode="replicate")[0]
    return change(whole)[:, reach:-reach, reach:-reach]


def pyramid(loose: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """What the loose mask becomes on its way through VGG-19: soft masks (1, h, w) of these layers by name.

    After every convolution 3×3 windows are averaged, zeros around counted; every pooling halves the size, rounding up.
    """
    found: dict[str, Tensor] = {}
    mask = loose
    for name in layer_names(19, sum(CONVOLUTIONS[19])):
        if name.endswith("_1") and name != "relu1_1":
            mask = resized(mask, (-(-mask.shape[1] // 2), -(-mask.shape[2] // 2)))
        mask = F.avg_pool2d(mask, 3, stride=1, padding=1)
        if name in layers:
            found[name] = mask
            if len(found) == len(layers):
                break
    return found


def resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """(C, H, W) -> (C, *size) as Torch7's "bilinear": by area where it shrinks, with aligned ends where it grows."""
    rows, columns = (_weights(old, new, picture) for old, new in zip(picture.shape[1:], size, strict=True))
    return rows @ picture @ columns.mT


def _weights(old: int, new: int, like: Tensor) -> Tensor:
    """How much each of `old` cells gives to each of `new` ones: (new, old)."""
    if new <= old:
        edges = torch.arange(new + 1, dtype=torch.float64) * old / new
        cells = torch.arange(old, dtype=torch.float64)
        shared = torch.minimum(edges[1:, None], cells + 1) - torch.maximum(edges[:-1, None], cells)
        return (shared.clamp(min=0) * new / old).to(like)
    place = torch.arange(new, dtype=torch.float64) * ((old - 1) / max(new - 1, 1))
    return (1 - (place[:, None] - torch.arange(old, dtype=torch.float64)).abs()).clamp(min=0).to(like)


def nearest(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """(C, H, W) -> (C, *size), the cell at floor(i * old / new)."""
    rows, columns = (torch.arange(new) * old // new for old, new in zip(picture.shape[1:], size, strict=True))
    return picture[:, rows[:, None], columns]


def size_of(picture: Tensor) -> tuple[int, int]:
    """(height, width) of (…, H, W)."""
    return picture.shape[-2], picture.shape[-1]


def longest(picture: Tensor, size: int) -> tuple[int, int]:
    """(height, width) of a picture (C, H, W) whose longer side is to be `size`."""
    height, width = picture.shape[1:]
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))
