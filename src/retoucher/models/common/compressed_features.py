"""VGG-19 compressed sixteen times, to relu5_1, with maps to the full channels.

Wang et al., "Collaborative Distillation for Ultra-Resolution Universal Style Transfer" (CVPR 2020), encoder 5. It was
distilled from a VGG-19 whose activations were normalised to a mean of 1 in every channel; what is known of VGG's true
scale is put back here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.common.features import CONVOLUTIONS, VGG, WIDTHS
from retoucher.models.common.small_features import LAYERS
from retoucher.models.common.strict import check

NARROW = (16, 32, 64, 128, 128)
LEVELS = (25.0, 155.0, 165.0, 150.0)
"""Mean activations of the genuine network's first four layers, by which the normalised ones are multiplied: of relu1_1
to relu3_1 measured on a painting, of relu4_1 an estimate. relu5_1 has a factor for each channel in the file."""

MEDIAN = 46.0
"""The median of relu5_1's factors, measured on the genuine network."""


class CompressedFeatures(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] -> some of `LAYERS` as VGG-19 would give them, (N, C, H', W') each.

    Pads by reflection, as the encoder was trained; sizes are halved rounding up.
    """

    names = LAYERS
    relu5_1_scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 3, 1)
        channels = 3
        for block, (width, count) in enumerate(zip(NARROW, CONVOLUTIONS[19], strict=True), 1):
            for place in range(1, 2 if block == len(NARROW) else count + 1):
                self.add_module(f"conv{block}{place}", nn.Conv2d(channels, width, 3))
                channels = width
            self.add_module(f"conv{block}1_aux", nn.Conv2d(width, WIDTHS[block - 1], 1))
        self.register_buffer("relu5_1_scale", torch.ones(WIDTHS[-1]))

    def forward(self, image: Tensor, layers: Sequence[str] = LAYERS) -> list[Tensor]:
        """The activations of these layers, in the network's order."""
        found: list[Tensor] = []
        x = self.conv0(image)
        for block, (name, count) in enumerate(zip(LAYERS, CONVOLUTIONS[19], strict=True), 1):
            if block > 1:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            for place in range(1, 2 if block == len(LAYERS) else count + 1):
                x = self.get_submodule(f"conv{block}{place}")(F.pad(x, (1, 1, 1, 1), mode="reflect")).relu()
                if place == 1 and name in layers:
                    seen = self.get_submodule(f"conv{block}1_aux")(x).relu()
                    found.append(seen * (LEVELS[block - 1] if block < 5 else self.relu5_1_scale[:, None, None]))
                    if len(found) == len(layers):
                        return found
        return found


def compressed_features_from_published(tensors: Mapping[str, Tensor]) -> CompressedFeatures:
    """The network that these tensors are, frozen, float32: names as in the authors' encoder.

    `relu5_1_scale` (512,) says how far VGG's true activations of relu5_1 are above the normalised ones; without it all
    channels are taken to be their median. Raises RetoucherError where tensors are missing or have other shapes.
    """
    network = CompressedFeatures()
    tensors = {"relu5_1_scale": torch.full((WIDTHS[-1],), MEDIAN)} | dict(tensors)
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, tensors, "compressed VGG-19")
    network.load_state_dict({name: tensor.detach().to("cpu", torch.float32) for name, tensor in tensors.items()})
    return network.eval().requires_grad_(False)


class JoinedFeatures(nn.Module):
    """The layers that a VGG-19 has from it, those beyond its end from another network."""

    names = LAYERS

    def __init__(self, shallow: VGG, deep: nn.Module) -> None:
        super().__init__()
        self.shallow, self.deep = shallow, deep

    def forward(self, image: Tensor, layers: Sequence[str] = LAYERS) -> list[Tensor]:
        """The activations of these layers, in the network's order: RGB (N, 3, H, W) in [0, 1] -> (N, C, H', W')."""
        here = [name for name in layers if name in self.shallow.names]
        beyond = [name for name in layers if name not in self.shallow.names]
        return [
            *(self.shallow(image, here) if here else []),
            *(self.deep(image, beyond) if beyond else []),
        ]
