"""How visible the mask's edge is in the result."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.models.common.cielab import to_lab

NEAR = 16
"""Pixels on either side of the edge in which the painting itself is looked at."""
LEAST = 1.0
"""The smallest mean step of a painting that counts: less is hardly seen, and smooth paintings would rule the mean."""


def seam(result: Tensor, painting: Tensor, mask: Tensor) -> float:
    """The mean step of colour across the mask's edge, over the mean step of the painting near it.

    `result`, `painting`: RGB (3, H, W) in [0, 1]; `mask` (1, H, W), above 0.5 = object. A step is the distance in
    CIELAB between a pixel and its right or lower neighbour; it lies across the edge where one of the two is the
    object's. 1: the edge is no sharper than the painting is there. 0 for a mask that has no edge.
    """
    hard = (mask > 0.5).float()
    edge = F.max_pool2d(hard, 3, 1, 1) - hard
    near = F.max_pool2d(edge, 2 * NEAR + 1, 1, NEAR)[0] > 0
    across, around = [], []
    for axis in (0, 1):
        step = _steps(result, axis)
        crossing = hard[0].diff(dim=axis) != 0
        across.append(step[crossing])
        length = near.shape[axis] - 1
        around.append(_steps(painting, axis)[near.narrow(axis, 0, length) & near.narrow(axis, 1, length)])
    crossed = torch.cat(across)
    if not crossed.numel():
        return 0.0
    return float(crossed.mean() / torch.cat(around).mean().clamp(min=LEAST))


def _steps(picture: Tensor, axis: int) -> Tensor:
    """Distances in CIELAB between neighbours along an axis: (3, H, W) -> (H - 1, W) or (H, W - 1)."""
    lab = torch.from_numpy(to_lab(picture.permute(1, 2, 0).contiguous().numpy()))
    return lab.diff(dim=axis).square().sum(-1).sqrt()
