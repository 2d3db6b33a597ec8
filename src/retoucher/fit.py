"""Fit: what size of picture a network accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fit:
    """What a network accepts.

    `multiple`: both sides are padded to a multiple of this. `minimum`: and to at least this. `best`: the longest side
    it is given without being resized down, 0 for any. `context`: margin around the hole as a fraction of the hole's
    longer side. `local`: whether what is far from a hole does not help to fill it; then scattered holes are filled one
    by one, and long thin ones (wires) always piece by piece, not only where they would have to be resized. `padding`:
    "symmetric" repeats the edge pixel (abcd|dcba), "reflect" does not (abcd|cba).
    """

    multiple: int = 1
    minimum: int = 1
    best: int = 1024
    context: float = 1.0
    local: bool = False
    padding: Literal["symmetric", "reflect"] = "symmetric"

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The size to which (height, width) is padded: both a multiple of `multiple`, neither below `minimum`."""
        tall, wide = (-(-max(side, self.minimum) // self.multiple) * self.multiple for side in (height, width))
        return tall, wide
