"""Tuning a base to one person: its synthesis learns to make each photo of its anchor (section 4.1).

Published: every parameter, Adam 3e-4, one photo a step in the order of names, a thousand passes, LPIPS plus the squared
error at full size, constant noise; the anchors stay. Ours: changes of low rank, a larger rate, most of the steps
at half the size, mirrored photos left out (they are other anchors).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import astuple, dataclass, fields

import torch
from torch import Tensor
from torch.func import functional_call

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.degrade import Degradation, smaller
from retoucher.models.mystyle.deltas import Deltas, apply, of_tensors
from retoucher.models.mystyle.look import Perceptual, unlikeness
from retoucher.models.mystyle.stylegan2.generator import Synthesis


@dataclass(frozen=True)
class Plan:
    """How tuning goes: `passes` over the photos, `batch` of them a step, Adam at `rate`, changes of `rank` (0: whole).

    `coarse`: the share of steps at half the size. `squares`: weight of the squared error. `fading`: the rate falls to
    nothing over the last `fading` share of steps. `least`: steps that are taken even of few photos.
    """

    passes: int = 20
    batch: int = 2
    rate: float = 1e-2
    rank: int = 12
    coarse: float = 0.6
    squares: float = 1.0
    fading: float = 0.3
    least: int = 600

    def steps(self, count: int) -> int:
        """Of so many photos."""
        return max(self.passes * math.ceil(count / self.batch), self.least)


PUBLISHED = Plan(passes=1000, batch=1, rate=3e-4, rank=0, coarse=0.0, fading=0.0, least=0)


@dataclass
class Tuning:
    """Tuning while it goes on; goes on to the same numbers from what `tensors` gave.

    `photos` (N, 3, R, R) around [-1, 1], `anchors` (N, w).
    """

    synthesis: Synthesis
    photos: Tensor
    anchors: Tensor
    look: Perceptual
    plan: Plan
    total: int = 0

    def __post_init__(self) -> None:
        self.synthesis.requires_grad_(False)
        self.deltas = Deltas(self.synthesis, self.plan.rank)
        self.deltas.to(self.photos.device)
        self.adam = torch.optim.Adam(self.deltas.parameters(), lr=self.plan.rate)
        self.step = 0
        self.total = self.total or self.plan.steps(len(self.photos))

    def run(self, after: Callable[[int, int, float], bool]) -> None:
        """Take steps to the last. `after(step, total, loss)` is told, and stops it by a True.

        Raises RetoucherError where the loss is no number any more.
        """
        while self.step < self.total:
            loss = self.take()
            if not math.isfinite(loss):
                raise RetoucherError("Tuning has lost its way: the loss is no number. Try again with fewer photos.")
            if after(self.step, self.total, loss):
                return

    def take(self) -> float:
        """One step; returns its loss."""
        rows = self._rows()
        for group in self.adam.param_groups:
            group["lr"] = self._rate()
        whole = self.synthesis.sizes.resolution
        size = max(whole // 2, 8) if self.step < self.plan.coarse * self.total else whole
        styles = self.anchors[rows][:, None].expand(-1, self.synthesis.rows, -1)
        made = functional_call(self.synthesis, self.deltas(self.synthesis), (styles, "const", size))
        loss = unlikeness(self.look, made, smaller(self.photos[rows], size), self.plan.squares).mean()
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        self.step += 1
        return float(loss.detach())

    def _rate(self) -> float:
        left = (self.total - self.step) / self.total
        return self.plan.rate * (min(1.0, left / self.plan.fading) if self.plan.fading else 1.0)

    def _rows(self) -> Tensor:
        """The photos of a step: a new order in every pass, by its number; published: the order of names."""
        count = len(self.photos)
        each = math.ceil(count / self.plan.batch)
        turn, place = divmod(self.step, each)
        order = torch.arange(count)
        if self.plan.batch > 1:
            order = torch.randperm(count, generator=torch.Generator().manual_seed(turn))
        return order[place * self.plan.batch : (place + 1) * self.plan.batch]

    def tensors(self) -> dict[str, Tensor]:
        """All that going on needs beside photos and anchors."""
        found = {f"deltas.{name}": tensor for name, tensor in self.deltas.tensors().items()}
        for name, parameter in self.deltas.parts.items():
            for key, value in self.adam.state.get(parameter, {}).items():
                found[f"adam.{name.replace('/', '.')}.{key}"] = torch.as_tensor(value).detach()
        plan = torch.tensor(astuple(self.plan), dtype=torch.float64)
        return found | {"step": torch.tensor(self.step), "total": torch.tensor(self.total), "plan": plan}

    def resume(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from there. Raises RetoucherError where the tensors are of another tuning."""
        try:
            self.step, self.total = int(tensors["step"]), int(tensors["total"])
            start = "deltas."
            found = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
            before = of_tensors(self.synthesis, found)
            for name, parameter in self.deltas.parts.items():
                parameter.data.copy_(before.parts[name])
                start = f"adam.{name.replace('/', '.')}."
                state = {n.removeprefix(start): t.clone() for n, t in tensors.items() if n.startswith(start)}
                if state:  # what has had no slope yet remembers nothing
                    self.adam.state[parameter] = state
        except (KeyError, RuntimeError, ValueError) as error:
            raise RetoucherError(f"What was kept of this tuning does not fit ({error}): begin anew.") from error


def plan_of(tensors: Mapping[str, Tensor]) -> Plan:
    """How the tuning goes that these tensors were kept of. Raises RetoucherError where they do not say."""
    try:
        numbers = dict(zip((field.name for field in fields(Plan)), tensors["plan"].tolist(), strict=True))
    except (KeyError, ValueError) as error:
        raise RetoucherError(f"What was kept of this tuning does not fit ({error}): begin anew.") from error
    whole = {name: int(numbers[name]) for name in ("passes", "batch", "rank", "least")}
    return Plan(**{**numbers, **whole})


LEARNING, NARROW = 5e-3, 8
"""Rate and rank of the changes by which one photo is learnt."""


def learnt(
    synthesis: Synthesis, seen: Degradation, styles: Tensor, look: Perceptual, steps: int, after: Callable[[int], None]
) -> Synthesis:
    """A copy of the synthesis that has learnt one photo, as far as it was seen, of styles (1, rows, w).

    Tuning at test time (section 4.4; PTI, Roich et al. 2021), here of low rank, so that the rest stays as it was.
    """
    copy = deepcopy(synthesis).requires_grad_(False)
    deltas = Deltas(copy, NARROW).to(styles.device)
    wanted = seen.wanted(synthesis.sizes.resolution)
    adam = torch.optim.Adam(deltas.parameters(), lr=LEARNING)
    for step in range(steps):
        made = functional_call(copy, deltas(copy), (styles, "const"))
        loss = unlikeness(look, seen(made), wanted).sum()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        after(step + 1)
    apply(copy, deltas)
    return copy
