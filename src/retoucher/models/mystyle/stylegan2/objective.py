"""What StyleGAN2 learns from: the generator's turn, then the discriminator's, with lazy regularisers and ADA."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from retoucher.errors import UsageError
from retoucher.models.common.objective import Batch, Figures, Turn, inner, schedule
from retoucher.models.mystyle.stylegan2 import loss, recipe
from retoucher.models.mystyle.stylegan2.augment import TARGET, augmented
from retoucher.models.mystyle.stylegan2.discriminator import GROUP, StyleGAN2Discriminator
from retoucher.models.mystyle.stylegan2.generator import Mix, StyleGAN2
from retoucher.models.mystyle.stylegan2.recipe import Recipe

BETAS = (0.0, 0.99)
EVERY = 4
"""Steps between two changes of the augmentation's strength."""


class Judge(nn.Module):
    """The discriminator and all else that must be the same after a run was resumed.

    `strength` of the augmentation, `signs`: the running sum and number of the signs of its logits on photos;
    `length`: the running mean of path lengths.
    """

    strength: Tensor
    signs: Tensor
    length: Tensor

    def __init__(self, numbers: Recipe) -> None:
        super().__init__()
        self.network, self.sets = StyleGAN2Discriminator(numbers.sizes), numbers.sets
        self.register_buffer("strength", torch.tensor(numbers.strength))
        self.register_buffer("signs", torch.zeros(2))
        self.register_buffer("length", torch.zeros(()))

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, R, R) in [-1, 1] -> (N, 1), after augmentation."""
        logits: Tensor = self.network(augmented(image, float(self.strength), sets=self.sets))
        return logits

    @torch.no_grad()
    def follow(self, real: Tensor, step: int, adapt: int) -> None:
        """More augmentation where photos are told too surely, less where not; `adapt` pictures for 1."""
        told = torch.stack([real.sign().sum(), torch.ones_like(real).sum()])
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(told)
        self.signs += told
        if adapt and step % EVERY == EVERY - 1:
            total, count = self.signs
            self.strength += torch.sign(total / count - TARGET) * count / adapt
            self.strength.clamp_(0, 1)
            self.signs.zero_()


def mean_over_devices(value: Tensor) -> Tensor:
    """The mean of all processes' values; of one process the value itself."""
    if not torch.distributed.is_initialized():
        return value
    total = value.clone()
    torch.distributed.all_reduce(total)
    return total / torch.distributed.get_world_size()


class Objective:
    """Generator and discriminator against each other.

    Raises UsageError where a device's share of the batch cannot be divided into groups for the batch's variation.
    """

    def __init__(self, numbers: Recipe, features: Mapping[str, nn.Module]) -> None:
        self.recipe = numbers
        devices = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
        each = numbers.batch // devices
        if each % min(GROUP, each):
            raise UsageError(f"A device's share of the batch, {each}, must be a multiple of {GROUP}, or less than it.")
        self.networks: dict[str, nn.Module] = {"generator": recipe.generator(numbers), "judge": Judge(numbers)}
        self.turns = (
            self._turn("generator", self.generator_loss, numbers.path_every if numbers.path else 0),
            self._turn("judge", self.discriminator_loss, numbers.r1_every if numbers.r1 else 0),
        )
        self.frozen: tuple[nn.Module, ...] = ()
        self.seed = torch.initial_seed()
        self.step = 0
        self._last = torch.empty(0)  # pictures of the generator's turn

    def _turn(self, name: str, follow: Callable[[Batch], tuple[Tensor, Figures]], every: int) -> Turn:
        """Adam's rate and betas where a regulariser comes every k steps (appendix B): as for k + 1 steps in k.

        The published program takes that step apart; here its slope, times k, is added to the loss's own.
        """
        share = every / (every + 1) if every else 1.0
        rate = schedule(self.recipe.rate * share, self.recipe.steps, cooldown=self.recipe.cooldown)
        return Turn(name, follow, rate, (BETAS[0] ** share if BETAS[0] else 0.0, BETAS[1] ** share))

    def begin(self, step: int) -> None:
        """All chance depends on the run's seed and the step; every device draws its own."""
        self.step = step
        rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        torch.manual_seed((self.seed + step * 1_000_003 + rank * 7_919) % (1 << 63))

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """For the sample sheet: pictures of the same noise each time, at a truncation of 0.7."""
        assert isinstance(generator, StyleGAN2)
        chance = torch.Generator(batch.image.device).manual_seed(0)
        z = torch.randn(len(batch.image), generator.sizes.z, device=batch.image.device, generator=chance)
        picture: Tensor = (generator(z, 0.7).float().clamp(-1, 1) + 1) / 2
        return picture

    @property
    def body(self) -> StyleGAN2:
        """The generator without what the loop wrapped around it."""
        body = inner(self.networks["generator"])
        assert isinstance(body, StyleGAN2)
        return body

    def _noise(self, count: int, device: torch.device) -> tuple[Tensor, Mix]:
        """What `count` pictures are made of, most of them of two styles."""
        z, other = torch.randn(2, count, self.body.sizes.z, device=device)
        rows = self.body.synthesis.rows
        cut = torch.randint(1, rows, (count,), device=device)
        cut = torch.where(torch.rand(count, device=device) < self.recipe.mixing, cut, rows)
        return z, (other, cut)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """Logistic, and path lengths now and then."""
        judge = inner(self.networks["judge"]).requires_grad_(False)
        z, mix = self._noise(len(batch.image), batch.image.device)
        image = self.networks["generator"](z, noise="random", mix=mix)
        self._last = image.detach()
        total = loss.generator(judge(image))
        judge.requires_grad_(True)
        figures = {"generator alone": total.detach()}
        if self.recipe.path and self.step % self.recipe.path_every == 0:
            assert isinstance(judge, Judge)
            with torch.autocast(batch.image.device.type, enabled=False):
                z, (other, cut) = self._noise(max(1, len(batch.image) // 2), batch.image.device)
                w = self.body.mixed(z, other, cut)
                image = self.body.synthesis(w, "random")
                lengths = loss.path_lengths(image, w, torch.randn_like(image))
                penalty, length = loss.path_penalty(lengths, judge.length)
                judge.length = mean_over_devices(length)
            total = total + self.recipe.path * self.recipe.path_every * penalty.mean()
            figures["path length"] = lengths.detach().mean()
        return total, figures

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, Figures]:
        """Logistic, and R1 now and then, in float32: it takes a second derivative."""
        judge = inner(self.networks["judge"])
        assert isinstance(judge, Judge)
        fake = self._last
        if self.recipe.again:
            with torch.no_grad():
                z, mix = self._noise(len(batch.image), batch.image.device)
                fake = self.body(z, noise="random", mix=mix)
        real = 2 * batch.image - 1
        of_fake, of_real = self.networks["judge"](fake), self.networks["judge"](real)
        total = loss.discriminator(of_real, of_fake)
        judge.follow(of_real.detach(), self.step, self.recipe.adapt)
        figures = {"real": of_real.detach().mean(), "fake": of_fake.detach().mean(), "strength": judge.strength.clone()}
        if self.recipe.r1 and self.step % self.recipe.r1_every == 0:
            with torch.autocast(real.device.type, enabled=False):
                seen = real.detach().requires_grad_(True)
                slope = loss.r1(judge(seen), seen).mean()
            total = total + self.recipe.r1 / 2 * self.recipe.r1_every * slope
            figures["r1"] = slope.detach()
        return total, figures
