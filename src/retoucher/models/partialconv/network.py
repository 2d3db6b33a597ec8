"""Partial Convolutions: "Image Inpainting for Irregular Holes Using Partial Convolutions" (Liu et al., ECCV 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.fit import Fit
from retoucher.frame import pad
from retoucher.models.partialconv.layer import PartialConv2d, known_channels

SLOPE = 0.2
"""Of the decoder's leaky ReLU."""


@dataclass(frozen=True)
class Step:
    """One layer: how many channels it gives, and the side of its (square, odd) kernel."""

    channels: int
    kernel: int = 3


@dataclass(frozen=True)
class Sizes:
    """What the shapes of a network's tensors say: its layers in the order the data flows.

    `first_bias`: whether the first layer, which has no BatchNorm, has a bias (it has none in one published form).
    """

    encoder: tuple[Step, ...]
    decoder: tuple[Step, ...]
    inputs: int = 3
    first_bias: bool = True

    @classmethod
    def published(cls, levels: int = 7, width: int = 64) -> Sizes:
        """The paper's family: 8 levels for 512x512 in the paper, 7 for 256x256 in the public programs."""
        channels = [min(width << level, width * 8) for level in range(levels)]
        kernels = [7, 5, 5, *[3] * levels][:levels]
        return cls(
            tuple(Step(c, k) for c, k in zip(channels, kernels, strict=True)),
            (*(Step(c) for c in reversed(channels[:-1])), Step(3)),
        )


class Layer(nn.Module):
    """Partial convolution, BatchNorm (a bias instead where there is none) and a ReLU of some slope (none where 1)."""

    def __init__(self, inputs: int, step: Step, stride: int, slope: float, *, norm: bool, bias: bool) -> None:
        super().__init__()
        self.conv = PartialConv2d(inputs, step.channels, step.kernel, stride, step.kernel // 2, bias=bias)
        self.norm = nn.BatchNorm2d(step.channels) if norm else None
        self.slope = slope

    def forward(self, *parts: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Groups of channels, each (N, C, H, W) with its valid map -> features and their valid map (N, 1, H', W')."""
        x = torch.cat([features.masked_fill(valid == 0, 0) for features, valid in parts], 1)
        counts = [known_channels(valid, features.shape[1]) for features, valid in parts]
        y, valid = self.conv.renormalised(x, sum(counts[1:], counts[0]))
        y = y if self.norm is None else self.norm(y)
        return (y if self.slope == 1 else F.leaky_relu(y, self.slope)), valid


class UNet(nn.Module):
    """The U-Net of partial convolutions (section 3.2) in the paper's own convention.

    x (N, 3, H, W) in the range it was trained in, valid (N, 3 or 1, H, W), 1 = known and 0 = hole -> the whole picture
    and the last valid map, (N, 3, H, W) each. Both sides must be multiples of `multiple`. With `frozen` the encoder's
    BatchNorms stay in eval mode whatever `train` is called with: the second stage of training.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.multiple = 1 << len(sizes.encoder)
        self.frozen = False
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        channels = [sizes.inputs]
        for step in sizes.encoder:
            first = len(channels) == 1
            bias = first and sizes.first_bias
            self.encoder.append(Layer(channels[-1], step, 2, 0.0, norm=not first, bias=bias))
            channels.append(step.channels)
        below = channels.pop()
        for step in sizes.decoder:
            last = len(channels) == 1
            self.decoder.append(
                Layer(below + channels.pop(), step, 1, 1.0 if last else SLOPE, norm=not last, bias=last)
            )
            below = step.channels

    def forward(self, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the whole picture; the known pixels themselves reach the last layer."""
        levels = [(x, valid)]
        for layer in self.encoder:
            levels.append(layer(levels[-1]))
        y, known = levels.pop()
        for layer in self.decoder:
            y, known = layer((_doubled(y), _doubled(known)), levels.pop())
        return y, known.expand_as(y)

    def train(self, mode: bool = True) -> UNet:
        """As ever, but for frozen BatchNorms."""
        super().train(mode)
        if self.frozen:
            for norm in self.encoder_norms():
                norm.eval()
        return self

    def encoder_norms(self) -> list[nn.BatchNorm2d]:
        """The encoder's BatchNorms."""
        return [module for module in self.encoder.modules() if isinstance(module, nn.BatchNorm2d)]


def _doubled(x: Tensor) -> Tensor:
    """Every pixel becomes four."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


@dataclass(frozen=True)
class Colors:
    """The range a network was trained in: (value in [0, 1] - mean) / spread per channel, and whether blue is first."""

    mean: tuple[float, float, float]
    spread: tuple[float, float, float]
    blue_first: bool = False

    def encode(self, image: Tensor) -> Tensor:
        """RGB in [0, 1] -> the network's range, (N, 3, H, W) both."""
        image = image.flip(1) if self.blue_first else image
        return (image - self._column(self.mean, image)) / self._column(self.spread, image)

    def decode(self, x: Tensor) -> Tensor:
        """The way back."""
        image = x * self._column(self.spread, x) + self._column(self.mean, x)
        return image.flip(1) if self.blue_first else image

    def _column(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None]


IMAGENET = Colors((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""RGB around the mean of ImageNet: the port's range and ours."""
SIGNED_BGR = Colors((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), blue_first=True)
"""[-1, 1], blue first: OpenMMLab's range."""


class PartialConv(nn.Module):
    """Fill holes of any shape by convolving what is known, layer by layer, until everything is.

    `core` is the U-Net in the paper's convention, `colors` the range it was trained in. `fit` follows from its depth:
    both sides are padded symmetrically to a multiple of 2^levels (128 for 7). The published networks saw pictures of
    256 pixels and the paper's 512, so a frame is not given larger than that.
    """

    fit = Fit(multiple=128, minimum=128, best=512)

    def __init__(self, core: Any, colors: Colors = IMAGENET) -> None:
        super().__init__()
        self.core = core
        self.colors = colors
        self.fit = Fit(multiple=core.multiple, minimum=core.multiple, best=max(512, core.multiple))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """Predict the whole picture, the known part too: image (N, 3, H, W) in [0, 1] -> the same.

        `mask` (N, 1, H, W): whatever is not 0 may change. What lies there, NaN included, cannot reach the result. A
        `Frame` gives sides that suit `fit`; other sizes are padded here and cropped again. While training, values
        outside [0, 1] are left as they are, so that a loss has something to pull on.
        """
        hole = mask > 0
        height, width = image.shape[-2:]
        x = pad(self.colors.encode(image).masked_fill(hole, 0), self.fit)
        out, _ = self.core(x, pad((~hole).to(x.dtype), self.fit))
        picture = self.colors.decode(out[..., :height, :width])
        return picture if self.training else picture.clamp(0, 1)
