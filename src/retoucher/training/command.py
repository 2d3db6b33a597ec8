"""One training run from its options: check everything, make or find the run folder, train."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from retoucher.errors import RetoucherError, UsageError
from retoucher.models.common.objective import Batch
from retoucher.training import checkpoint, crops
from retoucher.training.allocation import keep_freed_memory
from retoucher.training.fabric import fabric_for
from retoucher.training.feature_networks import feature_networks
from retoucher.training.kinds import augmentation_named, holes_named
from retoucher.training.log import Progress
from retoucher.training.loop import Pace, train
from retoucher.training.options import Options
from retoucher.training.papers import PAPERS
from retoucher.training.photos import Photos
from retoucher.training.run import Run, prepare, restore
from retoucher.training.settings import changed, differences, flat

LARGEST = 0.6
"""The share of a crop that a hole may have."""
SHEET = 8
"""Rows of the sample sheet."""
FREE = ("steps", "cooldown")
"""What may differ between a run and its continuation."""


def run(options: Options) -> int:
    """Train as asked; returns the exit code: 0, or 130 where it was stopped by hand. Raises RetoucherError."""
    progress = Progress(options.quiet)
    paper = PAPERS[options.method]
    recipe = _recipe(options)
    folder = _folder(options, recipe)
    holes = holes_named(recipe.holes, recipe.size)
    augment = augmentation_named(recipe.augment)
    photos, problems = _photos(options, recipe.size)
    features = feature_networks(paper.features(recipe), options.features)
    for line in problems[:10] + ([f"… and {len(problems) - 10} more"] if len(problems) > 10 else []):
        progress.say(f"  {line}")
    progress.say(f"{len(photos)} photos, {len(problems)} left out.")
    if options.dry_run:
        print(json.dumps(flat(recipe), indent=1))
        return 0
    keep_freed_memory()
    fabric = fabric_for(options)
    torch.manual_seed(options.seed)
    objective = paper.begin(recipe, features)
    if options.start_from:
        _start_from(objective.networks["generator"], options.start_from)
    going = prepare(folder, fabric, objective, recipe.average, recipe.batch)
    going.notes = {"photos": photos.fingerprint(), "seed": options.seed}
    if options.resume:
        _resume(going, photos, options.seed, progress)
    elif fabric.is_global_zero:
        _begin(folder, options, recipe, problems)
    if recipe.batch % fabric.world_size:
        raise UsageError(f"A batch of {recipe.batch} cannot be shared by {fabric.world_size} devices evenly.")
    samples = crops.Crops(photos, holes, recipe.size, options.seed, augment, LARGEST, memory=options.memory)
    shown = _samples(options, samples)
    pace = Pace(
        recipe.steps,
        options.minutes if options.minutes is not None else float("inf"),
        log_steps=options.log_steps,
        sheet_steps=options.sheet_steps,
        checkpoint_minutes=options.checkpoint_minutes,
    )
    each, workers = recipe.batch // fabric.world_size, _workers(options)
    loaded = crops.batches(samples, each, going.step * recipe.batch, workers, fabric.global_rank, fabric.world_size)
    why = train(going, _told(loaded, progress), shown, pace, progress)
    progress.say(f"{why.capitalize()} after step {going.step}: {folder / 'weights.safetensors'}.")
    return 130 if going.stopped else 0


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


def _folder(options: Options, recipe: Any) -> Path:
    """The run folder: a new or empty one, or with --resume one that holds a run of this very recipe."""
    folder, page = options.output, options.output / "run.json"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the run.")
    if not options.resume:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty: --resume goes on with the run in it, another name begins a new one."
            )
        return folder
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
    return folder


def _begin(folder: Path, options: Options, recipe: Any, problems: list[str]) -> None:
    """Make the run folder and write down what the run is."""
    from retoucher import __version__

    page = {"method": options.method, "retoucher": __version__, "torch": torch.__version__, "seed": options.seed}
    page |= {"start_from": options.start_from.name if options.start_from else None, "recipe": flat(recipe)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").write_text(json.dumps(page, indent=1) + "\n", "utf-8")
        (folder / "left-out.txt").write_text("".join(f"{line}\n" for line in problems), "utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error}): choose another folder.") from error


def _resume(going: Run, photos: Photos, seed: int, progress: Progress) -> None:
    """Go on from the newest checkpoint; other photos or another seed are told, for the numbers are then others."""
    newest = checkpoint.latest(going.folder)
    if newest is None:
        raise UsageError(f"The run in {going.folder} has no checkpoint yet: remove the folder and begin anew.")
    state = restore(going, newest)
    if state.get("photos") != photos.fingerprint() or state.get("seed") != seed:
        progress.say("The photos or the seed are not those of the run so far: it goes on, with other samples.")


def _photos(options: Options, size: int) -> tuple[Photos, list[str]]:
    """The photos that can be used, and a sentence for each that cannot."""
    names: set[str] = set()
    if options.leave_out:
        try:
            names = {line.strip() for line in options.leave_out.read_text("utf-8").splitlines()} - {""}
        except (OSError, ValueError) as error:
            raise UsageError(f"{options.leave_out} cannot be read ({error}): give a text file.") from error
    return Photos.open(options.photos, names).check(size)


def _samples(options: Options, training: crops.Crops) -> Batch:
    """What the sample sheet shows: crops of the validation photos, or of the training photos."""
    shown = training
    if options.validation:
        photos, _ = Photos.open(options.validation).check(training.size)
        shown = crops.Crops(photos, training.holes, training.size, options.seed, training.augment, LARGEST)
    taken = [shown[i] for i in range(SHEET)]
    return Batch(torch.stack([each.image for each in taken]), torch.stack([each.hole for each in taken]))


def _told(batches: Iterator[crops.Batch], progress: Progress) -> Iterator[Batch]:
    """Batches for the loop; photos that cannot be decoded are named once."""
    said: set[str] = set()
    for batch in batches:
        for line in batch.failed:
            if line not in said:
                said.add(line)
                progress.say(f"  {line}")
        yield Batch(batch.image, batch.hole)


def _start_from(generator: nn.Module, path: Path) -> None:
    """Fill a generator with the tensors of a file. Raises UsageError where they are another network's."""
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
        generator.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise UsageError(f"There is no {path}.") from error
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise UsageError(f"{path} does not hold this recipe's network ({said}).") from error


def _workers(options: Options) -> int:
    """How many processes prepare pictures: one on two cores, up to 12 on many."""
    if options.workers is not None:
        return options.workers
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(12, cores - 2))
