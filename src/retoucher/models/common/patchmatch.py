"""Nearest-neighbour patches by randomised search (PatchMatch, Barnes et al. 2009).

A *field* maps every target patch to the centre of its best source patch found so far. Both pictures are
float32 arrays of shape (H, W, C); a patch is the (2 * radius + 1)² window around its centre.

The published scan is sequential. Here the rows are cut into a fixed number of bands that are scanned at the same
time, each reading what lies above or below it from a copy made before the pass. Random numbers are a hash of
(seed, position, draw). The result therefore depends on neither the number of threads nor their timing.

The loops are compiled by numba and release the interpreter lock; threads are Python's own, because numba's
default threading layer must not be entered from two threads at once (a server does).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retoucher.compiled import compiled_sums
from retoucher.device import threads

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

BANDS = 4  # fixed, so that results do not depend on the machine's core count
FEW = 1500  # patches or pixels: threads are not worth starting for fewer
ROWS = np.float32(2)  # a row counts as two columns: in photos what lies beside is more alike than what lies above


@dataclass(frozen=True)
class Field:
    """Where each target patch finds its like.

    `source` (H, W, 2) int32: row and column of the source patch's centre; meaningful where `target` is True.
    `cost` (H, W) float32: what the source costs (see `Search`).
    `target` (H, W) bool: centres of the patches that are looked up.
    """

    source: Ints
    cost: Floats
    target: Bools


@compiled_sums
def _random(seed, y, x, draw):  # type: ignore[no-untyped-def]
    """A uniform 32-bit number from four integers (the finaliser of splitmix64)."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(y) * np.uint64(0xBF58476D1CE4E5B9)
    z += np.uint64(x) * np.uint64(0x94D049BB133111EB) + np.uint64(draw) * np.uint64(0xD6E8FEB86659FD93)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(33))


@compiled_sums
def _distance(target, source, ty, tx, sy, sx, radius, channels, limit):  # type: ignore[no-untyped-def]
    """Sum of squared differences of two patches, given up once it exceeds `limit`. Pictures are (H, W * C)."""
    length = (2 * radius + 1) * channels
    a, b = (tx - radius) * channels, (sx - radius) * channels
    total = np.float32(0)
    for dy in range(-radius, radius + 1):
        for i in range(length):
            difference = target[ty + dy, a + i] - source[sy + dy, b + i]
            total += difference * difference
        if total > limit:
            return total
    return total


@compiled_sums
def _prior(ty, tx, sy, sx, near, far):  # type: ignore[no-untyped-def]
    """What a source costs for lying farther than `near` away."""
    dy, dx = np.float32(sy - ty) * ROWS, np.float32(sx - tx)
    return far * max(np.float32(0), np.sqrt(dy * dy + dx * dx) - near)


@compiled_sums
def _cost(  # type: ignore[no-untyped-def]
    target, source, channels, radius, allowed, burden, near, far, ty, tx, sy, sx, best
):
    """What a candidate costs, or `best` where it is not allowed or no better than that."""
    height, width = allowed.shape
    if sy < 0 or sx < 0 or sy >= height or sx >= width or not allowed[sy, sx]:
        return best
    extra = _prior(ty, tx, sy, sx, near, far) + burden[sy, sx]
    if extra >= best:
        return best
    return extra + _distance(target, source, ty, tx, sy, sx, radius, channels, best - extra)


@compiled_sums
def _scan(  # type: ignore[no-untyped-def]
    target, source, channels, radius, wanted, allowed, field, cost, before, top, bottom, left, right,
    forward, seed, near, far, burden, reach,
):  # fmt: skip
    """One pass of propagation and random search over the rows [top, bottom), in reading order or against it."""
    height, width = wanted.shape
    step = 1 if forward else -1
    for j in range(bottom - top):
        y = top + j if forward else bottom - 1 - j
        for i in range(right - left):
            x = left + i if forward else right - 1 - i
            if not wanted[y, x]:
                continue
            by, bx, best = field[y, x, 0], field[y, x, 1], cost[y, x]
            for k in range(2):  # the neighbour in this row, then the one in the row scanned before
                ny, nx = (y, x - step) if k == 0 else (y - step, x)
                if ny < 0 or nx < 0 or ny >= height or nx >= width or not wanted[ny, nx]:
                    continue
                near_by = field if top <= ny < bottom else before
                sy, sx = near_by[ny, nx, 0] + y - ny, near_by[ny, nx, 1] + x - nx
                if sy == by and sx == bx:  # so it mostly is
                    continue
                value = _cost(target, source, channels, radius, allowed, burden, near, far, y, x, sy, sx, best)
                if value < best:
                    by, bx, best = sy, sx, value
            size, draw = reach, 0
            while size >= 1:
                span = 2 * size + 1
                sy = by - size + _random(seed, y, x, draw) % span
                sx = bx - size + _random(seed, y, x, draw + 1) % span
                draw += 2
                size //= 2
                value = _cost(target, source, channels, radius, allowed, burden, near, far, y, x, sy, sx, best)
                if value < best:
                    by, bx, best = sy, sx, value
            field[y, x, 0], field[y, x, 1], cost[y, x] = by, bx, best


