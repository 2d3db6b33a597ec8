"""The seam between the training loop and a paper: which networks learn, in which turns, from which losses.

The loop knows no paper and a paper knows no loop: both know this page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

Figures = dict[str, Tensor]
"""What is worth a line in the log, scalars by name, detached."""


@dataclass(frozen=True)
class Batch:
    """What one step learns from: `image` (N, 3, H, W) RGB in [0, 1] and `mask` (N, 1, H, W), 1 = hole.

    `guide` (N, 5, H, W) in [0, 1], where the recipe asks for one: lines, colours RGB, and where colour is painted.
    """

    image: Tensor
    mask: Tensor
    guide: Tensor | None = None

    def pasted(self, predicted: Tensor) -> Tensor:
        """The photos with their holes filled from a prediction of the whole: (N, 3, H, W) -> the same."""
        return torch.where(self.mask > 0, predicted, self.image)


@dataclass(frozen=True)
class Turn:
    """One network's part in a step: its loss and how it is followed.

    `network`: its name in `Objective.networks`. `rate(step)`: the learning rate of Adam, whose `betas` are given.
    `clip`: the largest norm of the whole gradient, 0 for none. `faster`: parameters whose names begin so learn so many
    times faster than the rest.
    """

    network: str
    loss: Callable[[Batch], tuple[Tensor, Figures]]
    rate: Callable[[int], float]
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float = 0.0
    faster: tuple[tuple[str, float], ...] = ()

    def groups(self, network: nn.Module) -> list[tuple[float, list[str]]]:
        """The network's parameters by name, those together that learn at one rate: how many times faster, and who."""
        found: dict[float, list[str]] = {}
        for name, _ in network.named_parameters():
            times = next((times for start, times in self.faster if name.startswith(start)), 1.0)
            found.setdefault(times, []).append(name)
        return list(found.items())


class Objective(Protocol):
    """What is learnt. The loop may replace what is in `networks` by wrapped ones that compute the same.

    `networks`: by name; the one called "generator" is what is averaged and shipped. `frozen`: feature networks, placed
    on the device and never trained.
    """

    networks: dict[str, nn.Module]
    turns: tuple[Turn, ...]
    frozen: tuple[nn.Module, ...]

    def begin(self, step: int) -> None:
        """Get ready for a step, counted from 0."""

    def fill(self, generator: nn.Module, batch: Batch) -> Tensor:
        """The pictures with their holes filled by this generator, known pixels as they were."""


def schedule(rate: float, steps: int, warmup: int = 0, cooldown: int = 0) -> Callable[[int], float]:
    """A learning rate that rises over the first steps, stays, and falls to nothing over the last.

    >>> follow = schedule(1.0, steps=10, warmup=2, cooldown=4)
    >>> [follow(step) for step in (0, 1, 5, 6, 8, 9)]
    [0.5, 1.0, 1.0, 1.0, 0.5, 0.25]
    """

    def follow(step: int) -> float:
        up = min(1.0, (step + 1) / warmup) if warmup else 1.0
        down = min(1.0, max(0.0, (steps - step) / cooldown)) if cooldown else 1.0
        return rate * up * down

    return follow


def inner(network: nn.Module) -> nn.Module:
    """The network inside what a loop wrapped around it."""
    module = getattr(network, "module", network)
    return module if isinstance(module, nn.Module) else network
