"""What the tests of partial convolutions share: published programs' tensors, and small networks with lively numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from retoucher.models.partialconv import PartialConv
from retoucher.models.partialconv.network import IMAGENET, Colors, Sizes, UNet
from retoucher.models.partialconv.weights import Naming, published_names

PARITY = Path(__file__).parent.parent / "parity" / "partial-convolution"


def parity(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of a fixture under their own names, and its other tensors under `input/…` and `output/…`."""
    tensors = load_file(PARITY / f"{name}.safetensors")
    tensors = {key: value.float() if value.dtype == torch.uint8 else value for key, value in tensors.items()}
    weights = {key.removeprefix("weights/"): value for key, value in tensors.items() if key.startswith("weights/")}
    return weights, {key: value for key, value in tensors.items() if not key.startswith("weights/")}


def settings(name: str) -> dict[str, Any]:
    """How the published module of a fixture was made."""
    with safe_open(PARITY / f"{name}.safetensors", framework="pt") as file:
        config: dict[str, Any] = json.loads(file.metadata()["config"])
    return config


def gap(a: Tensor, b: Tensor) -> float:
    """The largest difference; the shapes must be the same."""
    assert a.shape == b.shape
    return float((a - b).detach().abs().max())


def lively(sizes: Sizes, colors: Colors = IMAGENET, seed: int = 0) -> PartialConv:
    """A network with random numbers, every BatchNorm and bias different, and a picture that stays within [0, 1]."""
    torch.manual_seed(seed)
    model = PartialConv(UNet(sizes), colors)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.normal_(module.bias, std=0.2)
    return model.eval()


def small(levels: int = 4, width: int = 8) -> PartialConv:
    """The published shape, narrow and shallow."""
    return lively(Sizes.published(levels, width))


def renamed(model: PartialConv, naming: Naming, prefix: str = "") -> dict[str, Tensor]:
    """A network's tensors as another program would have them in its file."""
    state = model.core.state_dict()
    names = published_names(model.core, naming)
    tensors = {prefix + name: state[ours].clone() for name, ours in names.items() if ours}
    for name, ours in names.items():
        if not ours:
            filters = name.removesuffix(naming.ones) + naming.weight
            tensors[prefix + name] = torch.ones_like(tensors[prefix + filters])
            if naming.divided:
                tensors[prefix + filters] *= tensors[prefix + filters][0].numel()
    return tensors


def picture(height: int, width: int, count: int = 1, seed: int = 1) -> tuple[Tensor, Tensor]:
    """A random picture (N, 3, H, W) and a mask (N, 1, H, W) with a hole in the middle and one at the border."""
    image = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = 1
    mask[..., : height // 8 + 1, -3:] = 1
    return image, mask
