"""The losses of partial convolutions (Liu et al. 2018, section 3.3): all are means of absolute differences.

Pictures are (N, 3, H, W) in [0, 1], masks (N, 1, H, W) with 1 = hole. Features are those of a network that the caller
gives (VGG-16 after pool1, pool2 and pool3 in the paper; its input's normalisation is its own affair).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Features = Callable[[Tensor], Sequence[Tensor]]
"""A picture (N, 3, H, W) -> its features at some depths, (N, C, H, W) each."""


@dataclass(frozen=True)
class Terms:
    """The terms of the loss, scalars, before they are weighted."""

    hole: Tensor
    valid: Tensor
    perceptual: Tensor
    style: Tensor
    variation: Tensor


def terms(output: Tensor, target: Tensor, mask: Tensor, features: Features) -> Terms:
    """All terms for a prediction of the whole picture; perceptual and style hold output and composite together."""
    pasted = composite(output, target, mask)
    of_output, of_pasted = features(output), features(pasted)
    with torch.no_grad():
        of_target = features(target)
    return Terms(
        hole=hole(output, target, mask),
        valid=valid(output, target, mask),
        perceptual=perceptual(of_output, of_target) + perceptual(of_pasted, of_target),
        style=style(of_output, of_target) + style(of_pasted, of_target),
        variation=variation(pasted, grown(mask)),
    )


def composite(output: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The target with its hole filled from the output."""
    return torch.where(mask > 0, output, target)


def hole(output: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Differences in the hole, averaged over the whole picture."""
    return ((output - target) * mask).abs().mean()


def valid(output: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Differences outside the hole, averaged over the whole picture."""
    return ((output - target) * (1 - mask)).abs().mean()


def perceptual(features: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Differences of features, averaged within each depth and summed over the depths."""
    return torch.stack([F.l1_loss(a, b) for a, b in zip(features, wanted, strict=True)]).sum()


def style(features: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Differences of the features' Gram matrices, averaged within each depth and summed over the depths."""
    return perceptual([gram(each) for each in features], [gram(each) for each in wanted])


def gram(features: Tensor) -> Tensor:
    """Correlations between channels: (N, C, H, W) -> (N, C, C), divided by C * H * W (before half types overflow).

    >>> gram(torch.ones(1, 2, 4, 4)).unique()
    tensor([0.5000])
    """
    _, channels, height, width = features.shape
    flat = features.flatten(2)  # (N, C, H * W)
    flat = flat.to(torch.promote_types(flat.dtype, torch.float32))
    return flat @ (flat / (channels * height * width)).mT


def variation(picture: Tensor, region: Tensor | None = None) -> Tensor:
    """Differences of neighbours where both lie in the region (N, 1, H, W), averaged over all pairs of neighbours.

    The paper's region is the hole grown by a pixel; None is the whole picture, as in the port.
    """
    across, down = picture.diff(dim=-1).abs(), picture.diff(dim=-2).abs()
    if region is not None:
        across = across * (region[..., 1:] * region[..., :-1])
        down = down * (region[..., 1:, :] * region[..., :-1, :])
    return across.mean() + down.mean()


def grown(mask: Tensor) -> Tensor:
    """The hole and its neighbours on all eight sides: (N, 1, H, W), 0 or 1."""
    return F.max_pool2d((mask > 0).to(mask.dtype), 3, stride=1, padding=1)
