"""CIELAB under the daylight white D65, from sRGB and back.

The constants are those of the published post-processing of painterly harmonization; libraries round them otherwise,
and colours that no screen can show are brought back into sRGB in their own ways.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = TypeVar("Numbers", NDArray[np.float32], NDArray[np.float64])

TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""From XYZ to linear sRGB."""
WHITE = np.array([0.950456, 1.0, 1.088754])
"""XYZ of the white that L = 100, a = b = 0 stands for."""
DARK = 0.008856
"""Up to this share of the white, lightness is a straight line instead of a cube root."""
SLOPE, OFFSET = 841 / 108, 4 / 29
"""Of that line."""


def to_lab(rgb: Numbers) -> Numbers:
    """sRGB (..., 3) in [0, 1] -> L in [0, 100], a (green to red) and b (blue to yellow) about -110 to 110.

    Float32 or float64; the answer has the same type and shape.

    >>> to_lab(np.array([1.0, 0.0, 0.0])).round(1)
    array([53.2, 80.1, 67.2])
    """
    dark = np.minimum(rgb, 0.04045) / 12.92
    linear = np.where(rgb > 0.04045, ((np.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4, dark)
    share = linear @ (np.linalg.inv(TO_RGB).T / WHITE).astype(rgb.dtype)
    curved = np.where(share > DARK, np.cbrt(share), SLOPE * share + OFFSET)
    x, y, z = curved[..., 0], curved[..., 1], curved[..., 2]
    lab: Numbers = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(rgb.dtype)
    return lab


def to_rgb(lab: Numbers) -> Numbers:
    """The way back: (..., 3) -> sRGB (..., 3) in [0, 1], of the same type.

    Where a linear channel would be negative, as much of it is added to all three; what is too bright is cut off.
    """
    y = (lab[..., 0] + 16) / 116
    curved = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    share = np.where(curved**3 > DARK, curved**3, (curved - OFFSET) / SLOPE)
    linear = share @ (TO_RGB * WHITE).T.astype(lab.dtype)
    linear -= np.minimum(linear.min(-1, keepdims=True), 0)
    gamma = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    rgb: Numbers = np.clip(gamma, 0, 1).astype(lab.dtype)
    return rgb
