"""The optional sets of the adaptive augmentation: bands of frequencies changed, noise, a square cut out.

"Training Generative Adversarial Networks with Limited Data" (Karras et al., NeurIPS 2020), appendix B: image-space
filtering and corruptions. They come after geometry and colour, and the published default leaves them out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
"""The low-pass filter of the wavelet sym2 (Daubechies 1992), which divides a picture into bands."""
BANDS = 4
"""The lowest holds all that is left below the others, each an octave."""
POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""The share of each band in what pictures usually hold (their spectrum falls with 1 / f)."""
STRENGTHS, NOISE, CUT = 1.0, 0.1, 0.5
"""Spread of the logarithm to base 2 of a band's strength; spread of the noise's own; side of the square cut out."""


class Draws(Protocol):
    """Random numbers for a batch, as `augment` draws them."""

    count: int
    device: torch.device
    chance: torch.Generator | None

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(N,)."""

    def normal(self, spread: float) -> Tensor:
        """(N,)."""

    def maybe(self, value: Tensor, otherwise: float) -> Tensor:
        """The value where the transform is done."""


def filtered_bands(image: Tensor, draw: Draws) -> Tensor:
    """Each band stronger or weaker, on average as much in all: (N, C, H, W) -> the same."""
    power = image.new_tensor(POWER)
    gains = torch.ones(draw.count, BANDS, device=image.device)
    for band in range(BANDS):
        one = torch.ones(draw.count, BANDS, device=image.device)
        one[:, band] = draw.maybe(2 ** draw.normal(STRENGTHS), 1)
        gains = gains * one / (power * one.square()).sum(1, keepdim=True).sqrt()
    return _along_both(image, gains @ bank().to(image))


def noisy(image: Tensor, draw: Draws) -> Tensor:
    """White noise of its own strength for each picture: (N, C, H, W) -> the same."""
    spread = draw.maybe(draw.normal(1).abs() * NOISE, 0)
    noise = torch.randn(image.shape, generator=draw.chance, device=image.device)
    return image + noise * spread[:, None, None, None]


def cut_out(image: Tensor, draw: Draws) -> Tensor:
    """A square of half the size becomes 0, wherever its middle lies: (N, C, H, W) -> the same."""
    size = draw.maybe(torch.full((draw.count,), CUT, device=image.device), 0)
    x, y = draw.uniform(), draw.uniform()
    across, down = ((torch.arange(n, device=image.device) + 0.5) / n for n in (image.shape[-1], image.shape[-2]))
    beside = (across[None] - x[:, None]).abs() >= size[:, None] / 2
    above = (down[None] - y[:, None]).abs() >= size[:, None] / 2
    return image * (beside[:, None, :] | above[:, :, None])[:, None].to(image.dtype)


@lru_cache(maxsize=1)
def bank() -> Tensor:
    """One symmetric filter for each band, the lowest first; together they change nothing: (BANDS, taps).

    The two half-bands of sym2 are split again and again at the low end, as a tree of wavelets does.
    """
    low = torch.tensor(SYM2, dtype=torch.float64)
    high = low * torch.tensor([(-1.0) ** i for i in range(len(SYM2))], dtype=torch.float64)
    halves = [_convolved(each, each.flip(0)) / 2 for each in (low, high)]  # their sum is a single 1 in the middle
    found = torch.ones(1, 1, dtype=torch.float64)
    for _ in range(BANDS - 1):
        wide = torch.zeros(len(found), 2 * found.shape[1] - 1, dtype=torch.float64)
        wide[:, ::2] = found
        lower = torch.stack([_convolved(row, halves[0]) for row in wide])
        margin = (lower.shape[1] - len(halves[1])) // 2
        found = torch.cat([lower, F.pad(halves[1], (margin, margin))[None]])
    return found.float()


def _convolved(one: Tensor, other: Tensor) -> Tensor:
    """Of two rows of numbers, all of it."""
    return F.conv1d(one[None, None], other.flip(0)[None, None], padding=len(other) - 1)[0, 0]


def _along_both(image: Tensor, taps: Tensor) -> Tensor:
    """A filter (N, k) of its own for each picture, across and down; the outside is reflected."""
    count, channels, height, width = image.shape
    reach = taps.shape[1] // 2
    kernels = taps.repeat_interleave(channels, 0)[:, None, None, :]
    flat = image.reshape(1, count * channels, height, width)
    flat = F.conv2d(_reflected(flat, reach, 0), kernels, groups=count * channels)
    flat = F.conv2d(_reflected(flat, 0, reach), kernels.mT, groups=count * channels)
    return flat.reshape(image.shape)


def _reflected(image: Tensor, across: int, down: int) -> Tensor:
    """Widened by reflection, as often as a small picture needs it."""
    while across or down:
        x, y = min(across, image.shape[-1] - 1), min(down, image.shape[-2] - 1)
        image = F.pad(image, (x, x, y, y), mode="reflect")
        across, down = across - x, down - y
    return image
