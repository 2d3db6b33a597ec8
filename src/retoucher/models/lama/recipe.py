"""How LaMa is trained, every number: as published (paper 3.1, the program's settings), and small ones of ours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from torch import nn

from retoucher.models.lama import prefill
from retoucher.models.lama.discriminator import Discriminator
from retoucher.models.lama.network import FourierGenerator, Sizes
from retoucher.models.lama.regular import RegularGenerator, RegularSizes


@dataclass(frozen=True)
class LossWeights:
    """What each term of the generator's loss counts, and what R1 counts in the discriminator's.

    `known`, `hole`: L1 outside and inside the hole. `distance`: the feature distance inside it (VGG-19), which is ours.
    """

    known: float = 10.0
    hole: float = 0.0
    adversarial: float = 10.0
    feature_matching: float = 100.0
    perceptual: float = 30.0
    distance: float = 0.0
    r1: float = 0.001


@dataclass(frozen=True)
class Recipe:
    """Everything that it takes to train a LaMa again.

    `size`: of the square crops; `batch`: pictures in a step, over all devices. `rate`, `discriminator_rate`: of Adam,
    risen to over `warmup` steps and falling to 0 over the last `cooldown`. `average`: what the running average keeps of
    itself in a step, 0 for no average. `again`: whether the discriminator's turn runs the generator anew, as published,
    or takes what its own turn gave. `pasted`: whether discriminator and feature networks see the prediction pasted
    into the photo, or the whole prediction, as published. `prefilled`: whether the hole is filled
    smoothly before the network sees it (`prefill`), which is ours. `augment` and `holes` name entries of
    `training.kinds`.
    """

    size: int = 256
    batch: int = 30
    steps: int = 1_000_000
    width: int = 64
    downsamplings: int = 3
    blocks: int = 9
    ratio: float = 0.75
    fourier: bool = True
    prefilled: bool = False
    discriminator_width: int = 64
    discriminator_layers: int = 4
    rate: float = 1e-3
    discriminator_rate: float = 1e-4
    warmup: int = 0
    cooldown: int = 0
    clip: float = 1.0
    average: float = 0.0
    again: bool = True
    pasted: bool = False
    augment: str = "distortions"
    holes: str = "places"
    loss: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if min(self.size, self.batch, self.steps, self.width, self.blocks) < 1:
            raise ValueError("size, batch, steps, width and blocks are at least 1")

    @property
    def features(self) -> tuple[Literal["ade20k-encoder", "vgg19"], ...]:
        """The feature networks that the losses need."""
        encoder: tuple[Literal["ade20k-encoder"], ...] = ("ade20k-encoder",) if self.loss.perceptual else ()
        vgg: tuple[Literal["vgg19"], ...] = ("vgg19",) if self.loss.distance else ()
        return encoder + vgg

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 1 << self.downsamplings


FOURIER = Recipe()
"""lama-fourier, "Base" in the paper."""
REGULAR = Recipe(fourier=False)
"""lama-regular."""
BIG = Recipe(batch=120, blocks=18, holes="big-lama")
"""big-lama; the number of its steps is not stated."""
CELEBA = Recipe(augment="plain", holes="celeba")
"""lama-fourier on aligned faces."""
SMALL = Recipe(
    size=128,
    batch=16,
    steps=20_000,
    width=24,
    blocks=6,
    discriminator_width=32,
    discriminator_layers=3,
    rate=2e-3,
    discriminator_rate=4e-4,
    warmup=100,
    cooldown=2_000,
    average=0.998,
    again=False,
    pasted=True,
    prefilled=True,
    augment="scaled",
    holes="all-widths",
    loss=LossWeights(known=0.0, hole=12.0, adversarial=0.0, feature_matching=0.0, perceptual=0.0, distance=1.0),
)
"""Ours, for a processor: a tenth of lama-fourier's parameters, no discriminator, and a loss in the hole that needs the
first layers of VGG-19 only. It starts at the figures of a smooth filling and soon stands still (docs/decisions.md)."""
SHARP = replace(
    SMALL, rate=5e-4, loss=replace(SMALL.loss, adversarial=0.03, feature_matching=1.0), average=0.999, steps=10_000
)
"""What follows it: the same with a small discriminator. Start it from the weights of `small`."""

RECIPES = {
    "small": SMALL,
    "small-adversarial": SHARP,
    "lama-fourier": FOURIER,
    "lama-regular": REGULAR,
    "big-lama": BIG,
    "lama-celeba": CELEBA,
}


def generator(recipe: Recipe) -> nn.Module:
    """An untrained generator; torch's seed decides its beginning."""
    made: FourierGenerator | RegularGenerator
    if recipe.fourier:
        made = FourierGenerator(Sizes.published(recipe.width, recipe.downsamplings, recipe.blocks, recipe.ratio))
    else:
        made = RegularGenerator(RegularSizes.published(recipe.width, recipe.downsamplings, recipe.blocks))
    return prefill.mark(made) if recipe.prefilled else made


def discriminator(recipe: Recipe) -> Discriminator:
    """An untrained discriminator."""
    return Discriminator.published(recipe.discriminator_width, recipe.discriminator_layers)
