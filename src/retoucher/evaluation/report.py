"""What an evaluation found, as files: JSON with every figure of every photo, and Markdown to be read."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from retoucher import __version__
from retoucher.device import threads
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.measure import Record
from retoucher.evaluation.summary import Column, Summary, table
from retoucher.files import check_output, write_whole

FILES = ("sheet.png", "report.md", "report.json")
"""What is written to the folder, in this order: where the last one is, all is done."""


@dataclass(frozen=True)
class Wording:
    """What a task's report is called and what stands above its tables.

    `group`, `item`: what a table is for and one picture of it, in headings and as keys of the JSON; `counted`: the
    sentence below a table's heading, of a `count` of pictures and the `share` of them that masks cover.
    """

    task: str
    title: str
    reading: str
    group: str
    item: str
    counted: str
    columns: Sequence[Column]


@dataclass(frozen=True)
class Outcome:
    """Everything that the files say.

    `settings`: what was asked for, `size`, `seed` and `device` among it; `files`: the sha256 of every file of weights
    that was used, by its path; `left_out`: a sentence for each picture that was not; `more`: further tables in
    Markdown, by their headings.
    """

    wording: Wording
    settings: Mapping[str, Any]
    files: Mapping[str, str]
    summary: Summary
    records: Sequence[Record]
    left_out: Sequence[str]
    notes: Sequence[str]
    sheet: bytes
    seconds: float
    more: Mapping[str, str] = field(default_factory=dict)


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
    """The tables, one for each group, with how they came about."""
    settings, wording = outcome.settings, outcome.wording
    parts = [
        f"# {wording.title}",
        f"Size {settings['size']}, seed {settings['seed']}, device {settings['device']}, Retoucher {__version__}.",
        wording.reading,
    ]
    for group, rows in outcome.summary.items():
        records = [record for record in outcome.records if record.group == group]
        share = float(np.mean([record.share for record in records]))
        count = len({record.photo for record in records})
        shown = {_title(name, row): row for name, row in rows.items()}
        head = f"## {wording.group.capitalize()}: {group}\n\n{wording.counted.format(count=count, share=share)}"
        parts.append(f"{head}\n\n{table(shown, wording.columns)}".rstrip())
    parts += [f"## {heading}\n\n{text}".rstrip() for heading, text in outcome.more.items()]
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
    group, item = outcome.wording.group, outcome.wording.item
    for record in outcome.records:
        about = {group: record.group, item: record.photo, "share": record.share, "methods": {}}
        picture = pictures.setdefault((record.group, record.photo), about)
        picture["methods"][record.method] = {"by": record.by, "seconds": record.seconds} | record.figures
    everything = {
        "task": outcome.wording.task,
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
