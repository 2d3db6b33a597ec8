"""How many photos a second are learnt from: `python benchmarks/training.py --photos DIR_OR_TAR… --features FILE`.

Each line is a run of its own of `python -m retoucher.training`, with one worker for the photos. Its log has a line
every few steps; the first is left out, the median of the others counts. `waiting` is the share of the time in which the
loop had no photos.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = [
    ("lama", ["--recipe", "small"]),
    ("lama", ["--recipe", "small-adversarial"]),
    ("partialconv", ["--recipe", "small"]),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="+", required=True)
    parser.add_argument("--features", required=True, help="the file of vgg19")
    parser.add_argument("--networks", nargs="+", default=["lama", "partialconv"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[128, 256])
    parser.add_argument("--precisions", nargs="+", default=["32-true", "bf16-mixed"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lines", type=int, default=6, help="of the log, each of `--every` steps")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    print(f"batch {given.batch}, {given.device}; median images/s of {given.lines - 1} times {given.every} steps\n")
    print("| network, recipe | size | precision | images/s | waiting |\n|---|---|---|---|---|")
    for method, recipe in (run for run in RUNS if run[0] in given.networks):
        for size in given.sizes:
            for precision in given.precisions:
                speed, waiting = measured(given, [method, *recipe, "--size", str(size), "--precision", precision])
                print(f"| {method}, {recipe[1]} | {size} | {precision} | {speed:.1f} | {waiting:.1%} |", flush=True)


def measured(given: argparse.Namespace, words: list[str]) -> tuple[float, float]:
    """Images a second and the share of waiting of one run."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        fixed = ["--photos", *given.photos, "--output", str(run), "--features", f"vgg19={given.features}"]
        fixed += ["--batch", str(given.batch), "--steps", str(given.lines * given.every), "--device", given.device]
        fixed += ["--log-steps", str(given.every), "--workers", "1", "--quiet"]
        subprocess.run([sys.executable, "-m", "retoucher.training", *words, *fixed], check=True)
        lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()][1:]
    return tuple(statistics.median(line[name] for line in lines) for name in ("images_per_second", "waiting"))


if __name__ == "__main__":
    main()
