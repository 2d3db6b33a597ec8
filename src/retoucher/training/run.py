"""A run while it goes on: its networks, optimisers and average; placed, shown, saved and restored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from retoucher.errors import RetoucherError
from retoucher.models.common.objective import Batch, Objective, inner
from retoucher.training import checkpoint
from retoucher.training.average import Average
from retoucher.training.log import sheet


@dataclass
class Run:
    """A run while it goes on: its folder, what is learnt, and how far it is. `seconds`: of all calls together."""

    folder: Path
    fabric: Any
    objective: Objective
    average: Average
    optimizers: list[Any]
    step: int = 0
    seconds: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)
    batch: int = 1
    stopped: bool = False


def prepare(folder: Path, fabric: Any, objective: Objective, decay: float, batch: int) -> Run:
    """Place networks and optimisers on the device(s). Weights that something is to start from are in there already."""
    for module in objective.frozen:
        module.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    networks = objective.networks
    average = Average(networks["generator"], decay)
    average.network.to(fabric.device)
    optimizers = []
    for turn in objective.turns:
        module = networks[turn.network].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        named = dict(module.named_parameters())
        groups = [
            {"params": [named[n] for n in names], "lr": turn.rate(0) * times, "times": times}
            for times, names in turn.groups(module)
        ]
        adam = torch.optim.Adam(groups, betas=turn.betas)
        networks[turn.network], optimizer = fabric.setup(module, adam)
        optimizers.append(optimizer)
    return Run(folder, fabric, objective, average, optimizers, batch=batch)


@torch.no_grad()
def show(run: Run, samples: Batch) -> None:
    """Draw the sample sheet: what the average makes of some holes."""
    batch = placed(samples, run.fabric.device)
    filled = run.objective.fill(run.average.network, batch)
    sheet(run.folder / "samples" / f"{run.step:09d}.png", batch, filled)


def save(run: Run) -> None:
    """Write a checkpoint and, beside it, the average alone: `weights.safetensors`, ready to be used."""
    if not run.fabric.is_global_zero:
        return
    average = run.average.network.state_dict()
    if not all(bool(tensor.isfinite().all()) for tensor in average.values()):
        raise RetoucherError(
            f"The network holds numbers that are none at step {run.step}; {checkpoint.advice(run.folder)}"
        )
    parts = {"average": average}
    for turn, optimizer in zip(run.objective.turns, run.optimizers, strict=True):
        network = inner(run.objective.networks[turn.network])
        parts[turn.network] = network.state_dict()
        names = [name for _, group in turn.groups(network) for name in group]
        parts[f"{turn.network}-adam"] = checkpoint.adam_tensors(optimizer, names)
    checkpoint.save(run.folder, run.step, parts, {"seconds": round(run.seconds, 1), **run.notes})
    checkpoint.replace(run.folder / "weights.safetensors", average, {"step": str(run.step)})


def restore(run: Run, folder: Path) -> dict[str, Any]:
    """Go on from a checkpoint: networks, optimisers, average, step and seconds, in place; returns its whole state."""
    parts, state = checkpoint.load(folder)
    try:
        run.average.network.load_state_dict(parts["average"])
        for turn, optimizer in zip(run.objective.turns, run.optimizers, strict=True):
            network = inner(run.objective.networks[turn.network])
            network.load_state_dict(parts[turn.network])
            names = [name for _, group in turn.groups(network) for name in group]
            checkpoint.restore_adam(optimizer, names, parts.get(f"{turn.network}-adam", {}))
        run.step, run.seconds = int(state["step"]), float(state["seconds"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise RetoucherError(f"{folder} is not of this recipe ({error}): start in another folder.") from error
    return state


def placed(batch: Batch, device: torch.device) -> Batch:
    """Bytes become numbers in [0, 1], on the device."""
    image = batch.image.to(device, non_blocking=True)
    image = image if image.is_floating_point() else image.float() / 255
    mask = batch.mask.to(device, non_blocking=True).float()
    guide = batch.guide
    if guide is not None:
        guide = guide.to(device, non_blocking=True)
        guide = guide if guide.is_floating_point() else guide.float() / 255
    return Batch(image.contiguous(memory_format=torch.channels_last), mask, guide)
