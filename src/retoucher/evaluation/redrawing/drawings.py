"""Lines and colours to redraw a face after, made of the photo itself by fixed rules: a person's drawing, as a machine
can make it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from retoucher.mask import Bools
from retoucher.models.scfegan import colors, sketch
from retoucher.picture import Samples
from retoucher.training.faces import Zigzags
from retoucher.training.guides import shaken

Random = np.random.RandomState

FULL = 512
"""The side of the square that the sizes in `sketch` and `colors` are for."""
STROKES_FOR = 256
"""The side that those of `Zigzags` and `MOVED` are for."""
MOVED = 3.0
"""How far warped lines move at most along either axis, in pixels at `STROKES_FOR`."""
LEAST, TRIES = 0.1, 100
"""A brush paints at least this share of the hole, or else is drawn again, so many times at most."""
TURN = (90.0, 270.0)
"""By how many degrees other colours are turned around the grey axis of CIELAB, at least and at most."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """`lines` (H, W) bool, `colors` (H, W, 3) uint8 RGB, `painted` (H, W) bool: where the colours count."""

    lines: Bools
    colors: Samples
    painted: Bools

    def shown(self, lines: bool, colors: bool) -> Drawing:
        """The same without what is not to be shown."""
        return Drawing(
            self.lines if lines else np.zeros_like(self.lines),
            self.colors,
            self.painted if colors else np.zeros_like(self.painted),
        )


def drawings_of(picture: Samples, hole: Bools, random: Random) -> dict[str, Drawing]:
    """The drawings of a square photo (S, S, 3) uint8 for a hole (S, S), by the names that `GUIDANCE` has for them.

    `own`: all lines of the photo and its flat colours all over the hole. `partial`: half of the connected lines, and
    colours under a brush. `warped`: lines moved smoothly. `hues`: colours turned around the grey axis.
    """
    scale = picture.shape[0] / FULL
    lines = sketch.sketch(picture, scale) & hole
    own = Drawing(lines, colors.colors(picture, scale=scale), hole)
    moved = shaken(lines, MOVED * picture.shape[0] / STROKES_FOR, random) & hole
    return {
        "own": own,
        "partial": Drawing(half_of(lines, random), own.colors, brushed(hole, random)),
        "warped": replace(own, lines=moved),
        "hues": replace(own, colors=turned(own.colors, random.uniform(*TURN))),
    }


def half_of(lines: Bools, random: Random) -> Bools:
    """A half of the connected lines (eight neighbours), drawn by lot; of an odd number the larger half."""
    count, labels = cv2.connectedComponents(lines.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[1 + random.permutation(count - 1)[: count // 2]] = True
    return np.asarray(kept[labels])


def brushed(hole: Bools, random: Random) -> Bools:
    """The part of a hole that some strokes of a brush cover, no less than `LEAST` of it; all of it if none does."""
    height, width = hole.shape
    for _ in range(TRIES):
        brush = Zigzags().scaled(width / STROKES_FOR).draw(height, width, random) & hole
        if brush.sum() >= LEAST * hole.sum():
            return np.asarray(brush)
    return hole


def turned(picture: Samples, degrees: float) -> Samples:
    """Every colour as light and as vivid as it is, with another hue, as far as screens can show it: (H, W, 3) uint8."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    lab[..., 1:] = lab[..., 1:] @ turn.T
    return np.asarray((cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255).round().clip(0, 255), np.uint8)
