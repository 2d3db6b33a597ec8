"""StyleGAN2's discriminator: residual blocks that halve the size, and how much a batch varies as one more channel."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from retoucher.models.mystyle.stylegan2.generator import Sizes
from retoucher.models.mystyle.stylegan2.layers import EPSILON, Conv, Linear

GROUP = 4
"""Pictures whose variation is measured together."""
HALF = math.sqrt(0.5)


class DiscriminatorBlock(nn.Module):
    """Two convolutions and a skip, their sum at half the size; the first block reads the picture itself."""

    def __init__(self, inputs: int, outputs: int, first: bool, clamp: float = 0.0) -> None:
        super().__init__()
        if first:
            self.fromrgb = Conv(3, inputs, 1, clamp=clamp)
        self.conv0 = Conv(inputs, inputs, clamp=clamp)
        self.conv1 = Conv(inputs, outputs, down=True, clamp=clamp)
        self.skip = Conv(inputs, outputs, 1, down=True, active=False, bias=False)
        self.first = first

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / 2, W / 2)."""
        x = self.fromrgb(x) if self.first else x
        y: Tensor = self.skip(x, HALF) + self.conv1(self.conv0(x), HALF)
        return y


class Epilogue(nn.Module):
    """At 4 pixels: the batch's variation, a convolution, two fully connected layers."""

    def __init__(self, channels: int, clamp: float = 0.0) -> None:
        super().__init__()
        self.conv = Conv(channels + 1, channels, clamp=clamp)
        self.fc = Linear(channels * 16, channels)
        self.out = Linear(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, 4, 4) -> (N, 1)."""
        x = self.conv(torch.cat([x, variation(x)], 1))
        logits: Tensor = self.out(self.fc(x.flatten(1), active=True))
        return logits


def variation(x: Tensor, group: int = GROUP) -> Tensor:
    """The mean standard deviation within groups of the batch as a channel: (N, C, H, W) -> (N, 1, H, W).

    Picture i belongs to group i mod N / `group`. Raises ValueError where N is no multiple of the group.
    """
    n, _, height, width = x.shape
    group = min(group, n)
    if n % group:
        raise ValueError(f"a batch of {n} cannot be divided into groups of {group}")
    spread = (x.float().reshape(group, n // group, *x.shape[1:]).var(0, unbiased=False) + EPSILON).sqrt()
    return spread.mean((1, 2, 3)).repeat(group)[:, None, None, None].expand(n, 1, height, width).to(x.dtype)


class StyleGAN2Discriminator(nn.Module):
    """Pictures (N, 3, R, R) in [-1, 1] -> logits (N, 1), above 0 where they look like photos."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.sides = [4 << i for i in reversed(range(1, len(sizes.channels)))]
        for i, side in enumerate(self.sides):
            at = len(sizes.channels) - 1 - i
            self.add_module(
                f"b{side}", DiscriminatorBlock(sizes.channels[at], sizes.channels[at - 1], i == 0, sizes.clamp)
            )
        self.b4 = Epilogue(sizes.channels[0], sizes.clamp)

    def forward(self, image: Tensor) -> Tensor:
        """One number a picture."""
        x = image
        for side in self.sides:
            x = self.get_submodule(f"b{side}")(x)
        logits: Tensor = self.b4(x.float())
        return logits
