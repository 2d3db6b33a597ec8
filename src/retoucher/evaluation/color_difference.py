"""How different two colours look: CIEDE2000, by scikit-image."""

from __future__ import annotations

import importlib.util

import numpy as np

from retoucher.mask import Bools
from retoucher.picture import Samples


def available() -> bool:
    """Whether scikit-image, which knows the formula, is installed."""
    return importlib.util.find_spec("skimage") is not None


def color_difference(picture: Samples, colors: Samples, painted: Bools) -> float:
    """The median CIEDE2000 between two pictures (H, W, 3) uint8 sRGB, daylight D65, where (H, W) bool is true.

    0: the same colour; 1 is about what one can just see; 100 is black against white. 0 where nothing is painted.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    if not painted.any():
        return 0.0
    found, wanted = (rgb2lab(each[painted][None]) for each in (picture, colors))
    return float(np.median(deltaE_ciede2000(found, wanted)))
