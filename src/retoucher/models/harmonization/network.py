"""Painterly harmonization as one model: painting, naive composite and mask in, the painting with the object out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retoucher.jobs import Tell, silent
from retoucher.models.harmonization import match, strength
from retoucher.models.harmonization.finish import finish, statistics
from retoucher.models.harmonization.lift import lift
from retoucher.models.harmonization.masks import (
    beyond_the_border,
    dilated,
    feathered,
    longest,
    nearest,
    resized,
    size_of,
)
from retoucher.models.harmonization.passes import Repainting, Scene, Watch
from retoucher.models.harmonization.recipe import PUBLISHED, QUICK, RECIPES, Pass, Recipe
from retoucher.models.harmonization.solve import Box, Solver

PUBLISHED_SIZE = 700
"""The longest side that the released program works at; the sizes of its kernels belong to it."""
FIRST, SECOND, FINISH = 0.25, 0.85, 0.95
"""Which share of the work is done after each part, for the person who waits."""
COARSEST = 256
"""Pixels of the longest side below which nothing is made coarser: previews would lose the object's own pattern."""
SHOWN = 5
"""Evaluations between two pictures that are shown."""


@dataclass(frozen=True)
class Painted:
    """What came out. `pixels` (3, H, W): the painting with the object in it; outside `changed` (1, H, W) bool it is
    the painting's very pixels.

    `strength`: what was asked for or measured. `matches` (h, w, 2): row and column, in the painting's map of relu4_1 at
    the size that was worked at (a cell is 8 pixels), of where each cell of the object was matched, -1 elsewhere; None
    without a second pass. `size`: the (height, width) that was worked at.
    """

    pixels: Tensor
    changed: Tensor
    strength: float
    matches: Tensor | None
    size: tuple[int, int]


class Harmonization(nn.Module):
    """`features`: a network that gives VGG-19's layers relu1_1 … relu5_1 of RGB in [0, 1], in VGG-19's scale.

    `reduced`: whether it may run in bfloat16; None asks the processor whether that is faster.
    """

    weights_name: str | None = None

    def __init__(self, features: nn.Module, recipe: Recipe = QUICK, *, reduced: bool | None = None) -> None:
        super().__init__()
        self.features, self.recipe = features, recipe
        self.reduced = _halves() if reduced is None else reduced

    @torch.no_grad()
    def forward(
        self,
        painting: Tensor,
        composite: Tensor,
        mask: Tensor,
        *,
        strength: float | None = None,
        passes: int = 2,
        finish: bool = True,
        size: int = PUBLISHED_SIZE,
        steps: int = 0,
        recipe: str = "",
        like: tuple[int, int, int, int] | None = None,
        seed: int = 0,
        tell: Tell = silent,
    ) -> Painted:
        """Repaint what the mask covers.

        `painting`, `composite`: RGB (3, H, W) in [0, 1]; `mask` (1, H, W) in [0, 1], 1 = object, tight. `strength`:
        0 moves the object's colours only, 1 repaints it fully, None measures the painting. `passes`: 0 to 2. `size`:
        the longest side that is worked at. `steps`: evaluations of each pass, 0 for the recipe's. `recipe`: one of
        `RECIPES`, "" for the model's own. `like`: x, y, width and height of the part of the painting that is the
        example. Raises ValueError for a mask that is empty, and what `tell` raises.
        """
        if not bool((mask > 0.5).any()):
            raise ValueError("the mask is empty")
        chosen_recipe = RECIPES[recipe] if recipe else self.recipe
        repainting = Repainting(self.features, chosen_recipe, reduced=self.reduced and chosen_recipe is not PUBLISHED)
        work = _Work(repainting, painting, composite, mask, size, like, seed, tell)
        chosen = work.measured() if strength is None else strength
        return work.done(chosen, passes, finish, steps)


