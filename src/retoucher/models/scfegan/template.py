"""Where a face lies in the square that the networks for faces are trained on: shares of its side, origin top left.

The square is 1.8 times the box that OpenCV's Haar cascade (alt2) draws around a frontal face, turned until the eyes are
level; these are the means over the training portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

from retoucher.templates import PORTRAIT

BOX = PORTRAIT.box
"""Side of the square in sides of the detector's box."""
EYES = PORTRAIT.eyes
"""The eyes, left one in the picture first."""
MOUTH = (0.5, 0.695)


@dataclass(frozen=True)
class Ellipse:
    """A part of the face: middle and half axes."""

    x: float
    y: float
    across: float
    down: float


PARTS = {
    "eye left": Ellipse(0.38, 0.455, 0.09, 0.06),
    "eye right": Ellipse(0.62, 0.455, 0.09, 0.06),
    "eyes": Ellipse(0.5, 0.455, 0.27, 0.09),
    "nose": Ellipse(0.5, 0.56, 0.09, 0.12),
    "mouth": Ellipse(0.5, 0.695, 0.15, 0.08),
    "forehead": Ellipse(0.5, 0.3, 0.27, 0.13),
    "chin": Ellipse(0.5, 0.78, 0.24, 0.12),
    "face": Ellipse(0.5, 0.53, 0.28, 0.37),
    "head": Ellipse(0.5, 0.47, 0.36, 0.44),
}
"""Roughly, for holes to be drawn over them."""
