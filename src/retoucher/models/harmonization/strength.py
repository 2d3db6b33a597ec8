"""How strongly the object is repainted: the published levels, the weights that follow, and a rule that measures.

The published program asks a classifier of painting styles, which was never released, for a level from 1 (smooth, as in
the Renaissance) over 5 (Impressionism) to 10 (Cubism, Expressionism). `measured` is ours: it looks at how rough the
calmest parts of the painting are. A smooth painting has calm skies, walls and skin; strokes leave none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from retoucher.models.common.cielab import to_lab

LEVELS = 10.0
"""The published level of strength 1."""
SMOOTH, STEEP, FULL = 25.0, 1e4, 10.0
"""Of the weights: where noise switches from total variation to histograms (0.0025), how abruptly, and how far."""
SIDE = 256
"""Pixels of the longest side at which roughness is measured: JPEG's and the canvas's own grain are averaged away."""
DETAIL, AROUND = 1.0, 4.0
"""Pixels at that size: detail is what a Gaussian of `DETAIL` takes away; its spread is looked at within `AROUND`."""
CALMEST = 0.1
"""Which share of the painting counts as its calmest parts."""
LEAST = 0.1
"""The least strength that is ever measured: the lowest published level."""
HALF = 2.4
"""The roughness half way between the least strength and 1; from a fit to the published levels (docs/evaluation.md)."""


@dataclass(frozen=True)
class Balance:
    """The weights of the second pass beside content's, which is 1: Gram matrices, histograms, total variation."""

    style: float
    histogram: float
    variation: float


def level(strength: float) -> float:
    """The published level of a strength in [0, 1]: ten times as much.

    >>> [level(strength) for strength in (0.1, 0.5, 1)]
    [1.0, 5.0, 10.0]
    """
    return LEVELS * strength


def noise(painting: Tensor) -> float:
    """The median over channels and pixels of the mean squared difference to the right and the lower neighbour.

    RGB (3, H, W) in [0, 1], at the size that is worked at; the lower median. 0 where no pixel has both neighbours.
    """
    here = painting[:, :-1, :-1]
    apart = (here - painting[:, :-1, 1:]).square() + (here - painting[:, 1:, :-1]).square()
    return float(apart.median()) / 2 if apart.numel() else 0.0


def balance(level: float, noise: float) -> Balance:
    """The published weights for a level (1 to 10) and the painting's `noise`: all grow with the level.

    A smooth painting gets ten parts of total variation and no histograms, a noisy one the other way round.
    """
    smooth = FULL / (1 + math.exp(min(STEEP * noise - SMOOTH, 700)))  # beyond it, a double ends
    return Balance(style=level, histogram=(FULL - smooth) * level, variation=smooth * level)


def roughness(painting: Tensor) -> float:
    """How much CIELAB lightness (0 to 100) varies within strokes where the painting is calmest, at a fixed size.

    RGB (3, H, W) in [0, 1] of any size; smaller paintings are measured as they are. 0 for one colour; 0.2 for a
    Vermeer, 5 for a Van Gogh.
    """
    picture = np.ascontiguousarray(painting.detach().float().cpu().clamp(0, 1).permute(1, 2, 0).numpy())
    height, width = picture.shape[:2]
    if (scale := SIDE / max(height, width)) < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    lightness = to_lab(picture)[..., 0]
    spread = np.sqrt(_blurred((lightness - _blurred(lightness, DETAIL)) ** 2, AROUND))
    return float(np.quantile(spread, CALMEST))


def measured(painting: Tensor) -> float:
    """The strength that suits the painting, from `LEAST` to below 1, rising smoothly with its `roughness`.

    RGB (3, H, W) in [0, 1]. Saving as JPEG moves it by a few hundredths, halving the size by at most a tenth.

    >>> import torch
    >>> round(measured(torch.full((3, 40, 60), 0.5)), 3)
    0.1
    """
    found = roughness(painting) ** 2
    return LEAST + (1 - LEAST) * found / (found + HALF**2)


def _blurred(values: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Gaussian means of (H, W); the border is repeated outwards, so that any size works."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), spread, borderType=cv2.BORDER_REPLICATE), np.float32)
