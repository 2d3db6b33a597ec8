"""What the tests of StyleGAN2 share: published programs' tensors, and small networks with lively numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from retoucher.models.mystyle.stylegan2.discriminator import StyleGAN2Discriminator
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2

PARITY = Path(__file__).parents[2] / "parity" / "stylegan2"
SIZES = Sizes((12, 10, 8), z=6, w=7, depth=3)
"""Of a generator of 16 pixels in which no two widths are equal."""


def parity(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of a fixture under their own names, and its other tensors under `input/…` and `output/…`."""
    tensors = load_file(PARITY / f"{name}.safetensors")
    weights = {key.removeprefix("weights/"): value for key, value in tensors.items() if key.startswith("weights/")}
    return weights, {key: value for key, value in tensors.items() if not key.startswith("weights/")}


def settings(name: str, key: str) -> Any:
    """What a fixture's metadata say."""
    with safe_open(PARITY / f"{name}.safetensors", framework="pt") as file:
        return json.loads(file.metadata()[key])


def gap(a: Tensor, b: Tensor) -> float:
    """The largest difference against 1 + the size of the number; the shapes must be the same."""
    assert a.shape == b.shape
    return float(((a - b).abs() / (1 + b.abs())).detach().max())


def lively(network: nn.Module, seed: int = 0) -> Any:
    """Fill biases, strengths of noise, and the mean style with numbers that are not 0."""
    chance = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if name.endswith(("bias", "noise_strength", "w_avg")):
            tensor += 0.3 * torch.randn(tensor.shape, generator=chance)
    return network.eval()


def generator(sizes: Sizes = SIZES, seed: int = 0) -> StyleGAN2:
    torch.manual_seed(seed)
    network: StyleGAN2 = lively(StyleGAN2(sizes), seed)
    return network


def discriminator(sizes: Sizes = SIZES, seed: int = 0) -> StyleGAN2Discriminator:
    torch.manual_seed(seed)
    network: StyleGAN2Discriminator = lively(StyleGAN2Discriminator(sizes), seed)
    return network
