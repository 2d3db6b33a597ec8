"""Who is measured: somebody whose photos a model is made of, and of whom there are others to compare with.

Invented ones come from a copy of the base that was changed by lot: their truth is known, there are as many photos as
wanted, and the base itself does not contain them. Real ones are a folder of photos, each left out in turn.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from retoucher.errors import UsageError
from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.stylegan2.generator import Synthesis

STRENGTH = 0.25
"""Noise on the base's weights, in spreads of each tensor: faces stay faces, and the base's own are others."""
WIDTH = 0.4
"""How far a picture's style goes from the subject's own towards a random one, a share: looks, light, turns."""
TOGETHER = 16
"""Pictures that are made at once."""


@dataclass(frozen=True, eq=False)
class Subject:
    """`photos` (N, 3, R, R) to learn from and `unseen` (M, 3, R, R), RGB in [0, 1], exactly 8 bit."""

    name: str
    photos: Tensor
    unseen: Tensor


@dataclass(frozen=True)
class Invention:
    """How subjects are invented: number of `photos` and of `unseen` ones, `strength`, and the run's `seed`."""

    photos: int
    unseen: int
    strength: float = STRENGTH
    seed: int = 0

    @torch.no_grad()
    def subject(self, base: Base, number: int) -> Subject:
        """The subject of that number; fewer photos are the first of more, and the unseen ones stay the same.

        Raises UsageError for a base without a mapping, which makes no faces by itself.
        """
        if not base.core.sizes.depth:
            raise UsageError("This base has no mapping, so that it makes no faces by itself: name another --base.")
        chance = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        device = next(base.parameters()).device
        synthesis = perturbed(base.core.synthesis, self.strength, chance)
        count = 1 + self.unseen + self.photos
        noise = torch.stack([torch.randn(base.core.sizes.z, generator=chance) for _ in range(count)])
        styles = base.core.mapping(noise.to(device))
        region = styles[:1] + WIDTH * (styles[1:] - styles[:1])
        pictures = torch.cat([_pictures(synthesis, some) for some in region.split(TOGETHER)])
        return Subject(f"identity {number + 1}", pictures[self.unseen :], pictures[: self.unseen])


@torch.no_grad()
def perturbed(synthesis: Synthesis, strength: float, chance: torch.Generator) -> Synthesis:
    """A copy with noise of `strength` times its spread on every tensor, but those that only turn features to colours.

    (What would be changed there is the colour of skin and light, by which nobody is known.)
    """
    changed = deepcopy(synthesis)
    for name, parameter in changed.named_parameters():
        noise = torch.randn(parameter.shape, generator=chance).to(parameter)
        if parameter.numel() > 1 and "torgb" not in name:
            parameter.add_(strength * parameter.std() * noise)
    return changed


def left_out(name: str, names: tuple[str, ...], photos: Tensor) -> list[Subject]:
    """A real person as subjects: each photo (N, 3, R, R) once unseen, learnt from the others."""
    rows = torch.arange(len(photos))
    return [Subject(f"{name} without {each}", photos[rows != i], photos[i : i + 1]) for i, each in enumerate(names)]


def exact(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] as files of 8 bits hold them."""
    return (pictures.clamp(0, 1) * 255).round() / 255


def _pictures(synthesis: Synthesis, styles: Tensor) -> Tensor:
    """Styles (N, w) -> RGB (N, 3, R, R) in [0, 1], exactly 8 bit."""
    made = synthesis(styles[:, None].expand(-1, synthesis.rows, -1), "const")
    return exact((made + 1) / 2)
