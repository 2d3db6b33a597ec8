"""How much each pixel is believed to belong, before any cut: by where it lies, then by its colour."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

MIDDLE, CORNER = 0.8, 0.2
"""Belief in the middle of a box and in its corners: what a box is drawn around fills most of it, seldom its corners."""

KNOWN, NEAR = 0.85, 0.35
"""Belief inside a first guess, and just outside of it."""

LEAST = np.float32(0.02)
"""Belief far from everything that was pointed at."""

BINS = (16, 32, 32)
"""Of lightness, a and b. Lightness changes within a thing, hue hardly."""

ROUNDS = 3
"""Colours are told apart better by a better belief; after three rounds little changes."""


def by_place(size: tuple[int, int], boxes: Array, guess: Bools) -> Floats:
    """Belief by boxes (M, 4) x, y, width, height and by a first guess (h, w), for a view of `size` (height, width)."""
    belief = np.full(size, LEAST, np.float32)
    for x, y, width, height in boxes.tolist():
        rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32) + np.float32(0.5)
        across, down = (columns - x) / width * 2 - 1, (rows - y) / height * 2 - 1
        inside = MIDDLE - (MIDDLE - CORNER) * (across**2 + down**2) / 2
        belief = np.where(np.maximum(abs(across), abs(down)) <= 1, np.maximum(belief, inside), belief)
    if not guess.any():
        return belief
    reach = np.sqrt(np.count_nonzero(guess))
    away = cv2.distanceTransform((~guess).astype(np.uint8), cv2.DIST_L2, 3)
    if len(boxes):
        return np.where(guess, np.maximum(belief, np.float32(KNOWN)), belief)
    near = np.where(guess, KNOWN, NEAR * np.exp(-4 * away / reach))
    return np.maximum(near, LEAST).astype(np.float32)


def by_colour(lab: Array, place: Floats) -> Floats:
    """Belief in each pixel after its colour is taken into account: (h, w), from CIELAB (h, w, 3) uint8.

    Bayes' rule with two histograms, one of what is believed to belong and one of the rest, in turns.
    """
    steps = (lab // np.array([256 // bins for bins in BINS], np.uint8)).astype(np.int64)
    index = (steps[..., 0] * BINS[1] + steps[..., 1]) * BINS[2] + steps[..., 2]
    belief = place
    for _ in range(ROUNDS):
        thing, rest = _histogram(index, belief)[index], _histogram(index, 1 - belief)[index]
        belief = place * thing / (place * thing + (1 - place) * rest + 1e-9)
    return np.asarray(cv2.GaussianBlur(belief.astype(np.float32), (0, 0), 2))


def _histogram(index: Array, weights: Floats) -> Floats:
    """Shares of the colours, each a little of its neighbours', too: (bins,)."""
    counts: Array = np.bincount(index.ravel(), weights.ravel(), int(np.prod(BINS))).reshape(BINS)
    for axis in range(3):
        counts = counts / 2 + (np.roll(counts, 1, axis) + np.roll(counts, -1, axis)) / 4
    return np.asarray(counts.ravel() / max(counts.sum(), 1e-9), np.float32)
