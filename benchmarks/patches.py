"""Why the search is compiled: comparing 26,000 pairs of 7×7 patches, 5 channels, at random places.

    python benchmarks/patches.py

The same sums by numpy (gather, subtract, sum), by torch (unfolded once, then gathered) and by the compiled loop that
the search uses, on two threads. Medians of 9 in turns, after a warm-up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from retoucher.models.common.patchmatch import Field, Search

PAIRS, SIDE, RADIUS = 26_000, 512, 3


def main() -> None:
    random = np.random.default_rng(0)
    picture = random.random((SIDE, SIDE, 5), dtype=np.float32)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    places = random.permutation(np.argwhere(inside))[:PAIRS]
    target = np.zeros((SIDE, SIDE), bool)
    target[tuple(places.T)] = True
    places = np.argwhere(target)
    field = Field(
        random.integers(RADIUS, SIDE - RADIUS, (SIDE, SIDE, 2)).astype(np.int32),
        np.zeros((SIDE, SIDE), np.float32),
        target,
    )
    sources = field.source[target]
    search = Search(picture, picture, inside, RADIUS, np.zeros((SIDE, SIDE), np.float32))
    step = np.arange(-RADIUS, RADIUS + 1)
    rows, columns = step[None, :, None], step[None, None, :]
    tensor = torch.from_numpy(picture).permute(2, 0, 1)[None]
    unfolded = torch.nn.functional.unfold(tensor, 2 * RADIUS + 1)[0].T.contiguous()
    width = SIDE - 2 * RADIUS
    first, second = (torch.from_numpy((p[:, 0] - RADIUS) * width + p[:, 1] - RADIUS) for p in (places, sources))

    def numpy() -> object:
        a, b = (picture[p[:, 0, None, None] + rows, p[:, 1, None, None] + columns] for p in (places, sources))
        return ((a - b) ** 2).sum((1, 2, 3))

    methods: dict[str, Callable[[], object]] = {
        "numpy, gathered": numpy,
        "torch, unfolded beforehand": lambda: (unfolded[first] - unfolded[second]).square().sum(1),
        "compiled, as the search does": lambda: search.measured(field).cost[target],
    }
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(10):
        for name, method in methods.items():
            started = time.perf_counter()
            method()
            taken[name].append(time.perf_counter() - started)
    print("| method | milliseconds |\n|---|---|")
    for name, each in taken.items():
        print(f"| {name} | {1000 * median(each[1:]):.1f} |")


if __name__ == "__main__":
    main()
