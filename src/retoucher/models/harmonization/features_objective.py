"""What the small feature network learns from: to answer as VGG-19 does, on photos, paintings and pasted pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from retoucher.models.common.compressed_features import JoinedFeatures
from retoucher.models.common.features import VGG
from retoucher.models.common.objective import Batch, Figures, Turn, schedule
from retoucher.models.common.small_features import LAYERS, Sizes, SmallFeatures
from retoucher.models.harmonization.features_recipe import Recipe
from retoucher.models.harmonization.loss import gram

REST = 0.05
"""The share of a layer's variance that is added to each channel's, so that one that hardly ever fires does not rule."""

FLAT = 1e-3
"""The share of a layer's mean square that its variance is taken to be at least: a batch may be of one colour."""


class Objective:
    """The small network, taught by the genuine VGG-19 as far as it is there and by a compressed one beyond."""

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        sizes = Sizes(numbers.first, (numbers.second, numbers.third, numbers.fourth, numbers.fifth))
        self.networks: dict[str, nn.Module] = {"generator": initialise(SmallFeatures(sizes))}
        follow = schedule(numbers.learning_rate, numbers.steps, numbers.warmup, numbers.cooldown)
        self.turns = (Turn("generator", self.loss, follow, clip=numbers.clip),)
        shallow, deep = (features[name] for name in numbers.features)
        assert isinstance(shallow, VGG)
        self.teacher = JoinedFeatures(shallow, deep)
        self.frozen = (self.teacher,)
        self.step = 0

    def begin(self, step: int) -> None:
        """Chance depends on the step alone, so that a run that was resumed sees what it would have seen."""
        self.step = step

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """For the sample sheet: where the answers differ, in the hole, red relu1_1, green relu2_1, blue relu3_1."""
        wanted, given = self.teacher(batch.image, LAYERS[:3]), generator(batch.image, LAYERS[:3])
        seen = [
            nn.functional.interpolate((a - b).abs().mean(1, keepdim=True) / a.mean(), size=batch.image.shape[-2:])
            for a, b in zip(wanted, given, strict=True)
        ]
        return batch.pasted(torch.cat(seen, 1).clamp(0, 1))

    def loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """The weighted errors of all layers; logged is the share of the variance that each leaves unexplained."""
        image = self.seen(batch)
        with torch.no_grad():
            wanted = self.teacher(image)
        given = self.networks["generator"](image)
        total, figures = image.new_zeros(()), Figures()
        for name, a, b in zip(LAYERS, wanted, given, strict=True):
            layer, channels, grams = errors(a.float(), b.float())
            total = total + layer + self.recipe.alike * channels + self.recipe.gram * grams
            figures |= {name: channels.detach(), f"{name} gram": grams.detach()}
        return total, figures

    def seen(self, batch: Batch) -> Tensor:
        """What the networks look at: half of the pictures with another one pasted in, most with some noise."""
        image, count = batch.image, len(batch.image)
        pasted = torch.where(batch.mask > 0, image.roll(1, 0), image)
        first = torch.arange(count, device=image.device)[:, None, None, None] < count // 2
        image = torch.where(first, pasted, image)
        chance = torch.Generator(image.device).manual_seed(self.step)
        loud = torch.rand(count, 1, 1, 1, device=image.device, generator=chance).square() * self.recipe.noise
        return image + loud * torch.randn(image.shape, device=image.device, generator=chance)


def errors(wanted: Tensor, given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far one layer's answers (N, C, H, W) are from those wanted, three scalars, 1 for answers that say nothing.

    Squared errors by the layer's variance; by each channel's own; and those of the Gram matrices by their own size.
    """
    squared = (wanted - given).square().mean((0, 2, 3))
    variance = wanted.var((0, 2, 3), unbiased=False)
    whole = variance.mean() + FLAT * wanted.square().mean() + 1e-6
    right, found = gram(wanted), gram(given)
    apart = (right - found).square().sum((1, 2)) / (right.square().sum((1, 2)) + 1e-6)
    return squared.mean() / whole, (squared / (variance + REST * whole)).mean(), apart.mean()


def initialise(network: SmallFeatures) -> SmallFeatures:
    """He's initialisation, in place: filters normal with variance 2 / inputs of a window, biases 0."""
    modules: Sequence[nn.Module] = list(network.modules())
    for module in modules:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            assert module.bias is not None
            nn.init.zeros_(module.bias)
    return network
