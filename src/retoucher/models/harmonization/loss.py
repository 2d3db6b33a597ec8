"""The losses of painterly harmonization, as pure functions of features; their weights belong to the recipe."""

from __future__ import annotations

from torch import Tensor


def gram(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Correlations between channels: (N, C, H, W) -> (N, C, C), divided by C times the positions.

    `mask` (N, 1, H, W), soft: it multiplies the features, so that it enters squared, while the number of positions is
    its plain sum (as released).
    """
    flat = features if mask is None else features * mask
    count = features[0, 0].numel() if mask is None else mask.flatten(1).sum(1)[:, None, None]
    flat = flat.flatten(2)  # (N, C, H * W)
    return flat @ flat.mT / (features.shape[1] * count)
