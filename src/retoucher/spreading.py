"""Carry what is known over what is not: every gap is filled smoothly from around it."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]


def spread(values: Floats, weights: Floats) -> Floats:
    """Fill in what has no weight from what has: (H, W, C) and (H, W) in [0, 1] -> (H, W, C) float32.

    A pixel of weight 1 keeps its value, of weight 0 takes what its surroundings have on the finest of the halved
    pictures where they know something (push and pull; Gortler et al., "The Lumigraph", 1996). Values of weight 0 are
    never looked at, NaN included. Where nothing at all is known: zeros.
    """
    known = np.where(weights[..., None] > 0, values, 0).astype(np.float32) * weights[..., None]
    return _filled(known, weights.astype(np.float32))


def _filled(sums: Floats, weights: Floats) -> Floats:
    """`spread` of values that are multiplied by their weights already."""
    import cv2

    height, width = weights.shape
    if (height, width) == (1, 1) or weights.min() >= 1:
        return np.asarray(sums / np.maximum(weights, 1e-9)[..., None], np.float32)
    half = (width + 1) // 2, (height + 1) // 2
    mass = cv2.resize(weights, half, interpolation=cv2.INTER_AREA)
    below = cv2.resize(sums, half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], -1)
    full = np.minimum(4 * mass, 1)  # one known pixel of four is enough to know the value
    below = below * (full / np.maximum(mass, 1e-9))[..., None]
    coarse = cv2.resize(_filled(below, full), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(sums + (1 - weights[..., None]) * coarse.reshape(sums.shape), np.float32)
