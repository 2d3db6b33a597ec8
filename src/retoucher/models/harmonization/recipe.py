"""How painterly harmonization is solved: every number, as released and ours."""

from __future__ import annotations

from dataclasses import dataclass

from retoucher.models.harmonization.descent import Descent

CONTENT = "relu4_1"
"""The layer that keeps the object recognisable, and in which the second pass matches object and painting."""


@dataclass(frozen=True)
class Pass:
    """One pass of optimisation by L-BFGS without line search.

    `style`: the layers whose Gram matrices are followed; `histogram`: those whose histograms are. `levels`: how many
    evaluations at which fraction of the working size, coarse to fine. `rate`, `history` and `longest` (of 256 levels)
    are those of `Descent`; `margin`: pixels around the mask that are computed with it, half a receptive field.
    """

    style: tuple[str, ...]
    levels: tuple[tuple[float, int], ...]
    rate: float
    margin: int
    history: int = 100
    longest: float = 0.0
    histogram: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that are looked at, shallow to deep."""
        return tuple(sorted({*self.style, *self.histogram, CONTENT}))

    def descent(self) -> Descent:
        """How steps are taken, from the beginning."""
        return Descent(self.rate, self.history, self.longest)

    def stretched(self, steps: int) -> tuple[tuple[float, int], ...]:
        """The levels with so many evaluations in all, each with its share, one at least; 0 leaves them alone."""
        if not steps:
            return self.levels
        whole = sum(count for _, count in self.levels)
        return tuple((scale, max(1, round(steps * count / whole))) for scale, count in self.levels)


@dataclass(frozen=True)
class Recipe:
    """Both passes. `content`, `style`, `variation`: weights of the first, whose gradients keep their own lengths.

    The second's weights follow from the painting (`strength.balance`), but for `keep`, its content's. `remap`:
    evaluations between two looks at how the values are spread (histogram loss); `least`: a weight of the histogram loss
    below which it is left out. `still`: a pass ends early when ten evaluations in a row have moved the picture by less,
    of 256 levels, on average. `wide`: whether the finished object is blended in over a seam that reaches 6 pixels
    beyond it; there the ground has been repainted, too, and shows as a halo.
    """

    first: Pass
    second: Pass
    content: float = 5.0
    style: float = 100.0
    variation: float = 1e-3
    keep: float = 1.0
    remap: int = 1
    least: float = 0.0
    still: float = 0.0
    wide: bool = True


_DEEP = ("relu3_1", "relu4_1", "relu5_1")
_ALL = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
_ENDS = ("relu1_1", "relu4_1")

PUBLISHED = Recipe(
    Pass(_DEEP, ((1.0, 1000),), rate=1.0, margin=78),
    Pass(_ALL, ((1.0, 1000),), rate=0.1, margin=34, histogram=_ENDS),
)
"""As released."""

QUICK = Recipe(
    Pass(_DEEP, ((0.5, 60),), rate=1.0, margin=78, history=10, longest=16),
    Pass(_ALL, ((0.5, 60), (1.0, 30)), rate=1.0, margin=34, history=10, longest=8, histogram=_ENDS),
    keep=4.0,
    remap=8,
    least=0.05,
    still=0.02,
    wide=False,
)
"""Ours, the default: coarse to fine, a short history, and histograms looked at now and then."""

RECIPES = {"quick": QUICK, "published": PUBLISHED}
