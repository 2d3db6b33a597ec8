"""How long the command and the library take to start: `python benchmarks/start.py [--runs 9]`.

Each in a fresh process, in turns, medians after one warm-up; the interpreter's own start is shown beside them and is
included in the other figures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import retoucher": ["-c", "import retoucher"],
    "retoucher --help": ["-m", "retoucher", "--help"],
    "retoucher inpaint --help": ["-m", "retoucher", "inpaint", "--help"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - started)
    print("| command | seconds |\n|---|---|")
    for name, each in taken.items():
        print(f"| `{name}` | {median(each[1:]):.2f} |")


if __name__ == "__main__":
    main()
