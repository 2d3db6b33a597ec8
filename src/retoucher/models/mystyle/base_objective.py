"""What a base of faces learns from: photos through the encoder and back, and a discriminator in the end."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.common.features import unit
from retoucher.models.common.objective import Batch, Figures, Turn, inner, schedule
from retoucher.models.mystyle import base_recipe as recipe
from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.base_recipe import Recipe
from retoucher.models.mystyle.stylegan2 import loss
from retoucher.models.mystyle.stylegan2.discriminator import StyleGAN2Discriminator
from retoucher.models.mystyle.stylegan2.generator import Sizes

BETAS = (0.5, 0.99)
NOISE = 64
"""Rows of noise in a step whose styles are compared with the photos' codes."""


class Objective:
    """An autoencoder with StyleGAN2 as its second half."""

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        rate, judge_rate = (
            schedule(r, numbers.steps, numbers.warmup, numbers.cooldown) for r in (numbers.rate, numbers.judge_rate)
        )
        self.networks: dict[str, nn.Module] = {"generator": recipe.generator(numbers)}
        faster = (("core.mapping.", numbers.faster),)
        self.turns: tuple[Turn, ...] = (Turn("generator", self.generator_loss, rate, BETAS, 10.0, faster),)
        if numbers.adversarial:
            channels = Sizes.of(numbers.size, numbers.judge, numbers.judge_most)
            self.networks["discriminator"] = StyleGAN2Discriminator(channels)
            self.turns += (Turn("discriminator", self.discriminator_loss, judge_rate, (0.0, 0.99)),)
        self.features = features[numbers.features]
        self.frozen = (self.features,)
        self.seed, self.step = torch.initial_seed(), 0
        self._fake = torch.empty(0)

    def begin(self, step: int) -> None:
        """All chance depends on the run's seed and the step."""
        self.step = step
        rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        torch.manual_seed((self.seed + step * 1_000_003 + rank * 7_919) % (1 << 63))

    @property
    def side(self) -> int:
        """Of the pictures of this step: half of the whole size at first."""
        return self.recipe.size // 2 if self.step < self.recipe.coarse else self.recipe.size

    @property
    def judged(self) -> float:
        """What the discriminator's word counts at this step, a share."""
        return min(1.0, max(0.0, (self.step - self.recipe.alone) / max(1, self.recipe.grow)))

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """For the sample sheet: the photos through the encoder and back."""
        assert isinstance(generator, Base)
        picture: Tensor = generator(generator.encode(batch.image)[:, None].expand(-1, generator.rows, -1))
        return picture

    def generator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """Likeness of photos and what comes back, and what the discriminator says of both kinds of pictures."""
        numbers, network = self.recipe, inner(self.networks["generator"])
        assert isinstance(network, Base)
        real = F.interpolate(batch.image, (self.side, self.side), mode="area")
        codes = network.encode(batch.image)
        w = codes + numbers.blur * torch.randn_like(codes)
        styles = network.core.mapping(torch.randn(NOISE, network.core.sizes.z, device=w.device))
        adversarial = "discriminator" in self.networks and self.judged > 0
        if adversarial and numbers.sampled:
            w = torch.cat([w, styles[: numbers.sampled]])
        rows = w[:, None].expand(-1, network.rows, -1)
        made = network.core.synthesis(rows, "none", self.side).float()
        shown = (made[: len(real)] + 1) / 2
        terms = {
            "pixel": numbers.pixel * (shown - real).abs().mean(),
            "distance": numbers.distance * self._distance(shown, real),
            "small": numbers.small * codes.square().mean(),
            "code": numbers.code * energy(styles, codes.detach()),
        }
        if adversarial:
            judge = self.networks["discriminator"]
            self._fake = made.detach()
            inner(judge).requires_grad_(False)
            terms["adversarial"] = self.judged * numbers.adversarial * loss.generator(inner(judge)(made))
            inner(judge).requires_grad_(True)
        return torch.stack(list(terms.values())).sum(), {name: term.detach() for name, term in terms.items()}

    def _distance(self, shown: Tensor, real: Tensor) -> Tensor:
        """How far apart two batches look: unit features, squared differences, summed over the layers."""
        with torch.no_grad():
            wanted = self.features(real)
        apart = [(unit(a) - unit(b)).square().sum(1).mean() for a, b in zip(self.features(shown), wanted, strict=True)]
        return torch.stack(apart).sum()

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """Logistic, and R1 on photos now and then; nothing before its time."""
        numbers, judge = self.recipe, self.networks["discriminator"]
        if self.step < numbers.alone or not len(self._fake):
            nothing = sum(parameter.sum() for parameter in inner(judge).parameters()) * 0.0
            return torch.as_tensor(nothing), {}
        real = 2 * batch.image - 1
        of_real, of_fake = judge(real), judge(self._fake)
        total = loss.discriminator(of_real, of_fake)
        figures = {"real": of_real.detach().mean(), "fake": of_fake.detach().mean()}
        if numbers.r1 and self.step % numbers.r1_every == 0:
            with torch.autocast(real.device.type, enabled=False):
                seen = real.detach().requires_grad_(True)
                slope = loss.r1(inner(judge)(seen), seen).mean()
            total = total + numbers.r1 / 2 * numbers.r1_every * slope
            figures["r1"] = slope.detach()
        return total, figures


def energy(ours: Tensor, theirs: Tensor) -> Tensor:
    """How far apart two distributions are, of which rows are drawn, up to what `theirs` alone say (Székely 2003).

    (N, C) and (M, C) -> a scalar: twice the mean distance between them less the mean distance within `ours`.
    """
    between = (ours[:, None] - theirs[None]).square().sum(2).add(1e-6).sqrt().mean()
    apart = (ours[:, None] - ours[None]).square().sum(2).add(1e-6).sqrt()
    within = (apart.sum() - apart.diagonal().sum()) / (len(ours) * (len(ours) - 1))
    return 2 * between - within
