"""Directions of a base: how faces differ along what can be told of them, without a network that knows attributes.

InterFaceGAN (Shen et al., CVPR 2020) fits a plane between faces that have an attribute and those that have not; the
mean of the ones less the mean of the others is its simplest form. What changes by mirroring (where a face turns to)
needs no labels at all, and neither do the directions along which styles vary most (GANSpace, Härkönen et al. 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

UNNAMED = "variation-"
"""What names begin with of directions along which faces vary, and nobody has said how."""
EXTREME = 0.25
"""The share of faces at either end that a measured direction is taken from."""


def between(styles: Tensor, scores: Tensor, extreme: float = EXTREME) -> Tensor:
    """From the faces with the lowest scores to those with the highest: (N, w) and (N,) -> a unit vector (w,)."""
    count = max(1, round(extreme * len(styles)))
    order = scores.argsort()
    return F.normalize(styles[order[-count:]].mean(0) - styles[order[:count]].mean(0), dim=0)


def along(styles: Tensor, numbers: Tensor) -> Tensor:
    """How styles change with a number, by as much as it usually differs: (N, w) and (N,), not all equal -> (w,).

    The least squares slope times the numbers' standard deviation.
    """
    centred, away = styles - styles.mean(0), (numbers - numbers.mean()).to(styles.dtype)
    return (away @ centred) / away.square().sum() * away.std()


def mirrored(styles: Tensor, others: Tensor) -> Tensor:
    """Along which styles and those of the mirrored pictures differ most: (N, w) twice -> a unit vector (w,).

    Its sign is that of the first photos' difference, and means nothing.
    """
    apart = (styles - others).double()
    (_, _, axes) = torch.linalg.svd(apart, full_matrices=False)
    axis: Tensor = F.normalize(axes[0], dim=0).float()
    return axis


def components(styles: Tensor, count: int) -> Tensor:
    """The directions along which styles vary most, the most first: (N, w) -> (count, w), unit vectors."""
    centred = (styles - styles.mean(0)).double()
    (_, _, axes) = torch.linalg.svd(centred, full_matrices=False)
    found: Tensor = axes[:count].float()
    return found


def apart(direction: Tensor, others: Sequence[Tensor]) -> Tensor:
    """A direction without what it shares with others (conditional manipulation, InterFaceGAN section 3.3): (w,)."""
    for other in others:
        direction = F.normalize(direction - (direction @ other) * other, dim=0)
    return direction


def spread(styles: Tensor, directions: Mapping[str, Tensor]) -> dict[str, float]:
    """How far faces vary along each direction: the standard deviation, by which strengths are counted."""
    return {name: float((styles @ direction).std()) for name, direction in directions.items()}
