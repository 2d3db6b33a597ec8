"""How long `redraw` takes on a face whose square has 512 pixels, and how much memory it needs.

    python benchmarks/redraw.py --portrait PORTRAIT [--runs 7] [--weights NAME | --file WEIGHTS]

`PORTRAIT` is an aligned one (square, the face's box in the middle, 1 / 1.8 of it wide); it is resized to 512 pixels,
and for the large photo 12 megapixels are put around it by reflection. The hole is an ellipse over the face's middle,
a sixth of the square; lines and colours are the portrait's own. Prints a Markdown table of medians after one warm-up,
all ways in turns, model loaded: the network alone, the edit with the face given and with the face to be found, and the
command from JPEG to JPEG in a fresh process with its peak memory. With `--file` (weights fresh from training) the
command is left out. Limit: 1.5 s for the edit at 512 pixels with the face given, on two cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inpaint import WATCH
from retoucher import Image, Mask, catalogue
from retoucher.edit import Load
from retoucher.edits.redraw import Redraw
from retoucher.evaluation.redrawing.drawings import Drawing, drawings_of
from retoucher.evaluation.redrawing.methods import on_the_square, open_network
from retoucher.models.scfegan.template import BOX

Samples = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Case = tuple[Samples, Bools, Drawing, str]
SIDE = 512
TWELVE = (3000, 4000)
"""Rows and columns."""


def face_at(y: int, x: int) -> str:
    """The option for a square whose corner is there."""
    box = round(SIDE / BOX)
    return f"{x + (SIDE - box) // 2},{y + (SIDE - box) // 2},{box},{box}"


def square_case(portrait: Samples) -> Case:
    """Picture, hole, drawing, and where the face is."""
    picture = cv2.resize(portrait, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    hole = ((x - 0.5) / 0.21) ** 2 + ((y - 0.55) / 0.25) ** 2 < 1
    return picture, hole, drawings_of(picture, hole, np.random.RandomState(0))["own"], face_at(0, 0)


def large_case(small: Case) -> Case:
    """The same in the middle of 12 megapixels."""
    top, left = (TWELVE[0] - SIDE) // 2, (TWELVE[1] - SIDE) // 2
    borders = (top, TWELVE[0] - SIDE - top, left, TWELVE[1] - SIDE - left)

    def within(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return cv2.copyMakeBorder(array, *borders, cv2.BORDER_CONSTANT, value=(0, 0, 0))

    picture, hole, drawing, _ = small
    photo = cv2.copyMakeBorder(picture, *borders, cv2.BORDER_REFLECT_101)
    hole, lines, painted = (within(each.astype(np.uint8)) > 0 for each in (hole, drawing.lines, drawing.painted))
    return photo, hole, Drawing(lines, within(drawing.colors), painted), face_at(top, left)


def layers(case: Case) -> tuple[Samples, Samples]:
    """Lines and colours as pictures with transparency."""
    picture, _, drawing, _ = case
    lines = np.dstack([np.zeros_like(picture), drawing.lines * np.uint8(255)])
    return lines, np.dstack([drawing.colors, drawing.painted * np.uint8(255)])


def edited(case: Case, weights: str, found: bool, load: Load) -> Callable[[], object]:
    """The edit, ready to run; `found`: it looks for the face itself."""
    picture, hole, _, face = case
    sketch, color = (Image.from_array(each) for each in layers(case))
    edit = Redraw.parse({"face": "" if found else face, "weights": weights})
    photo, mask = Image.from_array(picture), Mask(hole)
    return lambda: edit.run(photo, mask, sketch, color, load=load)


def seconds(ways: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each, in turns, after one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - started)
    return {name: median(each[1:]) for name, each in taken.items()}


def file_to_file(case: Case, weights: str, runs: int) -> tuple[float, float]:
    """Median seconds and peak resident megabytes of the command in a fresh process, JPEG to JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        photo, mask, lines, colors, output = (
            Path(folder) / name for name in ("photo.jpg", "mask.png", "lines.png", "colors.png", "result.jpg")
        )
        cv2.imwrite(str(photo), case[0][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        cv2.imwrite(str(mask), case[1].astype(np.uint8) * 255)
        for path, layer in zip((lines, colors), layers(case), strict=True):
            cv2.imwrite(str(path), cv2.cvtColor(layer, cv2.COLOR_RGBA2BGRA))
        command = [sys.executable, "-m", "retoucher", "redraw", str(photo), "--mask", str(mask), "--sketch", str(lines)]
        command += ["--color", str(colors), "--face", case[3], "--output", str(output), "--overwrite", "--quiet"]
        command += ["--weights", weights] if weights else []
        taken, resident = [], []
        for _ in range(runs + 1):
            answer = subprocess.run([sys.executable, "-c", WATCH, *command], check=True, stdout=subprocess.PIPE).stdout
            took, peak = map(float, answer.split())
            taken.append(took)
            resident.append(peak / 1024)
        return median(taken[1:]), max(resident)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", required=True)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--weights", default="")
    parser.add_argument("--file", default="")
    asked = parser.parse_args()

    portrait = cv2.imread(asked.portrait, cv2.IMREAD_COLOR_RGB)
    small = square_case(portrait)
    large = large_case(small)
    name = f"scfegan={asked.file}" if asked.file else asked.weights or catalogue.REDRAWING
    network, by, _ = open_network(name, "cpu")
    ways: dict[str, Callable[[], object]] = {
        "the network alone, 512×512": partial(on_the_square, network, *small[:3]),
    }
    for title, case in (("512×512", small), ("12 MP", large)):
        for found in (False, True):
            how = "found" if found else "given"
            ways[f"the edit, {title}, face {how}"] = edited(case, asked.weights, found, lambda _: network)
    print(f"torch {torch.__version__}, {os.cpu_count()} cores, {by}, median of {asked.runs}\n")
    print("| what | seconds |\n|---|---|")
    for title, value in seconds(ways, asked.runs).items():
        print(f"| {title} | {value:.2f} |")
    if not asked.file:
        print("\n| command, fresh process | seconds | peak resident |\n|---|---|---|")
        for title, case in (("512×512", small), ("12 MP", large)):
            taken, resident = file_to_file(case, asked.weights, min(asked.runs, 5))
            print(f"| `retoucher redraw`, {title} JPEG to JPEG, face given | {taken:.2f} s | {resident:.0f} MB |")


if __name__ == "__main__":
    main()
