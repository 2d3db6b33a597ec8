"""Resampling of layers: (h, w, 4) float32, colours multiplied by opacity, then opacity; transparent all around."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import numpy as np

from retoucher.mask import Box

Layer = np.ndarray[Any, np.dtype[np.float32]]
Doubles = np.ndarray[Any, np.dtype[np.float64]]

LOOKS = 2
"""Along each side, so many places of a pixel are looked at in a turned layer: its rim comes out smooth."""


def resampled(layer: Layer, axis: int, origin: float, step: float, count: int) -> Layer:
    """One axis in `count` new cells: the first begins at `origin`, each is `step` old cells long (mirrored below 0).

    Cells longer than the old ones are means over their length; others are interpolated (cubic
    convolution, Keys 1981, a = -1/2). A step of 1 from a whole origin gives the very samples.
    """
    if abs(step) > 1:
        if step < 0:
            layer, origin, step = np.flip(layer, axis), layer.shape[axis] - origin, -step
        return _within(_means(layer, axis, origin, step, count))
    between = _between(np.moveaxis(layer, axis, 0), origin, step, count)
    return _within(np.moveaxis(between.astype(np.float32), 0, axis))


def _means(layer: Layer, axis: int, origin: float, step: float, count: int) -> Layer:
    """Sums of whole cells from edge to edge, corrected by the parts of those in which the edges lie."""
    length = layer.shape[axis]
    edges = np.clip(origin + step * np.arange(count + 1), 0, length)
    first = np.minimum(edges.astype(np.int64), length - 1)
    parts = np.expand_dims(edges - first, [each for each in range(layer.ndim) if each != axis]).astype(np.float32)
    parts = parts * layer.take(first, axis)
    sums = np.add.reduceat(layer, first, axis).take(np.arange(count), axis)
    empty = first[1:] == first[:-1]  # for which `reduceat` gives the cell itself
    sums[(slice(None),) * axis + (empty,)] = 0
    return np.asarray((sums + np.diff(parts, axis=axis)) / np.float32(step))


def _between(layer: Layer, origin: float, step: float, count: int) -> Doubles:
    """By the four samples around the middle of each new cell."""
    places = origin + step * (np.arange(count) + 0.5) - 0.5
    first = np.floor(places).astype(np.int64)
    t = (places - first)[:, None, None]
    weights = (
        ((-t + 2) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((-3 * t + 4) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    new = np.zeros((count, *layer.shape[1:]))
    for offset, weight in zip(range(-1, 3), weights, strict=True):
        at = first + offset
        there = (at >= 0) & (at < len(layer))
        new += weight * there[:, None, None] * layer[at.clip(0, len(layer) - 1)]
    return new


def warped(layer: Layer, matrix: Doubles, target: Box) -> Layer:
    """The box `target` (x, y, width, height) of a painting, where `matrix` (2, 3) leads to places of the layer.

    `LOOKS`² cubic looks at every pixel, averaged.
    """
    import cv2

    x, y, width, height = target
    corners = np.array([(x + a * width, y + b * height, 1) for a in (0, 1) for b in (0, 1)]) @ matrix.T
    left, top = (max(floor(v) - 3, 0) for v in corners.min(0))
    right, bottom = (max(ceil(v) + 3, 0) for v in corners.max(0))
    part = layer[top:bottom, left:right]  # OpenCV takes pictures up to 32,766 pixels a side
    if not part.size:
        return np.zeros((height, width, 4), np.float32)
    fine = matrix / [[LOOKS, LOOKS, 1]]
    # From the index of a look to that of a sample: a cell's middle is half a cell after its index.
    fine[:, 2] = matrix @ (x, y, 1) + fine[:, :2].sum(1) / 2 - 0.5 - (left, top)
    size = width * LOOKS, height * LOOKS
    looks = cv2.warpAffine(np.ascontiguousarray(part), fine, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return _within(looks.reshape(height, LOOKS, width, LOOKS, 4).mean((1, 3), dtype=np.float32))


def _within(layer: Layer) -> Layer:
    """Without what cubics overshoot: opacity in [0, 1], no colour above it."""
    opacity = layer[..., 3:].clip(0, 1)
    return np.concatenate([np.minimum(layer[..., :3].clip(0), opacity), opacity], -1)
