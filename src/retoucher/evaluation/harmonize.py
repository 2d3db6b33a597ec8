"""The evaluation of `harmonize`: every method on every case, measured, and handed to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from retoucher import catalogue, weights
from retoucher.device import choose
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.harmonizing.cases import Case, find_cases, open_case
from retoucher.evaluation.harmonizing.likeness import Likeness
from retoucher.evaluation.harmonizing.methods import Method, Numbers, Result, megabytes, open_methods
from retoucher.evaluation.harmonizing.seam import seam
from retoucher.evaluation.measure import Record, part
from retoucher.evaluation.report import Outcome, Wording
from retoucher.evaluation.sheet import Row, drawn, thumbnail
from retoucher.evaluation.sight import ENTRY, Sight
from retoucher.evaluation.summary import Column, Summary, summed_up
from retoucher.jobs import Tell

WARM = 64
"""Longest side of the picture that a method works on once before its time is taken."""
CELL = 384
"""Longer side of a picture on the contact sheet."""
MARGIN = 0.25
"""How much of the object's width and height is shown around it there."""

COLUMNS = (
    Column("style", "style", ".3f"),
    Column("ratio", "to the naive paste", ".2f"),
    Column("style_shared", "style, shared part", ".3f"),
    Column("style_whole", "style, whole painting", ".3f"),
    Column("histogram", "histogram", ".3f"),
    Column("content", "content", ".3f"),
    Column("seam", "seam", ".2f"),
    Column("strength", "strength", ".2f", ranked=False),
    Column("seconds", "seconds", ".1f"),
    Column("megabytes", "MB", ".0f"),
    Column("gpu_megabytes", "GPU MB", ".0f"),
)

WORDING = Wording(
    task="harmonize",
    title="Painterly harmonization, measured",
    reading="""Means over the cases; seconds are the median. Smaller is better, and the best of each column is bold, but
read them together: the naive paste keeps its content by changing nothing. *Style*: from the part of the painting that
the object was matched to. Definitions: docs/evaluation.md.""",
    group="cases",
    item="case",
    counted="{count} cases; the objects cover {share:.0%} of the painting on average.",
    columns=COLUMNS,
)


