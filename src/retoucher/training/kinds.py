"""The holes, augmentations and guides that recipes name, in tables; sizes of holes are for crops of 256 pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retoucher.errors import UsageError
from retoucher.mask import Bools
from retoucher.training import augment, faces, guides, holes, irregular
from retoucher.training.holes import Boxes, Chains, Holes, Mixed

HOLES_FOR = 256
"""The crop that the sizes in `HOLES` are meant for; for others they are scaled."""


@dataclass(frozen=True)
class OneOf:
    """Holes of several kinds, drawn anew for every picture with these shares."""

    kinds: tuple[Holes, ...]
    shares: tuple[float, ...]

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width)."""
        return self.kinds[random.choice(len(self.kinds), p=self.shares)].draw(height, width, random)

    def scaled(self, by: float) -> OneOf:
        """The same for a picture `by` times as large; shares of the picture stay as they are."""
        return OneOf(tuple(scaled(kind, by) for kind in self.kinds), self.shares)


ALL_WIDTHS = OneOf(
    (
        Chains(2, 6, width=40, length=120),
        Mixed(Chains(1, 2, width=100, length=160), Boxes(1, 2, smallest=24, largest=120), boxes_weight=0.5),
        irregular.Walks(0.03, 0.35),
    ),
    (0.4, 0.4, 0.2),
)
"""From scratches to things, for networks that are to do both."""

HOLES: dict[str, Holes] = {
    **holes.TRAINING,
    "all-widths": ALL_WIDTHS,
    "irregular": irregular.TRAINING,
    "zigzags": faces.PUBLISHED,
    "face": faces.DRAWN,
}
AUGMENTATIONS: dict[str, augment.Augmentation] = {
    "distortions": augment.Distortions(),
    "scaled": augment.Scaled(),
    "resized-crop": augment.ResizedCrop(),
    "plain": augment.Plain(),
    "mirrored": augment.Plain(flip=0.5),
    "portrait-plain": faces.Portrait(turn=2.0, light=0.08, tint=0.03),
    "portrait": faces.Portrait(dye=0.35),
    "portrait-close": faces.Portrait(dye=0.35, close=0.6),
}
GUIDES: dict[str, guides.Guide] = {"published": guides.Published(), "drawn": guides.Drawn()}


def scaled(kind: Holes, by: float) -> Holes:
    """The same holes for a picture `by` times as large, where their sizes are in pixels."""
    return kind.scaled(by) if isinstance(kind, Chains | Boxes | Mixed | OneOf | faces.Union) else kind


def holes_named(name: str, size: int) -> Holes:
    """The holes of that name for crops of `size` pixels. Raises UsageError for a name that is not there."""
    if name not in HOLES:
        raise UsageError(f"There are no holes called '{name}': choose {', '.join(HOLES)}.")
    return scaled(HOLES[name], size / HOLES_FOR)


def augmentation_named(name: str) -> augment.Augmentation:
    """The augmentation of that name. Raises UsageError for a name that is not there."""
    if name not in AUGMENTATIONS:
        raise UsageError(f"There is no augmentation called '{name}': choose {', '.join(AUGMENTATIONS)}.")
    return AUGMENTATIONS[name]


def guide_named(name: str) -> guides.Guide | None:
    """The guide of that name, None for "". Raises UsageError for a name that is not there."""
    if name and name not in GUIDES:
        raise UsageError(f"There are no guides called '{name}': choose {', '.join(GUIDES)}.")
    return GUIDES[name] if name else None
