"""Bilinear sampling whose derivative has a derivative: R1 asks for it, and not every torch has it."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

REFLECTION, BILINEAR = 2, 0
"""The numbers of torch's operator for these words."""


def sampled(image: Tensor, grid: Tensor) -> Tensor:
    """The picture (N, C, H, W) at the places of a grid (N, H', W', 2) in [-1, 1], reflected outside -> (N, C, H', W').

    May be derived by the picture as often as one likes; the grid is taken as given.
    """
    out: Tensor = _Sampled.apply(image, grid.detach())  # type: ignore[no-untyped-call]
    return out


def _sample(image: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(image, grid, "bilinear", "reflection", align_corners=False)


class _Sampled(torch.autograd.Function):
    """Linear in the picture, so that its derivative is the transposed operator, whatever the picture is."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.size = image.shape
        return _sample(image, grid)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _Spread.apply(slopes[0], grid, ctx.size), None  # type: ignore[no-untyped-call]


class _Spread(torch.autograd.Function):
    """The transposed operator; its own derivative is the sampling again."""

    @staticmethod
    def forward(ctx: Any, slope: Tensor, grid: Tensor, size: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        empty = slope.new_empty(1).expand(size)  # the operator looks at its shape only: the grid needs no slope
        spread: Tensor = torch.ops.aten.grid_sampler_2d_backward(
            slope, empty, grid, BILINEAR, REFLECTION, False, [True, False]
        )[0]
        return spread

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return sampled(slopes[0], grid), None, None
