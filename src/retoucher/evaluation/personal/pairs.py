"""The error of the descriptor that identity distances are measured with, on pairs of photos of one person."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import torch
from torch import Tensor

from retoucher.edits.personal.create import Ground
from retoucher.edits.personal.intake import survey
from retoucher.errors import UsageError
from retoucher.jobs import Tell
from retoucher.models.mystyle.identity import distances, equal_error

ENDS = ("_a", "_b")
"""How the names of a pair's two files end."""
LEAST = 2


@dataclass(frozen=True)
class Pair:
    """Two photos of one person."""

    person: str
    photos: tuple[Path, Path]


@dataclass(frozen=True)
class Separation:
    """How well people are told apart: the equal error `rate` and its distance `limit`, and of how many pairs."""

    rate: float
    limit: float
    same: int
    different: int
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"Equal error {self.rate:.1%} at a cosine distance of {self.limit:.2f}, of {self.same} pairs of one person "
            f"and {self.different} of two."
        )


def find_pairs(path: Path) -> list[Pair]:
    """NAME_a.jpg and NAME_b.jpg in a folder, or the rows of a CSV file with columns `one`, `other` (and `person`).

    Paths in it are relative to it; without a person each row is another one. Raises UsageError for fewer than two.
    """
    found = _of_rows(path) if path.is_file() else _of_folder(path) if path.is_dir() else None
    if found is None:
        raise UsageError(f"There is no {path}: --pairs takes a folder or a CSV file.")
    if len({pair.person for pair in found}) < LEAST:
        raise UsageError(
            f"There are no pairs of {LEAST} people in {path}: name photos NAME_a.jpg and NAME_b.jpg, or give a CSV "
            "file with the columns one and other."
        )
    return found


def _of_folder(folder: Path) -> list[Pair]:
    known = {each.stem: each for each in sorted(folder.iterdir()) if each.is_file()}
    first, second = ENDS
    names = [stem.removesuffix(first) for stem in known if stem.endswith(first)]
    return [Pair(name, (known[name + first], known[name + second])) for name in names if name + second in known]


def _of_rows(path: Path) -> list[Pair]:
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), strict=True))
        found = [
            Pair(row.get("person") or f"row {i}", (path.parent / row["one"], path.parent / row["other"]))
            for i, row in enumerate(rows, 1)
        ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV file with the columns one and other ({error}).") from None
    return found


def separation(pairs: Sequence[Pair], ground: Ground, describe: Callable[[Tensor], Tensor], tell: Tell) -> Separation:
    """Measure it; every photo of one person with every one of another counts as a pair of two.

    Raises UsageError where faces are found in too few of them.
    """
    files = list(dict.fromkeys(photo for pair in pairs for photo in pair.photos))
    known: dict[Path, Tensor] = {}
    left_out = []
    for number, file in enumerate(files):
        tell(number / len(files), f"looking at {file.name}")
        looked = survey([file], ground.template, ground.base.resolution)
        left_out += [f"{each.name}: {each.reason}." for each in looked.rejected]
        for each in looked.taken:
            with torch.inference_mode():
                known[file] = describe(each.face[None].to(next(ground.base.parameters()).device))
    whole = [pair for pair in pairs if all(photo in known for photo in pair.photos)]
    if len({pair.person for pair in whole}) < LEAST:
        raise UsageError(f"Faces were found in too few pairs. The first: {left_out[0]}")
    same = torch.cat([distances(*(known[photo] for photo in pair.photos)).flatten() for pair in whole])
    different = torch.cat([_between(a, b, known) for a, b in combinations(whole, 2) if a.person != b.person])
    rate, limit = equal_error(same.cpu(), different.cpu())
    return Separation(rate, limit, len(same), len(different), tuple(left_out))


def _between(one: Pair, other: Pair, known: dict[Path, Tensor]) -> Tensor:
    """All four distances."""
    first, second = (torch.cat([known[photo] for photo in pair.photos]) for pair in (one, other))
    return distances(first, second).flatten()
