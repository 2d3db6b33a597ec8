"""How the small feature network is taught: every number (docs/papers/painterly-harmonization.md has the reasons)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """All that it takes.

    `size`: of the square crops in pixels; `batch`: pictures in a step, over all devices. `first`, `second` … `fifth`:
    channels of the trunk (see `Sizes`). `alike`: what errors count when every channel is scaled to its own variance,
    beside those scaled to the layer's; `gram`: what the relative error of the Gram matrices counts. `noise`: the
    largest standard deviation of noise put on the pictures. `warmup`, `cooldown`: steps over which the rate rises at
    first and falls to 0 at last. `clip`: the largest norm of the gradient. `average`: what the running average keeps of
    itself in a step. `augment` and `holes` name entries of `training.kinds`: through the holes one picture is pasted
    into another.
    """

    size: int = 128
    batch: int = 8
    first: int = 32
    second: int = 64
    third: int = 96
    fourth: int = 128
    fifth: int = 128
    alike: float = 1.0
    gram: float = 0.5
    noise: float = 0.1
    learning_rate: float = 2e-3
    steps: int = 20_000
    warmup: int = 100
    cooldown: int = 4_000
    clip: float = 1.0
    average: float = 0.998
    augment: str = "scaled"
    holes: str = "all-widths"

    @property
    def features(self) -> tuple[str, ...]:
        """The teachers: the genuine network as far as it reaches, and the one for the layers beyond."""
        return "vgg19", "vgg19-compressed"

    @property
    def multiple(self) -> int:
        """What the size must be a multiple of."""
        return 16

    def __post_init__(self) -> None:
        if min(self.size, self.batch, self.first, self.second, self.third, self.fourth, self.fifth, self.steps) < 1:
            raise ValueError("size, batch, steps and all channels are at least 1")
        if min(self.alike, self.gram, self.noise) < 0:
            raise ValueError("no weight and no noise is negative")


RECIPES = {"small": Recipe()}
