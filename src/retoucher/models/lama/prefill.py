"""Ours, not the paper's: the hole is filled smoothly before the network sees it, and the network says what to change.

The published generator is given zeros in the hole and paints the whole picture, known part and all, which takes long to
learn. One that changes the colours that flow in from the border is as good as they are before its first step.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROUNDS = 8
"""Of relaxation at each level."""
MARK = "prefilled"
"""The name of the tensor that tells a generator of this kind from a published one."""


def mark(generator: nn.Module) -> nn.Module:
    """Make a new generator one of this kind, in place: it has the tensor that says so, and changes nothing yet."""
    generator.register_buffer(MARK, torch.ones(()))
    last = [module for module in generator.modules() if isinstance(module, nn.Conv2d)][-1]
    nn.init.zeros_(last.weight)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
    return generator


def repainted(generator: nn.Module, image: Tensor, mask: Tensor) -> Tensor:
    """The picture as the generator changes it: image (N, 3, H, W) in [0, 1], mask (N, 1, H, W) 0 or 1 -> (N, 3, H, W).

    Known pixels are the image's own. In the hole the values may leave [0, 1] a little. The generator's sigmoid around
    its middle, -1 to 1, is what is added.
    """
    smooth = membrane(image, mask)
    change: Tensor = generator(torch.cat([smooth, mask], 1))
    return torch.lerp(smooth, smooth + 2 * change.float() - 1, mask)


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
