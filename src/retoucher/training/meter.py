"""How a run is doing: the means of its losses, its speed, and whether a loss is still a number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import torch

from retoucher.errors import RetoucherError
from retoucher.models.common.objective import Batch, Figures
from retoucher.training.checkpoint import advice


class Clock:
    """Seconds since it was made, and since it was last marked."""

    def __init__(self) -> None:
        self._began = self._marked = perf_counter()

    @property
    def total(self) -> float:
        """Seconds since it was made."""
        return perf_counter() - self._began

    @property
    def since_mark(self) -> float:
        """Seconds since it was last marked."""
        return perf_counter() - self._marked

    def mark(self) -> float:
        """Seconds since it was last marked, and begin to count anew."""
        passed, self._marked = self.since_mark, perf_counter()
        return passed


class Meter:
    """Means of the losses since the last line, the speed, the time spent waiting for pictures, and whether all is well.

    Losses stay on the device until a line is asked for, so that no step waits for them.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.folder = folder
        self.bad = torch.full((), -1, device=device)  # the first step whose loss was not a number
        self._clear()

    def _clear(self) -> None:
        self.sums: Figures = {}
        self.steps, self.images, self.waited, self.clock = 0, 0, 0.0, Clock()

    def timed(self, batches: Iterator[Batch]) -> Batch:
        """The next batch; the time spent on it counts as waiting."""
        clock = Clock()
        batch = next(batches)
        self.waited += clock.total
        return batch

    def add(self, number: int, figures: Figures, images: int) -> None:
        """Take in the figures of step `number`, counted from 0."""
        finite = torch.stack([value.float() for value in figures.values()]).isfinite().all()
        self.bad = torch.where((self.bad < 0) & ~finite, number, self.bad)
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, torch.zeros_like(value)) + value
        self.steps, self.images = self.steps + 1, self.images + images

    def check(self, steps: int) -> None:
        """Raises RetoucherError where a loss since the beginning was not a number."""
        if (bad := int(self.bad)) >= 0:
            raise RetoucherError(
                f"The loss of step {bad + 1} was not a number (found at step {steps}); {advice(self.folder)}"
            )

    def line(self, number: int) -> dict[str, float]:
        """The line after step `number`; the sums begin anew. Raises as `check`."""
        means = {name: float(value) / self.steps for name, value in self.sums.items()}
        self.check(number)
        seconds = self.clock.total
        speed = {"images_per_second": self.images / seconds, "waiting": self.waited / seconds}
        self._clear()
        return {"step": number, **means, **speed}
