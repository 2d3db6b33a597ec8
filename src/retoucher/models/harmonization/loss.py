"""The losses of painterly harmonization as gradients, pure functions of features; weights belong to the recipe.

Features and masks are one picture's: (C, h, w) and (1, h, w), soft, 1 = object.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 256
"""Of a channel's histogram."""
COUNTED = 0.1
"""What of a layer's soft mask counts as a cell of the object."""


def gram(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Correlations between channels: (…, C, h, w) -> (…, C, C), divided by C times the number of cells.

    `mask` (1, h, w), soft: it multiplies the features, so that it enters squared, while the number of cells is its
    plain sum (as released). An empty mask gives zeros.
    """
    cells = features.shape[-2:].numel() if mask is None else float(mask.sum())
    flat = (features if mask is None else features * mask).flatten(-2)  # (…, C, h * w)
    return flat @ flat.mT / (features.shape[-3] * max(cells, 1e-8))


def style(features: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The mean squared error of the Gram matrix, and its gradient with respect to the masked features, masked."""
    apart = gram(features, mask) - target
    channels = len(features)
    scale = 4 / (channels**2 * channels * max(float(mask.sum()), 1e-8))
    pulled = (apart @ (features * mask).flatten(1)).view_as(features)
    return apart.square().mean(), pulled * (mask * scale)


def content(features: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The mean squared error and its masked gradient (first pass): the value is taken over all cells."""
    apart = features - target
    return apart.square().mean(), apart * mask * (2 / features.numel())


def masked_content(features: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The same of what the mask leaves of both (second pass)."""
    apart = (features - target) * mask
    return apart.square().mean(), apart * mask * (2 / features.numel())


def variation(picture: Tensor) -> Tensor:
    """The gradient of half the squared differences between each pixel and its right and lower neighbours.

    Only pixels that have both count: (3, H, W) -> the same size.
    """
    here = picture[:, :-1, :-1]
    right, lower = here - picture[:, :-1, 1:], here - picture[:, 1:, :-1]
    found = torch.zeros_like(picture)
    found[:, :-1, :-1] += right + lower
    found[:, :-1, 1:] -= right
    found[:, 1:, :-1] -= lower
    return found


def unit(gradient: Tensor) -> Tensor:
    """A gradient's direction alone: the second pass lets every loss pull with its weight, whatever its size."""
    return gradient / (gradient.square().sum().sqrt() + 1e-8)


@dataclass(frozen=True)
class Histogram:
    """What each channel's values are to be spread like: counts (C, 256) between `low` and `high` (C,).

    Risser, Wilmot and Barnes, Stable and Controllable Neural Texture Synthesis and Style Transfer Using Histogram
    Losses (2017, arXiv 1701.08893).
    """

    counts: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def of(cls, features: Tensor, area: Tensor) -> Histogram:
        """The histograms of the cells (h, w) bool of a map (C, h, w). Raises ValueError where there are none."""
        values = features[:, area]  # (C, n)
        if not values.shape[1]:
            raise ValueError("a histogram needs a cell at least")
        low, high = values.amin(1), values.amax(1)
        wide = (low == high).to(values)  # a constant channel is counted in a range around its value
        below, span = low - wide, (high - low) + 2 * wide
        bins = ((values - below[:, None]) / span[:, None] * BINS).floor().clamp(0, BINS - 1).long()
        counts = torch.zeros(len(values), BINS, dtype=values.dtype).scatter_add_(1, bins, torch.ones_like(values))
        return cls(counts, low, high)

    def at(self, ranks: Tensor) -> Tensor:
        """The values that have these ranks, of as many as were counted: (n,) -> (C, n)."""
        ends = self.counts.cumsum(1)
        ranks = ranks.to(ends).expand(len(ends), -1).contiguous()
        bins = torch.searchsorted(ends, ranks, right=True).clamp(max=BINS - 1)
        counts, end = self.counts.gather(1, bins), ends.gather(1, bins)
        within = ((ranks - (end - counts)) / (counts + 1e-8)).clamp(0, 1)
        return self.low[:, None] + (bins + within) * ((self.high - self.low)[:, None] / BINS)

    def remapped(self, features: Tensor, cells: Tensor) -> Tensor:
        """The values of the cells (h, w) bool, moved so that they are spread like these histograms; others stay."""
        found, values = features.clone(), features[:, cells]
        count = values.shape[1]
        if count:
            order = values.argsort(dim=1, stable=True)
            scale = float(self.counts[0].sum()) / count
            ranks = torch.arange(count, dtype=self.counts.dtype) * scale
            found[:, cells] = torch.empty_like(values).scatter_(1, order, self.at(ranks).to(values))
        return found


def histogram(features: Tensor, remapped: Tensor) -> tuple[Tensor, Tensor]:
    """How far the features are from their remapped values, a constant: the mean square and F - R."""
    apart = features - remapped
    return apart.square().mean(), apart
