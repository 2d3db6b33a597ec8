"""What a run is to be, checked before anything is made: its recipe, folder, photos and feature networks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from retoucher.errors import RetoucherError, UsageError
from retoucher.training.crops import Crops
from retoucher.training.feature_networks import feature_networks
from retoucher.training.holes import Holes
from retoucher.training.kinds import OneOf, augmentation_named, guide_named, holes_named
from retoucher.training.options import Options
from retoucher.training.papers import PAPERS, Paper
from retoucher.training.photos import Photos
from retoucher.training.settings import changed, differences, flat
from retoucher.training.silhouettes import Silhouettes
from retoucher.training.sources import groups_of

LARGEST = 0.6
"""The share of a crop that a hole may have."""
FREE = ("steps", "cooldown")
"""What may differ between a run and its continuation."""
NAMED = 10
"""How many photos that cannot be used are named at the beginning; left-out.txt has them all."""


@dataclass(frozen=True)
class Plan:
    """A run before its first step. `problems` has a sentence for each photo that cannot be used."""

    options: Options
    paper: Paper
    recipe: Any
    photos: Photos
    problems: list[str]
    features: Mapping[str, nn.Module]
    holes: Holes

    @classmethod
    def of(cls, options: Options) -> Plan:
        """Check everything that was asked for. Raises UsageError or RetoucherError; nothing has been written then."""
        recipe = _recipe(options)
        _check_folder(options, recipe)
        holes = _holes(options, recipe)
        augmentation_named(recipe.augment)
        photos, problems = _photos(options, recipe.size)
        paper = PAPERS[options.method]
        features = feature_networks(paper.features(recipe), options.features)
        return cls(options, paper, recipe, photos, problems, features, holes)

    def told(self) -> list[str]:
        """The photos that are taken and those that are not, in a few lines."""
        lines = [f"  {line}" for line in self.problems[:NAMED]]
        if len(self.problems) > NAMED:
            lines.append(f"  … and {len(self.problems) - NAMED} more")
        named = f", {self.photos.left_out} left out by name" if self.photos.left_out else ""
        return [*lines, f"{len(self.photos)} photos, {len(self.problems)} that cannot be used{named}."]

    def samples(self, photos: Photos, *, memory: bool) -> Crops:
        """The samples that these photos give by the recipe."""
        recipe, options = self.recipe, self.options
        augment = augmentation_named(recipe.augment)
        guide = guide_named(self.paper.guide(recipe))
        largest = LARGEST if guide is None else 1.0  # with lines and colours a picture may come from nothing
        # the sample sheet shows other photos as they come
        balanced = options.sources is not None and photos is self.photos
        groups = groups_of(photos, options.sources) if balanced and options.sources else None
        return Crops(
            photos, self.holes, recipe.size, options.seed, augment, largest, memory=memory, guide=guide, groups=groups
        )


def _holes(options: Options, recipe: Any) -> Holes:
    """The recipe's holes, every second one in the shape of a thing where shapes are given."""
    holes = holes_named(recipe.holes, recipe.size)
    if options.silhouettes is None:
        return holes
    return OneOf((holes, Silhouettes.open(options.silhouettes)), (0.5, 0.5))


def _recipe(options: Options) -> Any:
    """The recipe that was named, with what was set. Raises UsageError where it makes no sense."""
    recipe = PAPERS[options.method].recipe(options.recipe)
    given = {"size": options.size, "batch": options.batch}
    settings = [f"{name}={value}" for name, value in given.items() if value is not None]
    recipe = changed(recipe, [*settings, *options.settings])
    if options.steps is not None:
        recipe = with_steps(recipe, options.steps)
    if recipe.size % recipe.multiple:
        raise UsageError(f"A size of {recipe.size} does not go: this network needs a multiple of {recipe.multiple}.")
    return recipe


def with_steps(recipe: Any, steps: int) -> Any:
    """The recipe with so many steps in all; stages keep their shares."""
    if steps < 1:
        raise UsageError(f"{steps} steps are none: give 1 or more.")
    if not hasattr(recipe, "stages"):
        return replace(recipe, steps=steps)
    shares = [round(steps * stage.steps / recipe.steps) for stage in recipe.stages[:-1]]
    counts = [*shares, steps - sum(shares)]
    return replace(
        recipe, stages=tuple(replace(stage, steps=n) for stage, n in zip(recipe.stages, counts, strict=True))
    )


def _check_folder(options: Options, recipe: Any) -> None:
    """The run folder: a new or empty one, or with --resume one that holds a run of this very recipe."""
    folder, page = options.output, options.output / "run.json"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the run.")
    if not options.resume:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty: --resume goes on with the run in it, another name begins a new one."
            )
        return
    if not page.exists():
        raise UsageError(f"There is no run in {folder} to go on with: leave out --resume to begin one.")
    try:
        before = json.loads(page.read_text("utf-8"))
        method, old = before["method"], before["recipe"]
    except (ValueError, KeyError, OSError) as error:
        raise RetoucherError(f"{page} is damaged ({error}): begin a new run in another folder.") from error
    if method != options.method:
        raise UsageError(f"The run in {folder} is of {method}, not of {options.method}: choose another folder.")
    free = [name for name in old if name in FREE or (name.startswith("stages.") and name.endswith(".steps"))]
    if changes := differences(old, flat(recipe), free):
        raise UsageError(
            f"The run in {folder} has another recipe ({'; '.join(changes[:4])}): say the same, or begin anew."
        )


def _photos(options: Options, size: int) -> tuple[Photos, list[str]]:
    """The photos that can be used, and a sentence for each that cannot."""
    names: set[str] = set()
    if options.leave_out:
        try:
            names = {line.strip() for line in options.leave_out.read_text("utf-8").splitlines()} - {""}
        except (OSError, ValueError) as error:
            raise UsageError(f"{options.leave_out} cannot be read ({error}): give a text file.") from error
    return Photos.open(options.photos, names).check(size)
