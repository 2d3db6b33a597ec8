"""The colour guided filter: a picture that follows another one's edges.

He, Sun and Tang, Guided Image Filtering (TPAMI 2013), equations 19 to 21; He and Sun, Fast Guided Filter (2015): the
linear coefficients are computed small and used large. Means are over the pixels of a window that lie in the picture.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]


def coefficients(guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """The line in each window that explains `target` by the guide's colours, averaged over windows: (h, w, 4).

    `guide` (h, w, 3) is in [0, 1], `target` (h, w) in any scale; windows are squares of 2 * `radius` + 1, cut off at
    the picture's edge. A variance of the guide below `epsilon` counts as none. The filtered picture is the first three
    times the guide, plus the fourth (`along`).
    """
    return lines(guide, target[..., None], radius, epsilon)[0]


def lines(guide: Floats, targets: Floats, radius: int, epsilon: float) -> list[Floats]:
    """`coefficients` of each channel of `targets` (h, w, C): C arrays (h, w, 4)."""
    inside = _sums(np.ones(guide.shape[:2], guide.dtype), radius)

    def mean(values: Floats) -> Floats:
        total = _sums(values, radius)
        return np.asarray(total / (inside if total.ndim == 2 else inside[..., None]), guide.dtype)

    average = mean(guide)
    own: dict[tuple[int, int], Floats] = {}
    for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        own[i, j] = mean(guide[..., i] * guide[..., j]) - average[..., i] * average[..., j]
        own[i, j] += epsilon * (i == j)
    found = []
    for channel in range(targets.shape[2]):
        target = targets[..., channel]
        level = mean(target)
        together = mean(guide * target[..., None]) - average * level[..., None]  # covariance with the target
        slope = _solved(own, together)
        offset = level - sum((slope[..., i] * average[..., i] for i in range(3)), np.zeros_like(level))
        found.append(mean(np.dstack([slope, offset])))
    return found


def along(line: Floats, guide: Floats) -> Floats:
    """The line (h, w, 4) at the guide's colours (h, w, 3): (h, w)."""
    total = line[..., 3].copy()
    for channel in range(3):  # several times faster than a sum over the last axis
        total += line[..., channel] * guide[..., channel]
    return total


def filtered(guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """`target` (h, w) or (h, w, C) smoothed where the guide (h, w, 3) is smooth, with edges where the guide has them.

    See `coefficients` for the numbers.
    """
    planes = target[..., None] if target.ndim == 2 else target
    smooth = np.dstack([along(line, guide) for line in lines(guide, planes, radius, epsilon)])
    return smooth.reshape(target.shape)


def _sums(values: Floats, radius: int) -> Floats:
    """Sums over the windows; nothing lies beyond the picture."""
    window = (2 * radius + 1,) * 2
    return np.asarray(cv2.boxFilter(values, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT))


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
