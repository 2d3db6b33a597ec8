"""How far a method's results are from the originals as two populations: Fréchet and kernel distance (torchmetrics).

The published FID and KID are those of Inception's features and of thousands of pictures. With another network, or with
few pictures, they rank methods within one run and mean nothing beside published figures.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from retoucher.evaluation.cases import Case
from retoucher.evaluation.measure import Record
from retoucher.picture import Samples

SUBSETS, SUBSET = 100, 1000
"""Of the kernel distance: means over random subsets, as published; all pictures where there are fewer than 1000."""


class Given(nn.Module):
    """Stands where torchmetrics wants a feature network: the features come from outside, computed once for both."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        """(N, C) -> the same."""
        return features


@dataclass(eq=False)
class Populations:
    """Collects features of results and originals for each hole set and method.

    `features` gives (1, C) for a picture (3, H, W) in [0, 1], C numbers that stay in memory for every result and
    original. `seed` draws the kernel distance's subsets.
    """

    features: Callable[[Tensor], Tensor]
    seed: int = 0
    _kept: dict[tuple[str, str], list[tuple[Tensor, Tensor]]] = field(default_factory=dict, repr=False)
    _last: tuple[Tensor, Tensor] | None = field(default=None, repr=False)

    def see(self, record: Record, case: Case, filled: Samples, result: Tensor, reference: Tensor) -> None:
        """Take in one result; a `Watcher`."""
        if self._last is None or self._last[0] is not reference:
            self._last = reference, self.features(reference)
        pair = self.features(result), self._last[1]
        self._kept.setdefault((record.group, record.method), []).append(pair)

    def distances(self) -> dict[tuple[str, str], dict[str, float]]:
        """{(hole set, method): {"fid", "kid"}} of those with two pictures or more."""
        return {
            key: distances(
                torch.cat([found for found, _ in pairs]), torch.cat([wanted for _, wanted in pairs]), self.seed
            )
            for key, pairs in self._kept.items()
            if len(pairs) > 1
        }


def distances(found: Tensor, wanted: Tensor, seed: int) -> dict[str, float]:
    """Fréchet and kernel (polynomial, degree 3) distance between features (N, C) each; `seed` draws the subsets."""
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.kid import KernelInceptionDistance

    count = len(wanted)
    subsets = SUBSETS if count > SUBSET else 1  # all subsets of all pictures are the same
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(action="ignore"):  # features are kept: we know
        torch.manual_seed(seed)
        frechet = FrechetInceptionDistance(feature=Given(found.shape[1]))
        kernel = KernelInceptionDistance(feature=Given(0), subsets=subsets, subset_size=min(SUBSET, count))
        for metric in (frechet, kernel):
            metric.update(wanted.double(), real=True)
            metric.update(found.double(), real=False)
        return {"fid": float(frechet.compute()), "kid": float(kernel.compute()[0])}


def combined(likeness: float, fid: float) -> float:
    """LaMa's score, the higher the better: the harmonic mean of SSIM or 1 - LPIPS with (100 - FID) / 100."""
    nearness = max(0.0, 100 - fid) / 100
    return 2 * likeness * nearness / (likeness + nearness + 1e-3)


def available() -> bool:
    """Whether torchmetrics is installed."""
    return find_spec("torchmetrics") is not None
