"""Who it is, as far as features of the project's own tell: a descriptor of the inner face.

No face recognition network is at hand whose weights may be shipped. What is used instead is stated, and its error on
pairs of photos is measured (docs/evaluation.md): relu3_1 of `features-small` of the inner face at 64 pixels, every
place of unit length, means over a grid of 6 × 6 fields, less the mean of many faces where that is known.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.common.features import unit
from retoucher.models.mystyle.degrade import smaller

INNER = (0.27, 0.28, 0.73, 0.80)
"""Left, top, right, bottom of the inner face in the template's square: brows to below the mouth."""
SIDE, FIELDS = 64, 6
LAYERS = ("relu3_1",)


class Descriptor(nn.Module):
    """Aligned faces RGB (N, 3, S, S) in [0, 1] -> (N, D), of unit length; `mean` (D,) is taken off before that."""

    mean: Tensor

    def __init__(self, features: nn.Module, mean: Tensor | None = None) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("mean", torch.zeros(()) if mean is None else mean)

    def forward(self, image: Tensor) -> Tensor:
        """Without colours' overall strength, which light decides: the face is brought to one mean and spread first."""
        return F.normalize(self.plain(image) - self.mean, dim=1)

    def plain(self, image: Tensor) -> Tensor:
        """Before the mean is taken off and the length is made 1."""
        side = image.shape[-1]
        left, top, right, bottom = (round(share * side) for share in INNER)
        inner = image[:, :, top:bottom, left:right]
        inner = F.interpolate(inner, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
        spread = inner.std((1, 2, 3), keepdim=True).clamp(min=0.02)
        inner = (0.5 + 0.18 * (inner - inner.mean((1, 2, 3), keepdim=True)) / spread).clamp(0, 1)
        fields = [F.adaptive_avg_pool2d(unit(each), FIELDS).flatten(1) for each in self.features(inner, LAYERS)]
        return torch.cat(fields, 1)


def distances(one: Tensor, other: Tensor) -> Tensor:
    """Cosine distances of descriptors: (N, D) and (M, D) -> (N, M), 0 where they are the same."""
    return 1 - one @ other.mT


def equal_error(same: Tensor, different: Tensor) -> tuple[float, float]:
    """The share of pairs that are told wrongly where as many of both kinds are, and the distance at which that is.

    `same`, `different`: distances of pairs of one person and of two.
    """
    best, error = 0.0, 1.0
    for limit in torch.cat([same, different]).sort().values:
        wrong = float((same > limit).float().mean()), float((different <= limit).float().mean())
        if max(wrong) < error:
            best, error = float(limit), max(wrong)
    return error, best


def sharpness(image: Tensor) -> Tensor:
    """How much detail a face has against its contrast: (N, 3, S, S) -> (N,). Blur lowers it."""
    grey = image.mean(1, keepdim=True)
    fine = grey - smaller_and_back(grey, grey.shape[-1] // 2)
    return fine.std((1, 2, 3)) / grey.std((1, 2, 3)).clamp(min=0.02)


def smaller_and_back(image: Tensor, side: int) -> Tensor:
    """Without what is finer than a picture of `side` pixels holds."""
    return F.interpolate(smaller(image, side), image.shape[-2:], mode="bilinear", align_corners=False)
