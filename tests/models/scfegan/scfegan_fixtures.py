"""What the tests of SC-FEGAN share: the released graph's tensors, and small networks with lively numbers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from retoucher.models.scfegan import SCFEGAN
from retoucher.models.scfegan import network as networks

PARITY = Path(__file__).parents[2] / "parity" / "sc-fegan"


@lru_cache(maxsize=2)
def parity(name: str) -> dict[str, Tensor]:
    """The tensors of a fixture under their own names, in TensorFlow's layouts."""
    return load_file(PARITY / f"{name}.safetensors")


def case(name: str) -> dict[str, Tensor]:
    """One operation's tensors: `input/x`, `weights/…`, `output/y` …; activations as N, C, H, W."""
    inside = {key.removeprefix(f"{name}/"): value for key, value in parity("ops_semantics").items()}
    return {
        key: ours(value, key) for key, value in inside.items() if key.split("/")[0] in ("input", "output", "weights")
    }


def ours(tensor: Tensor, key: str) -> Tensor:
    """TensorFlow's layout to torch's: filters (both kinds) and pictures."""
    if tensor.ndim != 4:
        return tensor
    return tensor.permute(3, 2, 0, 1) if "kernel" in key or key.endswith("/w") else tensor.permute(0, 3, 1, 2)


def released_weights() -> dict[str, Tensor]:
    """The narrow generator's variables as the checkpoint has them."""
    return {key: value for key, value in parity("generator_c2_128").items() if key.startswith("weights/")}


def released_picture(name: str) -> Tensor:
    """An input or output of the narrow generator as N, C, H, W float32."""
    return parity("generator_c2_128")[name].permute(0, 3, 1, 2).float()


def lively(model: SCFEGAN, seed: int = 0) -> SCFEGAN:
    """The same network with random biases: untrained ones are 0 and would hide mistakes."""
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=0.2)
            assert module.bias is not None
            nn.init.normal_(module.bias, std=0.2)
    return model.eval()


def small() -> SCFEGAN:
    """Ours, narrow."""
    return lively(networks.small(8, 16, 4))


def published() -> SCFEGAN:
    """The released graph, narrow."""
    return lively(networks.published(2))


def picture(height: int, width: int, count: int = 1, seed: int = 1) -> dict[str, Tensor]:
    """Arguments for a network: photo, holes in the middle and at the border, lines, colours, paint and bits."""
    chance = torch.Generator().manual_seed(seed)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = 1
    mask[..., : height // 8 + 1, -3:] = 1
    sketch, painted, noise = ((torch.rand(count, 1, height, width, generator=chance) < 0.3).float() for _ in range(3))
    image, color = (torch.rand(count, 3, height, width, generator=chance) for _ in range(2))
    return {"image": image, "mask": mask, "sketch": sketch, "color": color, "painted": painted, "noise": noise}


def gap(a: Tensor, b: Tensor) -> float:
    """The largest difference; the shapes must be the same."""
    assert a.shape == b.shape
    return float((a - b).detach().abs().max())
