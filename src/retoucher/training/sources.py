"""Where photos come from, so that a large collection does not drown the small ones."""

from __future__ import annotations

import csv
from pathlib import Path

from retoucher.errors import UsageError
from retoucher.training.photos import Photos

FILE, SOURCE = "file", "source_repository"
"""The columns that are read of a table of sources."""


def groups_of(photos: Photos, table: Path) -> list[int]:
    """A number for each photo, the same for those of one source by a CSV table with the columns `FILE` and `SOURCE`.

    Photos that the table does not name are a group of their own. Raises UsageError where the table cannot be read or
    names none of them.
    """
    try:
        with table.open(encoding="utf-8", newline="") as file:
            source = {row[FILE].rpartition("/")[2]: row[SOURCE] for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
        wanted = f"give a CSV with the columns {FILE} and {SOURCE}"
        raise UsageError(f"{table} cannot be read ({error}): {wanted}.") from error
    found = [source.get(entry.name.rpartition("/")[2], "") for entry in photos.entries]
    if not any(found):
        raise UsageError(f"{table} names none of the {len(photos)} photos: give the table that came with them.")
    numbers = {name: number for number, name in enumerate(sorted(set(found)))}
    return [numbers[name] for name in found]
