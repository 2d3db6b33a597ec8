"""LaMa without Fourier convolutions: lama-regular, big-lama-regular (`pix2pixhd_global`) and the dilated variant.

They differ from the Fourier generator in more than the blocks: zero padding where they downsample, a bias in every
convolution, one list entry for each convolution, BatchNorm and ReLU, and no ReLU after the second layer of a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from retoucher.models.lama.network import enlargements, finish


@dataclass(frozen=True)
class RegularSizes:
    """What the shapes of a regular generator's tensors say.

    `channels`: after the stem and after each downsampling. `blocks`: how many residual blocks. `dilations`: how many
    dilated convolutions stand for one in a block (1, 2, 4, 8 …), 0 for ordinary ones.
    """

    channels: tuple[int, ...]
    blocks: int
    dilations: int = 0
    inputs: int = 4
    outputs: int = 3

    @classmethod
    def published(cls, width: int = 64, downsamplings: int = 3, blocks: int = 9, dilations: int = 0) -> RegularSizes:
        """lama-regular has 9 blocks, big-lama-regular 15; LaMa-Dilated has 9 with 4 dilations."""
        return cls(tuple(width << level for level in range(downsamplings + 1)), blocks, dilations)


class Dilated(nn.Module):
    """Convolutions with dilation 1, 2, 4, 8 …, each of its share of the input channels; the results are summed."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        shares = [channels // count] * (count - 1)
        self.shares = [*shares, channels - sum(shares)]
        self.convs = nn.ModuleList(
            nn.Conv2d(share, channels, 3, padding=1 << i, dilation=1 << i, padding_mode="reflect")
            for i, share in enumerate(self.shares)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same shape."""
        terms = [
            convolution(part) for convolution, part in zip(self.convs, torch.split(x, self.shares, 1), strict=True)
        ]
        total: Tensor = sum(terms[1:], terms[0])
        return total


class Block(nn.Module):
    """Residual block: two convolutions with BatchNorm, a ReLU between them only."""

    def __init__(self, channels: int, dilations: int = 0) -> None:
        super().__init__()

        def layer() -> list[nn.Module]:
            norm = nn.BatchNorm2d(channels)
            if dilations:
                return [Dilated(channels, dilations), norm]
            return [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm]

        self.dilated = bool(dilations)
        self.conv_block = nn.Sequential(*layer(), nn.ReLU(), *layer())

    def forward(self, x: Tensor) -> Tensor:
        """x plus what the block adds to it."""
        more: Tensor = self.conv_block(x)
        return x + more


class RegularGenerator(nn.Module):
    """The generator with ordinary or dilated convolutions, in the convention of `FourierGenerator`."""

    square = False

    def __init__(self, sizes: RegularSizes) -> None:
        super().__init__()
        channels = sizes.channels
        depth = len(channels) - 1
        self.first_block = 4 + 3 * depth
        self.multiple = 1 << depth
        self.minimum = ((1 << sizes.dilations - 1) + 1 if sizes.dilations else 2) << depth  # reflection < side
        smaller: list[nn.Module] = []
        for narrow, wide in pairwise(channels):
            smaller += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.BatchNorm2d(wide), nn.ReLU()]
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(sizes.inputs, channels[0], 7),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(),
            *smaller,
            *(Block(channels[-1], sizes.dilations) for _ in range(sizes.blocks)),
            *enlargements(list(reversed(channels))),
            *finish(channels[0], sizes.outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Predict the whole picture."""
        out: Tensor = self.model(x)
        return out
