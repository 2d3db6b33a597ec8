"""GrabCut as a model: what belongs to a thing, from clicks, boxes and a first guess. Nothing is trained."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from retoucher.fit import Fit
from retoucher.models.common.growing import Ground, a_few, filled
from retoucher.models.grabcut.belief import by_colour, by_place

Array = np.ndarray[Any, np.dtype[Any]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

SURE = 0.8
"""Belief above which a pixel is not left to the cut: without such a core, a cut around nothing is often cheapest."""

TOUCH = 0.02
"""Radius of a click, as a share of the view's longer side."""

ROUNDS = 2
"""Of learning colours and cutting; more do not gain anything (measured)."""

LEAST_PART = 0.15
"""Share of the largest part that another part must have to stay, where nothing was clicked."""


class GrabCut:
    """Cuts a thing out of a small picture by its colours and edges (Rother et al. 2004).

    Every segmentation model is called like this one. `fit.best` is the longest side of the pictures it wants,
    `fit.context` how much of the surroundings they should show, as a share of the thing's longer side.
    """

    fit = Fit(best=288, context=0.5)
    weights_name = None

    def __call__(
        self, image: Tensor, points: Tensor, belongs: Tensor, boxes: Tensor, guess: Tensor | None = None
    ) -> Tensor:
        """How likely each pixel belongs: (1, 1, h, w) in [0, 1]; above one half it does.

        `image` (1, 3, h, w) is RGB in [0, 1]. All else is in its pixels: `points` (N, 2) x, y with `belongs` (N,) bool,
        what was clicked (a scribble is many points); `boxes` (M, 4) x, y, width, height around what is meant; `guess`
        (1, 1, h, w) in [0, 1], a first idea. Each may be empty, but not all. The same input gives the same answer.
        """
        rgb = np.ascontiguousarray((image[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
        size, frames = rgb.shape[:2], boxes.numpy()
        clicks, others = points[belongs].numpy(), points[~belongs].numpy()
        meant, not_meant = _touched(size, clicks), _touched(size, others)
        first = np.zeros(size, bool) if guess is None else guess[0, 0].numpy() > 0.5
        ground = Ground(rgb)
        nothing = np.zeros(size, bool)
        against = not_meant | _grown(ground, others, nothing, meant, nothing)
        first |= _grown(ground, clicks, first, _outside(size, frames), against)
        first &= ~against
        place = by_place(size, frames, first)
        lab = cv2.medianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), 3)
        marks = _marks(place, by_colour(lab, place), first)
        marks[against | _outside(size, frames)] = cv2.GC_BGD
        marks[meant & ~not_meant] = cv2.GC_FGD
        solid = _solid(_cut(rgb, marks), meant) & ~(against & ~meant | not_meant)
        return torch.from_numpy(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 0.7))[None, None]


def _marks(place: Array, belief: Array, first: Bools) -> Array:
    """GrabCut's labels: only what place and colour both speak for is sure."""
    marks = np.where((belief > 0.5) | first, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    core = cv2.erode((belief > SURE).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    marks[core & (place > 0.1)] = cv2.GC_FGD
    return marks


def _grown(ground: Ground, points: Array, known: Bools, forbidden: Bools, walls: Bools) -> Bools:
    """Regions grown around those of some points (N, 2) that are not in what is `known` already, a few at most."""
    grown = np.zeros_like(known)
    new = [(x, y) for x, y in np.floor(points).astype(int).tolist() if not known[y, x]]
    for x, y in new[a_few(len(new))]:
        grown |= ground.grow(x, y, forbidden, walls).array
    return grown


def _outside(size: tuple[int, int], boxes: Array) -> Bools:
    """What lies in no box, if there are boxes at all: (h, w) bool."""
    outside = np.full(size, len(boxes) > 0)
    for x, y, width, height in np.floor(boxes).astype(int).tolist():
        outside[max(y, 0) : y + height + 1, max(x, 0) : x + width + 1] = False
    return outside


def _touched(size: tuple[int, int], points: Array) -> Bools:
    """Discs around points (N, 2): (h, w) bool."""
    touched = np.zeros(size, np.uint8)
    radius = max(1, round(TOUCH * max(size)))
    for x, y in np.floor(points).astype(int).tolist():
        cv2.circle(touched, (x, y), radius, 1, -1)
    return touched > 0


def _cut(rgb: Array, marks: Array) -> Bools:
    """OpenCV's GrabCut; where one side has no pixel to learn from, the marks as they are."""
    meant = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    if meant.all() or not meant.any():
        return np.asarray(meant)
    cv2.setRNGSeed(0)  # its first clusters of colours are drawn by lot
    marks = marks.copy()
    colours, others = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(rgb[..., ::-1]), marks, None, colours, others, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD))


def _solid(thing: Bools, clicked: Bools) -> Bools:
    """Without specks and holes: the parts that were clicked, or else the large ones."""
    cut = cv2.morphologyEx(thing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts, facts, _ = cv2.connectedComponentsWithStats(cut | (thing & clicked), connectivity=4)
    if clicked.any():
        kept = np.unique(parts[clicked & thing])
    else:
        areas = facts[:, cv2.CC_STAT_AREA].copy()
        areas[0] = 0
        kept = np.flatnonzero(areas >= LEAST_PART * max(areas.max(), 1))
    return filled(np.isin(parts, kept[kept > 0]))
