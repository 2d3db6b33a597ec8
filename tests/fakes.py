"""Models small enough for a test: what they fill with is known beforehand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from retoucher.fit import Fit
from retoucher.jobs import Tell, silent


class Nosy(nn.Module):
    """A network whose every pixel depends on everything it is given, the hole included."""

    fit = Fit(multiple=8, minimum=16, best=96, context=0.5)

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.5))
        self.seen: list[tuple[Tensor, Tensor]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        self.seen.append((image, mask))
        waves = torch.linspace(0, 1, image.shape[-1]) * image.mean()
        return (image.mean((2, 3), keepdim=True) * self.gain + waves).expand_as(image)


class Lots:
    """An algorithm without weights that draws lots: what it fills with depends on the seed alone."""

    fit = Fit(best=0, context=1.0)

    def __call__(self, image: Tensor, mask: Tensor, *, seed: int = 0, tell: Tell = silent) -> Tensor:
        tell(0.5, "drawing")
        return torch.rand(image.shape, generator=torch.Generator().manual_seed(seed))
