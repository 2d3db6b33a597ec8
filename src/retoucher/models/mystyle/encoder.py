"""From an aligned face to a style: the IR-SE trunk of the e4e family, and its heads.

"Designing an Encoder for StyleGAN Image Manipulation" (Tov et al., SIGGRAPH 2021); the trunk is ArcFace's (Deng et al.,
CVPR 2019) with squeeze and excitation. MyStyle takes one style for all rows, from the pooled last features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check
from retoucher.models.mystyle.stylegan2.layers import Linear

SQUEEZE = 16
"""Channels per channel of squeeze and excitation."""
SLOPE = 0.01
"""Of the leaky ReLU in a head for one row."""


@dataclass(frozen=True)
class Trunk:
    """What the shapes of an encoder's tensors say: `first` channels, then `widths` and `blocks` of its stages.

    Each stage halves the size and has another width than the one before. `w`: length of a style.
    """

    first: int = 64
    widths: tuple[int, ...] = (64, 128, 256, 512)
    blocks: tuple[int, ...] = (3, 4, 14, 3)
    w: int = 512


class SqueezeExcite(nn.Module):
    """Every channel scaled by what all channels' means say: (N, C, H, W) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // SQUEEZE)
        self.fc1 = nn.Conv2d(channels, inner, 1, bias=False)
        self.fc2 = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Pool, two 1×1 convolutions, a sigmoid, multiply."""
        share: Tensor = self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return x * share


class IRSE(nn.Module):
    """A residual block without an activation at its end: (N, C, H, W) -> (N, C', H / stride, W / stride).

    Where channels stay, the shortcut takes every `stride`-th pixel; else it is a 1×1 convolution.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcite(outputs),
        )
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if inputs != outputs:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        y: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return y


class GradualStyle(nn.Module):
    """A head of e4e and pSp for one row: strided convolutions down to one pixel, then a linear layer."""

    def __init__(self, inputs: int, outputs: int, spatial: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(spatial.bit_length() - 1):
            layers += [nn.Conv2d(outputs if i else inputs, outputs, 3, 2, 1), nn.LeakyReLU(SLOPE)]
        self.convs = nn.Sequential(*layers)
        self.linear = Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, spatial, spatial) -> (N, C')."""
        row: Tensor = self.linear(self.convs(x).flatten(1))
        return row


def upsampled_sum(x: Tensor, finer: Tensor) -> Tensor:
    """Features brought to the size of finer ones, corners aligned, and added to them (e4e's pyramid)."""
    return F.interpolate(x, finer.shape[-2:], mode="bilinear", align_corners=True) + finer


class WEncoder(nn.Module):
    """An aligned face (N, 3, H, W) in [-1, 1] -> one style (N, w), the mean style added where the file has one."""

    latent_avg: Tensor

    def __init__(self, sizes: Trunk) -> None:
        super().__init__()
        self.sizes = sizes
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, sizes.first, 3, padding=1, bias=False), nn.BatchNorm2d(sizes.first), nn.PReLU(sizes.first)
        )
        body: list[nn.Module] = []
        channels = sizes.first
        for width, count in zip(sizes.widths, sizes.blocks, strict=True):
            for place in range(count):
                body.append(IRSE(channels, width, 1 if place else 2))
                channels = width
        self.body = nn.Sequential(*body)
        self.linear = Linear(channels, sizes.w)
        self.register_buffer("latent_avg", torch.zeros(sizes.w), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Trunk, mean over the picture, one equalised linear layer."""
        x = self.body(self.input_layer(image))
        w: Tensor = self.linear(x.mean((2, 3)).float())
        return w + self.latent_avg


def trunk_of(tensors: Mapping[str, Tensor]) -> Trunk:
    """The sizes that an encoder's tensors have. Raises RetoucherError where they are no W encoder's."""
    try:
        first = tensors["input_layer.0.weight"].shape[0]
        w = tensors["linear.weight"].shape[0]
        widths: list[int] = []
        blocks: list[int] = []
        number, channels = 0, first
        while f"body.{number}.res_layer.1.weight" in tensors:
            width = tensors[f"body.{number}.res_layer.1.weight"].shape[0]
            if not widths or width != channels:
                widths.append(width)
                blocks.append(0)
            blocks[-1] += 1
            number, channels = number + 1, width
    except (KeyError, IndexError) as error:
        raise RetoucherError(f"This is no encoder of one style for all rows: {error} is not in it.") from error
    return Trunk(first, tuple(widths), tuple(blocks), w)


def encoder_from_published(tensors: Mapping[str, Tensor], mean: Tensor | None = None) -> WEncoder:
    """The encoder of these tensors (bare names: `input_layer.0.weight`), in eval mode, float32 on the CPU.

    `mean` (w,) or (rows, w): the mean style, where the file says that the encoder starts from it. Raises RetoucherError
    naming what is missing or has another shape.
    """
    network = WEncoder(trunk_of(tensors))
    state = network.state_dict()
    check({name: tensor.shape for name, tensor in state.items()}, tensors, "W encoder")
    network.load_state_dict({name: tensor.detach().to("cpu", state[name].dtype) for name, tensor in tensors.items()})
    if mean is not None:
        network.latent_avg = (mean if mean.ndim == 1 else mean[0]).detach().to("cpu", torch.float32)
    return network.eval()
