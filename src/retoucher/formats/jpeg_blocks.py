"""New pixels into the blocks of a JPEG, and into no other.

A block is *touched* if a changed pixel lies in the area it covers. Only touched blocks get new coefficients, and in a
touched block the pixels that did not change are held as close to the file's as its quantisation allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from retoucher.formats.jpeg_coefficients import layouts
from retoucher.formats.jpeg_segments import Frame

Array = np.ndarray[Any, np.dtype[Any]]

CHUNK = 4096  # blocks worked on at once: bounds the memory of a hole as large as the photo
KEPT = 4.0  # how much more an error counts in a pixel that did not change than in one of many new ones
FEW = 48  # new pixels of the 64 in a block: below that they count more, up to KEPT, or the old would shine through
OUTSIDE = 0.01  # and how little beyond the edge of the picture
ROUNDS = 8


def zigzag() -> Array:
    """(64,) row-major position of each coefficient in zigzag order (T.81 figure A.6)."""
    order = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
    return np.array(order)


def _basis() -> Array:
    """(64 coefficients in zigzag order, 64 samples): the orthonormal two-dimensional DCT (T.81 A.3.3)."""
    u, x = np.arange(8)[:, None], np.arange(8)[None, :]
    one = np.cos((2 * x + 1) * u * np.pi / 16) * np.where(u == 0, np.sqrt(1 / 8), 0.5)
    return np.kron(one, one)[zigzag()].astype(np.float32)


BASIS = _basis()


def fits(frame: Frame) -> bool:
    """Whether every component covers whole pixels, as in all usual subsamplings (not in 3:2, say)."""
    parts = frame.components
    return all(frame.horizontal % part.horizontal == 0 and frame.vertical % part.vertical == 0 for part in parts)


def replace_changed(
    blocks: Array,
    frame: Frame,
    tables: dict[int, list[int]],
    samples: Array,
    changed: Array,
    component: Callable[[Array, int], Array],
) -> Array:
    """The coefficients with the blocks touched by `changed` made anew; all others are the same.

    `blocks`: int16 (blocks, 64) in zigzag order. `tables`: quantisation steps by number. `samples` (H, W, C) and
    `changed` (H, W) lie as the file stores its rows. `component(values, index)` turns samples (…, C) into float
    (…) values 0 to 255 of one component.
    """
    blocks = blocks.copy()
    for index, (part, place) in enumerate(zip(frame.components, layouts(frame), strict=True)):
        grid = place.grid(blocks)
        tall, broad = 8 * frame.vertical // part.vertical, 8 * frame.horizontal // part.horizontal
        steps = np.array(tables[part.table], np.float32)
        rows, columns = np.nonzero(_touched(changed, tall, broad))
        for start in range(0, len(rows), CHUNK):
            y, x = rows[start : start + CHUNK], columns[start : start + CHUNK]
            values, mask, inside = _gather(samples, changed, y, x, tall, broad)
            grid[y, x] = _requantised(component(values, index), mask, inside, grid[y, x], steps)
    return blocks


def _touched(changed: Array, tall: int, broad: int) -> Array:
    """(rows, columns) bool: which areas of `tall` by `broad` pixels hold a changed one."""
    rows, columns = -(-changed.shape[0] // tall), -(-changed.shape[1] // broad)
    touched = np.zeros((rows, columns), bool)
    y, x = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    top, left = y[0] // tall * tall, x[0] // broad * broad
    part = changed[top : y[-1] + 1, left : x[-1] + 1]
    part = np.pad(part, ((0, -part.shape[0] % tall), (0, -part.shape[1] % broad)))
    areas = part.reshape(part.shape[0] // tall, tall, part.shape[1] // broad, broad).any(axis=(1, 3))
    touched[top // tall :, left // broad :][: areas.shape[0], : areas.shape[1]] = areas
    return touched


def _gather(
    samples: Array, changed: Array, rows: Array, columns: Array, tall: int, broad: int
) -> tuple[Array, Array, Array]:
    """The areas of some blocks: samples (n, tall, broad, C), changed and inside the picture (n, tall, broad)."""
    y = (rows[:, None] * tall + np.arange(tall))[:, :, None]
    x = (columns[:, None] * broad + np.arange(broad))[:, None, :]
    inside = (y < samples.shape[0]) & (x < samples.shape[1])
    y, x = np.minimum(y, samples.shape[0] - 1), np.minimum(x, samples.shape[1] - 1)  # the edge is repeated
    return samples[y, x], changed[y, x], inside


def _requantised(values: Array, mask: Array, inside: Array, old: Array, steps: Array) -> Array:
    """New coefficients (n, 64) of blocks whose pixels should be `values` where `mask`, and else what they were.

    `values`, `mask`, `inside`: (n, tall, broad) at the picture's resolution. The file's own samples come from `old`
    before any rounding or clipping, so what did not change is aimed at exactly; a sample all of whose pixels changed
    takes nothing from the old block.
    """
    counts = mask.shape[1] // 8, mask.shape[2] // 8

    def mean(area: Array) -> Array:
        parts = area.reshape(len(area), 8, counts[0], 8, counts[1])
        return np.asarray(parts.mean(axis=(2, 4), dtype=np.float32).reshape(len(area), 64))

    share = mean(mask)  # of each sample's pixels that changed
    before = (old * steps) @ BASIS + 128
    target = mean(np.where(mask, values, 0)) + (1 - share) * before - 128
    new = np.clip(FEW / np.maximum(share.sum(axis=1, keepdims=True), 1), 1, KEPT)
    weight = np.where(mean(inside) > 0, new * share + KEPT * (1 - share), OUTSIDE).astype(np.float32)
    made = np.rint(target @ BASIS.T / steps)
    partly = ((share < 1) & (weight > OUTSIDE)).any(axis=1)
    made[partly] = _settled(made[partly], target[partly], weight[partly], steps)
    limit = np.where(np.arange(64) == 0, 2047, 1023)  # what 8-bit Huffman coding can say (T.81 F.1.2)
    return np.asarray(np.clip(made, -limit, limit).astype(np.int16))


def _settled(coefficients: Array, target: Array, weight: Array, steps: Array) -> Array:
    """Move coefficients by whole steps, one after another, as long as the weighted square error falls: (n, 64)."""
    coefficients = coefficients.copy()
    error = (coefficients * steps) @ BASIS - target
    curve = weight @ (BASIS.T**2) * steps**2  # (n, 64): second derivative along each coefficient
    for _ in range(ROUNDS):
        moved = False
        for k in range(64):
            basis = BASIS[k] * steps[k]
            move = -np.rint((weight * error) @ basis / curve[:, k])
            if move.any():
                moved = True
                coefficients[:, k] += move
                error += move[:, None] * basis
        if not moved:
            break
    return coefficients
