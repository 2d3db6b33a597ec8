"""Refinement: the features are adjusted until the fine result agrees with the coarse one, which knows more structure.

"Feature Refinement to Improve High Resolution Image Inpainting" (Kulshreshtha, Pugh and Jiddi 2022, arXiv 2206.13644),
with the numbers of the released program. Takes some 15 passes forwards and back where the plain network takes one.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.fit import Fit
from retoucher.frame import pad
from retoucher.jobs import Tell, silent
from retoucher.models.lama.ffc import Pair
from retoucher.models.lama.fused import FusedGenerator
from retoucher.models.lama.network import LaMa

TINY = 1e-8
ELLIPSE = (1, 9, 11, 13, 13, 15, 15, 15, 15, 15, 13, 13, 11, 9, 1)
"""Widths of the rows of the 15x15 element by which the hole is eroded: OpenCV's ellipse."""


def refine(
    model: LaMa,
    image: Tensor,
    mask: Tensor,
    *,
    iterations: int = 15,
    rate: float = 0.002,
    min_side: int = 512,
    max_scales: int = 3,
    budget: int = 1_800_000,
    tell: Tell = silent,
) -> Tensor:
    """Fill a hole coarse to fine: image (1, 3, H, W) in [0, 1], mask (1, 1, H, W), 1 = hole -> the composite.

    Each scale but the coarsest makes `iterations` passes with Adam steps of `rate` between them. There is one more
    scale for each doubling of the shorter side over `min_side`, `max_scales` at most. A picture of more than `budget`
    pixels is made smaller, and so is then the result, as in the released program. `model` is not fused.
    """
    if isinstance(model.core, FusedGenerator):
        raise TypeError("refinement needs gradients: give the network as published, not its fused copy")
    if model.prefilled:
        raise TypeError("refinement is of networks that paint from nothing, not of prefilled ones")
    image = image.masked_fill(mask > 0, 0)  # not even a NaN under the hole reaches the result
    scales = pyramid(image, mask, min_side, max_scales, budget)
    result: Tensor | None = None
    for number, (pixels, hole) in enumerate(scales):
        tell(number / len(scales), f"refining, scale {number + 1} of {len(scales)}")
        passes = iterations if number else 1
        result = _refine_scale(model, pixels, hole, result, passes, rate)
    assert result is not None
    return result


def pyramid(image: Tensor, mask: Tensor, min_side: int, max_scales: int, budget: int) -> list[tuple[Tensor, Tensor]]:
    """(image, mask) of every scale, the coarsest first; each is half as large as the next, its hole a little larger."""
    mask = (mask > 0).to(image)
    height, width = image.shape[-2:]
    if height * width > budget:
        ratio = math.sqrt(budget / (height * width))
        size = int(height * ratio), int(width * ratio)
        image, mask = _resized(image, size), (_resized(mask, size) > TINY).to(image)
    doublings = round(max(0.0, math.log2(min(image.shape[-2:]) / min_side)))
    scales = [(image, mask)]
    while len(scales) < min(1 + doublings, max_scales):
        image, mask = halved(image), (halved(mask) >= TINY).to(image)
        scales.insert(0, (image, mask))
    return scales


def halved(x: Tensor) -> Tensor:
    """Blur (5x5 Gaussian, sigma 1, reflected) and resize to half: (N, C, H, W) -> (N, C, H // 2, W // 2)."""
    place = torch.arange(5, dtype=x.dtype, device=x.device) - 2
    row = torch.exp(-place.square() / 2)
    row = row / row.sum()
    kernel = (row[:, None] * row).expand(x.shape[1], 1, 5, 5)
    blurred = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, groups=x.shape[1])
    return _resized(blurred, (x.shape[-2] // 2, x.shape[-1] // 2))


def _resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear, half-pixel centres, no antialiasing."""
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def sure_hole(mask: Tensor) -> Tensor:
    """Where the coarser result is to be believed: the hole at half size, eroded; (1, 1, H, W) -> (1, 1, H//2, W//2).

    Outside of the picture counts as hole.
    """
    half = _resized(mask, (mask.shape[-2] // 2, mask.shape[-1] // 2))
    known = (half < 1 - TINY).to(mask)
    distance = (torch.arange(15, device=mask.device) - 7).abs()
    widths = torch.tensor(ELLIPSE, device=mask.device)
    element = (distance <= widths[:, None] // 2).to(mask)[None, None]
    return F.conv2d(known, element, padding=7) < 0.5


def _refine_scale(model: LaMa, image: Tensor, mask: Tensor, coarser: Tensor | None, passes: int, rate: float) -> Tensor:
    """The composite of one scale after `passes` passes and an Adam step between each two."""
    core, (height, width) = model.core, image.shape[-2:]
    fit = Fit(model.fit.multiple, model.fit.minimum, padding="reflect")
    pixels, hole = pad(image, fit), pad(mask, fit) > 0
    front, rear = core.model[: core.first_block], core.model[core.first_block :]
    with torch.no_grad():
        features = _leaves(front(torch.cat([pixels.masked_fill(hole, 0), hole.to(pixels)], 1)))
    optimizer = torch.optim.Adam(features, lr=rate)
    sure = sure_hole(mask)
    for left in reversed(range(passes)):
        with torch.set_grad_enabled(left > 0):
            prediction = rear(tuple(features) if len(features) > 1 else features[0])
            if left:
                loss = _mean_gap(prediction, pixels, ~hole)
                if coarser is not None:
                    loss = loss + _mean_gap(halved(prediction[..., :height, :width]), coarser, sure)
                for leaf, gradient in zip(features, torch.autograd.grad(loss, features), strict=True):
                    leaf.grad = gradient
                optimizer.step()
    return torch.where(mask > 0, prediction[..., :height, :width], image)


def _leaves(features: Tensor | Pair) -> list[Tensor]:
    """What is optimised: the local and the global features, or the one tensor of a regular network."""
    parts = features if isinstance(features, tuple) else (features,)
    return [part.detach().requires_grad_() for part in parts if part is not None]


def _mean_gap(a: Tensor, b: Tensor, where: Tensor) -> Tensor:
    """Mean of |a - b| over the chosen pixels, 0 where there are none."""
    count = where.sum() * a.shape[1]
    return torch.where(where, (a - b).abs(), 0).sum() / count.clamp(min=1)
