"""What is asked about an unseen photo: an eighth of its pixels or half of the face is known, and the rest is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.models.common.membrane import membrane
from retoucher.models.mystyle.degrade import Degradation, FewPixels, Hole, smaller

TIMES = 8
"""By how much faces are enlarged."""
FACE = (0.22, 0.25, 0.78, 0.88)
"""Left, top, right, bottom of a face in its square; a hole takes half of it."""
PINK = (1.0, 0.0, 1.0)
"""Of holes, on the contact sheet."""


@dataclass(frozen=True, eq=False)
class Question:
    """`seen`: what a search may know. `hole` (1, 1, R, R): what is to be made, 1, and what is known, 0.

    `plain` (1, 3, R, R) in [0, 1]: an answer `by` no network, the truth outside the hole. `shown` (1, 3,
    R, R): for people.
    """

    seen: Degradation
    hole: Tensor
    plain: Tensor
    by: str
    shown: Tensor

    def answered(self, picture: Tensor) -> Tensor:
        """A made picture (1, 3, R, R) in [0, 1] with what is known pasted over it, as the edit does."""
        return torch.where(self.hole > 0, picture, self.plain)


def few(truth: Tensor, number: int) -> Question:
    """Means of 8 × 8 pixels are known: truth (1, 3, R, R) in [0, 1]. `number` does not matter."""
    side = truth.shape[-1] // TIMES
    known = smaller(truth, side)
    plain = F.interpolate(known, truth.shape[-2:], mode="bicubic", align_corners=False).clamp(0, 1)
    shown = F.interpolate(known, truth.shape[-2:], mode="nearest")
    return Question(FewPixels(2 * known - 1), torch.ones_like(truth[:, :1]), plain, "bicubic", shown)


def half(truth: Tensor, number: int) -> Question:
    """A half of the face is missing, by the photo's `number` the left, right or lower one: truth (1, 3, R, R)."""
    side = truth.shape[-1]
    left, top, right, bottom = (round(share * side) for share in FACE)
    middle, below = (left + right) // 2, (top + bottom) // 2
    halves = (left, top, middle, bottom), (middle, top, right, bottom), (left, below, right, bottom)
    x, y, end, low = halves[number % len(halves)]
    hole = torch.zeros_like(truth[:, :1])
    hole[:, :, y:low, x:end] = 1
    known = truth * (1 - hole)
    shown = torch.where(hole > 0, truth.new_tensor(PINK)[:, None, None], truth)
    plain = membrane(known, hole)
    return Question(Hole((2 * truth - 1) * (1 - hole), 1 - hole), hole, plain, "smooth filling", shown)


TASKS: dict[str, Callable[[Tensor, int], Question]] = {f"{TIMES}x enlargement": few, "half-face hole": half}
