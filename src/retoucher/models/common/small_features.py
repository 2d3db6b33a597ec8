"""A narrow VGG-19 of our own that gives the layers of the wide one, in its channels, order and scale.

Its trunk has the shape of VGG-19 (as many 3×3 convolutions, max pooling between the blocks), few channels, and a 1×1
convolution beside the first layer of each block that leads to all the channels VGG has there. It was taught to answer
as the networks of Simonyan and Zisserman (ICLR 2015) do; nothing of theirs is copied into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.features import CAFFE_MEAN, CONVOLUTIONS, WIDTHS
from retoucher.models.common.strict import check

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""What it exposes: the first activation of each block."""
LEVELS = (25.0, 155.0, 165.0, 150.0, 46.0)
"""About how large the activations of those layers are in VGG-19, so that what is learnt is about 1."""
SPREAD = 60.0
"""What the picture (0 to 255, around VGG's mean) is divided by, for the same reason."""


@dataclass(frozen=True)
class Sizes:
    """`first`: channels of conv1_2; `trunk`: channels of blocks 2 to 5. conv1_1 has VGG's own 64."""

    first: int = 32
    trunk: tuple[int, int, int, int] = (64, 96, 128, 128)


class SmallFeatures(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] -> the activations of some of `LAYERS`, (N, C, H', W') each, as VGG-19 gives them.

    Sizes are halved as in Caffe, rounding up.
    """

    shift: Tensor
    names = LAYERS

    def __init__(self, sizes: Sizes = Sizes()) -> None:
        super().__init__()
        self.register_buffer("shift", torch.tensor(CAFFE_MEAN)[:, None, None], persistent=False)
        widths = (WIDTHS[0], *sizes.trunk)
        self.blocks = nn.ModuleList()
        channels = 3
        for number, (width, count) in enumerate(zip(widths, CONVOLUTIONS[19], strict=True)):
            count = 1 if number == len(widths) - 1 else count
            inner = [width] * count if number else [width, sizes.first]
            self.blocks.append(nn.ModuleList(_convolutions(channels, inner)))
            channels = inner[-1]
        self.heads = nn.ModuleList(
            nn.Conv2d(width, wide, 1) for width, wide in zip(widths[1:], WIDTHS[1:], strict=True)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, image: Tensor, layers: Sequence[str] = LAYERS) -> list[Tensor]:
        """The activations of these layers, in the network's order; no more of it runs than the deepest needs."""
        if unknown := [name for name in layers if name not in LAYERS]:
            raise ValueError(f"this network has no {', '.join(unknown)}: it has {', '.join(LAYERS)}")
        found: list[Tensor] = []
        x = (image * 255 - self.shift) / SPREAD
        for number, (name, block) in enumerate(zip(LAYERS, self.blocks, strict=True)):
            if number:
                x = self.pool(x)
            for place, convolution in enumerate(block.children()):
                x = convolution(x).relu()
                if not place and name in layers:
                    seen = self.heads[number - 1](x).relu() if number else x
                    found.append(seen * LEVELS[number])
                    if len(found) == len(layers):
                        return found
        return found


def _convolutions(channels: int, widths: Sequence[int]) -> Iterator[nn.Module]:
    for width in widths:
        yield nn.Conv2d(channels, width, 3, padding=1)
        channels = width


def small_features_from_published(tensors: Mapping[str, Tensor]) -> SmallFeatures:
    """The network that these tensors are, frozen, in eval mode, float32 on the CPU; sizes are read off their shapes.

    Raises RetoucherError where tensors are missing or have other shapes.
    """
    try:
        first = tensors["blocks.0.1.weight"].shape[0]
        second, third, fourth, fifth = (tensors[f"blocks.{i}.0.weight"].shape[0] for i in (1, 2, 3, 4))
    except (KeyError, IndexError) as error:
        raise RetoucherError(f"This is no small feature network: {error} is not in it.") from error
    network = SmallFeatures(Sizes(first, (second, third, fourth, fifth)))
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, tensors, "small feature network")
    network.load_state_dict({name: tensor.detach().to("cpu", torch.float32) for name, tensor in tensors.items()})
    return network.eval().requires_grad_(False)
