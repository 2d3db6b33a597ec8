"""The losses of LaMa (paper 2.3, equations 2 to 5), as the published program computes them.

Pure functions: no weights between the terms, no networks. All of them see the raw prediction, not the composite. Masks
are (N, 1, H, W), 1 = hole. A term that is a mean is one over all elements of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def masked_l1(predicted: Tensor, real: Tensor, mask: Tensor, *, known: float = 10, hole: float = 0) -> Tensor:
    """Mean of |predicted - real|, (N, 3, H, W), weighted by `known` outside the hole and by `hole` inside.

    The paper's equation 5 leaves this term out; the published program has it.

    >>> zero, one = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    >>> masked_l1(zero, one, torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]))
    tensor(7.5000)
    """
    return ((predicted - real).abs() * torch.lerp(mask.new_tensor(known), mask.new_tensor(hole), mask)).mean()


def mask_at(mask: Tensor, like: Tensor) -> Tensor:
    """The mask at the size of a map of logits (nearest neighbour: the hole pixel at the patch's first corner)."""
    return F.interpolate(mask, size=like.shape[-2:], mode="nearest")


def generator_adversarial(fake_logits: Tensor) -> Tensor:
    """-log of the probability that the prediction's patches are a photo's: mean over all patches, known ones too."""
    return F.softplus(-fake_logits).mean()


def discriminator_adversarial(real_logits: Tensor, fake_logits: Tensor, mask: Tensor) -> Tensor:
    """A photo's patches are real; of a prediction's, those in the hole are fake and all others real (equation 2).

    Logits (N, 1, H', W') of the photo and of the (detached) prediction. The equation prints the mask and its
    complement in each other's place; the paper's text and the published program agree on what is done here.
    """
    mask = mask_at(mask, fake_logits)
    fake = mask * F.softplus(fake_logits) + (1 - mask) * F.softplus(-fake_logits)
    return (F.softplus(-real_logits) + fake).mean()


def r1(real_logits: Tensor, real: Tensor) -> Tensor:
    """Squared length of the gradient of the photos' logits with respect to the photos, mean over the batch.

    `real` (N, 3, H, W) must have required its gradient before the logits were computed. The published weight is 0.001,
    at every step, added to `discriminator_adversarial`.
    """
    (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()


def feature_matching(fake: Sequence[Tensor], real: Sequence[Tensor], mask: Tensor | None = None) -> Tensor:
    """Mean over the discriminator's layers of the mean squared difference between their activations.

    `fake` and `real`: one (N, C, H', W') a layer. With a mask, the differences are weighted by the known share of each
    place (bilinear) before the mean; the published recipes use none.
    """
    terms = []
    for a, b in zip(fake, real, strict=True):
        error = (a - b).square()
        if mask is not None:
            error = error * (1 - F.interpolate(mask, size=a.shape[-2:], mode="bilinear", align_corners=False))
        terms.append(error.mean())
    return torch.stack(terms).mean()


def perceptual(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """High receptive field perceptual loss (equation 1): sum over the maps of their mean squared difference.

    `fake` and `real`: the feature maps (N, C, H', W') that a network of large receptive field has for prediction and
    photo. The paper takes the mean of the maps' means; the published program, whose weight 30 this goes with, the sum.
    """
    return torch.stack([F.mse_loss(a, b) for a, b in zip(fake, real, strict=True)]).sum()
