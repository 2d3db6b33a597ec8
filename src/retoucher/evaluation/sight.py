"""What VGG-19 sees in pictures, looked at once and used by several measures; the feature distance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from retoucher import catalogue, checkpoint, weights
from retoucher.feature_entries import trunk
from retoucher.models.common.features import DISTANCE_LAYERS, VGG, feature_distances, vgg19_from_published

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = "vgg19"
"""The catalogue's name for the genuine weights."""


@dataclass(eq=False)
class Sight:
    """A VGG-19 on its device that remembers the last two pictures (the tensors themselves: they never change)."""

    network: VGG
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    _seen: list[tuple[Tensor, list[Tensor]]] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def open(cls, path: Path | None, device: torch.device) -> Sight | None:
        """From a file of VGG-19's weights with torchvision's names, or else the copy that was added, if there is one.

        Raises UsageError where there is no such file, RetoucherError where it is damaged or holds another network.
        """
        if path is not None:
            tensors = {name: tensor.float() for name, tensor in checkpoint.read(path, trunk).items()}
            return cls(vgg19_from_published(tensors).to(device), device)
        known = next((entry for entry in catalogue.ENTRIES if entry.name == ENTRY), None)
        copy = weights.find(known) if known else None
        if copy is None:
            return None
        network = weights.build(copy.entry, weights.load_tensors(copy), copy.path.name)
        if not isinstance(network, VGG):
            raise TypeError(f"the entry {ENTRY} builds a {type(network).__name__}")
        return cls(network.to(device), device)

    @torch.inference_mode()
    def __call__(self, picture: Tensor) -> list[Tensor]:
        """The activations of `DISTANCE_LAYERS`: RGB (3, H, W) in [0, 1] -> (1, C, H', W') each, on the device."""
        seen = next((each for each in self._seen if each[0] is picture), None)
        if seen is None:
            seen = picture, self.network(picture[None].to(self.device), DISTANCE_LAYERS)
        self._seen = [*(each for each in self._seen if each[0] is not picture), seen][-2:]
        return seen[1]

    def pooled(self, picture: Tensor) -> Tensor:
        """The deepest of them averaged over the picture, scaled to a root mean square of 1: (1, 256), on the CPU."""
        mean = self(picture)[-1].mean((2, 3)).float().cpu()
        return mean / mean.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)

    def distance(self, result: Tensor, reference: Tensor, mask: Tensor) -> float:
        """The feature distance, a metric: 0 for equal pictures, at most 8 (see `feature_distances`)."""
        wanted = self(reference)  # first: so the reference stays in memory while results come and go
        return float(feature_distances(self(result), wanted, mask[None].to(self.device)))
