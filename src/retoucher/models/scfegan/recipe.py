"""How SC-FEGAN is trained: the paper's numbers where it gives any, and ours."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from torch import nn

from retoucher.models.scfegan.layers import GatedConv2d, GatedUpConv2d
from retoucher.models.scfegan.network import SCFEGAN
from retoucher.models.scfegan.network import published as published_network
from retoucher.models.scfegan.network import small as small_network


@dataclass(frozen=True)
class LossWeights:
    """What each term counts. The paper's: alpha 6 (it only says above 1), 0.05, 120, 0.1, 0.001, 10, 0.001.

    `pixel`: (4) as a whole, `alpha` its hole. `distance`: the feature distance in the hole, which is ours.
    """

    pixel: float = 1.0
    alpha: float = 6.0
    perceptual: float = 0.05
    style: float = 120.0
    variation: float = 0.1
    adversarial: float = 0.001
    penalty: float = 10.0
    drift: float = 0.001
    distance: float = 0.0

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError(f"weights of a loss are not negative: {self}")


@dataclass(frozen=True)
class Recipe:
    """All that it takes.

    `published`: whether the network is the released graph of width `width`, or ours, with `deepest` channels at most
    and `finish` at full size. `judge`: width of the discriminator's first layer. `hinge`: DeepFill v2's loss instead of
    the paper's. `alone`: steps before the discriminator comes in, over as many more its word grows to full weight.
    `window`: side of the square around the hole that the feature network looks at, in pixels. `warmup`, `cooldown`:
    steps over which the rates rise and fall. `average`: what the running average keeps of itself in a step. `augment`,
    `holes` and `guide` name entries of `training.kinds`.
    """

    size: int
    batch: int
    steps: int
    published: bool = True
    width: int = 64
    deepest: int = 512
    finish: int = 0
    judge: int = 64
    loss: LossWeights = field(default_factory=LossWeights)
    rate: float = 1e-4
    judge_rate: float = 1e-4
    hinge: bool = False
    alone: int = 5_000
    features: str = "vgg16"
    window: int = 0
    warmup: int = 0
    cooldown: int = 0
    clip: float = 0.0
    average: float = 0.999
    augment: str = "mirrored"
    holes: str = "zigzags"
    guide: str = "published"

    def __post_init__(self) -> None:
        if min(self.size, self.batch, self.steps, self.width, self.deepest, self.judge) < 1:
            raise ValueError("size, batch, steps and widths are at least 1")
        if self.judge % 16:
            raise ValueError("the discriminator's width is a multiple of 16")

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 128 if self.published else 32


PAPER = Recipe(size=512, batch=8, steps=500_000, cooldown=50_000)
"""Optimiser, rates, batch and steps are not in the paper; these are its relatives' (docs/papers/sc-fegan.md)."""
SMALL = Recipe(
    size=128,
    batch=8,
    steps=16_000,
    published=False,
    width=32,
    deepest=128,
    finish=16,
    judge=32,
    loss=LossWeights(
        pixel=1.0, alpha=6.0, perceptual=0, style=0, variation=0, adversarial=0.1, penalty=0, distance=1.0
    ),
    rate=1e-3,
    judge_rate=1e-3,
    hinge=True,
    alone=1_500,
    features="vgg19",
    window=128,
    warmup=200,
    cooldown=4_000,
    clip=1.0,
    average=0.998,
    augment="portrait-close",
    holes="face",
    guide="drawn",
)
"""Ours, for a processor: narrow, five levels, the feature distance in place of perceptual and style losses."""

RECIPES = {"small": SMALL, "paper": PAPER}


def generator(recipe: Recipe) -> SCFEGAN:
    """The recipe's network, untrained."""
    if recipe.published:
        return initialise(published_network(recipe.width))
    network = initialise(small_network(recipe.width, recipe.deepest, recipe.finish))
    features = network.core.last.conv.weight.chunk(2)[0]
    nn.init.zeros_(features.data)  # it begins with the smooth filling as it is
    return network


def initialise(model: SCFEGAN) -> SCFEGAN:
    """Glorot's uniform filters, feature and gate apart as in the released graph, normal(0, 0.02) where it goes up."""
    for module in model.modules():
        if isinstance(module, GatedConv2d):
            for half in module.conv.weight.chunk(2):
                nn.init.xavier_uniform_(half.data)
            assert module.conv.bias is not None
            nn.init.zeros_(module.conv.bias)
        elif isinstance(module, GatedUpConv2d):
            nn.init.normal_(module.conv.weight, std=0.02)
            assert module.conv.bias is not None
            nn.init.zeros_(module.conv.bias)
    return model
