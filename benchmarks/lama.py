"""LaMa at the size of big-lama (random weights): seconds and memory, the fused network against the plain one.

    python benchmarks/lama.py [--sizes 256 512] [--rounds 5]

"Plain" is the network as published, eager float32 under `inference_mode`, as anyone would write it down. The variants
take turns, so that a busy machine slows all of them alike; medians after one warm-up. "CPU" is processor seconds, which
other programs disturb less than wall seconds. Resident is the peak of a fresh process, imports and weights included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from statistics import median
from time import perf_counter, process_time

import torch
from torch import Tensor, nn

from retoucher.models.lama import LaMa, fused, winograd
from retoucher.models.lama.network import FourierGenerator, Sizes
from retoucher.models.lama.regular import RegularGenerator, RegularSizes

Fill = Callable[[Tensor, Tensor], Tensor]
NETWORKS = {
    "big-lama": lambda: FourierGenerator(Sizes.published()),
    "lama-regular": lambda: RegularGenerator(RegularSizes.published()),
}


def network(name: str) -> LaMa:
    """A network of full size with random weights, its BatchNorms set by a picture so that numbers stay in range."""
    torch.manual_seed(0)
    model = LaMa(NETWORKS[name]()).train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model(*scene(128))
        last = model.core.model[-2]
        last.weight *= 50  # so that the picture is not grey and differences show
    return model.eval()


def variants(model: LaMa) -> dict[str, Fill]:
    """What is compared, by name."""
    quick, half = fused(model), deepcopy(model).bfloat16()

    def direct(image: Tensor, mask: Tensor) -> Tensor:
        usual, winograd.WORTH = winograd.WORTH, sys.maxsize
        try:
            out: Tensor = quick(image, mask)
            return out
        finally:
            winograd.WORTH = usual

    return {
        "plain": model,
        "fused": quick,
        "fused without Winograd": direct,
        "plain, bfloat16 (not used)": lambda image, mask: half(image.bfloat16(), mask.bfloat16()).float(),
    }


def scene(size: int) -> tuple[Tensor, Tensor]:
    mask = torch.zeros(1, 1, size, size)
    mask[..., size // 3 : 2 * size // 3, size // 3 : 2 * size // 3] = 1
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1)), mask


def timed(fills: dict[str, Fill], size: int, rounds: int) -> list[str]:
    """Rows of the table: every variant in turn, `rounds` times."""
    image, mask = scene(size)
    pictures = {name: fill(image, mask) for name, fill in fills.items()}
    wall: dict[str, list[float]] = {name: [] for name in fills}
    work: dict[str, list[float]] = {name: [] for name in fills}
    for _ in range(rounds):
        for name, fill in fills.items():
            start, used = perf_counter(), process_time()
            fill(image, mask)
            wall[name].append(perf_counter() - start)
            work[name].append(process_time() - used)
    rows = []
    for name in fills:
        gap = float((pictures[name] - pictures["plain"]).abs().max())
        faster = median(one / other for one, other in zip(wall["plain"], wall[name], strict=True))
        rows.append(
            f"{size}² | {name} | {median(wall[name]):.2f} | {min(wall[name]):.2f} | {median(work[name]):.2f} "
            f"| {faster:.2f} | {gap:.1e}"
        )
    return rows


def resident(name: str, variant: str, size: int) -> float:
    """Peak megabytes of a process that does nothing else (measured first: Linux counts the parent's peak, too)."""
    command = [sys.executable, __file__, "--once", name, variant, "--sizes", str(size)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def once(name: str, variant: str, size: int) -> None:
    model = network(name)
    model = fused(model) if variant == "fused" else model
    with torch.inference_mode():
        model(*scene(size))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--once", nargs=2, metavar=("NETWORK", "VARIANT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        once(*asked.once, asked.sizes[0])
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}\n")
    print("| network | size | variant | resident MB |\n|---|---|---|---|")
    for name in asked.networks:
        for size in asked.sizes:
            for variant in ("plain", "fused"):
                print(f"| {name} | {size}² | {variant} | {resident(name, variant, size):.0f} |", flush=True)
    print("\n| network | size | variant | seconds | best | CPU | times as fast as plain | largest difference |")
    print("|---|---|---|---|---|---|---|---|")
    for name in asked.networks:
        with torch.inference_mode():
            fills = variants(network(name))
            for size in asked.sizes:
                for row in timed(fills, size, asked.rounds):
                    print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
