"""What partial convolutions learn from: one network, one turn, two stages (Liu et al. 2018, sections 3.3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from retoucher.models.common.features import VGG, distance_loss
from retoucher.models.common.objective import Batch, Figures, Turn, inner, schedule
from retoucher.models.partialconv import loss, recipe
from retoucher.models.partialconv.network import PartialConv, Sizes, UNet
from retoucher.models.partialconv.recipe import Recipe


class Objective:
    """A network of partial convolutions and the VGG that its losses see with."""

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        network = PartialConv(UNet(Sizes.published(numbers.levels, numbers.width)))
        self.networks: dict[str, nn.Module] = {"generator": recipe.initialise(network)}
        self.turns = (Turn("generator", self.loss, self.rate, clip=numbers.clip),)
        self.vgg = features[numbers.features]
        self.frozen = (self.vgg,)

    def rate(self, step: int) -> float:
        """The learning rate of the stage that the step is in."""
        stage, within = self.recipe.stage(step)
        last = stage is self.recipe.stages[-1]
        rising = self.recipe.warmup if step == within else 0
        return schedule(stage.learning_rate, stage.steps, rising, self.recipe.cooldown if last else 0)(within)

    def begin(self, step: int) -> None:
        """Freeze the encoder's BatchNorms in the stages that ask for it."""
        network = inner(self.networks["generator"])
        assert isinstance(network, PartialConv)
        frozen = self.recipe.stage(step)[0].frozen
        if network.core.frozen != frozen:
            recipe.freeze(network, frozen)

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The pictures with their holes filled by this network."""
        return batch.pasted(generator(batch.image, batch.mask).float().clamp(0, 1))

    def loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """The weighted sum of section 3.3, and the feature distance where the recipe has it."""
        weights = self.recipe.loss
        output = self.networks["generator"](batch.image, batch.mask).float()
        seen = self._pooled if weights.perceptual or weights.style else _blind
        terms = loss.terms(output, batch.image, batch.mask, seen)
        total = recipe.total(terms, weights)
        figures = {
            name: getattr(terms, name).detach() for name in ("hole", "valid", "perceptual", "style", "variation")
        }
        if self.recipe.distance:
            distance = distance_loss(self.vgg, batch.pasted(output), batch.image, batch.mask)
            total = total + self.recipe.distance * distance
            figures["distance"] = distance.detach()
        return total, figures

    def _pooled(self, image: Tensor) -> Sequence[Tensor]:
        """The activations after the first three poolings."""
        vgg = self.vgg
        assert isinstance(vgg, VGG)
        return [features.float() / self.recipe.scale for features in vgg.pooled(image, 3)]


def _blind(image: Tensor) -> Sequence[Tensor]:
    """No features, where nothing asks for them: one map of one zero."""
    return [image.new_zeros(1, 1, 1, 1)]
