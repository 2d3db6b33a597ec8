"""The prediction of the published program, byte for byte: for comparing with it, not for editing photos.

It differs from the house in two points: any grey above 0 in the mask is hole, and the result is cut down to 8 bits,
not rounded.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from retoucher.frame import pad
from retoucher.models.lama.network import LaMa


def padded(model: LaMa, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """What the network is given: (H, W, 3) and (H, W) -> (1, 3, H', W') in [0, 1] and (1, 1, H', W') of 0 and 1.

    Mirrored at the bottom and on the right, the edge pixel repeated, up to a multiple of 8.
    """
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    hole = torch.from_numpy(mask)[None, None] > 0
    return pad(pixels, model.fit), pad(hole, model.fit).float()


def predict(model: LaMa, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill the hole: image (H, W, 3), mask (H, W), above 0 is hole -> (H, W, 3). Known pixels keep their values."""
    return truncated(inpainted(model, image, mask))


def inpainted(model: LaMa, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Tensor:
    """The composite before it becomes bytes: (H, W, 3) float32 in [0, 1]."""
    pixels, hole = padded(model, image, mask)
    with torch.inference_mode():
        composite = torch.where(hole > 0, model(pixels, hole), pixels)
    height, width = mask.shape
    return composite[0, :, :height, :width].permute(1, 2, 0)


def truncated(pixels: Tensor) -> NDArray[np.uint8]:
    """[0, 1] -> 0 … 255 by cutting off; k / 255 comes back as k for all 256 values."""
    return (pixels * 255).clamp(0, 255).to(torch.uint8).numpy()
