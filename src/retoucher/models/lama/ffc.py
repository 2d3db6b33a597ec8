"""Fast Fourier convolution: layers with a local and a global part (Suvorov et al. 2022, figure 2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.lama.fourier import SpectralTransform

Pair = tuple[Tensor | None, Tensor | None]
"""Local and global features, (N, C, H, W) each; None where a side has no channels."""


class Split(NamedTuple):
    """How many channels are local and how many global."""

    local: int
    wide: int = 0

    @classmethod
    def of(cls, channels: int, ratio: float) -> Split:
        """`ratio` of the channels are global, cut down to a whole number as the published code does.

        >>> Split.of(42, 0.75)
        Split(local=11, wide=31)
        """
        wide = int(channels * ratio)
        return cls(channels - wide, wide)

    @property
    def total(self) -> int:
        """Both together."""
        return self.local + self.wide


def split(x: Tensor | Pair) -> Pair:
    """A tensor counts as local."""
    return x if isinstance(x, tuple) else (x, None)


def _together(*terms: Tensor | None) -> Tensor | None:
    """The sum of the terms that are there."""
    there = [term for term in terms if term is not None]
    return sum(there[1:], there[0]) if there else None


class FFC(nn.Module):
    """Four paths: local to local, local to global and global to local are convolutions, global to global is spectral.

    A path exists only if both its sides have channels. All convolutions pad by reflection and have no bias. With
    `gated`, a 1x1 convolution of all inputs scales the two crossing paths (no published network uses it).
    """

    def __init__(
        self,
        source: Split,
        target: Split,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        *,
        lfu: bool = False,
        gated: bool = False,
    ) -> None:
        super().__init__()

        def path(inputs: int, outputs: int) -> nn.Module | None:
            if not inputs or not outputs:
                return None
            return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False, padding_mode="reflect")

        self.convl2l = path(source.local, target.local)
        self.convl2g = path(source.local, target.wide)
        self.convg2l = path(source.wide, target.local)
        both = source.wide and target.wide
        self.convg2g = SpectralTransform(source.wide, target.wide, stride, lfu=lfu) if both else None
        self.gate = nn.Conv2d(source.total, 2, 1) if gated and source.wide and target.local else None

    def forward(self, x: Tensor | Pair) -> Pair:
        """Equations of figure 2: each output is the sum of what both inputs contribute to it."""
        local, wide = split(x)
        to_local, to_wide = _path(self.convg2l, wide), _path(self.convl2g, local)
        if self.gate is not None:
            gates = self.gate(torch.cat([part for part in (local, wide) if part is not None], 1)).sigmoid()
            to_local = None if to_local is None else to_local * gates[:, :1]
            to_wide = None if to_wide is None else to_wide * gates[:, 1:]
        return _together(_path(self.convl2l, local), to_local), _together(to_wide, _path(self.convg2g, wide))


def _path(convolution: nn.Module | None, x: Tensor | None) -> Tensor | None:
    """What a path contributes; nothing where it or its input does not exist."""
    return None if convolution is None or x is None else convolution(x)


class FFCLayer(nn.Module):
    """FFC, then BatchNorm and ReLU on each of its parts."""

    def __init__(
        self,
        source: Split,
        target: Split,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        *,
        lfu: bool = False,
        gated: bool = False,
    ) -> None:
        super().__init__()
        self.ffc = FFC(source, target, kernel, stride, padding, lfu=lfu, gated=gated)
        self.bn_l = nn.BatchNorm2d(target.local) if target.local else None
        self.bn_g = nn.BatchNorm2d(target.wide) if target.wide else None

    def forward(self, x: Tensor | Pair) -> Pair:
        """Convolve, normalise, rectify."""
        local, wide = self.ffc(x)
        local = F.relu(self.bn_l(local)) if self.bn_l is not None else None
        wide = F.relu(self.bn_g(wide)) if self.bn_g is not None else None
        return local, wide


class FFCBlock(nn.Module):
    """Residual block of two layers; the sum comes after the second ReLU and nothing follows it."""

    def __init__(self, channels: Split, *, lfu: bool = False, gated: bool = False) -> None:
        super().__init__()
        self.conv1 = FFCLayer(channels, channels, 3, padding=1, lfu=lfu, gated=gated)
        self.conv2 = FFCLayer(channels, channels, 3, padding=1, lfu=lfu, gated=gated)

    def forward(self, x: Tensor | Pair) -> Pair:
        """Input plus both layers of it, for the local and the global part."""
        local, wide = split(x)
        more_local, more_wide = self.conv2(self.conv1((local, wide)))
        return _together(local, more_local), _together(wide, more_wide)


class Join(nn.Module):
    """Both parts in one tensor, local channels first."""

    def forward(self, x: Tensor | Pair) -> Tensor:
        """(N, local, H, W) and (N, global, H, W) -> (N, local + global, H, W)."""
        return torch.cat([part for part in split(x) if part is not None], dim=1)
