"""How a base of faces is trained on a processor: generator and encoder together, from photos.

A GAN needs millions of pictures before it shows faces, which is weeks of two cores. Here the generator learns what the
encoder saw (an autoencoder whose codes are blurred a little, so that codes between faces are faces, too), coarse sizes
first; the mapping learns how codes are distributed; a discriminator comes in at the end. Ours, not a published recipe.
"""

from __future__ import annotations

from dataclasses import dataclass

from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.encoder import Trunk, WEncoder
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2


@dataclass(frozen=True)
class Recipe:
    """All that it takes.

    `base`, `most`, `style`, `depth`: of the generator, as in `stylegan2.recipe`. `first`, `widths` and `blocks`: of the
    encoder, its stages' numbers divided by spaces. `blur`: spread of the noise on codes; `small`: weight of their mean
    square, without which they would grow away from it. `pixel`, `distance`, `code`, `adversarial`: weights of the
    losses. `coarse`: steps at half the size first. `alone`: steps before the discriminator comes in, over `grow` more
    its word reaches full weight. `judge`: its channels are `judge` / side. `sampled`: pictures in a step that are made
    of noise, for the discriminator only. `faster`: how many times faster than the rest the mapping learns.
    """

    size: int
    batch: int
    steps: int
    base: int = 3072
    most: int = 192
    style: int = 256
    depth: int = 4
    first: int = 32
    widths: str = "32 64 128 192"
    blocks: str = "1 2 2 1"
    blur: float = 0.4
    small: float = 0.02
    pixel: float = 5.0
    distance: float = 1.0
    code: float = 0.1
    adversarial: float = 0.05
    r1: float = 1.0
    r1_every: int = 16
    coarse: int = 0
    alone: int = 0
    grow: int = 1_000
    judge: int = 2048
    judge_most: int = 128
    sampled: int = 4
    faster: float = 50.0
    rate: float = 0.002
    judge_rate: float = 0.002
    warmup: int = 200
    cooldown: int = 0
    average: float = 0.998
    features: str = "vgg19-compressed"
    augment: str = "portrait-plain"
    holes: str = "irregular"

    def __post_init__(self) -> None:
        if self.size < 16 or self.size & (self.size - 1):
            raise ValueError("the size is a power of two, at least 16")
        if min(self.batch, self.steps, self.base // self.size, self.most, self.style, self.depth, self.first) < 1:
            raise ValueError("batch, steps, channels and the mapping's sizes are at least 1")
        if self.batch % 4 or self.sampled % 4 or self.judge // self.size < 1:
            raise ValueError("the discriminator takes pictures by fours, and has a channel at least")
        if len(self.widths.split()) != len(self.blocks.split()):
            raise ValueError("every stage of the encoder has a width and a number of blocks")

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 16

    @property
    def sizes(self) -> Sizes:
        """Of the generator."""
        return Sizes.of(self.size, self.base, self.most, self.style, self.depth)

    @property
    def trunk(self) -> Trunk:
        """Of the encoder."""
        widths, blocks = (tuple(int(word) for word in text.split()) for text in (self.widths, self.blocks))
        return Trunk(self.first, widths, blocks, self.style)


SMALL = Recipe(size=128, batch=8, steps=16_000, coarse=5_000, alone=10_000, cooldown=2_000)
"""For two cores: portraits-128."""

RECIPES = {"small": SMALL}


def generator(recipe: Recipe) -> Base:
    """The recipe's base, untrained."""
    return Base(StyleGAN2(recipe.sizes), WEncoder(recipe.trunk))
