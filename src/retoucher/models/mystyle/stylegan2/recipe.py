"""How StyleGAN2 is trained: the published numbers, and ours."""

from __future__ import annotations

from dataclasses import dataclass

from retoucher.models.mystyle.stylegan2.augment import SETS, USUAL
from retoucher.models.mystyle.stylegan2.discriminator import GROUP
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2

AVERAGED = 10_000
"""Pictures after which the running average has forgotten half of what it was."""


@dataclass(frozen=True)
class Recipe:
    """All that it takes.

    `size`, `batch`: of the pictures and the step. `base`, `most`: channels at a side are `base` / side, at most `most`.
    `style`, `depth`: length of a style, and of the mapping. `rate`: of Adam for both. `r1`: gamma, every `r1_every`
    steps; `path`: weight of path length regularisation, every `path_every` steps. `mixing`: how often two styles make
    one picture. `adapt`: pictures over which the strength of the augmentation may rise by 1, 0 for a fixed one;
    `strength`: where it begins; `sets`: what it consists of. `again`: whether the discriminator is shown new pictures
    of the changed generator, or those that the generator has just learnt from. `average`: what the running average
    keeps of itself in a step.
    """

    size: int
    batch: int
    steps: int
    base: int = 32768
    most: int = 512
    style: int = 512
    depth: int = 8
    rate: float = 0.002
    r1: float = 10.0
    r1_every: int = 16
    path: float = 2.0
    path_every: int = 4
    mixing: float = 0.9
    adapt: int = 500_000
    strength: float = 0.0
    sets: str = USUAL
    again: bool = True
    average: float = 0.999
    cooldown: int = 0
    augment: str = "mirrored"
    holes: str = "irregular"

    def __post_init__(self) -> None:
        if self.size < 8 or self.size & (self.size - 1):
            raise ValueError("the size is a power of two, at least 8")
        if min(self.batch, self.steps, self.base // self.size, self.most, self.style, self.depth) < 1:
            raise ValueError("batch, steps, channels and the mapping's sizes are at least 1")
        if self.batch % min(self.batch, GROUP):
            raise ValueError(f"a batch is divided into groups of {GROUP}: give a multiple of it, or less than it")
        if self.sets not in SETS:
            raise ValueError(f"sets of the augmentation are {', '.join(SETS)}")
        if min(self.r1_every, self.path_every) < 1 or not 0 <= self.mixing <= 1:
            raise ValueError("regularisers come every so many steps, at least 1; mixing is a share")

    @property
    def features(self) -> tuple[str, ...]:
        """No feature network is needed."""
        return ()

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 8

    @property
    def sizes(self) -> Sizes:
        """Of both networks."""
        return Sizes.of(self.size, self.base, self.most, self.style, self.depth)


CONFIG_F = Recipe(size=1024, batch=32, steps=781_250, average=0.5 ** (32 / AVERAGED))
"""Config F of the paper on FFHQ: 25 million pictures."""
SMALL = Recipe(
    size=128,
    batch=8,
    steps=200_000,
    base=4096,
    most=192,
    style=256,
    depth=4,
    rate=0.0025,
    r1=0.4,
    path=0.0,
    adapt=100_000,
    strength=0.2,
    again=False,
    average=0.998,
    augment="portrait-plain",
)
"""Ours, for a processor. R1 by the rule of the published program's automatic preset: 0.0002 · size² / batch."""

RECIPES = {"small": SMALL, "config-f": CONFIG_F}


def generator(recipe: Recipe) -> StyleGAN2:
    """The recipe's network, untrained."""
    return StyleGAN2(recipe.sizes)
