"""One training run from its options: plan, begin or go on, train."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from retoucher.errors import UsageError
from retoucher.models.common.objective import Batch
from retoucher.training import checkpoint, crops
from retoucher.training.allocation import keep_freed_memory
from retoucher.training.fabric import fabric_for
from retoucher.training.log import Progress
from retoucher.training.loop import Pace, train
from retoucher.training.options import Options
from retoucher.training.photos import Photos
from retoucher.training.plan import Plan
from retoucher.training.run import Run, prepare, restore
from retoucher.training.settings import flat

SHEET = 8
"""Rows of the sample sheet."""


def run(options: Options) -> int:
    """Train as asked; returns the exit code: 0, or 130 where it was stopped by hand. Raises RetoucherError."""
    plan = Plan.of(options)
    if options.dry_run:
        for line in plan.told():
            Progress(options.quiet).say(line)
        print(json.dumps(flat(plan.recipe), indent=1))
        return 0
    keep_freed_memory()
    fabric = fabric_for(options)
    progress = Progress(options.quiet or not fabric.is_global_zero)
    for line in plan.told():
        progress.say(line)
    going = _begun(plan, fabric, progress)
    samples = plan.samples(plan.photos, memory=options.memory)
    batches = _told(_batches(plan, going, samples), progress)
    why = train(going, batches, _shown(plan, samples), _pace(plan), progress)
    progress.say(f"{why.capitalize()} after step {going.step}: {options.output / 'weights.safetensors'}.")
    return 130 if going.stopped else 0


def _begun(plan: Plan, fabric: Any, progress: Progress) -> Run:
    """The run at its first step, or at the one that it is resumed from."""
    options, recipe = plan.options, plan.recipe
    if recipe.batch % fabric.world_size:
        raise UsageError(f"A batch of {recipe.batch} cannot be shared by {fabric.world_size} devices evenly.")
    torch.manual_seed(options.seed)
    objective = plan.paper.begin(recipe, plan.features)
    if options.start_from:
        _start_from(objective.networks["generator"], options.start_from)
    going = prepare(options.output, fabric, objective, recipe.average, recipe.batch)
    shapes = options.silhouettes.name if options.silhouettes else None
    going.notes = {"photos": plan.photos.fingerprint(), "seed": options.seed, "silhouettes": shapes}
    if options.resume:
        _resume(going, progress)
    elif fabric.is_global_zero:
        _begin(plan)
    return going


def _begin(plan: Plan) -> None:
    """Make the run folder and write down what the run is."""
    from retoucher import __version__

    options, folder = plan.options, plan.options.output
    page = {"method": options.method, "retoucher": __version__, "torch": torch.__version__, "seed": options.seed}
    page |= {"start_from": options.start_from.name if options.start_from else None, "recipe": flat(plan.recipe)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").write_text(json.dumps(page, indent=1) + "\n", "utf-8")
        (folder / "left-out.txt").write_text("".join(f"{line}\n" for line in plan.problems), "utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error}): choose another folder.") from error


def _resume(going: Run, progress: Progress) -> None:
    """Go on from the newest checkpoint; other photos, shapes or another seed are told: the numbers are then others."""
    newest = checkpoint.latest(going.folder)
    if newest is None:
        raise UsageError(f"The run in {going.folder} has no checkpoint yet: remove the folder and begin anew.")
    state = restore(going, newest)
    if any(state.get(name) != note for name, note in going.notes.items()):
        progress.say(
            "The photos, the shapes or the seed are not those of the run so far: it goes on, with other samples."
        )


def _batches(plan: Plan, going: Run, samples: crops.Crops) -> Iterator[crops.Batch]:
    """This process's share of the samples, from the run's step on."""
    fabric, batch = going.fabric, plan.recipe.batch
    first, each = going.step * batch, batch // fabric.world_size
    return crops.batches(samples, each, first, _workers(plan.options), fabric.global_rank, fabric.world_size)


def _pace(plan: Plan) -> Pace:
    options = plan.options
    minutes = math.inf if options.minutes is None else options.minutes
    return Pace(plan.recipe.steps, minutes, options.log_steps, options.sheet_steps, options.checkpoint_minutes)


def _shown(plan: Plan, training: crops.Crops) -> Batch:
    """What the sample sheet shows: crops of the validation photos, or of the training photos."""
    shown = training
    if plan.options.validation:
        photos, _ = Photos.open(plan.options.validation).check(plan.recipe.size)
        shown = plan.samples(photos, memory=False)
    taken = [shown[i] for i in range(SHEET)]
    guides = [each.guide for each in taken if each.guide is not None]
    return Batch(
        torch.stack([each.image for each in taken]),
        torch.stack([each.hole for each in taken]),
        torch.stack(guides) if guides else None,
    )


def _told(batches: Iterator[crops.Batch], progress: Progress) -> Iterator[Batch]:
    """Batches for the loop; photos that cannot be decoded are named once."""
    said: set[str] = set()
    for batch in batches:
        for line in batch.failed:
            if line not in said:
                said.add(line)
                progress.say(f"  {line}")
        yield Batch(batch.image, batch.hole, batch.guide)


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
