"""How unlike two pictures look: LPIPS where it is given, else features of the project's own; and the squared error.

The published program takes LPIPS with AlexNet, plus the mean squared error of pictures in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.common.features import unit

LEAST = 32
"""Pixels below which a picture is enlarged before networks look at it; AlexNet needs 31."""
Perceptual = Callable[[Tensor, Tensor], Tensor]
"""Two batches RGB (N, 3, H, W) in [0, 1] -> (N,)."""


class FeatureLook(nn.Module):
    """The features' distance: every place of unit length over its channels, squared differences, summed over layers."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features.requires_grad_(False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """(N, 3, H, W) twice, in [0, 1] -> (N,)."""
        total = one.new_zeros(len(one))
        with torch.set_grad_enabled(other.requires_grad and torch.is_grad_enabled()):
            wanted = self.features(other)
        for a, b in zip(self.features(one), wanted, strict=True):
            total = total + (unit(a) - unit(b)).square().sum(1).mean((1, 2))
        return total


def unlikeness(look: Perceptual, one: Tensor, other: Tensor, squares: float = 1.0) -> Tensor:
    """The published loss of each pair, pictures around [-1, 1]: (N, 3, H, W) twice -> (N,)."""
    seen = look(*(_large((each + 1) / 2) for each in (one, other)))
    return seen + squares * (one - other).square().mean((1, 2, 3))


def _large(picture: Tensor) -> Tensor:
    """The picture, or where it is too small for a network one of enough pixels."""
    side = min(picture.shape[-2:])
    if side >= LEAST:
        return picture
    return F.interpolate(picture, scale_factor=-(-LEAST // side), mode="bilinear", align_corners=False)
