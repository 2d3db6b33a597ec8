"""What a run says about itself: a line of JSON now and then, a picture of samples, and one line for the person."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from retoucher.models.common.objective import Batch

Line = dict[str, Any]


class Log:
    """`log.jsonl` of a run: one JSON object a line, in the order of the steps."""

    def __init__(self, run: Path, step: int) -> None:
        """Continue after `step`: lines of later steps, written after the checkpoint that is continued, go."""
        self.path = run / "log.jsonl"
        kept = [line for line in read(self.path) if line["step"] <= step]
        aside = self.path.with_suffix(".unfinished")
        aside.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")
        aside.replace(self.path)

    def write(self, line: Line) -> None:
        """Add a line; numbers that JSON does not know (NaN) become null."""
        clean = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in line.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(clean) + "\n")


def read(path: Path) -> list[Line]:
    """The lines of a log; a last one that was cut off is left out."""
    if not path.exists():
        return []
    lines: list[Line] = []
    for text in path.read_text("utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines


def sheet(path: Path, batch: Batch, filled: Tensor) -> None:
    """A PNG: one row a picture, with its hole in grey, as it was filled, and as it was; written aside and renamed."""
    holed = torch.where(batch.mask > 0, 0.5, batch.image)
    rows = torch.cat([holed, filled, batch.image], 3)  # (N, 3, H, 3 W)
    values = (rows.clamp(0, 1) * 255).round().to(torch.uint8).cpu().permute(0, 2, 3, 1).numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".unfinished")
    Image.fromarray(np.concatenate(list(values), 0)).save(aside, "PNG")
    aside.replace(path)


class Progress:
    """One line on standard error, written over itself on a terminal and now and then anew elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.alive = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the line."""
        if not self.quiet:
            end = "\x1b[K\r" if self.alive else "\n"
            print(text, end=end, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """A line that stays."""
        if not self.quiet:
            print(text + ("\x1b[K" if self.alive else ""), file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds.

    >>> duration(3720), duration(75), duration(9)
    ('1 h 02 min', '1 min 15 s', '9 s')
    """
    whole = max(0, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
