"""What SC-FEGAN learns from: the generator's turn, then the discriminator's (Jo and Park 2019, section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from retoucher.models.common.features import VGG, distance_loss
from retoucher.models.common.objective import Batch, Figures, Turn, inner, schedule
from retoucher.models.scfegan import loss, recipe
from retoucher.models.scfegan.discriminator import Discriminator
from retoucher.models.scfegan.inputs import BITS
from retoucher.models.scfegan.recipe import Recipe

BETAS = (0.5, 0.999)
"""Of Adam, for both networks: DeepFill v2's, the paper being silent."""


class Objective:
    """A generator, its discriminator (where the recipe has one) and the VGG that the losses see with."""

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        self.networks: dict[str, nn.Module] = {"generator": recipe.generator(numbers)}
        self.turns: tuple[Turn, ...] = (
            Turn("generator", self.generator_loss, self._rate(numbers.rate), BETAS, numbers.clip),
        )
        if numbers.loss.adversarial:
            self.networks["discriminator"] = Discriminator.of_width(numbers.judge)
            self.turns += (
                Turn("discriminator", self.discriminator_loss, self._rate(numbers.judge_rate), BETAS, numbers.clip),
            )
        self.vgg = features[numbers.features]
        self.frozen = (self.vgg,)
        self.step = 0
        self._completed = torch.empty(0)  # of the generator's turn

    def _rate(self, rate: float) -> Callable[[int], float]:
        return schedule(rate, self.recipe.steps, self.recipe.warmup, self.recipe.cooldown)

    def begin(self, step: int) -> None:
        """Chance and the discriminator's weight depend on the step alone."""
        self.step = step

    @property
    def judged(self) -> float:
        """What the discriminator's word counts at this step, a share: nothing at first."""
        alone = self.recipe.alone
        return min(1.0, max(0.0, (self.step - alone) / alone)) if alone else 1.0

    def predict(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The whole picture in [0, 1], after the guide where there is one."""
        bits = None
        if self.recipe.published:
            chance = torch.Generator(batch.mask.device).manual_seed(self.step)
            bits = (torch.rand(batch.mask.shape, device=batch.mask.device, generator=chance) < BITS).float()
        picture: Tensor = generator(batch.image, batch.mask, *_guide(batch), bits)
        return picture.float()

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The pictures with their holes redrawn by this generator."""
        return batch.pasted(self.predict(generator, batch).clamp(0, 1))

    def generator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """(2), weighted, and the feature distance where the recipe has it."""
        weights = self.recipe.loss
        generated = self.predict(self.networks["generator"], batch)
        completed = batch.pasted(generated)
        self._completed = completed.detach()
        real, hole = 2 * batch.image - 1, batch.mask
        terms = {"pixel": weights.pixel * loss.per_pixel(2 * generated - 1, real, hole, weights.alpha)}
        if weights.variation:
            terms["variation"] = weights.variation * loss.variation(2 * completed - 1, hole)
        terms |= self._perceived(generated, completed, batch)
        if "discriminator" in self.networks and self.judged:
            judge = inner(self.networks["discriminator"]).requires_grad_(False)
            verdicts = judge(2 * completed - 1, _condition(batch))
            judge.requires_grad_(True)
            terms["adversarial"] = self.judged * weights.adversarial * loss.adversarial(verdicts)
        return torch.stack(list(terms.values())).sum(), {name: term.detach() for name, term in terms.items()}

    def _perceived(self, generated: Tensor, completed: Tensor, batch: Batch) -> dict[str, Tensor]:
        """What the feature network sees of the three pictures."""
        weights, terms = self.recipe.loss, {}
        if weights.perceptual or weights.style:
            of_generated, of_completed = self._pooled(generated), self._pooled(completed)
            with torch.no_grad():
                of_real = self._pooled(batch.image)
            terms["perceptual"] = weights.perceptual * loss.perceptual(of_generated, of_completed, of_real)
            both = loss.style(of_generated, of_real) + loss.style(of_completed, of_real)
            terms["style"] = weights.style * both
        if weights.distance:
            seen = torch.cat([completed, batch.image, batch.mask], 1)
            if 0 < self.recipe.window < batch.image.shape[-1]:
                seen = _windows(seen, batch.mask, self.recipe.window, self.step)
            terms["distance"] = weights.distance * distance_loss(self.vgg, seen[:, :3], seen[:, 3:6], seen[:, 6:])
        return terms

    def _pooled(self, image: Tensor) -> Sequence[Tensor]:
        vgg = self.vgg
        assert isinstance(vgg, VGG)
        return vgg.pooled(image, 3)

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """(3), with the drift of its verdicts held as in the program that this term is from."""
        weights, judge = self.recipe.loss, self.networks["discriminator"]
        condition, real, completed = _condition(batch), 2 * batch.image - 1, 2 * self._completed - 1
        if not self.judged:  # it begins to learn when the generator is to listen
            nothing = sum(parameter.sum() for parameter in inner(judge).parameters()) * 0.0
            return torch.as_tensor(nothing), {}
        of_real, of_fake = judge(torch.cat([real, completed]), torch.cat([condition, condition])).chunk(2)
        apart = (loss.hinge if self.recipe.hinge else loss.discriminator)(of_real, of_fake)
        total = apart + weights.drift * loss.drift(of_real)
        figures = {"real": of_real.detach().mean(), "fake": of_fake.detach().mean()}
        if weights.penalty:
            chance = torch.Generator(real.device).manual_seed(self.step)
            place = torch.rand(len(real), 1, 1, 1, device=real.device, generator=chance)
            within = inner(judge)  # a loop's wrapper lets no derivative be taken before its own backward
            penalty = loss.gradient_penalty(lambda x: within(x, condition), real, completed, batch.mask, place)
            total = total + weights.penalty * penalty
            figures["penalty"] = penalty.detach()
        return total, figures


def _guide(batch: Batch) -> tuple[Tensor, Tensor, Tensor] | tuple[None, None, None]:
    """Lines, colours, and where colours are painted."""
    if batch.guide is None:
        return None, None, None
    return batch.guide[:, :1], batch.guide[:, 1:4], batch.guide[:, 4:]


def _condition(batch: Batch) -> Tensor:
    """What the discriminator sees beside the picture: hole, lines, colours, the same for real and completed ones."""
    lines, color, painted = _guide(batch)
    if lines is None or color is None or painted is None:
        return torch.cat([batch.mask, batch.mask.new_zeros(len(batch.mask), 4, *batch.mask.shape[-2:])], 1)
    return torch.cat([batch.mask, lines * batch.mask, (2 * color - 1) * painted * batch.mask], 1)


def _windows(picture: Tensor, mask: Tensor, side: int, seed: int) -> Tensor:
    """A square of each picture that holds a pixel of its hole, the same for the same seed: (N, C, side, side)."""
    height, width = mask.shape[-2:]
    chance = torch.Generator().manual_seed(seed)
    cut = []
    for each, hole in zip(picture, mask, strict=True):
        places = hole[0].nonzero()
        at = places[int(torch.randint(max(len(places), 1), (1,), generator=chance))] if len(places) else (0, 0)
        top, left = (min(max(int(p) - side // 2, 0), s - side) for p, s in zip(at, (height, width), strict=True))
        cut.append(each[:, top : top + side, left : left + side])
    return torch.stack(cut)
