"""A run's state on disk: what is needed to go on with the same numbers, as tensors and JSON only.

A checkpoint is a folder `checkpoint-STEP`: one safetensors file for each network (`generator`, `discriminator`), one
for each optimiser (`generator-adam`) and one for the average, and `state.json`. It is written aside, flushed and then
renamed; only then is the one before it removed, so there is always a whole one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from retoucher.errors import RetoucherError
from retoucher.files import to_disk

Tensors = dict[str, Tensor]
PREFIX = "checkpoint-"


def save(run: Path, step: int, parts: Mapping[str, Tensors], state: Mapping[str, Any]) -> Path:
    """Write a checkpoint and remove older ones; returns its folder.

    Raises RetoucherError where it cannot be written, a full disk for instance: the one before it is then untouched.
    """
    final, aside = run / f"{PREFIX}{step:09d}", run / f".{PREFIX}{step:09d}.unfinished"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for name, tensors in parts.items():
            if tensors:  # an optimiser that has not taken a step remembers nothing
                write(aside / f"{name}.safetensors", tensors)
        (aside / "state.json").write_text(json.dumps({"step": step, **state}, indent=1) + "\n", "utf-8")
        to_disk(aside / "state.json")
        if final.exists():
            shutil.rmtree(final)
        aside.rename(final)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        kept = latest(run)
        there = f"the checkpoint of step {number(kept)} is whole" if kept else "there is no earlier one"
        raise RetoucherError(
            f"The checkpoint of step {step} could not be written to {run} ({error}); {there}. Make room and resume."
        ) from error
    for old in found(run):
        if old != final:
            shutil.rmtree(old, ignore_errors=True)
    return final


def replace(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Write one file aside and rename it."""
    aside = path.with_name(f".{path.name}.unfinished")
    try:
        write(aside, tensors, notes)
        aside.chmod(0o644)  # the library makes it readable for its owner only
        aside.replace(path)
    except (OSError, SafetensorError) as error:
        aside.unlink(missing_ok=True)
        raise RetoucherError(f"{path} could not be written ({error}): make room and resume.") from error


def write(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """One safetensors file, flushed to the disk."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path, dict(notes or {}))
    to_disk(path)


def found(run: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(path.parent for path in run.glob(f"{PREFIX}*/state.json"))


def latest(run: Path) -> Path | None:
    """The newest whole checkpoint of a run."""
    return next(reversed(found(run)), None)


def number(checkpoint: Path) -> int:
    """The step that a checkpoint was written after."""
    return int(checkpoint.name.removeprefix(PREFIX))


def advice(folder: Path) -> str:
    """What is left when a run has gone wrong, and what to do."""
    kept = latest(folder)
    there = f"the checkpoint of step {number(kept)} is kept" if kept else "there is no checkpoint yet"
    return f"{there}. Lower the learning rate (--set rate=…) or use --precision 32-true."


def load(checkpoint: Path) -> tuple[dict[str, Tensors], dict[str, Any]]:
    """All tensors by file and name, on the CPU, and the state. Raises RetoucherError where a file is damaged."""
    try:
        parts = {path.stem: load_file(path) for path in sorted(checkpoint.glob("*.safetensors"))}
        state = json.loads((checkpoint / "state.json").read_text("utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        raise RetoucherError(f"{checkpoint} is damaged ({error}): remove it to start afresh.") from error
    return parts, state


def adam_tensors(optimizer: torch.optim.Optimizer, names: list[str]) -> Tensors:
    """What Adam remembers of each parameter: `NAME|exp_avg` and so on; `names` are the parameters' in order."""
    state = optimizer.state_dict()["state"]
    return {
        f"{names[index]}|{key}": value
        for index, memory in state.items()
        for key, value in memory.items()
        if isinstance(value, Tensor)
    }


def restore_adam(optimizer: torch.optim.Optimizer, names: list[str], tensors: Mapping[str, Tensor]) -> None:
    """The way back, in place."""
    whole = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        parameter, _, key = name.rpartition("|")
        state.setdefault(names.index(parameter), {})[key] = tensor
    whole["state"] = state
    optimizer.load_state_dict(whole)
