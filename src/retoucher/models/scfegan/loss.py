"""The losses of SC-FEGAN as printed (Jo and Park 2019, equations 1 to 9), each a pure function.

Pictures are (N, 3, H, W) in [-1, 1] as in the paper, holes (N, 1, H, W) with 1 = erased. Features are those of a
network that the caller gives (VGG-16 after pool1, pool2 and pool3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Features = Sequence[Tensor]


def adversarial(verdicts: Tensor) -> Tensor:
    """(1): what the generator wants, high verdicts on completed pictures."""
    return -verdicts.mean()


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """(3) without its penalty: Wasserstein's loss and a constant; no hinge."""
    return (1 - real).mean() + (1 + fake).mean()


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss of DeepFill v2, which ours takes: verdicts beyond 1 teach nothing more."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def drift(real: Tensor) -> Tensor:
    """The last term of (2). It does not depend on the generator: it belongs to the discriminator, as in its source."""
    return real.square().mean()


def per_pixel(generated: Tensor, real: Tensor, hole: Tensor, alpha: float) -> Tensor:
    """(4): differences outside the hole, and `alpha` times those inside, over the number of elements."""
    apart = (generated - real).abs()
    return (apart * (1 - hole)).mean() + alpha * (apart * hole).mean()


def perceptual(generated: Features, completed: Features, real: Features) -> Tensor:
    """(5): differences of features, averaged within each depth, summed over depths and both pictures."""
    layers = zip(generated, completed, real, strict=True)
    return torch.stack([F.l1_loss(g, r) + F.l1_loss(c, r) for g, c, r in layers]).sum()


def style(features: Features, real: Features) -> Tensor:
    """(6): differences of Gram matrices over C H W, summed and divided by C squared, that is averaged; over depths."""
    return torch.stack([F.l1_loss(gram(a), gram(b)) for a, b in zip(features, real, strict=True)]).sum()


def gram(features: Tensor) -> Tensor:
    """Correlations between channels over C * H * W, in float32: (N, C, H, W) -> (N, C, C)."""
    _, channels, height, width = features.shape
    flat = features.flatten(2).float()
    with torch.autocast(features.device.type, enabled=False):
        return flat @ (flat / (channels * height * width)).mT


def variation(completed: Tensor, hole: Tensor) -> Tensor:
    """(7) and (8): differences of neighbours that begin in the hole, over the number of elements."""
    across, down = completed.diff(dim=-1).abs(), completed.diff(dim=-2).abs()
    total = (across * hole[..., :-1]).sum() + (down * hole[..., :-1, :]).sum()
    return total / completed.numel()


def gradient_penalty(
    judge: Callable[[Tensor], Tensor], real: Tensor, completed: Tensor, hole: Tensor, place: Tensor
) -> Tensor:
    """(9): how far the verdicts' slope in the hole is from 1, on pictures between the two, at `place` (N, 1, 1, 1).

    The slope is that of the mean verdict of each picture, its length over channels and pixels.
    """
    between = (place * real + (1 - place) * completed).detach().requires_grad_(True)
    verdicts = judge(between).flatten(1).mean(1).sum()
    (slope,) = torch.autograd.grad(verdicts, between, create_graph=True)
    lengths: Tensor = (slope * hole).flatten(1).norm(dim=1)
    return (lengths - 1).square().mean()
