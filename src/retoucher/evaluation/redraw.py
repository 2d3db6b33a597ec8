"""The evaluation of `redraw`: every method on every portrait, measured, and handed to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from retoucher import catalogue, weights
from retoucher.device import choose
from retoucher.errors import UsageError
from retoucher.evaluation import color_difference, metrics
from retoucher.evaluation.inpaint import Source, networks
from retoucher.evaluation.measure import Filler, Metric
from retoucher.evaluation.methods import open_methods
from retoucher.evaluation.redrawing.bench import DrawingSheet, RedrawBench
from retoucher.evaluation.redrawing.cases import open_cases
from retoucher.evaluation.redrawing.methods import UNGUIDED, open_guided
from retoucher.evaluation.report import Outcome, Wording
from retoucher.evaluation.sight import ENTRY, Sight
from retoucher.evaluation.summary import Column, Summary, summed_up, table
from retoucher.jobs import Tell

SIZES = (64, 1024)
"""The smallest and the largest square that can be measured, in pixels."""
MULTIPLE = 32
"""What its side is a multiple of."""

BASIC: dict[str, Metric] = {"psnr_hole": metrics.psnr_hole, "ssim_hole": metrics.ssim_hole}

COLUMNS = (
    Column("feature_distance", "feature distance", ".4f"),
    Column("ratio", "to unguided", ".2f"),
    Column("lpips", "LPIPS, whole", ".4f"),
    Column("psnr_hole", "PSNR dB", ".2f", True),
    Column("ssim_hole", "SSIM", ".4f", True),
    Column("edge_f1", "edge F1", ".3f", True),
    Column("line_f1", "drawn lines F1", ".3f", True),
    Column("delta_e", "ΔE to paint", ".2f"),
    Column("outside", "changed outside", ".0f", ranked=False),
    Column("seconds", "seconds", ".3f"),
    Column("weights_megabytes", "weights MB", ".1f"),
)

WORDING = Wording(
    task="redraw",
    title="Redrawing, measured",
    reading="""Means over the portraits, all figures of the hole alone unless said; seconds are the median. The best of
each column is bold. *Edge F1*: edges of the result against the photo's; *drawn lines F1* and *ΔE*: against what was
drawn, or, where nothing was shown, what `full` was shown. *warped* and *hues* are asked for another picture than the
photo and so measured by obedience alone. Definitions: docs/evaluation.md.""",
    group="holes",
    item="photo",
    counted="{count} portraits; the holes cover {share:.0%} of the picture on average.",
    columns=COLUMNS,
)


@dataclass(frozen=True)
class Evaluation:
    """What is to be measured. `models`, `guidance`, `through` are for `open_guided`, `others` for `open_methods`."""

    holes: Sequence[str]
    models: Sequence[str]
    guidance: Sequence[str]
    others: Sequence[str] = ()
    through: Sequence[str] = ("network",)
    size: int = 256
    seed: int = 0
    limit: int | None = None
    features: Path | None = None
    lpips: Sequence[Path] = ()
    device: str = "auto"

    def __post_init__(self) -> None:
        if not self.holes or not self.models or not self.guidance or not self.through:
            raise UsageError("Name at least one of each: --holes face --models scfegan --guidance full,none.")
        for given in (self.holes, self.models, self.guidance, self.through, self.others):
            if twice := next((each for each in given if list(given).count(each) > 1), None):
                raise UsageError(f"{twice} is given twice: name each once.")
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit is a number of photos, 1 or more.")
        if not SIZES[0] <= self.size <= SIZES[1] or self.size % MULTIPLE:
            raise UsageError(f"--size is a multiple of {MULTIPLE} from {SIZES[0]} to {SIZES[1]}: 256 or 512.")
        if not 0 <= self.seed < 2**32:
            raise UsageError("--seed is a whole number from 0 to 4294967295.")

    @property
    def settings(self) -> dict[str, Any]:
        """For the report."""
        found = asdict(self) | {"lpips": [str(path) for path in self.lpips]}
        return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


def measure(asked: Evaluation, photos: Source, tell: Tell) -> Outcome:
    """Do it. What was asked wrongly raises UsageError before any photo is read."""
    started = perf_counter()
    tell(0, "loading")
    cases = [open_cases(each, asked.size, asked.seed) for each in asked.holes]
    guided = open_guided(asked.models, asked.guidance, asked.through, asked.device, asked.seed)
    others = open_methods(asked.others, asked.device)
    device = choose(asked.device)
    sight = Sight.open(asked.features, device)
    notes: list[str] = []
    chosen = networks(asked.lpips, sight, device, notes) | BASIC
    if not color_difference.available():
        notes.append("No ΔE: it needs scikit-image (pip install 'retoucher[train]').")
    methods: list[Filler] = [*guided, *others]
    sheet = DrawingSheet(seed=asked.seed)
    bench = RedrawBench(methods, cases, chosen, [sheet])
    bench.run(photos, asked.limit, tell)
    summary = _summary(bench)
    paths = {each.name: each.weights for each in guided if each.weights is not None}
    paths |= {each.name: each.weights for each in others if each.weights is not None}
    for rows in summary.values():
        for name, path in paths.items():
            rows[name]["weights_megabytes"] = path.stat().st_size / 1e6
    known = next((entry for entry in catalogue.ENTRIES if entry.name == ENTRY), None)
    added = weights.find(known) if known and asked.features is None else None
    looked = {path for path in (asked.features, added and added.path, *asked.lpips, *paths.values()) if path}
    files = {str(path): weights.digest(path) for path in sorted(looked)}
    left_out = [*photos.problems, *bench.left_out]
    png, seconds = sheet.png([method.name for method in methods]), perf_counter() - started
    return Outcome(
        WORDING, asked.settings, files, summary, bench.records, left_out, notes, png, seconds, _originals(bench)
    )


def _summary(bench: RedrawBench) -> Summary:
    """Means, and the feature distance over that of the same model unguided (others: of the first model)."""
    summary = summed_up(bench.records, ())
    model = {method.name: getattr(method, "model", None) for method in bench.methods}
    for rows in summary.values():
        bare = {model[name]: row for name, row in rows.items() if name.partition(" ")[0] == UNGUIDED}
        first = next(iter(bare.values()), {})
        for name, row in rows.items():
            row.pop("deciles")
            least = bare.get(model[name], first).get("feature_distance")
            if least and "feature_distance" in row:
                row["ratio"] = row["feature_distance"] / least
    return summary


def _originals(bench: RedrawBench) -> dict[str, str]:
    """What the photo itself gets of the drawings' measures: how much can be expected of a result."""
    found = {}
    for holes, rows in summed_up(bench.originals, ()).items():
        for row in rows.values():
            del row["seconds"]
        found[f"The photo itself, {holes} holes, drawing by drawing"] = table(rows, COLUMNS)
    return found
