"""The colour guided filter: a picture that follows another one's edges.

He, Sun and Tang, Guided Image Filtering (TPAMI 2013), equations 19 to 21; He and Sun, Fast Guided Filter (2015): the
linear coefficients are computed small and used large.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]


def coefficients(guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """The line in each window that explains `target` by the guide's colours, averaged over windows: (h, w, 4).

    `guide` (h, w, 3) and `target` (h, w) are in [0, 1]; windows are squares of 2 * `radius` + 1. A variance of the
    guide below `epsilon` counts as none. The filtered picture is the first three times the guide, plus the fourth.
    """

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.blur(values, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT))

    average, level = mean(guide), mean(target)
    together = mean(guide * target[..., None]) - average * level[..., None]  # covariance with the target
    own: dict[tuple[int, int], Floats] = {
        (i, j): mean(guide[..., i] * guide[..., j]) - average[..., i] * average[..., j] + np.float32(epsilon * (i == j))
        for i in range(3)
        for j in range(i, 3)
    }
    slope = _solved(own, together)
    offset = level - sum((slope[..., i] * average[..., i] for i in range(3)), np.zeros_like(level))
    return mean(np.dstack([slope, offset]))


def _solved(own: dict[tuple[int, int], Floats], right: Floats) -> Floats:
    """x of S x = right at every pixel, S symmetric 3×3 and positive: (h, w, 3), by cofactors."""
    rr, rg, rb, gg, gb, bb = (own[key] for key in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    red, green, blue = right[..., 0], right[..., 1], right[..., 2]
    a, b, c = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    d, e, f = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    whole = 1 / (rr * a + rg * b + rb * c)
    return np.dstack(
        [
            (a * red + b * green + c * blue) * whole,
            (b * red + d * green + e * blue) * whole,
            (c * red + e * green + f * blue) * whole,
        ]
    )
