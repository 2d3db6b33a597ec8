"""A hole filled smoothly with what flows in from its border, on tensors: what networks are given to begin from."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ROUNDS = 8
"""Of relaxation at each level."""


@torch.no_grad()
def membrane(image: Tensor, mask: Tensor) -> Tensor:
    """The hole filled with colours that flow in from its border: (N, 3, H, W), (N, 1, H, W) -> (N, 3, H, W).

    Nearly the solution of Laplace's equation, from coarse to fine: at each of log2 of the size levels the colours of
    the coarser one are relaxed `ROUNDS` times. What lies in the hole is not read; a picture without known pixels
    becomes grey.
    """
    known = 1 - mask
    levels = [(image.masked_fill(mask > 0, 0), known)]
    while max(levels[-1][0].shape[-2:]) > 1:
        levels.append(_halved(*levels[-1]))
    colors, known = levels.pop()
    filled = torch.where(known > 0, colors, 0.5)
    for colors, known in reversed(levels):
        filled = F.interpolate(filled, size=colors.shape[-2:], mode="bilinear", align_corners=False)
        for _ in range(ROUNDS):
            filled = torch.where(known > 0, colors, _neighbours(filled))
    return filled


def _halved(colors: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Half the size, rounded up: the mean of what is known in each 2×2, and whether anything is."""
    counts = F.avg_pool2d(known, 2, ceil_mode=True)
    sums = F.avg_pool2d(colors * known, 2, ceil_mode=True)
    return sums / counts.clamp(min=1e-6), (counts > 0).to(colors)


def _neighbours(x: Tensor) -> Tensor:
    """The mean of the four neighbours, the picture continued by its border."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    across = wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
    return (across + wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1]) / 4
