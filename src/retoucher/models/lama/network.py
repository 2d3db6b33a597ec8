"""LaMa: "Resolution-robust Large Mask Inpainting with Fourier Convolutions" (Suvorov et al., WACV 2022).

The modules are in the order and under the names of the published checkpoints, key for key.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from retoucher.fit import Fit
from retoucher.frame import pad
from retoucher.models.lama.ffc import FFCBlock, FFCLayer, Join, Split
from retoucher.models.lama.prefill import repainted


@dataclass(frozen=True)
class Sizes:
    """What the shapes of a Fourier generator's tensors say.

    `levels`: the channels after the stem and after each downsampling. `blocks`: how many residual blocks. `lfu`,
    `gated`: two options that the published code has and no published network uses.
    """

    levels: tuple[Split, ...]
    blocks: int
    inputs: int = 4
    outputs: int = 3
    lfu: bool = False
    gated: bool = False

    @classmethod
    def published(cls, width: int = 64, downsamplings: int = 3, blocks: int = 18, ratio: float = 0.75) -> Sizes:
        """The paper's family: only residual blocks have a global part. big-lama has 18 of them, lama-fourier 9."""
        local = [Split(width << level) for level in range(downsamplings)]
        return cls((*local, Split.of(width << downsamplings, ratio)), blocks)


def enlargements(channels: list[int]) -> list[nn.Module]:
    """Transposed convolution, BatchNorm and ReLU for each step: every one doubles the size."""
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(channels):
        up = nn.ConvTranspose2d(wide, narrow, 3, stride=2, padding=1, output_padding=1)
        layers += [up, nn.BatchNorm2d(narrow), nn.ReLU()]
    return layers


def finish(width: int, outputs: int) -> list[nn.Module]:
    """The last convolution and the sigmoid."""
    return [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Sigmoid()]


class FourierGenerator(nn.Module):
    """The generator with fast Fourier convolutions (`ffc_resnet`) in the paper's own convention.

    (N, 4, H, W), the picture with its hole set to 0 and the mask, 1 = hole -> (N, 3, H, W) in (0, 1). Both sides must
    be multiples of `multiple` and at least `minimum`; with `square` they must be equal, too.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        levels, options = sizes.levels, {"lfu": sizes.lfu, "gated": sizes.gated}
        self.first_block = 1 + len(levels)  # what comes before sees no residual block (refinement cuts here)
        self.multiple = (2 if sizes.lfu else 1) << (len(levels) - 1)
        self.minimum = 2 << (len(levels) - 1)  # reflection by 1 needs 2 pixels after the last downsampling
        self.square = sizes.lfu
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            FFCLayer(Split(sizes.inputs), levels[0], 7),
            *(FFCLayer(a, b, 3, 2, 1, **options) for a, b in pairwise(levels)),
            *(FFCBlock(levels[-1], **options) for _ in range(sizes.blocks)),
            Join(),
            *enlargements([level.total for level in reversed(levels)]),
            *finish(levels[0].total, sizes.outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Predict the whole picture."""
        out: Tensor = self.model(x)
        return out


class LaMa(nn.Module):
    """Fill a hole in one pass, every pixel seeing the whole picture through Fourier convolutions.

    `core` is a generator in the paper's convention, (N, 4, H, W) -> (N, 3, H, W), published or `fused`; `prefilled`
    says that it is one of ours, which changes a smooth filling instead of painting (`prefill`). `fit` follows from its
    depth: both sides are padded symmetrically to a multiple of 8, and to at least 16.
    """

    fit = Fit(multiple=8, minimum=16)

    def __init__(self, core: Any, *, prefilled: bool = False) -> None:
        super().__init__()
        self.core = core
        self.prefilled = prefilled
        self.fit = Fit(multiple=max(8, core.multiple), minimum=core.minimum)

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """Predict the whole picture, the known part too: image (N, 3, H, W) in [0, 1] -> (N, 3, H, W) in (0, 1).

        `mask` (N, 1, H, W): whatever is not 0 may change. What lies there, NaN included, cannot reach the result. A
        `Frame` gives sides that suit `fit`; other sizes are padded here and cropped again.
        """
        hole = mask > 0
        x = torch.cat([image.masked_fill(hole, 0), hole.to(image.dtype)], dim=1)  # (N, 4, H, W)
        height, width = x.shape[-2:]
        x = pad(x, self._fit(height, width))
        out: Tensor = repainted(self.core, x[:, :3], x[:, 3:]).clamp(0, 1) if self.prefilled else self.core(x)
        return out[..., :height, :width]

    def _fit(self, height: int, width: int) -> Fit:
        """The fit of one picture: a core with a local Fourier unit needs a square."""
        if not self.core.square:
            return self.fit
        return Fit(self.fit.multiple, max(self.fit.padded(height, width)))
