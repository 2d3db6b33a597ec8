"""How long `harmonize` takes and how much memory it needs, on paintings with something pasted on them.

    python benchmarks/harmonize.py --cases FOLDER [--names 03,05 …] [--runs 3] [--weights NAME] [--larger 3000]

`FOLDER` holds NAME_painting, NAME_composite and NAME_mask. Prints, for every case, the share of the frame that the
object's box has, seconds of the default and of the editor's preview (320 pixels, 20 steps; model loaded, one warm-up,
median) and the peak memory of a process that does it once. `--larger` enlarges the first case to so many pixels and
paints that.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from retoucher import Image, Mask, load
from retoucher.edits.harmonize import Harmonize

SUFFIXES = (".png", ".jpg", ".jpeg")
PREVIEW = {"size": 320, "steps": 20}
RESIDENT = """
import sys
from pathlib import Path
from retoucher.cli import main
code = main(sys.argv[1:])
line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(line.split()[1]) // 1000)
sys.exit(code)
"""
"""The kernel's own count: what `getrusage` says of a process may be its parent's."""


def parts(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """The files of a case: painting, composite, mask."""
    found = [
        next(path for suffix in SUFFIXES if (path := folder / f"{name}_{part}{suffix}").exists())
        for part in ("painting", "composite", "mask")
    ]
    return found[0], found[1], found[2]


def seconds(edit: Harmonize, case: tuple[Path, Path, Path], runs: int) -> float:
    """The median of some runs after a warm-up, model loaded and files read."""
    painting, composite, mask = Image.open(case[0]), Image.open(case[1]), Mask.open(case[2])
    spent = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        edit.run(painting, composite=composite, mask=mask, load=load)
        spent.append(time.perf_counter() - began)
    return median(spent[1:])


def resident(case: tuple[Path, Path, Path], more: list[str]) -> tuple[int, float]:
    """Peak megabytes and seconds of a process that does it from file to file."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["harmonize", str(case[0]), "--composite", str(case[1]), "--mask", str(case[2])]
        words += ["--output", f"{folder}/painted.png", "--quiet", *more]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", RESIDENT, *words], capture_output=True, text=True, check=True)
        return int(done.stdout.splitlines()[-1]), time.perf_counter() - began


def enlarged(case: tuple[Path, Path, Path], longest: int, folder: Path) -> tuple[Path, Path, Path]:
    """The case made larger, as files."""
    import cv2

    found = []
    for path in case:
        picture = cv2.imread(str(path))
        scale = longest / max(picture.shape)
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found.append(folder / f"{path.stem}.png")
        cv2.imwrite(str(found[-1]), large)
    return found[0], found[1], found[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", required=True, type=Path)
    parser.add_argument("--names", default="")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weights", default="")
    parser.add_argument("--larger", type=int, default=0)
    asked = parser.parse_args()
    names = [name for name in asked.names.split(",") if name]
    names = names or sorted(path.name.split("_")[0] for path in asked.cases.glob("*_painting.*"))
    more = ["--weights", asked.weights] if asked.weights else []
    print("| case | object's box, % of the frame | seconds | preview, seconds | file to file, seconds | MB |")
    print("|---|---|---|---|---|---|")
    for name in names:
        case = parts(asked.cases, name)
        mask = Mask.open(case[2])
        assert mask.box is not None
        share = 100 * mask.box[2] * mask.box[3] / np.prod(mask.size)
        whole, quick = (
            seconds(Harmonize.parse({"weights": asked.weights, **options}), case, asked.runs)
            for options in ({}, PREVIEW)
        )
        memory, file = resident(case, more)
        print(f"| {name} | {share:.0f} | {whole:.1f} | {quick:.2f} | {file:.1f} | {memory} |", flush=True)
    if asked.larger:
        with tempfile.TemporaryDirectory() as folder:
            large = enlarged(parts(asked.cases, names[0]), asked.larger, Path(folder))
            memory, file = resident(large, more)
        print(f"\n{names[0]} enlarged to {asked.larger} pixels, file to file: {file:.1f} s, {memory} MB.")


if __name__ == "__main__":
    main()
