"""What an evaluation found, as files: JSON with every figure of every photo, and Markdown to be read."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from retoucher import __version__
from retoucher.device import threads
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.measure import Record
from retoucher.evaluation.summary import Summary, table
from retoucher.files import check_output, write_whole

FILES = ("sheet.png", "report.md", "report.json")
"""What is written to the folder, in this order: where the last one is, all is done."""

READING = """Means over the photos; seconds are the median. The best of each column is bold. *Hole*: over the hole's
pixels alone; all other figures are of the whole picture, its known pixels pasted back. *To the best baseline*: mean
feature distance over the smallest of telea, ns and biharmonic. Definitions: docs/evaluation.md."""


@dataclass(frozen=True)
class Outcome:
    """Everything that the files say.

    `settings`: what was asked for; `files`: the sha256 of every file of weights that was used, by its path; `left_out`:
    a sentence for each photo that was not.
    """

    settings: Mapping[str, Any]
    files: Mapping[str, str]
    summary: Summary
    records: Sequence[Record]
    left_out: Sequence[str]
    notes: Sequence[str]
    sheet: bytes
    seconds: float


def check(output: Path, *, overwrite: bool) -> None:
    """Raise UsageError, before any work, where the results could not be written to this folder, there or not yet."""
    there = next((folder for folder in (output, *output.absolute().parents) if os.path.lexists(folder)), Path("/"))
    if not there.is_dir():
        raise UsageError(f"{there} is a file and cannot be a folder: choose another --output.")
    if not os.access(there, os.W_OK):
        raise UsageError(f"{there} may not be written to: choose another --output.")
    for name in FILES if output.is_dir() else ():
        check_output(output / name, overwrite=overwrite)


def write(outcome: Outcome, output: Path, *, overwrite: bool) -> None:
    """The contact sheet, the tables and the JSON: each there whole or not at all; the folder is made."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RetoucherError(f"{output} cannot be made ({error.strerror}): choose another --output.") from None
    for name, data in zip(FILES, (outcome.sheet, markdown(outcome).encode(), as_json(outcome)), strict=True):
        write_whole(output / name, data, overwrite=overwrite)


def markdown(outcome: Outcome) -> str:
    """The tables, one for each set of holes, with how they came about."""
    settings = outcome.settings
    parts = [
        "# Inpainting, measured",
        f"Size {settings['size']}, seed {settings['seed']}, device {settings['device']}, Retoucher {__version__}.",
        READING,
    ]
    for holes, rows in outcome.summary.items():
        records = [record for record in outcome.records if record.holes == holes]
        share = float(np.mean([record.share for record in records]))
        count = len({record.photo for record in records})
        shown = {_title(name, row): row for name, row in rows.items()}
        head = f"## Holes: {holes}\n\n{count} photos; the holes cover {share:.0%} of the picture on average."
        parts.append(f"{head}\n\n{table(shown)}".rstrip())
    if outcome.notes:
        parts.append("\n".join(f"- {note}" for note in outcome.notes))
    if outcome.left_out:
        parts.append("Left out:\n\n" + "\n".join(f"- {reason}" for reason in outcome.left_out))
    return "\n\n".join(parts) + "\n"


def _title(name: str, row: Mapping[str, Any]) -> str:
    """The method's name, and who did it where that is not the same."""
    by = ", ".join(each for each in row["by"] if each not in name)
    return f"{name} ({by})" if by else name


def as_json(outcome: Outcome) -> bytes:
    """All figures; null stands for what is infinite (PSNR of equal pictures)."""
    pictures: dict[tuple[str, str], dict[str, Any]] = {}
    for record in outcome.records:
        about = {"holes": record.holes, "photo": record.photo, "share": record.share, "methods": {}}
        picture = pictures.setdefault((record.holes, record.photo), about)
        picture["methods"][record.method] = {"by": record.by, "seconds": record.seconds} | record.figures
    everything = {
        "task": "inpaint",
        "settings": dict(outcome.settings),
        "files": dict(outcome.files),
        "machine": _machine(),
        "seconds": outcome.seconds,
        "notes": list(outcome.notes),
        "left_out": list(outcome.left_out),
        "summary": outcome.summary,
        "pictures": list(pictures.values()),
    }
    return (json.dumps(_finite(everything), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _finite(value: Any) -> Any:
    """The same with None for numbers that JSON does not know."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _machine() -> dict[str, Any]:
    """What seconds depend on."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    versions = {"retoucher": __version__, "python": platform.python_version(), "torch": torch.__version__}
    return {"system": platform.platform(), "threads": threads(), "gpu": gpu} | versions
