"""How a person changes over the years, by the dates in their photos: a direction that only this person has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

AGE = "age"
FEWEST, YEARS = 8, 3.0
"""Photos with a date, and years between the first and the last, below which dates say nothing about age."""
DAYS = 365.25
FROM_DATES = "age: by the dates of {} photos from {} to {}."


def aging(anchors: Tensor, dates: Sequence[datetime | None]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The direction of age by its name, and a sentence about it; nothing of both where dates are few or close.

    anchors (N, w) of the photos in the order of their dates. Published directions come from labelled faces of many
    people, which need labels, and show how others age; whoever has photos of years has the labels.
    """
    import torch

    from retoucher.models.mystyle.directions import along

    known = [(row, date) for row, date in enumerate(dates) if date is not None]
    if len(known) < FEWEST:
        return {}, ()
    first, last = min(date for _, date in known), max(date for _, date in known)
    if (last - first).days < YEARS * DAYS:
        return {}, ()
    rows = [row for row, _ in known]
    years = torch.tensor([(date - first).days / DAYS for _, date in known], device=anchors.device)
    return {AGE: along(anchors[rows], years)}, (FROM_DATES.format(len(rows), first.year, last.year),)
