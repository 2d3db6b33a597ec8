"""How long a fill takes: content-aware fill beside OpenCV's Telea and NS and scikit-image's biharmonic.

    python benchmarks/inpaint.py [--photo PHOTO] [--runs 5] [--slow]

Prints two Markdown tables of medians after one warm-up: the fill alone on 512×512 with a hole of 10 % and on
12 megapixels with a hole of 300×300, and the command from file to file in a fresh process. All methods take turns, so
that a machine which slows down slows all of them. Biharmonic is left out at 12 megapixels unless `--slow` is given.
Without `--photo` the shipped sample is used, enlarged where it must be.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from retoucher import Image, Inpaint, Mask
from retoucher.models.exemplar import Exemplar

Samples = NDArray[np.uint8]
Bools = NDArray[np.bool_]
TWELVE = (4000, 3000)

# A process between, because a child's peak begins with what its parent held when it was started.
WATCH = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def photo_at(path: str | None, size: tuple[int, int]) -> Samples:
    """The photo cut to the shape of `size` (width, height) and resized to it: (H, W, 3) uint8 RGB."""
    data = Path(path).read_bytes() if path else resources.files("retoucher").joinpath("data/sample.jpg").read_bytes()
    whole = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    scale = max(size[0] / whole.shape[1], size[1] / whole.shape[0])
    grown = cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.ascontiguousarray(grown[: size[1], : size[0]])


def blob(side: int, share: float) -> Bools:
    """A round, uneven hole of about `share` of a square."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    angle = np.arctan2(y, x)
    return np.hypot(x, y) < np.sqrt(share / np.pi) * (1 + 0.15 * np.sin(5 * angle))


def methods(image: Samples, hole: Bools, slow: bool) -> dict[str, Callable[[], object]]:
    """What is compared; each fills the same hole in the same picture."""
    photo, mask = Image.from_array(image), Mask.from_array(hole)
    exemplar, edit, byte = Exemplar(), Inpaint(model="exemplar", grow=0), hole.astype(np.uint8)

    def biharmonic() -> object:
        from skimage.restoration import inpaint_biharmonic

        return inpaint_biharmonic(image, hole, channel_axis=-1)

    compared: dict[str, Callable[[], object]] = {
        "exemplar": lambda: edit.run(photo, mask, load=lambda _: exemplar),
        "Telea (OpenCV)": lambda: cv2.inpaint(image, byte, 5, cv2.INPAINT_TELEA),
        "NS (OpenCV)": lambda: cv2.inpaint(image, byte, 5, cv2.INPAINT_NS),
    }
    return compared | ({"biharmonic (scikit-image)": biharmonic} if slow else {})


def seconds(compared: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each, in turns, after one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(runs + 1):
        for name, method in compared.items():
            started = time.perf_counter()
            method()
            taken[name].append(time.perf_counter() - started)
    return {name: median(each[1:]) for name, each in taken.items()}


def file_to_file(image: Samples, hole: Bools, runs: int) -> tuple[float, float]:
    """Median seconds and peak resident megabytes of the command in a fresh process, JPEG to JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        photo, mask, output = (Path(folder) / name for name in ("photo.jpg", "mask.png", "result.jpg"))
        cv2.imwrite(str(photo), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        cv2.imwrite(str(mask), hole.astype(np.uint8) * 255)
        command = [sys.executable, "-m", "retoucher", "inpaint", str(photo), "--mask", str(mask)]
        command += ["--output", str(output), "--model", "exemplar", "--overwrite", "--quiet"]
        taken, resident = [], []
        for _ in range(runs + 1):
            answer = subprocess.run([sys.executable, "-c", WATCH, *command], check=True, stdout=subprocess.PIPE).stdout
            took, peak = map(float, answer.split())
            taken.append(took)
            resident.append(peak / 1024)
        return median(taken[1:]), max(resident)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow", action="store_true")
    arguments = parser.parse_args()

    small, large = photo_at(arguments.photo, (512, 512)), photo_at(arguments.photo, TWELVE)
    square = np.zeros(large.shape[:2], bool)
    square[1300:1600, 1800:2100] = True
    first = seconds(methods(small, blob(512, 0.1), slow=True), arguments.runs)
    second = seconds(methods(large, square, slow=arguments.slow), arguments.runs)
    print(f"torch {torch.__version__}, {os.cpu_count()} cores, median of {arguments.runs}\n")
    print("| method | 512×512, 10 % hole | 12 MP, 300×300 hole |\n|---|---|---|")
    for name, value in first.items():
        other = f"{second[name]:.2f} s" if name in second else "–"
        print(f"| {name} | {value:.2f} s | {other} |")
    taken, resident = file_to_file(large, square, arguments.runs)
    print("\n| command, fresh process | seconds | peak resident |\n|---|---|---|")
    print(f"| `retoucher inpaint`, 12 MP JPEG to JPEG | {taken:.2f} s | {resident:.0f} MB |")


if __name__ == "__main__":
    main()
