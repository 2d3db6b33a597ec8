"""What a step of a search costs at 1024 pixels, and how long a person's edits take with a base that is here.

    python benchmarks/person.py [--base portraits-128] [--runs 5] [--size 1024] [--portrait PORTRAIT]

First a network of the published size (config F) with random numbers and 100 anchors: one step of a search, forwards and
backwards, written naively (every parameter has a slope, the whole size, float32) and as `restore` does it: without
slopes of parameters, at the sizes of its plan, and in bfloat16 where the processor has instructions for it. Then, with
`--portrait` (an aligned square), restoring a part of the face, enlarging it eight times from 16 pixels and adjusting
it, with a person whose anchors are samples of the base. Prints Markdown tables of medians after one warm-up, all ways
in turns. Limits on two cores: 4 s for a step at 1024 pixels in bfloat16, 15 s for restoring with `portraits-128`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from statistics import median

import torch

from retoucher import Image, Mask, catalogue
from retoucher.device import fast_half
from retoucher.edits.adjust import Adjust
from retoucher.edits.restore import Restore
from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.degrade import Hole
from retoucher.models.mystyle.person import Person
from retoucher.models.mystyle.search import Plan, search
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2
from retoucher.templates import PORTRAIT

ANCHORS, FEW = 100, 16


def steps_of(size: int) -> dict[str, Callable[[], object]]:
    """One step of a search with a generator of the published size, several ways."""
    torch.manual_seed(0)
    synthesis = StyleGAN2(Sizes.of(size)).synthesis
    anchors = torch.randn(ANCHORS, synthesis.sizes.w)
    look = catalogue.load("look", "cpu")
    known = torch.ones(1, 1, size, size)
    known[..., size // 2 :] = 0
    seen = Hole(torch.rand(1, 3, size, size) * 2 - 1, known)

    def step(plan: Plan, slopes: bool) -> Callable[[], object]:
        def go() -> object:
            synthesis.requires_grad_(slopes)
            return search(synthesis, anchors, seen, look, 0.02, plan)

        return go

    whole = Plan(steps=1, coarse=(0, 0))
    half = {"coefficients only, whole size, bfloat16": step(Plan(steps=1, coarse=(0, 0), half=True), slopes=False)}
    return {
        "every parameter with a slope, whole size, float32": step(whole, slopes=True),
        "coefficients only, whole size, float32": step(whole, slopes=False),
        **(half if fast_half(torch.device("cpu")) else {}),  # emulated, it takes minutes
        "coefficients only, half the size, float32": step(Plan(steps=1, coarse=(0, 1)), slopes=False),
        "coefficients only, a quarter of the size, float32": step(Plan(steps=1, coarse=(1, 0)), slopes=False),
    }


def edits_of(base: str, portrait: Image) -> dict[str, Callable[[], object]]:
    """The edits with a person whose anchors are samples of the base."""
    loaded = catalogue.load(base, "cpu")
    assert isinstance(loaded, Base)
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        anchors = loaded.core.mapping(torch.randn(ANCHORS, loaded.core.sizes.z, generator=chance))
    person = Person(loaded, anchors, [f"{i}.jpg" for i in range(ANCHORS)]).eval().requires_grad_(False)
    person.template = "portrait"  # type: ignore[assignment]

    def load(name: str) -> object:
        return person if name.startswith("person:") else catalogue.load(name, "cpu")

    side = portrait.width
    mask = Mask.from_boxes(portrait.size, [(side // 4, side // 2, side // 2, side // 3)])
    few = Image.from_tensor(torch.nn.functional.interpolate(portrait.pixels[None], (FEW, FEW), mode="area")[0])
    face, small = face_of(side), face_of(FEW)
    return {
        f"restore, half a face, {side} px": lambda: Restore(person="x", face=face).run(portrait, mask, load=load),
        f"restore --scale 8, {few.width} px": lambda: Restore(person="x", face=small, scale=8).run(few, load=load),
        f"adjust, {side} px": lambda: Adjust(person="x", face=face).run(portrait, load=load),
    }


def face_of(side: int) -> str:
    """The box of an aligned face as an option."""
    box = round(side / PORTRAIT.box)
    return f"{(side - box) // 2},{(side - box) // 2},{box},{box}"


def seconds(ways: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each, in turns, after one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - started)
    return {name: median(each[1:]) for name, each in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="portraits-128")
    parser.add_argument("--portrait", default="")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    half = "has instructions for bfloat16" if fast_half(torch.device("cpu")) else "has no instructions for bfloat16"
    print(f"torch {torch.__version__}, {os.cpu_count()} cores, which {half}; median of {asked.runs}\n")
    print(f"| a step at {asked.size} pixels, {ANCHORS} anchors | seconds |\n|---|---|")
    for title, value in seconds(steps_of(asked.size), asked.runs).items():
        print(f"| {title} | {value:.1f} |", flush=True)
    if asked.portrait:
        print(f"\n| edit, base {asked.base} | seconds |\n|---|---|")
        for title, value in seconds(edits_of(asked.base, Image.open(asked.portrait)), asked.runs).items():
            print(f"| {title} | {value:.1f} |", flush=True)


if __name__ == "__main__":
    main()
