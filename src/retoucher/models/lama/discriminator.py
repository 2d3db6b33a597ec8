"""The discriminator that LaMa is trained against: a patch discriminator after pix2pixHD (`pix2pixhd_nlayer`).

It sees the picture only, never the mask, and says for every patch whether it is a photo's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check

WIDEST = 512
"""The width doubles from layer to layer up to this many channels."""


class Discriminator(nn.Module):
    """Convolutions 4×4 with BatchNorm (not in the first layer) and LeakyReLU 0.2, then one to a map of logits.

    `channels` are the outputs of the layers before the last; all but the last of these halve the size. The layers are
    `model0`, `model1` … as in the published checkpoints, key for key.
    """

    def __init__(self, channels: tuple[int, ...] = (64, 128, 256, 512, 512), inputs: int = 3) -> None:
        super().__init__()
        self.depth = len(channels)
        for i, (narrow, wide) in enumerate(pairwise((inputs, *channels))):
            stride = 1 if i and i == self.depth - 1 else 2
            norm = [nn.BatchNorm2d(wide)] if i else []
            layers = [nn.Conv2d(narrow, wide, 4, stride, padding=2), *norm, nn.LeakyReLU(0.2)]
            self.add_module(f"model{i}", nn.Sequential(*layers))
        self.add_module(f"model{self.depth}", nn.Sequential(nn.Conv2d(channels[-1], 1, 4, padding=2)))

    @classmethod
    def published(cls, width: int = 64, layers: int = 4) -> Discriminator:
        """Published ones have width 64 and 4 layers after which the size is no longer halved."""
        return cls(tuple(min(width << i, WIDEST) for i in range(layers + 1)))

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, H', W'), above 0 where a patch looks like a photo, and every layer's activations.

        image (N, 3, H, W) in [0, 1]. With 256×256 pixels the logits are 19×19 and the activations 129, 65, 33, 17 and
        18 wide: they are what feature matching compares.
        """
        features = []
        x = image
        for i in range(self.depth):
            x = self.get_submodule(f"model{i}")(x)
            features.append(x)
        return self.get_submodule(f"model{self.depth}")(x), features


def discriminator_from_published(tensors: Mapping[str, Tensor]) -> Discriminator:
    """The discriminator that these tensors are, in eval mode, float32 on the CPU.

    Takes the names bare (`model0.0.weight`) or after anything that ends in `discriminator.`, other tensors being left
    alone then. Width and depth are read off the shapes. Raises RetoucherError naming the tensors that are missing,
    left over or of another shape.
    """
    found = {name: re.fullmatch(r"(?:.*\.)?discriminator\.(.+)", name) for name in tensors}
    if any(found.values()):
        tensors = {match[1]: tensors[name] for name, match in found.items() if match}
    network = _described(tensors)
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, tensors, "LaMa discriminator")
    network.load_state_dict(
        {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}, assign=True
    )
    return network.float().eval()


def _described(tensors: Mapping[str, Tensor]) -> Discriminator:
    """An empty discriminator (on the meta device) of the sizes that the shapes tell."""
    numbers = sorted(int(match[1]) for name in tensors if (match := re.fullmatch(r"model(\d+)\.0\.weight", name)))
    try:
        weights = [tensors[f"model{number}.0.weight"] for number in numbers]
        with torch.device("meta"):
            return Discriminator(tuple(weight.shape[0] for weight in weights[:-1]), weights[0].shape[1])
    except (LookupError, ValueError, RuntimeError) as error:
        raise RetoucherError(
            "This is no LaMa discriminator: its convolutions are not where they should be; give a checkpoint that "
            "was saved with its discriminator."
        ) from error
