"""Aligned portraits with a hole, and lines and colours for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from retoucher.edit import did_you_mean
from retoucher.errors import UsageError
from retoucher.evaluation.cases import TRIES, Case, fitted
from retoucher.evaluation.redrawing.drawings import Drawing, drawings_of
from retoucher.picture import Samples
from retoucher.training.holes import Holes
from retoucher.training.kinds import holes_named

KINDS = ("face", "zigzags", "irregular")
"""What may be drawn, of the training's holes: strokes and parts of a face, the paper's strokes, plain walks."""
SMALLEST, LARGEST = 0.02, 0.6
"""Shares of the square that holes cover; others are drawn again."""


@dataclass(frozen=True, eq=False)
class FaceCase(Case):
    """A square portrait (S, S, 3) uint8, its hole (S, S) bool, and the drawings for it by name."""

    drawings: dict[str, Drawing]


@dataclass(eq=False)
class FaceCases:
    """Makes the photos' cases: the hole of photo number i depends on the seed and i alone."""

    name: str
    holes: Holes
    size: int
    seed: int
    _next: int = field(default=0, init=False, repr=False)

    def next(self, photo: Samples) -> FaceCase | None:
        """The middle square of the photo at the size, with a hole; None where no hole fits."""
        random = np.random.RandomState([self.seed, self._next])
        self._next += 1
        for _ in range(TRIES):
            hole = self.holes.draw(self.size, self.size, random)
            if SMALLEST <= hole.mean() <= LARGEST:
                picture = fitted(photo, (self.size, self.size))
                return FaceCase(picture, hole, drawings_of(picture, hole, random))
        return None


def open_cases(asked: str, size: int, seed: int) -> FaceCases:
    """Cases with holes of that kind. UsageError for one that is not in `KINDS`."""
    if asked not in KINDS:
        raise UsageError(
            f"There are no holes called {asked!r}{did_you_mean(asked, KINDS)}: choose from {', '.join(KINDS)}."
        )
    return FaceCases(asked, holes_named(asked, size), size, seed)
