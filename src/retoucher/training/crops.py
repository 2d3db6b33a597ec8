"""The samples of a run: square crops of photos, each with its hole. Sample number i depends on the seed and i alone."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from retoucher.errors import RetoucherError, UsageError
from retoucher.mask import Bools
from retoucher.training.augment import Augmentation
from retoucher.training.decode import RGB, reason
from retoucher.training.guides import Guide
from retoucher.training.holes import Holes
from retoucher.training.memory import Memory
from retoucher.training.photos import Photos

TRIES = 100
BUDGET = 1 << 32
"""Bytes of decoded photos that are held in memory at most; those beyond are decoded whenever they are needed."""

AHEAD = 4
"""Batches that each worker prepares ahead of the step."""

LAST = -1_000
"""Of what a process does in its end, higher numbers first."""


class Sample(NamedTuple):
    """`image` (3, size, size) uint8 RGB, `hole` (1, size, size) bool, True = hole, and the photo's place in Photos.

    `failed`: a line for each photo that was drawn first and could not be decoded, mostly none. `guide` (5, size, size)
    uint8, where one is drawn.
    """

    image: Tensor
    hole: Tensor
    photo: int
    failed: str
    guide: Tensor | None = None


class Batch(NamedTuple):
    """`image` (N, 3, H, W) uint8 RGB, `hole` (N, 1, H, W) bool; `failed`: a sentence for each unreadable photo.

    `guide` (N, 5, H, W) uint8, where guides are drawn.
    """

    image: Tensor
    hole: Tensor
    failed: list[str]
    guide: Tensor | None = None


class Crops(Dataset[Sample]):
    """Sample number i of a run, for i from 0 without end: a pure function of the photos, the settings, `seed` and i.

    Photos come in turns: each once, in an order drawn anew, before any comes again. One that cannot be decoded gives
    way to another, drawn by the sample's own numbers. `largest` is the share of a crop that a hole may have; others,
    and empty ones, are drawn again. With `memory` photos are decoded once, beforehand, as many as `budget` bytes hold;
    the samples are the same. `guide` draws lines and colours of the crop. `groups`, a number for each photo: photos of
    small groups come more often, see `balanced`; a turn is then that many draws.
    """

    def __init__(
        self,
        photos: Photos,
        holes: Holes,
        size: int,
        seed: int,
        augment: Augmentation,
        largest: float = 1.0,
        memory: bool = False,
        budget: int = BUDGET,
        guide: Guide | None = None,
        groups: Sequence[int] | None = None,
    ) -> None:
        if not 0 <= seed < 1 << 32:
            raise UsageError(f"The seed {seed} cannot be used: give a whole number from 0 to {(1 << 32) - 1}.")
        self.photos, self.holes, self.size, self.seed = photos, holes, size, seed
        self.augment, self.largest, self.guide = augment, largest, guide
        self._shares = None if groups is None else balanced(groups)
        self.shorter = augment.shorter(size)
        self.memory = Memory(photos, self.shorter, budget) if memory else None
        self._failed = dict(self.memory.unreadable) if self.memory else {}
        self._turn, self._order = -1, np.zeros(0, np.int64)

    @property
    def unreadable(self) -> list[str]:
        """A sentence for each photo that this process could not decode so far; workers tell theirs in the batches."""
        return [self._failed[index] for index in sorted(self._failed)]

    def __getitem__(self, i: int) -> Sample:
        """Raises RetoucherError where no photo can be decoded, UsageError where no hole fits."""
        random = np.random.RandomState([self.seed, i % (1 << 32), i >> 32])
        photo, index, failed = self._photo(i, random)
        crop = np.ascontiguousarray(self.augment.apply(photo, self.size, random))
        hole = np.ascontiguousarray(self._hole(random))
        guide = None if self.guide is None else _planes(self.guide.draw(crop, random))
        return Sample(_planes(crop), torch.from_numpy(hole)[None], index, "\n".join(failed), guide)

    def _photo(self, i: int, random: np.random.RandomState) -> tuple[RGB, int, list[str]]:
        """The photo of sample i, its place, and what was said of those that could not be decoded."""
        failed: list[str] = []
        index = self._in_turn(i)
        while len(failed) < TRIES:
            try:
                held = self.memory.get(index) if self.memory else None
                return (self.photos.decode(index, self.shorter) if held is None else held), index, failed
            except RetoucherError as error:
                self._failed[index] = str(error)
                failed.append(str(error))
                index = int(random.randint(len(self.photos)))
        raise RetoucherError(f"Of the photos drawn, {TRIES} in a row could not be read; look at the last: {failed[-1]}")

    def _in_turn(self, i: int) -> int:
        turn, place = divmod(i, len(self.photos))
        if turn != self._turn:
            order = np.random.RandomState([self.seed, turn % (1 << 32)])  # two numbers, not three as a sample's
            count, shares = len(self.photos), self._shares
            drawn = order.permutation(count) if shares is None else order.choice(count, count, p=shares)
            self._turn, self._order = turn, drawn
        return int(self._order[place])

    def _hole(self, random: np.random.RandomState) -> Bools:
        for _ in range(TRIES):
            hole = self.holes.draw(self.size, self.size, random)
            if 0 < hole.mean() <= self.largest:
                return hole
        raise UsageError(
            f"None of {TRIES} holes drawn was of use in a crop of {self.size} pixels (above 0 and up to "
            f"{self.largest:g} of it): allow a larger share, or take other holes."
        )


def balanced(groups: Sequence[int]) -> NDArray[np.float64]:
    """How often to draw each photo, by the number of its group: (N,), the sum is 1.

    A group's share is the square root of its size, between what it is and equal shares for all.

    >>> balanced([0, 0, 0, 0, 1]).round(3).tolist()
    [0.167, 0.167, 0.167, 0.167, 0.333]
    """
    _, group, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    shares = 1 / np.sqrt(sizes[group])
    return np.asarray(shares / shares.sum(), np.float64)


def _planes(picture: NDArray[np.uint8]) -> Tensor:
    """(H, W, C) -> (C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def batches(crops: Crops, batch: int, first: int, workers: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
    """Batches without end from sample number `first` on, the same whatever the number of `workers`.

    With `world` ranks at work, each takes every `world`-th sample; `batch` is one rank's, `first` counts all ranks'.
    Workers are processes that start with the first batch and end with the iterator; 0 means in this process, at the
    moment a batch is asked for. Raises what Crops raises, and RetoucherError where a worker was ended from outside.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This DataLoader will create")  # more workers than cores: the user's choice
        loader = DataLoader(
            _Groups(crops),
            batch_size=None,
            sampler=_Numbers(first + rank, batch, world),
            num_workers=workers,
            collate_fn=_unchanged,
            worker_init_fn=_begin,
            prefetch_factor=AHEAD if workers else None,
            generator=torch.Generator(),  # its own: the loader would draw from the generator of the run
        )
        groups = _started(loader)
    while True:
        group = _next(groups)
        if isinstance(group, RetoucherError):
            del groups, loader  # the error would keep the workers, through the frames in its traceback
            raise group
        yield group


def _started(loader: DataLoader[Any]) -> Iterator[Batch | RetoucherError]:
    """The workers at work.

    A worker's end shall be an error of the batch that is asked for next: torch raises it from a signal, in whatever
    line the program happens to be, unless the signal's handler is put back.
    """
    if not hasattr(signal, "SIGCHLD") or threading.current_thread() is not threading.main_thread():
        return iter(loader)
    handler = signal.getsignal(signal.SIGCHLD)
    groups = iter(loader)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL if handler is None else handler)  # None: not Python's to restore
    return groups


def _next(groups: Iterator[Batch | RetoucherError]) -> Batch | RetoucherError:
    try:
        return next(groups)
    except (RuntimeError, ConnectionError, EOFError) as error:
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        return RetoucherError(
            f"A process that prepares photos was ended from outside ({reason(error)}): "
            "use fewer workers, or free some memory."
        )


@dataclass(frozen=True)
class _Numbers:
    """Sample numbers of one batch after the other, without end."""

    first: int
    batch: int
    stride: int

    def __iter__(self) -> Iterator[range]:
        first = self.first
        while True:
            yield range(first, first + self.batch * self.stride, self.stride)
            first += self.batch * self.stride


class _Groups(Dataset["Batch | RetoucherError"]):
    """Whole batches, by their sample numbers.

    Errors meant for people are handed over like a batch: raised in a worker, they would arrive as a traceback.
    """

    def __init__(self, crops: Crops) -> None:
        self.crops = crops

    def __getitem__(self, numbers: range) -> Batch | RetoucherError:
        try:
            samples = [self.crops[i] for i in numbers]
        except RetoucherError as error:
            return error.with_traceback(None)
        image = torch.stack([sample.image for sample in samples])
        hole = torch.stack([sample.hole for sample in samples])
        guides = [sample.guide for sample in samples if sample.guide is not None]
        failed = [line for sample in samples for line in sample.failed.splitlines()]
        return Batch(image, hole, failed, torch.stack(guides) if guides else None)


def _unchanged(group: Any) -> Any:
    return group


def _begin(_worker: int) -> None:
    """In a worker: one thread, and Ctrl-C, which the terminal sends to all, is left to the process that trains.

    A worker that started from nothing would take its interpreter down in the end while the thread that sends batches
    may still be at it, which torch answers with "terminate called"; it ends as a forked one does.
    """
    Finalize(None, os._exit, (0,), exitpriority=LAST)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
