"""StyleGAN2's generator: a mapping from noise to styles, and a synthesis from styles to a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.stylegan2.filters import doubled, kernel
from retoucher.models.mystyle.stylegan2.layers import Linear, StyledConv, ToRGB, normalised

DECAY = 0.995
"""What the mean style keeps of itself in a step of training."""
RATE = 0.01
"""Of the mapping's learning, against the rest."""
Mix = tuple[Tensor, Tensor]
"""Noise (N, z) of a second style, and from which row on it takes over (N,)."""


@dataclass(frozen=True)
class Sizes:
    """What the shapes of a generator's tensors say.

    `channels`: of every block from 4 pixels up, so that their number gives the resolution. `z`, `w`: lengths of the
    noise and of a style. `depth`: of the mapping, 0 where there is none. `clamp`: of the convolutions, 0 for none.
    """

    channels: tuple[int, ...]
    z: int = 512
    w: int = 512
    depth: int = 8
    clamp: float = 0.0

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return 4 << (len(self.channels) - 1)

    @classmethod
    def of(cls, resolution: int, base: int = 32768, most: int = 512, w: int = 512, depth: int = 8) -> Sizes:
        """The published family: `base` / side channels at a side, at most `most` (32768 and 512 is config F)."""
        sides = (4 << i for i in range(int(math.log2(resolution)) - 1))
        return cls(tuple(min(base // side, most) for side in sides), w, w, depth)


class Mapping(nn.Module):
    """Noise to styles: eight fully connected layers, and the running mean of what they give."""

    w_avg: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = [sizes.z, *[sizes.w] * sizes.depth]
        for i in range(sizes.depth):
            self.add_module(f"fc{i}", Linear(widths[i], widths[i + 1], rate=RATE))
        self.depth = sizes.depth
        self.register_buffer("w_avg", torch.zeros(sizes.w))

    def forward(self, z: Tensor) -> Tensor:
        """(N, z) -> (N, w), not truncated. While training, the mean follows.

        Raises RetoucherError where the file had no mapping, as that of a person made with the published MyStyle.
        """
        if not self.depth:
            raise RetoucherError("This network has no mapping from noise to styles: give it styles.")
        with torch.autocast(z.device.type, enabled=False):
            x = normalised(z.float())
            for i in range(self.depth):
                x = self.get_submodule(f"fc{i}")(x, active=True)
            if self.training:
                with torch.no_grad():
                    self.w_avg.lerp_(x.detach().mean(0), 1 - DECAY)
        return x

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles drawn towards their mean: 1 leaves them, 0 is the mean."""
        return self.w_avg + psi * (w - self.w_avg)


class Block(nn.Module):
    """All that happens at one size: one styled convolution at 4 pixels, two above, and what they add to the picture."""

    const: nn.Parameter

    def __init__(self, inputs: int, outputs: int, size: int, sizes: Sizes) -> None:
        super().__init__()
        if inputs:
            self.conv0 = StyledConv(inputs, outputs, sizes.w, size, up=True, clamp=sizes.clamp)
        else:
            self.const = nn.Parameter(torch.randn(outputs, size, size))
        self.first = not inputs
        self.conv1 = StyledConv(outputs, outputs, sizes.w, size, clamp=sizes.clamp)
        self.torgb = ToRGB(outputs, sizes.w, sizes.clamp)

    def forward(self, x: Tensor | None, w: list[Tensor], noise: str) -> tuple[Tensor, Tensor]:
        """Features of the block below (None at 4 pixels) and its styles -> features, and its part of the picture."""
        if self.first:
            x = self.const.expand(len(w[0]), *self.const.shape).to(w[0].dtype)
        else:
            assert x is not None
            x = self.conv0(x, w[0], noise)
            w = w[1:]
        features = self.conv1(x, w[0], noise)
        return features, self.torgb(features, w[1])


class Synthesis(nn.Module):
    """Styles to a picture, block by block; every block adds to the picture so far, doubled (skip architecture)."""

    resample_filter: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        below = 0
        for i, channels in enumerate(sizes.channels):
            self.add_module(f"b{4 << i}", Block(below, channels, 4 << i, sizes))
            below = channels
        self.register_buffer("resample_filter", kernel(), persistent=False)

    @property
    def rows(self) -> int:
        """How many styles a picture takes: 2 log2(resolution) - 2."""
        return 2 * len(self.sizes.channels)

    def forward(self, w: Tensor, noise: str = "random", size: int = 0) -> Tensor:
        """w (N, rows, w) -> (N, 3, R, R) around [-1, 1], not clipped; `size`: stop there, 0 for all of it."""
        image: Tensor | None = None
        for _, picture in self.steps(w, noise, size):
            image = picture
        assert image is not None
        return image

    def steps(self, w: Tensor, noise: str = "const", size: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Features and picture after each block; a block's last style is also the next block's first."""
        x: Tensor | None = None
        image: Tensor | None = None
        row = 0
        for i in range(len(self.sizes.channels)):
            side = 4 << i
            count = 2 if i == 0 else 3
            styles = [w[:, row + j] for j in range(count)]
            row += count - 1
            x, added = self.get_submodule(f"b{side}")(x, styles, noise)
            added = added.float()
            image = added if image is None else doubled(image, self.resample_filter) + added
            assert x is not None
            yield x, image
            if side == size:
                return


class StyleGAN2(nn.Module):
    """The generator in its own convention: noise z (N, z) -> picture (N, 3, R, R) around [-1, 1]."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.mapping, self.synthesis = Mapping(sizes), Synthesis(sizes)

    def styles(self, z: Tensor, psi: float = 1.0) -> Tensor:
        """(N, z) -> (N, rows, w), the same style in every row."""
        w = self.mapping(z)
        w = self.mapping.truncated(w, psi) if psi != 1 else w
        return w[:, None].repeat(1, self.synthesis.rows, 1)

    def mixed(self, z: Tensor, other: Tensor, cut: Tensor) -> Tensor:
        """Styles of two rows of noise, the second one's from row `cut` (N,) on: (N, z) twice -> (N, rows, w)."""
        row = torch.arange(self.synthesis.rows, device=z.device)[None, :, None]
        first, second = self.mapping(torch.cat([z, other]))[:, None].chunk(2)
        return torch.where(row < cut[:, None, None], first, second)

    def forward(self, z: Tensor, psi: float = 1.0, noise: str = "const", mix: Mix | None = None) -> Tensor:
        """A picture for every row of noise; with `mix`, not truncated, of its styles and another's."""
        w = self.styles(z, psi) if mix is None else self.mixed(z, *mix)
        picture: Tensor = self.synthesis(w, noise)
        return picture
