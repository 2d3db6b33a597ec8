"""StyleGAN2's losses: logistic, R1 on photos, and path length regularisation on generated pictures."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

DECAY = 0.01
"""How much of a new mean path length goes into the running one."""


def generator(fake: Tensor) -> Tensor:
    """Logits of generated pictures (N, 1) -> a scalar: non-saturating."""
    return F.softplus(-fake).mean()


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Logits of photos and of generated pictures -> a scalar."""
    return F.softplus(fake).mean() + F.softplus(-real).mean()


def r1(logits: Tensor, real: Tensor) -> Tensor:
    """The squared length of the logits' slope on photos, before gamma / 2: (N, 1) and (N, 3, H, W) -> (N,)."""
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return slope.square().sum((1, 2, 3))


def path_lengths(image: Tensor, w: Tensor, noise: Tensor) -> Tensor:
    """How far pictures move when their styles do: image (N, 3, H, W) made from w (N, rows, C) -> (N,).

    `noise`: standard normal, of the picture's shape; it is divided by the root of its area.
    """
    weighted = (image * noise / math.sqrt(image.shape[2] * image.shape[3])).sum()
    (slope,) = torch.autograd.grad(weighted, w, create_graph=True)
    return slope.square().sum(2).mean(1).sqrt()


def path_penalty(lengths: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distances from the running mean (N,), and that mean after these lengths, a scalar."""
    followed = mean.lerp(lengths.detach().mean(), DECAY)
    return (lengths - followed).square(), followed
