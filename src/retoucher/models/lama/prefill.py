"""Ours, not the paper's: the hole is filled smoothly before the network sees it, and the network says what to change.

The published generator is given zeros in the hole and paints the whole picture, known part and all, which takes long to
learn. One that changes the colours that flow in from the border is as good as they are before its first step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from retoucher.models.common.membrane import membrane

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
