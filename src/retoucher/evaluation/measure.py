"""Fill every hole with every method and measure it: one record for each photo, hole set and method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.cases import Case, Cases
from retoucher.evaluation.methods import Filled
from retoucher.jobs import Tell
from retoucher.picture import Samples

Metric = Callable[[Tensor, Tensor, Tensor], float]
"""(result, reference, mask) -> float: RGB (3, H, W) float32 in [0, 1] twice, and (1, H, W), 1 = hole."""


class Album(Protocol):
    """Photos that are decoded one by one, in the order in which they are measured (`training.photos.Photos`)."""

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """For people."""

    def decode(self, index: int) -> Samples:
        """The photo, RGB (H, W, 3) uint8. RetoucherError where it cannot be read."""


class Filler(Protocol):
    """A method as it is measured (`methods.Method` is one)."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def on(self, case: Case) -> Filled:
        """The case's picture with its hole filled. RetoucherError where that fails."""


@dataclass(frozen=True)
class Record:
    """One picture worked on by one method: of which group of them (a set of holes, a folder of cases), the share of it
    that the mask covers, who did it, wall seconds and the metrics' figures."""

    group: str
    photo: str
    method: str
    by: str
    share: float
    seconds: float
    figures: dict[str, float]


class Watcher(Protocol):
    """Something that wants to see every result: the contact sheet, Fréchet and kernel distances."""

    def see(self, record: Record, case: Case, filled: Samples, result: Tensor, reference: Tensor) -> None:
        """One result as a picture (H, W, 3) uint8, and result and reference as the metrics get them."""


@dataclass(eq=False)
class Bench:
    """What is measured and how. `records` and `left_out` (sentences) fill while `run` works."""

    methods: Sequence[Filler]
    cases: Sequence[Cases]
    metrics: Mapping[str, Metric]
    watchers: Sequence[Watcher] = ()
    records: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _warm: set[str] = field(default_factory=set, repr=False)

    def run(self, photos: Album, limit: int | None, tell: Tell) -> None:
        """Measure on the first `limit` photos that can be used. Raises UsageError where there are none."""
        done, wanted = 0, len(photos) if limit is None else limit
        for index in range(len(photos)):
            if done == wanted:
                break
            many = min(wanted, done + len(photos) - index)
            done += self._photo(photos, index, part(tell, done, many, f"photo {done + 1} of {many}, "))
        if not done:
            raise UsageError(
                f"None of the {len(photos)} photos can be used: give others. The first: {self.left_out[0]}"
            )
        tell(1, "done")

    def _photo(self, photos: Album, index: int, tell: Tell) -> bool:
        """All holes and methods on one photo; False where it was left out."""
        name = photos.name(index)
        if any(record.photo == name for record in self.records):  # folders of the same name in two places
            name = f"{name} (number {index})"
        tell(0, f"{name}: reading")
        try:
            photo = photos.decode(index)
        except RetoucherError as error:
            self.left_out.append(str(error))
            return False
        for number, cases in enumerate(self.cases):
            case = cases.next(photo)
            if case is None:
                self.left_out.append(f"{name}: no {cases.name} hole fits, all that were drawn cover more than half.")
            else:
                told = part(tell, number, len(self.cases), f"{name}, {cases.name} holes, ")
                self._case(cases.name, name, case, told)
        return True

    def _case(self, holes: str, photo: str, case: Case, tell: Tell) -> None:
        """One hole with every method."""
        reference, mask = pixels(case.picture), torch.from_numpy(case.hole[None].astype(np.float32))
        for number, method in enumerate(self.methods):
            tell(number / len(self.methods), method.name)
            try:
                filled, seconds = self._filled(method, case)
            except RetoucherError as error:
                raise RetoucherError(f"{method.name} failed on {photo}, {holes} holes: {error}") from error
            result = pixels(filled.picture)
            figures = self.figures(method, case, result, reference, mask)
            record = Record(holes, photo, method.name, filled.by, float(case.hole.mean()), seconds, figures)
            self.records.append(record)
            for watcher in self.watchers:
                watcher.see(record, case, filled.picture, result, reference)

    def figures(self, method: Filler, case: Case, result: Tensor, reference: Tensor, mask: Tensor) -> dict[str, float]:
        """What is measured of one result: every metric."""
        return {name: metric(result, reference, mask) for name, metric in self.metrics.items()}

    def _filled(self, method: Filler, case: Case) -> tuple[Filled, float]:
        """The result and its wall seconds; what is built and compiled at a method's first call is not timed."""
        if method.name not in self._warm:
            method.on(case)
            self._warm.add(method.name)
        started = perf_counter()
        filled = method.on(case)
        return filled, perf_counter() - started


def pixels(picture: Samples) -> Tensor:
    """(H, W, 3) uint8 -> (3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 255


def part(tell: Tell, number: int, count: int, title: str) -> Tell:
    """Progress of one of several parts, told as progress of the whole."""

    def told(fraction: float, message: str, preview: object | None = None) -> None:
        tell((number + fraction) / count, title + message, preview)

    return told
