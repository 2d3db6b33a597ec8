"""Where networks run and with how many threads, and that the same input gives the same bytes.

Numbers are float32 on every device. Half types were measured and left out for filling (docs/papers/lama.md, "Speed");
searches of large faces use bfloat16 where it is fast (`fast_half`).
"""

from __future__ import annotations

import os
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from retoucher.errors import UsageError

if TYPE_CHECKING:
    import torch


def choose(name: str = "auto") -> torch.device:
    """The device of that name, made ready: "cpu", "cuda", "cuda:1", "mps", or "auto" (the first GPU, else the CPU).

    Sets, for the process, what the same bytes every time ask for, and no more threads than the machine grants. "mps"
    is never taken unasked: networks with Fourier transforms have not been tried there. Raises UsageError for a name
    that nobody knows and for a device that is not here, saying what is.
    """
    import torch

    here = available()
    first = "cuda:0" if "cuda:0" in here else "cpu"
    place = {"auto": first, "cuda": "cuda:0"}.get(name, name)
    if place not in here:
        known = name in ("cuda", "mps") or (name.startswith("cuda:") and name[5:].isdecimal())
        what = f"There is no {name} on this machine" if known else f"There is no device called {name!r}"
        raise UsageError(f"{what}: choose {' or '.join(['auto', *here])}.")
    _settle(place.partition(":")[0])
    return torch.device(place)


def available() -> tuple[str, ...]:
    """The devices of this machine by name, the CPU first."""
    import torch

    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ("cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else []))


def fast_half(device: torch.device) -> bool:
    """Whether the device computes faster in bfloat16: GPUs, and processors that have instructions for it.

    Elsewhere it is emulated, which is slower than float32 and no less exact than where it is not.
    """
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def threads() -> int:
    """How many threads to compute with: OMP_NUM_THREADS, else the processors that this process may use.

    Counts what a container grants, too: more threads than that take turns and wait for each other.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if asked.isdecimal() and int(asked):
        return int(asked)
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, ceil(min(mine, _granted())))


def _granted(where: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """Processors that the Linux control group grants; infinity where it says nothing."""
    try:
        quota, period = where.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return float("inf")


@cache
def _settle(kind: str) -> None:
    """Once for each kind of device: threads, and algorithms that give the same bytes every time."""
    import torch

    if threads() < torch.get_num_threads():
        torch.set_num_threads(threads())
    if kind == "cuda":
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
