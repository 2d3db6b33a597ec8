"""Anchors: for every photo the style whose picture is most like it.

Published: one encoder, nothing more. Ours: the base's own encoder where it has one, else the mean style; then some
steps that move each style on its own, with a pull towards where it began: anchors stay where the base is at home.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.degrade import smaller
from retoucher.models.mystyle.look import Perceptual, unlikeness


@dataclass(frozen=True)
class Plan:
    """`steps` of Adam at `rate` for every photo, `batch` of them together, at half the size; `pull` towards the start.

    `far`: steps where there is no encoder to begin from.
    """

    steps: int = 60
    far: int = 120
    batch: int = 8
    rate: float = 0.05
    pull: float = 0.005


def anchors(
    base: Base,
    photos: Tensor,
    look: Perceptual,
    plan: Plan = Plan(),
    after: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Photos (N, 3, R, R) around [-1, 1] -> styles (N, w). `after(done, all)` is told after each batch."""
    found = []
    for start in range(0, len(photos), plan.batch):
        found.append(_refined(base, photos[start : start + plan.batch], look, plan))
        if after:
            after(min(start + plan.batch, len(photos)), len(photos))
    return torch.cat(found)


def _refined(base: Base, photos: Tensor, look: Perceptual, plan: Plan) -> Tensor:
    """Where the encoder points, moved to what looks more like the photos."""
    synthesis = base.core.synthesis
    with torch.no_grad():
        known = base.encoder is not None
        begin = base.encode((photos + 1) / 2) if known else base.core.mapping.w_avg.expand(len(photos), -1)
    size = max(synthesis.sizes.resolution // 2, 8)
    wanted, moving = smaller(photos, size), begin.clone().requires_grad_()
    adam = torch.optim.Adam([moving], lr=plan.rate)
    for _ in range(plan.steps if known else plan.far):
        picture = synthesis(moving[:, None].expand(-1, synthesis.rows, -1), "const", size)
        away = (moving - begin).square().mean(1)
        loss = (unlikeness(look, picture, wanted) + plan.pull * away).sum()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    return moving.detach()
