"""What LaMa learns from: the generator's turn, then the discriminator's (paper 2.3, as in the published program)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from retoucher.models.common.features import distance_loss
from retoucher.models.common.objective import Batch, Figures, Turn, inner, schedule
from retoucher.models.lama import loss, recipe
from retoucher.models.lama.prefill import repainted
from retoucher.models.lama.recipe import Recipe


class Objective:
    """A generator, its discriminator (where the recipe has one) and the feature networks of the losses."""

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        self.networks: dict[str, nn.Module] = {"generator": recipe.generator(numbers)}
        self.turns: tuple[Turn, ...] = (
            Turn("generator", self.generator_loss, self._rate(numbers.rate), clip=numbers.clip),
        )
        if numbers.loss.adversarial or numbers.loss.feature_matching:
            self.networks["discriminator"] = FullPrecision(recipe.discriminator(numbers))
            self.turns += (
                Turn(
                    "discriminator", self.discriminator_loss, self._rate(numbers.discriminator_rate), clip=numbers.clip
                ),
            )
        self.features = dict(features)
        self.frozen = tuple(self.features.values())
        self._last = torch.empty(0)  # the prediction of the generator's turn

    def _rate(self, rate: float) -> Callable[[int], float]:
        return schedule(rate, self.recipe.steps, self.recipe.warmup, self.recipe.cooldown)

    def begin(self, step: int) -> None:
        """Nothing changes from step to step."""

    def predict(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The whole picture; of the hole the network sees its shape, and what flows in where the recipe says so."""
        if self.recipe.prefilled:
            return repainted(generator, batch.image, batch.mask)
        out: Tensor = generator(torch.cat([batch.image * (1 - batch.mask), batch.mask], 1))
        return out.float()

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The pictures with their holes filled by this generator."""
        return batch.pasted(self.predict(generator, batch).clamp(0, 1))

    def generator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """All terms of the generator (equation 5 and the L1 that it leaves out), weighted."""
        weights = self.recipe.loss
        predicted = self.predict(self.networks["generator"], batch)
        shown = batch.pasted(predicted) if self.recipe.pasted else predicted
        self._last = shown.detach()
        terms = {"l1": loss.masked_l1(predicted, batch.image, batch.mask, known=weights.known, hole=weights.hole)}
        terms |= self._judged(shown, batch)
        terms |= self._perceived(shown, batch)
        return sum(terms.values(), predicted.new_zeros(())), {name: term.detach() for name, term in terms.items()}

    def _judged(self, shown: Tensor, batch: Batch) -> dict[str, Tensor]:
        """What the discriminator says; it is not changed by it."""
        weights = self.recipe.loss
        if "discriminator" not in self.networks:
            return {}
        judge = inner(self.networks["discriminator"]).requires_grad_(False)
        with torch.no_grad():
            _, real = judge(batch.image)
        logits, fake = judge(shown)
        judge.requires_grad_(True)
        return {
            "adversarial": weights.adversarial * loss.generator_adversarial(logits.float()),
            "feature_matching": weights.feature_matching * loss.feature_matching(fake, real),
        }

    def _perceived(self, shown: Tensor, batch: Batch) -> dict[str, Tensor]:
        """What the feature networks see."""
        weights, terms = self.recipe.loss, {}
        if encoder := self.features.get("ade20k-encoder"):
            with torch.no_grad():
                wanted = encoder(batch.image)
            terms["perceptual"] = weights.perceptual * loss.perceptual(encoder(shown), wanted)
        if vgg := self.features.get("vgg19"):
            terms["distance"] = weights.distance * distance_loss(vgg, shown, batch.image, batch.mask)
        return terms

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """Equation 2 and the gradient penalty R1."""
        if self.recipe.again:
            with torch.no_grad():
                predicted = self.predict(self.networks["generator"], batch)
                shown = batch.pasted(predicted) if self.recipe.pasted else predicted
        else:
            shown = self._last
        judge = self.networks["discriminator"]
        real = batch.image.detach().requires_grad_(True)
        real_logits, _ = inner(judge)(real)  # a loop's wrapper lets no derivative be taken before its own backward
        fake_logits, _ = judge(shown)
        adversarial = loss.discriminator_adversarial(real_logits, fake_logits, batch.mask)
        penalty = self.recipe.loss.r1 * loss.r1(real_logits, real)
        figures = {"discriminator": adversarial.detach(), "r1": penalty.detach()}
        figures |= {"real": real_logits.detach().mean(), "fake": fake_logits.detach().mean()}
        return adversarial + penalty, figures


class FullPrecision(nn.Module):
    """A discriminator that computes in float32 whatever is going on around: R1 takes a second derivative."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """As the discriminator's."""
        with torch.autocast(image.device.type, enabled=False):
            judged: tuple[Tensor, list[Tensor]] = self.discriminator(image.float())
        return judged
