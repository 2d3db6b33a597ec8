"""Content-aware fill without weights: coarse to fine, each level searched, voted and searched again.

Wexler et al. 2007 (coherent voting), Barnes et al. 2009 (the search), Newson et al. 2014 (texture in the distance,
diffusion to begin with, single sources instead of averages to end with). Ours, each for what we saw without it:
nearer sources are preferred and rows count twice (houses in the street), places that are copied again and again pay
for it (smears and repeats), and the seams are blended by gradients, but not across edges that do not match (halos).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retoucher.jobs import Tell, silent
from retoucher.models.common.patchmatch import Bools, Field, Floats, Ints, Search, finer_field, random_field
from retoucher.models.common.voting import offsets, vote
from retoucher.models.exemplar.blend import diffused
from retoucher.models.exemplar.overuse import overuse
from retoucher.models.exemplar.pyramid import Level, doubled, halved, pyramid
from retoucher.models.exemplar.seams import blended


@dataclass(frozen=True)
class Effort:
    """Every number of the method.

    Costs are sums of squared differences of colours in [0, 1] over a patch. `thick` is the hole's thickness: twice
    the largest distance from one of its pixels to a known one.
    """

    radius: int = 3  # of a patch: 7×7
    coarsest_hole: float = 5.0  # levels are added until the distance to the known is at most this, in pixels
    coarse_rounds: int = 24  # of search and vote at the coarsest level; half as many at each finer one …
    fine_rounds: int = 4  # … but not fewer than this, …
    pixel_rounds: float = 1.2e6  # … unless hole pixels × rounds exceed this: large holes are refined less
    most_pixels: float = 6e5  # of a hole that is searched at its own size; larger ones are at half, and copied at full
    passes: int = 2  # of the search in a round
    sharpness: float = 3.0  # of the vote at the first round of a level, five times as sharp at its last
    near: float = 0.7  # sources within this many `thick` are equally welcome, …
    far: float = 0.5  # … farther ones cost this much for each `thick`
    burden: float = 0.03  # cost of a source for each time beyond the first that its place is copied
    screen: float = 1e-3  # pull of the copied colours against their gradients in the seam blending
    mismatch: float = 0.3  # contradiction at a seam on smooth ground, of which half the gradient is believed


DEFAULT = Effort()


def fill(image: Floats, hole: Bools, *, seed: int = 0, effort: Effort = DEFAULT, tell: Tell = silent) -> Floats:
    """Fill the hole from the known part of the picture.

    image: (H, W, 3) float32 RGB in [0, 1], not read under the hole. hole: (H, W) bool, neither empty nor everything.
    seed: another one draws other sources. Returns (H, W, 3) in [0, 1], equal to `image` outside the hole.
    """
    image = np.where(hole[..., None], np.float32(0), image)
    sources = _sources(image, hole, seed, effort, tell)
    if sources is None:
        return diffused(image, hole)
    tell(0.95, "blending the seams")
    return blended(image, hole, sources, effort.screen, effort.mismatch)


def _sources(image: Floats, hole: Bools, seed: int, effort: Effort, tell: Tell) -> Ints | None:
    """(H, W, 2): rows and columns from each hole pixel to its source; None where no known patch is to be found."""
    if hole.sum() > effort.most_pixels:
        small, known = halved(image, (~hole).astype(np.float32))
        coarse = _sources(small, known < 1, seed, effort, tell)  # every hole pixel has a parent, every source is known
        return None if coarse is None else np.where(hole[..., None], 2 * doubled(coarse, hole.shape), 0)
    levels = pyramid(image, hole, effort.coarsest_hole, effort.radius)
    if not levels:
        return None
    picture = diffused(levels[-1].appearance, levels[-1].hole)
    field = random_field(levels[-1].wanted, levels[-1].allowed, seed)
    for depth in range(len(levels) - 1, -1, -1):
        level = levels[depth]
        if depth < len(levels) - 1:
            field = finer_field(field, level.wanted, level.allowed, seed + depth)
            picture = vote(level.appearance, level.appearance, level.hole, field, level.trust, level.radius, 1.0)
        rounds = _rounds(level, len(levels) - 1 - depth, effort)
        for turn in range(rounds):
            # The work of a level quadruples from one to the next: so does its share of the bar.
            tell(
                (4.0**-depth) * (0.25 + 0.65 * turn / rounds), f"filling, level {len(levels) - depth} of {len(levels)}"
            )
            field = _searched(level, field, picture, _drawn(seed, depth, turn), effort)
            sharpness = effort.sharpness * (1 + 4 * turn / rounds)
            picture = vote(picture, level.appearance, level.hole, field, level.trust, level.radius, sharpness)
    field = _searched(levels[0], field, picture, seed, effort)
    return offsets(hole, field, levels[0].radius)


def _rounds(level: Level, above: int, effort: Effort) -> int:
    """How often a level is searched and voted; `above` counts the coarser levels."""
    wanted = max(effort.coarse_rounds >> above, effort.fine_rounds)
    return max(1, min(wanted, int(effort.pixel_rounds / level.hole.sum())))


def _searched(level: Level, field: Field, picture: Floats, seed: int, effort: Effort) -> Field:
    """Better sources for what the picture now shows."""
    thick = 2 * level.thickness
    search = Search(
        picture, level.appearance, level.allowed, level.radius,
        burden=effort.burden * overuse(field, level.radius), near=effort.near * thick, far=effort.far / thick,
    )  # fmt: skip
    return search.improved(search.measured(field), rounds=effort.passes, seed=seed)


def _drawn(*numbers: int) -> int:
    """A seed of 32 bits from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
