"""What the tests of LaMa share: the published program's tensors, and small networks with lively numbers."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from retoucher.models.lama.ffc import Split
from retoucher.models.lama.network import FourierGenerator, LaMa, Sizes
from retoucher.models.lama.regular import RegularGenerator, RegularSizes

PARITY = Path(__file__).parent.parent / "parity" / "lama"


def parity(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of a fixture under their own names, and its other tensors under `input/…` and `output/…`."""
    tensors = load_file(PARITY / f"{name}.safetensors")
    weights = {key.removeprefix("weights/"): value for key, value in tensors.items() if key.startswith("weights/")}
    return weights, {key: value for key, value in tensors.items() if not key.startswith("weights/")}


def gap(a: Tensor, b: Tensor) -> float:
    """The largest difference; the shapes must be the same."""
    assert a.shape == b.shape
    return float((a - b).detach().abs().max())


def lively(network: LaMa, seed: int = 0) -> LaMa:
    """Random numbers as in a trained network: variance kept by the convolutions, every BatchNorm different."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    with torch.no_grad():
        network.core.model[-2].weight *= 0.1  # the sigmoid is not to hide differences
    return network.eval()


def fourier(levels: list[Split], blocks: int = 2, **options: bool | int) -> LaMa:
    """A lively Fourier network with these channels after the stem and after each downsampling."""
    return lively(LaMa(FourierGenerator(Sizes(tuple(levels), blocks, **options))))


def small() -> LaMa:
    """The published shape at an eighth of the width."""
    return lively(LaMa(FourierGenerator(Sizes.published(width=8, blocks=2))))


def regular(channels: tuple[int, ...] = (6, 12, 24), blocks: int = 2, dilations: int = 0) -> LaMa:
    """A lively network with ordinary or dilated convolutions."""
    return lively(LaMa(RegularGenerator(RegularSizes(channels, blocks, dilations))))


def picture(height: int, width: int, count: int = 1, seed: int = 1) -> tuple[Tensor, Tensor]:
    """A random picture (N, 3, H, W) and a mask (N, 1, H, W) with a hole in the middle and one at the border."""
    image = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = 1
    mask[..., : height // 8 + 1, -3:] = 1
    return image, mask


def published_draw(network: nn.Module, seed: int) -> dict[str, Tensor]:
    """The random tensors that the published discriminator was given for a fixture: the same seed, the same order."""
    random = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            scale = (2 / module.weight[0].numel()) ** 0.5
            drawn[f"{name}.weight"] = torch.randn(module.weight.shape, generator=random) * scale
            drawn[f"{name}.bias"] = torch.randn(module.bias.shape, generator=random) * 0.1
        if isinstance(module, nn.BatchNorm2d):
            size = module.weight.shape
            drawn[f"{name}.weight"] = torch.rand(size, generator=random) + 0.5
            drawn[f"{name}.bias"] = torch.randn(size, generator=random) * 0.2
            drawn[f"{name}.running_mean"] = torch.randn(size, generator=random) * 0.3
            drawn[f"{name}.running_var"] = torch.rand(size, generator=random) * 1.5 + 0.5
            torch.randint(2, (1,), generator=random)  # theirs becomes the count of batches, which changes no number
            drawn[f"{name}.num_batches_tracked"] = torch.tensor(0)
    return drawn