@compiled_sums
def _measure(  # type: ignore[no-untyped-def]
    target, source, channels, radius, wanted, field, cost, top, bottom, left, right, near, far, burden
):
    """Cost of the field as it stands, for the rows [top, bottom)."""
    for y in range(top, bottom):
        for x in range(left, right):
            if wanted[y, x]:
                sy, sx = field[y, x, 0], field[y, x, 1]
                value = _distance(target, source, y, x, sy, sx, radius, channels, np.float32(np.inf))
                cost[y, x] = value + _prior(y, x, sy, sx, near, far) + burden[sy, sx]


@cache
def workers() -> ThreadPoolExecutor:
    """The threads that all bands share."""
    return ThreadPoolExecutor(max_workers=min(BANDS, threads()), thread_name_prefix="patchmatch")


def in_bands(rows: range, amount: int, work: Callable[[int, int], None]) -> None:
    """Call `work(top, bottom)` for each of the fixed bands of `rows`, which hold `amount` patches or pixels in all.

    At the same time, or where that takes longer than the work, one after the other.
    """
    cuts = np.linspace(rows.start, rows.stop, BANDS + 1).astype(int).tolist()
    bands = [(a, b) for a, b in pairwise(cuts) if b > a]
    if amount < FEW:
        for top, bottom in bands:
            work(top, bottom)
    else:
        for done in [workers().submit(work, top, bottom) for top, bottom in bands]:
            done.result()


def bounds(wanted: Bools) -> tuple[range, range]:
    """Rows and columns of the smallest box around True."""
    rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
    return range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1)


@dataclass(frozen=True)
class Search:
    """Two pictures to compare patch by patch.

    `target`, `source`: float32 (H, W, C) of equal C; they may differ in size. `allowed`, of the source's size, bool:
    centres of source patches that may be used; each must have its whole window inside `source`. `burden`, likewise:
    what a source costs beside its distance from the target patch; on top come `far` per pixel that it lies farther away
    than `near` (rows count `ROWS` times).
    """

    target: Floats
    source: Floats
    allowed: Bools
    radius: int
    burden: Floats
    near: float = 0.0
    far: float = 0.0

    def measured(self, field: Field) -> Field:
        """The same field with its costs computed anew."""
        rows, columns = bounds(field.target)
        flat, channels = _flat(self.target), self.target.shape[2]
        cost, near, far = field.cost.copy(), np.float32(self.near), np.float32(self.far)

        def work(top: int, bottom: int) -> None:
            _measure(
                flat, _flat(self.source), channels, self.radius, field.target, field.source, cost,
                top, bottom, columns.start, columns.stop, near, far, self.burden,
            )  # fmt: skip

        in_bands(rows, int(field.target.sum()), work)
        return Field(field.source, cost, field.target)

    def improved(self, field: Field, *, rounds: int, seed: int, reach: int | None = None) -> Field:
        """`rounds` passes of propagation and random search, alternating in direction. Costs must be current.

        The search looks as far as `reach` pixels around the best source so far, the whole of the source if None.
        """
        rows, columns = bounds(field.target)
        target, source, channels = _flat(self.target), _flat(self.source), self.target.shape[2]
        where, cost = field.source.copy(), field.cost.copy()
        near, far, amount = np.float32(self.near), np.float32(self.far), int(field.target.sum())
        farthest = max(self.allowed.shape) if reach is None else reach
        for turn in range(rounds):
            before = where.copy()

            def work(top: int, bottom: int, turn: int = turn, before: Ints = before) -> None:
                _scan(
                    target, source, channels, self.radius, field.target, self.allowed, where, cost, before,
                    top, bottom, columns.start, columns.stop, turn % 2 == 0, seed * 1009 + turn,
                    near, far, self.burden, farthest,
                )  # fmt: skip

            in_bands(rows, amount, work)
        return Field(where, cost, field.target)


def random_field(wanted: Bools, allowed: Bools, seed: int) -> Field:
    """A field of uniformly drawn allowed sources, its costs still infinite."""
    places = np.argwhere(allowed).astype(np.int32)
    drawn = np.random.default_rng(seed).integers(len(places), size=wanted.shape)
    return Field(places[drawn], np.full(wanted.shape, np.inf, np.float32), wanted)


def finer_field(coarse: Field, wanted: Bools, allowed: Bools, seed: int) -> Field:
    """Carry a field to the level of twice the size; sources that fall outside `allowed` are drawn anew.

    Costs are carried along as they are (good enough to vote by), the dearest for what was drawn anew.
    """
    height, width = wanted.shape
    y, x = np.mgrid[:height, :width].astype(np.int32)
    ys, xs = np.minimum(y // 2, coarse.target.shape[0] - 1), np.minimum(x // 2, coarse.target.shape[1] - 1)
    source = 2 * coarse.source[ys, xs] + np.stack([y - 2 * ys, x - 2 * xs], -1)
    inside = (source >= 0).all(-1) & (source[..., 0] < height) & (source[..., 1] < width)
    inside &= coarse.target[ys, xs]
    source = np.where(inside[..., None], source, 0)
    good = inside & allowed[source[..., 0], source[..., 1]]
    fresh = random_field(wanted, allowed, seed).source
    cost = np.where(good, coarse.cost[ys, xs], coarse.cost[coarse.target].max())
    return Field(np.where(good[..., None], source, fresh).astype(np.int32), cost.astype(np.float32), wanted)


def _flat(picture: Floats) -> Floats:
    return picture.reshape(picture.shape[0], -1)
