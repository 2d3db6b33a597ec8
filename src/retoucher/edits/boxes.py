"""Boxes as options of edits: "X,Y,WIDTH,HEIGHT" in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retoucher.mask import Box


def parse_box(text: str) -> Box | None:
    """The box in "X,Y,WIDTH,HEIGHT"; None for anything else."""
    try:
        x, y, width, height = map(int, text.split(","))
    except ValueError:
        return None
    return x, y, width, height
