"""What the photos of a person show and what they do not, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

ENOUGH = 30
"""Photos below which it is said that they are few; the paper's authors recommend about a hundred."""
NAMED = 8
"""Photos that a sentence names."""
WIDE, NARROW = 2.0, 1.0
"""Ranges in spreads among faces: as wide as two is much, less than one is little."""
ALIKE = 0.43
"""Distance of two photos' descriptors up to which they may show one person: where as many pairs of one person are told
apart as pairs of two are not (docs/evaluation.md)."""
FEW = "Only {} photos can be used: about a hundred make a good model, fewer than thirty a narrow one."
STRANGERS = (
    "These look unlike the others and may be of somebody else: {}. (The comparison errs now and then: look yourself.)"
)


def covered(anchors: Tensor, directions: Mapping[str, Tensor]) -> tuple[str, ...]:
    """How far the photos range along each direction that has a name (a vector as long as one spread among faces)."""
    from retoucher.models.mystyle.directions import UNNAMED

    said = []
    for name, direction in directions.items():
        if name.startswith(UNNAMED):
            continue
        along = anchors @ direction / direction.square().sum()
        width = float(along.max() - along.min())
        how = "wide" if width >= WIDE else "narrow" if width < NARROW else "fair"
        more = f"; photos that differ more in {name} would help" if how == "narrow" else ""
        said.append(f"{name}: {how}, {width:.1f} times what faces usually vary{more}.")
    return tuple(said)


def warnings(names: Sequence[str], descriptors: Tensor | None) -> tuple[str, ...]:
    """Too few photos, and photos that may be of somebody else. descriptors (N, D), of unit length."""
    said = [FEW.format(len(names))] if len(names) < ENOUGH else []
    strange = [] if descriptors is None else [names[i] for i in strangers(descriptors)]
    if strange:
        more = f" and {len(strange) - NAMED} more" if len(strange) > NAMED else ""
        said.append(STRANGERS.format(", ".join(strange[:NAMED]) + more))
    return tuple(said)


def strangers(descriptors: Tensor) -> list[int]:
    """The photos that no chain of likeness leads to from most of the others: (N, D) -> their numbers."""
    near = 1 - descriptors @ descriptors.mT <= ALIKE
    left, groups = set(range(len(near))), []
    while left:
        group, new = set(), {min(left)}
        while new:
            group |= new
            new = {j for i in new for j in left if near[i, j]} - group
        groups.append(sorted(group))
        left -= group
    largest = max(groups, key=len, default=[])
    return sorted(i for group in groups if group is not largest for i in group)
