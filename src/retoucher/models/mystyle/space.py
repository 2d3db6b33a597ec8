"""The space of one person: coefficients over anchors, how far they may leave the photos, and directions within.

"MyStyle: A Personalized Generative Prior" (Nitzan et al., SIGGRAPH Asia 2022, arXiv 2203.17272), section 4. Anchors A
(N, w) are the photos' styles. With the smallest coefficient at -beta and a sum of 1, styles fill the hull of the
anchors blown up around their mean by 1 + N beta; P+ has coefficients of its own for every row.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.errors import RetoucherError

SHARPNESS = 100.0
"""Of the softplus that keeps coefficients above -beta."""
SUM_WEIGHT, OFFSET_WEIGHT = 10.0, 10.0
FREE = 12
"""Rows from this one on have offsets that cost nothing."""
PUBLISHED_BETA = 0.03
"""The published command's default, for about a hundred photos."""
SPREAD = 2.0
"""Ours is this by N, so that the hull is blown up three times, however many photos there are."""
ROUNDS = 500
"""Of the exact projection; a hundredth of them is enough for most."""


def default_beta(count: int) -> float:
    """2 / N: the published 0.02 for a hundred photos, and the same dilation for any other number.

    >>> default_beta(100)
    0.02
    """
    return SPREAD / max(count, 1)


def dilation(beta: float, count: int) -> float:
    """How many times as large as the hull of the photos: 1 + N beta."""
    return 1 + count * beta


def constrained(raw: Tensor, beta: float | None) -> Tensor:
    """Raw coefficients (…, N) -> coefficients above -beta (softly) whose sum is 1. None: only the sum."""
    if beta is not None:
        raw = F.softplus(raw + beta, SHARPNESS) - beta
    return raw / raw.sum(-1, keepdim=True)


@dataclass(frozen=True)
class Codes:
    """The variables of a search: `alpha` (N, 1) shared by all rows, and each row's `offsets` (rows, N)."""

    alpha: Tensor
    offsets: Tensor

    @classmethod
    def start(cls, count: int, rows: int, near: Tensor | None = None) -> Codes:
        """At the mean anchor, or at coefficients (N,) that are known."""
        alpha = torch.full((count,), 1 / count) if near is None else near.detach().clone()
        return cls(alpha[:, None], torch.zeros(rows, count))

    @property
    def raw(self) -> Tensor:
        """Before any constraint: (rows, N)."""
        return self.alpha.mT + self.offsets

    def coefficients(self, beta: float | None) -> Tensor:
        """(rows, N), as they act."""
        return constrained(self.raw, beta)

    def styles(self, anchors: Tensor, beta: float | None) -> Tensor:
        """(1, rows, w), what the synthesis is given."""
        return (self.coefficients(beta) @ anchors)[None]


def regularisers(codes: Codes) -> tuple[Tensor, Tensor]:
    """What offsets cost (norms of the first `FREE` rows, not squared) and what sums beside 1 cost, both weighted.

    As in the published program, on the raw coefficients; the paper writes the sum's term on the constrained ones.
    """
    offsets = codes.offsets[:FREE]
    norms = torch.linalg.vector_norm(offsets, dim=1)  # whose slope at 0 is 0, unlike that of a root of squares
    return OFFSET_WEIGHT * norms.sum(), SUM_WEIGHT * (codes.raw.sum(1) - 1).square().mean()


def projected_direction(direction: Tensor, anchors: Tensor, *, affine: bool = False) -> tuple[Tensor, Tensor, float]:
    """A direction (w,) within the span of the anchors: coefficients (N,), the direction (w,), and its cosine.

    Least squares by singular values, for anchors that are many or alike. `affine`: the span of the anchors'
    differences, so that the coefficients' sum is 0 and a sum of 1 stays; else the published linear span. A low cosine
    means that the photos do not show this variation.
    """
    basis, wanted = anchors.double(), direction.double()
    if affine:
        basis = basis - basis.mean(0)
    gamma = torch.linalg.pinv(basis.mT, rtol=1e-9) @ wanted  # (N,)
    if affine:
        gamma = gamma - gamma.mean()
    found = basis.mT @ gamma
    cosine = F.cosine_similarity(found, wanted, dim=0)
    return gamma.to(anchors.dtype), found.to(anchors.dtype), float(cosine)


def needed_beta(coefficients: Tensor) -> float:
    """The dilation that coefficients (…, N) need: 0 within the hull."""
    return max(0.0, -float(coefficients.min()))


def onto_simplex(points: Tensor) -> Tensor:
    """The nearest coefficients that are at least 0 and sum to 1: (…, N) -> the same (Held et al. 1974)."""
    ordered = points.sort(-1, descending=True).values
    over = ordered.cumsum(-1) - 1
    place = torch.arange(1, points.shape[-1] + 1, device=points.device, dtype=points.dtype)
    inside = ordered - over / place > 0
    last = inside.sum(-1, keepdim=True).clamp(min=1)
    return (points - over.gather(-1, last - 1) / last).clamp(min=0)


def projected(styles: Tensor, anchors: Tensor, beta: float) -> Tensor:
    """Coefficients (rows, N) of the styles in P_beta nearest to these (rows, w): min |alpha A - w|, row by row.

    Substituting alpha = -beta + (1 + N beta) lambda makes it a simplex; accelerated projected gradient then. The styles
    are unique, the coefficients need not be. Raises RetoucherError for a beta that is negative.
    """
    if beta < 0:
        raise RetoucherError("Coefficients below 0 by a negative number are none: give a beta of 0 or more.")
    count = len(anchors)
    scale = dilation(beta, count)
    basis = anchors.double()
    wanted = (styles.double() + beta * basis.sum(0)) / scale  # of the simplex's own coefficients
    step = 1 / torch.linalg.matrix_norm(basis, 2).square()
    found = ahead = torch.full((len(styles), count), 1 / count, dtype=torch.float64, device=anchors.device)
    momentum = 1.0
    for _ in range(ROUNDS):
        before, earlier = found, momentum
        found = onto_simplex(ahead - step * ((ahead @ basis - wanted) @ basis.mT))
        momentum = (1 + (1 + 4 * earlier**2) ** 0.5) / 2
        ahead = found + (earlier - 1) / momentum * (found - before)
    return (scale * found - beta).to(anchors.dtype)


def imagined(anchors: Tensor, count: int, chance: torch.Generator, *, together: int = 3, even: bool = False) -> Tensor:
    """Coefficients (count, N) of random points between a few anchors each.

    As published: `together` different anchors, uniform numbers divided by their sum, which favours their middle;
    `even` draws evenly over the triangle (Dirichlet) instead.
    """
    total = len(anchors)
    found = torch.zeros(count, total)
    for row in found:
        chosen = torch.randperm(total, generator=chance)[: min(together, total)]
        parts = torch.rand(len(chosen), generator=chance)
        parts = -parts.clamp(min=1e-12).log() if even else parts
        row[chosen] = parts / parts.sum()
    return found
