"""The evaluation of `inpaint`: what was asked for put together, measured, and handed to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from retoucher import catalogue, weights
from retoucher.device import choose
from retoucher.errors import UsageError
from retoucher.evaluation import metrics, populations
from retoucher.evaluation.cases import Case, open_cases
from retoucher.evaluation.inception import open_inception
from retoucher.evaluation.lpips import open_lpips
from retoucher.evaluation.measure import Album, Bench, Metric, Record, Watcher
from retoucher.evaluation.methods import CLASSICAL, Method, open_methods
from retoucher.evaluation.populations import Populations, combined
from retoucher.evaluation.report import Outcome, Wording
from retoucher.evaluation.resident import megabytes
from retoucher.evaluation.sheet import Sheet
from retoucher.evaluation.sight import ENTRY, Sight
from retoucher.evaluation.summary import COLUMNS, Summary, summed_up
from retoucher.jobs import Tell
from retoucher.picture import Samples

BASIC: dict[str, Metric] = {
    "psnr": metrics.psnr,
    "psnr_hole": metrics.psnr_hole,
    "ssim": metrics.ssim,
    "l1": metrics.l1,
    "l1_hole": metrics.l1_hole,
}
"""Metrics that need no network."""

WORDING = Wording(
    task="inpaint",
    title="Inpainting, measured",
    reading="""Means over the photos; seconds are the median. The best of each column is bold. *Hole*: over the hole's
pixels alone; all other figures are of the whole picture, its known pixels pasted back. *To the best baseline*: mean
feature distance over the smallest of telea, ns and biharmonic. Definitions: docs/evaluation.md.""",
    group="holes",
    item="photo",
    counted="{count} photos; the holes cover {share:.0%} of the picture on average.",
    columns=COLUMNS,
)


class Source(Album, Protocol):
    """Photos, and a sentence for each part of their folders and tars that could not be read."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences."""


@dataclass(frozen=True)
class Evaluation:
    """What is to be measured. `holes`: sets' names or folders; `models`: what `open_method` takes; files or None."""

    holes: Sequence[str]
    models: Sequence[str]
    size: int = 512
    seed: int = 0
    limit: int | None = None
    features: Path | None = None
    lpips: Sequence[Path] = ()
    inception: Path | None = None
    device: str = "auto"
    memory: bool = True

    def __post_init__(self) -> None:
        if not self.holes or not self.models:
            raise UsageError("Name at least one set of holes and one method: --holes narrow --models telea,auto.")
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit is a number of photos, 1 or more.")
        if not 0 <= self.seed < 2**32:
            raise UsageError("--seed is a whole number from 0 to 4294967295.")

    @property
    def settings(self) -> dict[str, Any]:
        """For the report."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def measure(asked: Evaluation, photos: Source, tell: Tell) -> Outcome:
    """Do it. What was asked wrongly raises UsageError before any photo is read."""
    started = perf_counter()
    tell(0, "loading")
    device = choose(asked.device)
    cases = [open_cases(each, asked.size, asked.seed) for each in asked.holes]
    if len({each.name for each in cases}) < len(cases):
        raise UsageError("Two sets of holes have the same name: give each once, and folders different names.")
    methods = open_methods(asked.models, asked.device)
    sight = Sight.open(asked.features, device)
    notes: list[str] = []
    chosen = networks(asked.lpips, sight, device, notes) | BASIC
    crowd = _populations(asked, sight, device, notes)
    sheet, first = Sheet(seed=asked.seed), First()
    watchers: list[Watcher] = [sheet, first] if crowd is None else [sheet, first, crowd]
    bench = Bench(methods, cases, chosen, watchers)
    bench.run(photos, asked.limit, lambda fraction, message, preview=None: tell(0.98 * fraction, message))
    summary = summed_up(bench.records, list(CLASSICAL))
    for (holes, name), found in (crowd.distances() if crowd else {}).items():
        row = summary[holes][name] | found
        if asked.inception is not None:  # the published combinations, of the published FID only
            row["ssim_fid100_f1"] = combined(row["ssim"], row["fid"])
            row |= {"lpips_fid100_f1": combined(1 - row["lpips"], row["fid"])} if "lpips" in row else {}
        summary[holes][name] = row
    _sizes(asked, methods, first.case, summary, tell)
    left_out = [*photos.problems, *bench.left_out]
    png = sheet.png([method.name for method in methods])
    seconds = perf_counter() - started
    return Outcome(
        WORDING, asked.settings, _files(asked, methods), summary, bench.records, left_out, notes, png, seconds
    )


@dataclass(eq=False)
class First:
    """Remembers the first case, for measuring memory; a `Watcher`."""

    case: Case | None = None

    def see(self, record: Record, case: Case, filled: Samples, result: Tensor, reference: Tensor) -> None:
        """Look at one result."""
        self.case = self.case or case


def networks(lpips: Sequence[Path], sight: Sight | None, device: torch.device, notes: list[str]) -> dict[str, Metric]:
    """The metrics that networks measure, under their names in the report; `notes` gets what to say about them."""
    chosen: dict[str, Metric] = {}
    if sight:
        chosen["feature_distance"] = sight.distance
    else:
        notes.append("No feature distance: it needs VGG-19's weights (--features FILE).")
    if lpips:
        network = open_lpips(lpips, device)
        chosen["lpips"] = network.distance
        notes.append(f"LPIPS: v0.1, backbone {network.backbone}.")
    else:
        notes.append("No LPIPS: it needs a backbone and its linear layers (--lpips FILE --lpips FILE).")
    return chosen


def _populations(asked: Evaluation, sight: Sight | None, device: torch.device, notes: list[str]) -> Populations | None:
    """What measures FID and KID, or None; `notes` gets what to say about them."""
    if not populations.available():
        notes.append("No FID and KID: they need torchmetrics (pip install 'retoucher[train]').")
        return None
    if asked.inception is not None:
        notes.append("FID and KID: features of FID's Inception (2048, last pool), as published.")
        return Populations(open_inception(asked.inception, device).features, asked.seed)
    if sight is None:
        notes.append("No FID and KID: they need a network (--inception FILE or --features FILE).")
        return None
    notes.append(
        "FID and KID here are NOT the published ones (which need --inception FILE): their features are VGG-19's "
        "relu3_4, averaged over the picture and scaled to unit size, and they compare methods within this table only."
    )
    return Populations(sight.pooled, asked.seed)


def _sizes(asked: Evaluation, methods: Sequence[Method], case: Case | None, summary: Summary, tell: Tell) -> None:
    """Add every method's memory and the size of its file of weights to the summary."""
    for number, method in enumerate(methods):
        tell(0.98 + 0.02 * number / len(methods), f"memory of {method.name}")
        found = megabytes(method.asked, asked.device, case) if asked.memory and case else {}
        if method.weights is not None:
            found["weights_megabytes"] = method.weights.stat().st_size / 1e6
        for rows in summary.values():
            if method.name in rows:
                rows[method.name] |= found
    tell(1, "done")


def _files(asked: Evaluation, methods: Sequence[Method]) -> dict[str, str]:
    """The sha256 of every file of weights that was given or found, by path."""
    known = next((entry for entry in catalogue.ENTRIES if entry.name == ENTRY), None)
    added = weights.find(known) if known and asked.features is None else None
    looked = (asked.features, added and added.path, *asked.lpips, asked.inception)
    return {str(path): weights.digest(path) for path in (*looked, *(each.weights for each in methods)) if path}


def _plain(value: Any) -> Any:
    """For JSON: paths as text."""
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value
