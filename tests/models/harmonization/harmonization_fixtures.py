"""What the tests of painterly harmonization share: tensors made from the definitions, things to paint."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from retoucher.models.common.small_features import Sizes, SmallFeatures
from retoucher.models.harmonization.features_objective import initialise

PARITY = Path(__file__).parents[2] / "parity" / "painterly-harmonization"


def parity(name: str) -> dict[str, Tensor]:
    """The tensors of a fixture, in double precision where they are not whole numbers."""
    tensors = load_file(PARITY / f"{name}.safetensors")
    return {key: value.double() if value.is_floating_point() else value for key, value in tensors.items()}


def tiny_features() -> SmallFeatures:
    """A network of few channels with random numbers."""
    torch.manual_seed(7)
    return initialise(SmallFeatures(Sizes(8, (8, 8, 8, 8)))).eval().requires_grad_(False)


def strokes(height: int, width: int, seed: int = 0) -> Tensor:
    """A painting (3, H, W) of slanted strokes in a few colours."""
    random = torch.Generator().manual_seed(seed)
    y, x = torch.arange(height)[:, None], torch.arange(width)
    wave = ((x + 2 * y) * 0.35).sin() * 0.5 + 0.5
    colours = torch.rand(2, 3, 1, 1, generator=random)
    picture = colours[0] * wave + colours[1] * (1 - wave)
    return (picture + 0.05 * torch.randn(3, height, width, generator=random)).clamp(0, 1)


def pasted(painting: Tensor) -> tuple[Tensor, Tensor]:
    """The painting with a bright disc on it, and the disc's mask (1, H, W)."""
    height, width = painting.shape[1:]
    y, x = torch.arange(height)[:, None], torch.arange(width)
    inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 4) ** 2
    disc = torch.stack([0.9 - 0.3 * x / width + 0 * y, 0.2 + 0.5 * y / height + 0 * x, 0.1 + 0 * x + 0 * y])
    return torch.where(inside, disc, painting), inside[None].float()
