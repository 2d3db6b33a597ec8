"""The two passes, each at one size: from the naive composite to a repainted one (sections 3 of the paper).

Pictures are (3, H, W) RGB in [0, 1], masks (1, H, W).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retoucher.models.harmonization import loss, match
from retoucher.models.harmonization.masks import TIGHT, nearest, pyramid, resized, size_of
from retoucher.models.harmonization.recipe import CONTENT, Pass, Recipe
from retoucher.models.harmonization.solve import LEVELS, Box, Pull, Solver
from retoucher.models.harmonization.strength import Balance

Watch = Callable[[Solver, Box], None]
"""Called after each evaluation; may raise to stop."""


@dataclass(frozen=True)
class Scene:
    """What both passes work on, at one size: the painting, the naive composite and the masks of the object.

    `loose`: what may change, 0 or 1. `like` (1, H, W): which part of the painting is an example; None for all of it.
    """

    painting: Tensor
    composite: Tensor
    tight: Tensor
    loose: Tensor
    like: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return size_of(self.painting)

    def at(self, size: tuple[int, int]) -> Scene:
        """The same smaller (or larger)."""
        if size == self.size:
            return self
        like = None if self.like is None else nearest(self.like, size)
        painting, composite, tight = (resized(each, size) for each in (self.painting, self.composite, self.tight))
        loose = resized(self.loose, size)
        loose = loose > (0.5 if bool((loose > 0.5).any()) else 0)  # an object may be smaller than a pixel then
        return Scene(painting, composite, tight, loose.to(painting), like)


class Repainting:
    """Both passes with one network and one recipe. `reduced`: whether the network may run in bfloat16."""

    def __init__(self, features: nn.Module, recipe: Recipe, *, reduced: bool = False) -> None:
        self.features, self.recipe, self.reduced = features, recipe, reduced

    def first(self, scene: Scene, start: Tensor, steps: int, watch: Watch) -> Tensor:
        """The coarse pass: every layer on its own finds the painting's like for each patch of the object."""
        numbers, recipe = self.recipe.first, self.recipe
        box, masks, theirs, ours = self._looked(scene, numbers.layers, numbers.margin)
        pulls: dict[str, list[Pull]] = {layer: [] for layer in numbers.layers}
        whole = ours[CONTENT].numel()
        naive = box.of(ours[CONTENT], CONTENT)
        pulls[CONTENT].append(lambda f, _: (f - naive) * (2 * recipe.content / whole))
        for layer in numbers.style:
            wanted = masks[layer][0] > 0
            found, _ = match.independent(ours[layer], theirs[layer], wanted, _candidates(scene, theirs[layer]))
            target = loss.gram(match.matched(theirs[layer], found), masks[layer])
            pulls[layer].append(_style(target, box.of(masks[layer], layer), recipe.style))
        return self._solved(scene, start, box, masks, pulls, recipe.variation, numbers, steps, watch)

    def matches(self, scene: Scene, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Where in the painting each of the object's cells of `CONTENT` belongs, by the first pass's result.

        Returns matches (h, w, 2) and which cells are the object's (h, w) bool.
        """
        ours, theirs = (self._seen(picture, (CONTENT,))[CONTENT] for picture in (coarse, scene.painting))
        cells = object_cells(scene.tight, size_of(theirs))
        around = nn.functional.max_pool2d(cells[None].float(), 2 * match.WINDOW + 1, 1, match.WINDOW)[0] > 0
        found = match.consistent(ours, theirs, around, _candidates(scene, theirs))
        return match.coherent(found, resized(scene.painting, size_of(theirs)), cells), cells

    def second(self, scene: Scene, start: Tensor, area: Tensor, balance: Balance, steps: int, watch: Watch) -> Tensor:
        """The fine pass: the part of the painting that was matched is what all layers are to look like.

        `area`: that part, (1, h, w), at the size of `CONTENT` at any size of the picture.
        """
        numbers, recipe = self.recipe.second, self.recipe
        box, masks, theirs, ours = self._looked(scene, numbers.layers, numbers.margin)
        pulls: dict[str, list[Pull]] = {layer: [] for layer in numbers.layers}
        naive, near = box.of(ours[CONTENT], CONTENT), box.of(masks[CONTENT], CONTENT)
        pulls[CONTENT].append(lambda f, _: recipe.keep * loss.unit(loss.masked_content(f, naive, near)[1]))
        for layer in numbers.layers:
            here, mask = match.footprint_at(area, size_of(theirs[layer])), box.of(masks[layer], layer)
            if layer in numbers.style:
                pulls[layer].append(_unit_style(loss.gram(theirs[layer], here), mask, balance.style))
            if layer in numbers.histogram and balance.histogram > recipe.least:
                wanted = loss.Histogram.of(theirs[layer], here[0] > 0)
                pulls[layer].append(_Spread(wanted, mask, balance.histogram, recipe.remap))
        return self._solved(scene, start, box, masks, pulls, balance.variation, numbers, steps, watch, unit=True)

    def _looked(
        self, scene: Scene, layers: tuple[str, ...], margin: int
    ) -> tuple[Box, dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """The box that is computed; and of the whole picture each layer's mask, the painting's and the composite's."""
        box = Box.around(scene.loose, margin)
        return (
            box,
            pyramid(scene.loose, layers),
            self._seen(scene.painting, layers),
            self._seen(scene.composite, layers),
        )

    @torch.no_grad()
    def _seen(self, picture: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
            found = self.features((picture * (LEVELS / 255))[None], layers)
        return {layer: each[0].float() for layer, each in zip(layers, found, strict=True)}

    def _solved(
        self,
        scene: Scene,
        start: Tensor,
        box: Box,
        masks: dict[str, Tensor],
        pulls: dict[str, list[Pull]],
        variation: float,
        numbers: Pass,
        steps: int,
        watch: Watch,
        *,
        unit: bool = False,
    ) -> Tensor:
        """The picture after so many evaluations, or fewer where it stands still."""
        loose = box.of(scene.loose)

        def direct(values: Tensor) -> Tensor:
            pulled = loss.variation(values)
            return variation * (loss.unit(pulled * loose) if unit else pulled)

        near = {layer: box.of(mask, layer) for layer, mask in masks.items()}
        solver = Solver(
            self.features, box.of(start), loose, pulls, near, direct, numbers.descent(), reduced=self.reduced
        )
        quiet = 0
        for _ in range(steps):
            quiet = quiet + 1 if solver.step() < self.recipe.still else 0
            watch(solver, box)
            if quiet >= STILL:
                break
        return box.into(solver.picture, start)


STILL = 10
"""Evaluations in a row that must move next to nothing before a pass ends early."""


class _Spread:
    """The histogram loss: its target is found anew every few evaluations."""

    def __init__(self, wanted: loss.Histogram, mask: Tensor, weight: float, every: int) -> None:
        self.wanted, self.mask, self.weight, self.every = wanted, mask, weight, every
        self.cells = mask[0] > loss.COUNTED
        self.target: Tensor | None = None

    def __call__(self, features: Tensor, count: int) -> Tensor:
        if self.target is None or count % self.every == 0:
            self.target = self.wanted.remapped(features, self.cells)
        apart = loss.histogram(features, self.target)[1] * self.cells
        return self.weight * loss.unit(apart * self.mask)


def object_cells(tight: Tensor, size: tuple[int, int]) -> Tensor:
    """Which cells of `CONTENT` are the object's, (h, w) bool; of an object smaller than a cell those it touches."""
    cells = nearest(tight, size)[0] > TIGHT
    return cells if cells.any() else resized(tight, size)[0] > 0


def _style(target: Tensor, mask: Tensor, weight: float) -> Pull:
    return lambda features, _: weight * loss.style(features, target, mask)[1]


def _unit_style(target: Tensor, mask: Tensor, weight: float) -> Pull:
    return lambda features, _: weight * loss.unit(loss.style(features, target, mask)[1])


def _candidates(scene: Scene, features: Tensor) -> Tensor | None:
    """Which cells of the painting may be matched, (h, w) bool; None for all."""
    if scene.like is None:
        return None
    cells = resized(scene.like, size_of(features))[0]
    return cells >= min(0.5, float(cells.max()))
