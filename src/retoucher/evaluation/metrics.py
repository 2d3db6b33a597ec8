"""Metrics that need nothing but two pictures: (result, reference, mask) -> float.

`result` and `reference` are RGB (3, H, W) float32 in [0, 1], `mask` is (1, H, W), 1 = hole. The caller has pasted the
known pixels back, as the papers do: result and reference then differ within the hole only, and a figure over the whole
picture depends on how large the hole is. Those over the hole alone do not.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW, SIGMA = 11, 1.5
"""Of SSIM's Gaussian window: pixels a side, standard deviation in pixels."""
C1, C2 = 0.01**2, 0.03**2
"""Wang et al.'s constants for pictures in [0, 1]."""


def l1(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Mean absolute difference over all samples of the picture, in [0, 1]. `mask` does not matter."""
    return float((result - reference).abs().mean())


def l1_hole(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Mean absolute difference over the samples of the hole, in [0, 1]; 0 for an empty hole."""
    return _over_hole((result - reference).abs(), mask)


def psnr(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Peak signal-to-noise ratio over the whole picture, dB; infinite for equal pictures. `mask` does not matter."""
    return _decibels(float((result - reference).square().mean()))


def psnr_hole(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Peak signal-to-noise ratio over the samples of the hole, dB; infinite where they are equal."""
    return _decibels(_over_hole((result - reference).square(), mask))


def ssim(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """Structural similarity, mean over channels and pixels of the whole picture; 1 for equal pictures.

    Wang et al. 2004 with LaMa's choices: Gaussian window of 11 pixels and sigma 1.5, zeros around the picture (so equal
    pictures still have 1, others count a little differently at the border), C1 = 0.01², C2 = 0.03².
    """
    return float(_likeness(result, reference).mean())


def ssim_hole(result: Tensor, reference: Tensor, mask: Tensor) -> float:
    """The same, the mean over the hole's pixels alone (their windows reach out of it); 1 for an empty hole."""
    return _over_hole(_likeness(result, reference), mask) if bool(mask.any()) else 1.0


def _likeness(result: Tensor, reference: Tensor) -> Tensor:
    """Structural similarity of every sample: (3, H, W)."""
    a, b = result[:, None], reference[:, None]  # (3, 1, H, W): each channel by itself
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a = _blurred(a * a) - mean_a.square()
    variance_b = _blurred(b * b) - mean_b.square()
    covariance = _blurred(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + C1) * (2 * covariance + C2)
    return (likeness / ((mean_a.square() + mean_b.square() + C1) * (variance_a + variance_b + C2)))[:, 0]


def _blurred(x: Tensor) -> Tensor:
    """Gaussian means over windows, zeros outside: (N, 1, H, W) -> the same."""
    place = torch.arange(WINDOW, dtype=x.dtype, device=x.device) - WINDOW // 2
    bell = torch.exp(-place.square() / (2 * SIGMA**2))
    bell = bell / bell.sum()
    return F.conv2d(x, (bell[:, None] * bell)[None, None], padding=WINDOW // 2)


def _over_hole(apart: Tensor, mask: Tensor) -> float:
    """The mean of (3, H, W) over the hole's samples; 0 where there is no hole."""
    return float((apart * mask).sum() / (apart.shape[0] * mask.sum()).clamp(min=1))


def _decibels(squared: float) -> float:
    """PSNR of a mean squared difference, for samples in [0, 1]."""
    return -10 * math.log10(squared) if squared > 0 else math.inf
