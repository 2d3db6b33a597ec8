"""Where a face lies in the square that a network was trained on: shares of its side, origin top left.

Every network for faces names its template; faces are laid into it before and out of it afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[float, float]


@dataclass(frozen=True)
class Template:
    """`eyes`: the left one in the picture first. `box`: side of the square in sides of a detector's box."""

    name: str
    eyes: tuple[Place, Place]
    box: float

    @property
    def apart(self) -> float:
        """Distance of the eyes in sides of the square."""
        return self.eyes[1][0] - self.eyes[0][0]


PORTRAIT = Template("portrait", ((0.38, 0.455), (0.62, 0.455)), 1.8)
"""1.8 times the box that OpenCV's Haar cascade (alt2) draws around a frontal face, turned until the eyes are level;
these are the means over the training portraits."""
FFHQ = Template("ffhq", ((0.375, 0.4725), (0.625, 0.4725)), 1.9)
"""FFHQ's rule for a face whose mouth lies 1.1 distances of the eyes below them: a side of four distances, the middle a
tenth of the way from the eyes to the mouth. With all three points `alignment.by_points` follows the rule itself."""
TEMPLATES = {template.name: template for template in (PORTRAIT, FFHQ)}
