"""How the networks of partial convolutions are trained: the numbers as published (Liu et al. 2018, section 4)."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

from torch import Tensor, nn

from retoucher.models.partialconv.loss import Terms
from retoucher.models.partialconv.network import PartialConv


@dataclass(frozen=True)
class LossWeights:
    """What each term of the loss counts; found by the authors on 100 pictures."""

    hole: float = 6.0
    valid: float = 1.0
    perceptual: float = 0.05
    style: float = 120.0
    variation: float = 0.1

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError(f"weights of a loss are not negative: {self}")


@dataclass(frozen=True)
class Stage:
    """One stage of training with Adam; `frozen`: the encoder's BatchNorms keep their statistics, scales and shifts."""

    learning_rate: float
    steps: int
    frozen: bool


@dataclass(frozen=True)
class Recipe:
    """All that it takes.

    `size`: of the square crops in pixels; `batch`: pictures in a step, over all devices. `levels`, `width`: of the
    U-Net. `features`: which VGG the losses see with, and `scale`: what its activations are divided by. `distance`: what
    the feature distance in the hole counts, which is ours. `warmup`, `cooldown`: steps over which the rate rises at
    first and falls to 0 at last. `average`: what the running average keeps of itself in a step, 0 for none. `augment`
    and `holes` name entries of `training.kinds`.
    """

    size: int
    batch: int
    levels: int
    width: int
    loss: LossWeights
    stages: tuple[Stage, ...]
    features: str = "vgg16"
    scale: float = 1.0
    distance: float = 0.0
    warmup: int = 0
    cooldown: int = 0
    clip: float = 0.0
    average: float = 0.0
    augment: str = "resized-crop"
    holes: str = "irregular"

    def __post_init__(self) -> None:
        if min(self.size, self.batch, self.levels, self.width) < 1:
            raise ValueError("size, batch, levels and width are at least 1")

    @property
    def steps(self) -> int:
        """Of all stages together."""
        return sum(stage.steps for stage in self.stages)

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 1 << self.levels

    def stage(self, step: int) -> tuple[Stage, int]:
        """The stage that a step, counted from 0, belongs to, and the step's number within it."""
        for stage in self.stages[:-1]:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step


PAPER = Recipe(
    size=512,
    batch=6,
    levels=8,
    width=64,
    loss=LossWeights(),
    # The paper counts days (10 on ImageNet and Places2, 3 on CelebA-HQ, then up to one) instead of steps; these are
    # those of the port.
    stages=(Stage(2e-4, 500_000, frozen=False), Stage(5e-5, 500_000, frozen=True)),
)
SMALL = Recipe(
    size=128,
    batch=16,
    levels=6,
    width=16,
    loss=LossWeights(hole=12.0, valid=1.0, perceptual=0.0, style=0.0, variation=0.1),
    stages=(Stage(2e-3, 16_000, frozen=False), Stage(5e-4, 4_000, frozen=True)),
    features="vgg19",
    distance=1.0,
    warmup=100,
    cooldown=2_000,
    clip=1.0,
    average=0.998,
    augment="scaled",
    holes="all-widths",
)
"""Ours, for a processor: narrow, six levels, and the feature distance in place of the perceptual and style losses."""

RECIPES = {"small": SMALL, "paper": PAPER}


def total(terms: Terms, weights: LossWeights) -> Tensor:
    """The loss: the weighted sum of its terms (section 3.3)."""
    parts: list[Tensor] = [getattr(terms, field.name) * getattr(weights, field.name) for field in fields(weights)]
    return sum(parts[1:], parts[0])


def initialise(model: PartialConv) -> PartialConv:
    """He's initialisation, in place: filters normal with variance 2 / inputs of a window, biases 0."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model


def freeze(model: PartialConv, frozen: bool = True) -> PartialConv:
    """The second stage, in place: the encoder's BatchNorms use and keep what they have learnt.

    Holes distort statistics early on; the encoder sees them, the decoder sees what is filled already and stays free.
    Calling `train` afterwards does not undo it; `frozen=False` does. Scales and shifts take no gradient, as in
    OpenMMLab's program (the port goes on training them).
    """
    model.core.frozen = frozen
    for norm in model.core.encoder_norms():
        norm.requires_grad_(not frozen)
    model.core.train(model.core.training)
    return model
