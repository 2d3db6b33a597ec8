"""How well and how fast `select` finds things: one click, a click with a box, and a box alone.

    python benchmarks/selecting.py --cases FOLDER [--photos PHOTO …] [--runs 5] [--pictures FOLDER]

`FOLDER` holds photos NAME.jpg with NAME_mask.png, white where the thing is. The click is the pixel of the mask that is
farthest from its edge; the box is the mask's. Prints intersection over union for each, then medians of seconds after
one warm-up for clicks in every photo of `--photos`, resized to 12 megapixels. `--pictures` writes overlays to look at.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np

from retoucher import Image, Mask, load
from retoucher.edits.select import Select

PIXELS = 12e6
CLICKS = ((0.5, 0.5), (0.25, 0.3), (0.7, 0.6), (0.3, 0.8))
"""As shares of a photo's width and height."""


def middle(mask: Mask) -> tuple[int, int]:
    """The masked pixel that is farthest from all that is not masked."""
    inside = cv2.distanceTransform(np.pad(mask.array, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(x), int(y)


def likeness(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one.array & other.array).sum() / max(1, (one.array | other.array).sum()))


def ways(mask: Mask) -> dict[str, Select]:
    """The three ways of pointing at what a mask covers."""
    point, box = middle(mask), mask.box
    assert box is not None
    return {
        "click": Select(points=(point,)),
        "click and box": Select(points=(point,), boxes=(box,)),
        "box": Select(boxes=(box,)),
    }


def overlay(image: Image, mask: Mask, edit: Select, path: Path) -> None:
    """The photo with the mask in red, its outline, and the clicks."""
    view = np.ascontiguousarray((image.pixels.numpy().transpose(1, 2, 0)[..., ::-1] * 255).astype(np.uint8))
    view[mask.array] = view[mask.array] // 2 + np.array([0, 0, 127], np.uint8)
    lines, _ = cv2.findContours(mask.array.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thick = max(1, max(image.size) // 1500)
    cv2.drawContours(view, lines, -1, (255, 255, 255), thick)
    for x, y in edit.points:
        cv2.circle(view, (int(x), int(y)), 4 * thick, (0, 255, 255), -1)
    cv2.imwrite(str(path), view)


def quality(folder: Path, pictures: Path | None) -> dict[str, dict[str, float]]:
    """Intersection over union of every case and way."""
    table: dict[str, dict[str, float]] = {}
    for mask_file in sorted(folder.glob("*_mask.png")):
        name = mask_file.name.removesuffix("_mask.png")
        image, wanted = Image.open(folder / f"{name}.jpg"), Mask.open(mask_file)
        table[name] = {}
        for way, edit in ways(wanted).items():
            result = edit.run(image, load=load)
            table[name][way] = likeness(result.mask, wanted)
            if pictures:
                overlay(image, result.mask, edit, pictures / f"{name} {way}.png")
                print(name, way, *result.report.notes)
    return table


def twelve(path: str) -> Image:
    """A photo resized to 12 megapixels."""
    array = cv2.imread(path, cv2.IMREAD_COLOR_RGB)
    factor = (PIXELS / (array.shape[0] * array.shape[1])) ** 0.5
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return Image.from_array(np.ascontiguousarray(cv2.resize(array, None, fx=factor, fy=factor, interpolation=how)))


def seconds(image: Image, runs: int, pictures: Path | None, name: str) -> list[float]:
    """Median seconds of each click of CLICKS, in turns, after one warm-up."""
    edits = [Select(points=((int(x * image.width), int(y * image.height)),)) for x, y in CLICKS]
    taken: list[list[float]] = [[] for _ in edits]
    for run in range(runs + 1):
        for number, edit in enumerate(edits):
            started = time.perf_counter()
            result = edit.run(image, load=load)
            taken[number].append(time.perf_counter() - started)
            if pictures and not run:
                overlay(image, result.mask, edit, pictures / f"{name} {number}.png")
    return [median(each[1:]) for each in taken]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--photos", nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    if arguments.cases:
        table = quality(arguments.cases, arguments.pictures)
        names = list(next(iter(table.values())))
        print("| case | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
        for case, row in table.items():
            print(f"| {case} | " + " | ".join(f"{row[name]:.2f}" for name in names) + " |")
        print("| mean | " + " | ".join(f"{mean(row[name] for row in table.values()):.2f}" for name in names) + " |")
    if arguments.photos:
        print("\n| 12 MP photo | " + " | ".join(f"click at {x:g}, {y:g}" for x, y in CLICKS) + " |")
        print("|---|" + "---|" * len(CLICKS))
    for photo in arguments.photos:
        taken = seconds(twelve(photo), arguments.runs, arguments.pictures, Path(photo).stem)
        print(f"| {Path(photo).name} | " + " | ".join(f"{each:.2f} s" for each in taken) + " |")


if __name__ == "__main__":
    main()