class _Work:
    """One call: the pictures at full size and at the size that is worked at, and what is told on the way."""

    def __init__(
        self,
        repainting: Repainting,
        painting: Tensor,
        composite: Tensor,
        mask: Tensor,
        size: int,
        like: tuple[int, int, int, int] | None,
        seed: int,
        tell: Tell,
    ) -> None:
        self.painting, self.composite, self.mask, self.seed, self.tell = painting, composite, mask, seed, tell
        self.repainting = repainting
        full = size_of(painting)
        small = longest(painting, min(size, max(full)))
        # Dilation as published loses what is smaller than some 10 pixels.
        loose = torch.maximum(dilated(mask, max(full) / PUBLISHED_SIZE), (feathered(mask) > 0).to(mask))
        self.like = None if like is None else _area(like, full)
        self.scene = Scene(painting, composite, mask, loose, self.like).at(small)
        self.loose = loose
        self.matches: Tensor | None = None

    def measured(self) -> float:
        """The strength that suits the painting."""
        return strength.measured(self.painting)

    def done(self, chosen: float, passes: int, polished: bool, steps: int) -> Painted:
        """All of it, at full size."""
        if not chosen:  # at full size: nothing is looked at that is smaller
            moved = statistics(self.composite, self.painting, self.mask, self.like)
            return self._painted(moved, chosen)
        scene = self.scene
        coarse = scene.composite
        if passes:
            coarse = self._first(steps)
        if passes > 1:
            coarse = self._second(coarse, chosen, steps)
        self.tell(SECOND, "finishing")
        found = coarse.clamp(0, 1)
        if polished:
            found = finish(found, scene.composite, scene.tight, scene.painting, share=self._share(), seed=self.seed)
        full = size_of(self.painting)
        if full != scene.size:
            self.tell(FINISH, "bringing it to the painting's size")
            found = lift(found, scene.composite, self.composite, self.painting, self.mask, scene.tight, seed=self.seed)
        elif not polished:
            share = beyond_the_border(feathered, self.mask)
            found = found * share + self.painting * (1 - share)
        return self._painted(found, chosen)

    def _share(self) -> Tensor | None:
        """How much of the finished object goes into the painting; None for as much as was published.

        All of it where it is to be made larger: it is cut out anew then, and a seam of these pixels would show.
        """
        share = beyond_the_border(feathered, self.scene.tight)
        if self.scene.size != size_of(self.painting):
            return (share > 0).to(share)
        return None if self.repainting.recipe.wide else share

    def _painted(self, pixels: Tensor, chosen: float) -> Painted:
        """The result: within the dilated mask these pixels, outside it the painting's very own."""
        changed = self.loose > 0
        pixels = torch.where(changed, pixels.clamp(0, 1), self.painting)
        return Painted(pixels, changed, chosen, self.matches, self.scene.size)

    def _first(self, steps: int) -> Tensor:
        return self._levels(self.repainting.recipe.first, steps, (0.0, FIRST), self.repainting.first)

    def _second(self, coarse: Tensor, chosen: float, steps: int) -> Tensor:
        scene = self.scene
        self.tell(FIRST, "comparing with the painting")
        found, cells = self.repainting.matches(scene, coarse)
        area = match.footprint(found, cells, size_of(cells))
        if scene.like is not None:
            area = area * (nearest(scene.like, size_of(cells)) > 0)
        self.matches = torch.where(cells[..., None], found, -1)
        weights = strength.balance(strength.level(chosen), strength.noise(scene.painting))

        def second(scene: Scene, start: Tensor, steps: int, watch: Watch) -> Tensor:
            return self.repainting.second(scene, start, area, weights, steps, watch)

        return self._levels(self.repainting.recipe.second, steps, (FIRST, SECOND), second)

    def _levels(
        self,
        numbers: Pass,
        steps: int,
        share: tuple[float, float],
        solve: Callable[[Scene, Tensor, int, Watch], Tensor],
    ) -> Tensor:
        """Coarse to fine: what the smaller picture has gained is added to the larger naive composite."""
        whole = self.scene
        least = min(1.0, COARSEST / max(whole.size))
        levels = [(max(scale, least), count) for scale, count in numbers.stretched(steps)]
        costs = [scale**2 * count for scale, count in levels]
        gained: Tensor | None = None
        found = whole.composite
        for number, (scale, count) in enumerate(levels):
            scene = whole.at((max(16, round(whole.size[0] * scale)), max(16, round(whole.size[1] * scale))))
            start = scene.composite if gained is None else scene.composite + resized(gained, scene.size)
            before = share[0] + (share[1] - share[0]) * sum(costs[:number]) / sum(costs)
            each = (share[1] - share[0]) * costs[number] / sum(costs) / count
            found = solve(scene, start, count, self._watching(scene, before, each))
            gained = found - scene.composite
        assert gained is not None
        return found if found.shape == whole.composite.shape else whole.composite + resized(gained, whole.size)

    def _watching(self, scene: Scene, before: float, each: float) -> Watch:
        share = beyond_the_border(feathered, scene.tight)

        def watch(solver: Solver, box: Box) -> None:
            shown = None
            if solver.count % SHOWN == 0:
                picture = box.into(solver.picture, scene.composite)
                shown = (picture * share + scene.painting * (1 - share)).clamp(0, 1)
            self.tell(before + each * solver.count, "repainting", shown)

        return watch


def _area(box: tuple[int, int, int, int], size: tuple[int, int]) -> Tensor:
    """A mask (1, H, W) of a box."""
    x, y, width, height = box
    area = torch.zeros(1, *size)
    area[:, max(y, 0) : y + height, max(x, 0) : x + width] = 1
    if not area.any():
        raise ValueError(f"the box {box} does not lie in the picture")
    return area


def _halves() -> bool:
    """Whether the processor multiplies bfloat16 faster than float32."""
    flags = torch.cpu._is_avx512_bf16_supported(), torch.cpu._is_amx_tile_supported()
    return any(flags)