@dataclass(frozen=True)
class Evaluation:
    """What is to be measured. `methods`, `models`, `strengths`: as `open_methods` takes them; `features`: VGG-19."""

    cases: Path
    methods: Sequence[str]
    models: Sequence[str]
    strengths: Sequence[str]
    size: int = 700
    steps: int = 0
    seed: int = 0
    limit: int | None = None
    features: Path | None = None
    device: str = "auto"
    memory: bool = True

    def __post_init__(self) -> None:
        if not self.methods or not self.models or not self.strengths:
            raise UsageError("Name at least one method, model and strength: --methods naive,finish --models auto.")
        for name, given in (("method", self.methods), ("model", self.models), ("strength", self.strengths)):
            if len(set(given)) < len(given):
                raise UsageError(f"A {name} is given twice: name each once.")
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit is a number of cases, 1 or more.")
        if not 64 <= self.size <= 2000:
            raise UsageError("--size is a number of pixels from 64 to 2000.")
        if self.steps < 0 or not 0 <= self.seed < 2**32:
            raise UsageError("--steps and --seed are whole numbers, 0 or more.")

    @property
    def settings(self) -> dict[str, Any]:
        """For the report."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    @property
    def numbers(self) -> Numbers:
        """What all methods share."""
        return Numbers(self.size, self.steps, self.seed, self.device)


@dataclass(eq=False)
class Bench:
    """Works on one case after the other; `records`, `rows` of the contact sheet and `first` fill while it does."""

    methods: Sequence[Method]
    sight: Sight | None
    group: str
    records: list[Record] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    first: Case | None = None

    def run(self, case: Case, tell: Tell) -> None:
        """One case with every method. Raises RetoucherError that names method and case."""
        if self.first is None:
            self.first = case
            small = case.at(WARM)
            for method in self.methods if bool(small.hard.any()) else ():
                method(small)
        found: list[tuple[Method, Result, float]] = []
        for number, method in enumerate(self.methods):
            told = part(tell, number, len(self.methods), f"{case.name}, {method.name}: ")
            told(0, "working")
            started = perf_counter()
            try:
                result = method(case, told)
            except RetoucherError as error:
                raise RetoucherError(f"{method.name} failed on {case.name}: {error}") from error
            found.append((method, result, perf_counter() - started))
        self._measured(case, found)

    def _measured(self, case: Case, found: Sequence[tuple[Method, Result, float]]) -> None:
        """Records and a line of the sheet. Methods that match nothing are compared with what the first other did."""
        shared = next((result.area for _, result, _ in found if result.area is not None), None)
        likeness = Likeness(self.sight, case) if self.sight else None
        row = self.rows.setdefault(case.name, {"painting": (_shown(case.painting, case), case.name)})
        for method, result, seconds in found:
            figures: dict[str, float] = {}
            if likeness:
                areas = {"style": shared if result.area is None else result.area, "style_shared": shared}
                figures |= likeness.of(result.pixels, areas | {"style_whole": None})
            figures["seam"] = seam(result.pixels, case.painting, case.mask)
            if result.strength is not None:
                figures["strength"] = result.strength
            share = float(case.hard.float().mean())
            self.records.append(Record(self.group, case.name, method.name, result.by, share, seconds, figures))
            style = f"style {figures['style']:.2f}, " if likeness else ""
            row[method.name] = _shown(result.pixels, case), f"{style}seam {figures['seam']:.1f}"


def measure(asked: Evaluation, tell: Tell) -> Outcome:
    """Do it. What was asked wrongly raises UsageError before any picture is read."""
    started = perf_counter()
    tell(0, "loading")
    files = find_cases(asked.cases)
    sight = Sight.open(asked.features, choose(asked.device))
    methods = open_methods(asked.methods, asked.models, asked.strengths, asked.numbers)
    group = asked.cases.absolute().name
    bench, left_out = Bench(methods, sight, group), list[str]()
    wanted = len(files) if asked.limit is None else min(asked.limit, len(files))
    for name, parts in files.items():
        if len(bench.rows) == wanted:
            break
        try:
            case = open_case(name, parts, asked.size)
        except RetoucherError as error:
            left_out.append(str(error))
            wanted = min(wanted, len(files) - len(left_out))
            continue
        bench.run(case, part(lambda share, said, shown=None: tell(0.95 * share, said), len(bench.rows), wanted, ""))
    if bench.first is None:
        raise UsageError(f"None of the {len(files)} cases can be used. The first: {left_out[0]}")
    summary = _summary(bench.records)
    for number, method in enumerate(methods if asked.memory else ()):
        tell(0.95 + 0.05 * number / len(methods), f"memory of {method.name}")
        summary[group][method.name] |= megabytes(method, asked.numbers, bench.first)
    tell(1, "done")
    png = drawn({f"cases: {group}": bench.rows}, ["painting", *(method.name for method in methods)], CELL)
    used, notes, more = _files(asked, bench.records), _notes(sight), _by_case(bench.records)
    seconds = perf_counter() - started
    return Outcome(WORDING, asked.settings, used, summary, bench.records, left_out, notes, png, seconds, more)


def _summary(records: Sequence[Record]) -> Summary:
    """Means, and the style distance over that of the naive paste where it was measured."""
    summary = summed_up(records, ())
    for rows in summary.values():
        least = rows.get("naive", {}).get("style")
        for row in rows.values():
            row.pop("deciles")
            if least:
                row["ratio"] = row["style"] / least
    return summary


def _by_case(records: Sequence[Record]) -> dict[str, str]:
    """Tables of every case's style, content and seam, methods beside each other."""
    cases: dict[str, dict[str, Record]] = {}
    for record in records:
        cases.setdefault(record.photo, {})[record.method] = record
    found = {}
    for figure in ("style", "content", "seam"):
        if figure in records[0].figures:
            names = list(cases[records[0].photo])
            lines = [["case", *names], ["---"] * (len(names) + 1)]
            for case, row in cases.items():
                lines.append([case, *(f"{row[name].figures[figure]:.3f}" for name in names)])
            found[f"{figure.capitalize()}, case by case"] = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return found


def _notes(sight: Sight | None) -> list[str]:
    if sight is None:
        return ["No style, histogram and content: they need VGG-19's weights (--features FILE)."]
    return []


def _files(asked: Evaluation, records: Sequence[Record]) -> dict[str, str]:
    """The sha256 of every file of weights that was given or found, by path."""
    names = {record.by for record in records} | ({ENTRY} if asked.features is None else set())
    copies = (weights.find(entry) for entry in catalogue.ENTRIES if entry.name in names)
    given = (Path(model.partition("=")[2]) for model in asked.models if "=" in model)
    paths = (asked.features, *given, *(copy.path for copy in copies if copy))
    return {str(path): weights.digest(path) for path in paths if path}


def _shown(pixels: Tensor, case: Case) -> Any:
    """The object and a margin around it, for the sheet; a small one with every pixel twice or more as large."""
    rows, columns = (case.hard[0].any(axis).nonzero().flatten().tolist() for axis in (1, 0))
    box = []
    for places, length in ((rows, case.mask.shape[1]), (columns, case.mask.shape[2])):
        reach = round(MARGIN * (places[-1] - places[0] + 1))
        box.append(slice(max(0, places[0] - reach), min(length, places[-1] + 1 + reach)))
    cut = (pixels[:, box[0], box[1]] * 255).round().to(torch.uint8)
    larger = max(1, CELL // max(cut.shape))
    cut = cut.repeat_interleave(larger, 1).repeat_interleave(larger, 2)
    return thumbnail(cut.permute(1, 2, 0).numpy(), CELL)
