"""Finding a face in a person's space: coefficients whose picture, degraded alike, looks like what was seen.

Section 4.3 and the published program: Adam on coefficients, the published losses and regularisers. Ours beside it goes
from coarse to fine (the synthesis gives a valid picture after every block), begins where the encoder points, and stops
after fewer steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from retoucher.models.mystyle import space
from retoucher.models.mystyle.degrade import Degradation
from retoucher.models.mystyle.look import Perceptual, unlikeness
from retoucher.models.mystyle.placing import WEIGHT, Placement, laid
from retoucher.models.mystyle.space import Codes
from retoucher.models.mystyle.stylegan2.generator import Synthesis

BETAS = (0.9, 0.999)
LEAST = 32
"""Pixels of the coarsest pictures that are looked at."""


@dataclass(frozen=True)
class Plan:
    """How a search goes. `steps` of Adam at `rate`; `coarse`: the shares of steps at a quarter and half of the size.

    `plus`: rows may have coefficients of their own (P+); of few pixels they would follow noise. `placed`: where the
    face lies is found, too. `fading`: the rate falls to a tenth in the end. `half`: synthesis and features in bfloat16.
    """

    steps: int = 100
    rate: float = 0.02
    coarse: tuple[float, float] = (0.4, 0.35)
    plus: bool = True
    placed: bool = True
    fading: bool = True
    half: bool = False

    def size(self, step: int, whole: int) -> int:
        """Of the pictures of a step, a power of two."""
        share = (step + 0.5) / self.steps
        quarter, half = self.coarse
        size = whole // 4 if share < quarter else whole // 2 if share < quarter + half else whole
        return max(size, min(LEAST, whole))

    def rate_at(self, step: int) -> float:
        """Adam's rate."""
        return self.rate * (1 - 0.9 * step / self.steps) if self.fading else self.rate


PUBLISHED = Plan(steps=1000, rate=5e-3, coarse=(0.0, 0.0), placed=False, fading=False)
"""Every step at full size, from the mean anchor."""


@dataclass(frozen=True)
class Found:
    """What a search came to: styles (1, rows, w), coefficients (rows, N), each step's loss, and where the face lies."""

    styles: Tensor
    coefficients: Tensor
    losses: tuple[float, ...]
    placement: Placement


Step = Callable[[int, int], None]
"""Called after each step with its number and their count; may raise to stop the search."""


def search(
    synthesis: Synthesis,
    anchors: Tensor,
    seen: Degradation,
    look: Perceptual,
    beta: float | None,
    plan: Plan = Plan(),
    near: Tensor | None = None,
    after: Step | None = None,
) -> Found:
    """Coefficients of what was seen. `near` (N,): where to begin; else at the mean anchor.

    `beta`: None for no bound.
    """
    device = anchors.device
    begin = Codes.start(len(anchors), synthesis.rows, near)
    alpha, offsets = (each.to(device).requires_grad_() for each in (begin.alpha, begin.offsets))
    place = torch.zeros(4, device=device, requires_grad=plan.placed)
    moving = [alpha, *([offsets] if plan.plus else []), *([place] if plan.placed else [])]
    adam = torch.optim.Adam(moving, lr=plan.rate, betas=BETAS)
    codes = Codes(alpha, offsets if plan.plus else offsets.detach())
    losses = []
    for step in range(plan.steps):
        for group in adam.param_groups:
            group["lr"] = plan.rate_at(step)
        size = plan.size(step, synthesis.sizes.resolution)
        with torch.autocast(device.type, torch.bfloat16, enabled=plan.half):
            picture = synthesis(codes.styles(anchors, beta), "const", size)
            picture = laid(picture, place) if plan.placed else picture
            loss = unlikeness(look, seen(picture), seen.wanted(size)).sum()
        loss = loss.float() + torch.stack(space.regularisers(codes)).sum() + WEIGHT * place.square().sum()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        losses.append(float(loss.detach()))
        if after:
            after(step, plan.steps)
    with torch.no_grad():
        coefficients = codes.coefficients(beta)
        return Found((coefficients @ anchors)[None], coefficients, tuple(losses), Placement.of(place))


def beginning(style: Tensor, anchors: Tensor, beta: float | None) -> Tensor:
    """Raw coefficients (N,) to begin a search with: those of the point of the space nearest to a style (w,)."""
    found = space.projected(style[None], anchors, space.default_beta(len(anchors)) if beta is None else beta)
    return found[0]
