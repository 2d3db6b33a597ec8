"""The training loop: one for every paper, on one device or many (Lightning Fabric).

Sample number i of a run depends on the seed and i alone, and a step on the samples and the state it finds: a run that
was stopped and resumed therefore gives the numbers of one that was not, on the same machine.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from retoucher.models.common.objective import Batch, Figures, inner
from retoucher.training.log import Log, Progress, duration
from retoucher.training.meter import Clock, Meter
from retoucher.training.run import Run, placed, save, show

Batches = Iterator[Batch]


@dataclass(frozen=True)
class Pace:
    """When the loop stops and how often it writes. Minutes count this call only; checkpoints are by the clock."""

    steps: int
    minutes: float = math.inf
    log_steps: int = 50
    sheet_steps: int = 500
    checkpoint_minutes: float = 5.0


def train(run: Run, batches: Batches, samples: Batch, pace: Pace, progress: Progress) -> str:
    """Take steps until the last one, until the time is up, or until somebody stops it; returns why, as a sentence.

    Raises RetoucherError when a loss is no longer a number, naming the step; the checkpoint before it stays.
    """
    leader = run.fabric.is_global_zero
    log = Log(run.folder, run.step) if leader else None
    meter, clock = Meter(run.folder, run.fabric.device), Clock()
    with _stopping() as asked:
        while run.step < pace.steps and not _agreed(run, asked() or clock.total > pace.minutes * 60):
            batch = placed(meter.timed(batches), run.fabric.device)
            meter.add(run.step, step(run, batch), len(batch.image) * run.fabric.world_size)
            run.step += 1
            if log and run.step % pace.log_steps == 0:
                line = meter.line(run.step)
                log.write(line)
                progress.show(_told(line, run, pace, clock.total))
            if leader and run.step % pace.sheet_steps == 0:
                show(run, samples)
            if leader and clock.since_mark > pace.checkpoint_minutes * 60:
                meter.check(run.step)
                run.seconds += clock.mark()
                save(run)
        meter.check(run.step)
        run.seconds += clock.mark()
        save(run)
        run.stopped = asked()
    if leader:
        show(run, samples)
    return "stopped" if run.stopped else "done" if run.step >= pace.steps else "the time is up"


def step(run: Run, batch: Batch) -> Figures:
    """One step: every network's turn, then the average. Returns the losses and their terms."""
    figures: Figures = {}
    run.objective.begin(run.step)
    for turn, optimizer in zip(run.objective.turns, run.optimizers, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = turn.rate(run.step) * group.get("times", 1.0)
        with run.fabric.autocast():
            loss, terms = turn.loss(batch)
        optimizer.zero_grad()
        run.fabric.backward(loss)
        if turn.clip:
            network = run.objective.networks[turn.network]
            run.fabric.clip_gradients(network, optimizer, max_norm=turn.clip, error_if_nonfinite=False)
        optimizer.step()
        figures |= {f"{turn.network} loss": loss.detach(), **terms}
    run.average.update(inner(run.objective.networks["generator"]), run.step + 1)
    return figures


def _told(line: dict[str, float], run: Run, pace: Pace, spent: float) -> str:
    """The line for the person: how far, how fast, how long still."""
    speed = line["images_per_second"]
    per_step = run.batch / speed
    left = min((pace.steps - run.step) * per_step, pace.minutes * 60 - spent)
    losses = ", ".join(f"{name} {value:.3g}" for name, value in line.items() if name.endswith(" loss"))
    return f"step {run.step} of {pace.steps}, {losses}, {speed:.1f} images/s, {duration(left)} left"


def _agreed(run: Run, stop: bool) -> bool:
    """What the first of several processes decides holds for all: one that went on alone would wait for ever."""
    return stop if run.fabric.world_size == 1 else bool(run.fabric.broadcast(stop, 0))


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and the end of the system ask to stop after the step that is going on; a second Ctrl-C stops at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
