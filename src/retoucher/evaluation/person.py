"""The evaluation of persons: models of faces whose truth is known, measured against the base and no network at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from retoucher import catalogue, weights
from retoucher.device import choose
from retoucher.edits.personal.create import BASE as SHIPPED
from retoucher.edits.personal.create import LEAST, Ground
from retoucher.edits.personal.intake import survey
from retoucher.errors import UsageError
from retoucher.evaluation import metrics
from retoucher.evaluation.measure import Metric, part
from retoucher.evaluation.personal.bench import BASE, PERSON, PLAIN, Bench
from retoucher.evaluation.personal.figures import COLUMNS, summed_up, verdicts
from retoucher.evaluation.personal.making import Effort
from retoucher.evaluation.personal.pairs import Separation, find_pairs, separation
from retoucher.evaluation.personal.subjects import STRENGTH, Invention, Subject, exact, left_out
from retoucher.evaluation.report import Outcome, Wording
from retoucher.evaluation.sheet import drawn
from retoucher.evaluation.sight import ENTRY, Sight
from retoucher.jobs import Tell

WORDING = Wording(
    task="person",
    title="Persons, measured",
    reading="""Medians over the subjects (of each the median over its unseen photos), beside them their spread, the
interquartile range over the subjects. *person N*: made of N photos; *base*: the same search in the base that was not
tuned; *plain*: no network. Identity distance: cosine distance of descriptors of result and truth. Feature distance and
PSNR: over what was made alone. The best of each column is bold. Definitions: docs/evaluation.md.""",
    group="task",
    item="photo",
    counted="{count} unseen photos, of which {share:.0%} is to be made on average.",
    columns=COLUMNS,
)


@dataclass(frozen=True)
class Evaluation:
    """What is to be measured. `photos`: how many a person is made of; `pairs`: a folder or CSV file, for `find_pairs`.

    `strength`: of what makes invented subjects others than the base's faces. `learning`, `search`: steps.
    """

    identities: int = 5
    photos: Sequence[int] = (10, 25, 50, 100)
    unseen: int = 4
    seed: int = 0
    base: str = SHIPPED
    strength: float = STRENGTH
    learning: int = Effort.learning
    search: int = Effort.search
    folder: Path | None = None
    pairs: Path | None = None
    features: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.identities < (0 if self.folder else 1) or self.unseen < 1:
            raise UsageError("--identities and --unseen are 1 or more; without identities, give a --folder.")
        if not self.photos or list(self.photos) != sorted(set(self.photos)) or self.photos[0] < LEAST:
            raise UsageError(f"--photos are numbers from {LEAST} on that grow: --photos 10,25,50,100.")
        if min(self.learning, self.search) < 1:
            raise UsageError("--learning and --search are numbers of steps, 1 or more.")
        if not 0 < self.strength <= 1:
            raise UsageError("--strength is a number above 0, 1 at most.")
        if not 0 <= self.seed < 2**32:
            raise UsageError("--seed is a whole number from 0 to 4294967295.")

    @property
    def settings(self) -> dict[str, Any]:
        """For the report."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    @property
    def effort(self) -> Effort:
        """For every person and picture."""
        return Effort(self.learning, self.search)


def measure(asked: Evaluation, photos: Sequence[Path], tell: Tell) -> Outcome:
    """Do it; `photos`: those in the folder. What was asked wrongly raises UsageError before any tuning."""
    started = perf_counter()
    tell(0, "loading")
    pairs = find_pairs(asked.pairs) if asked.pairs else []
    ground = Ground.of(asked.base, partial(catalogue.load, device=asked.device))
    sight = Sight.open(asked.features, choose(asked.device))
    error = separation(pairs, ground, ground.describe, part(tell, 0, 20, "")) if pairs else None
    real, reasons = _real(asked, ground, photos) if photos else ([], [])
    chosen: dict[str, Metric] = {"feature_distance": sight.distance} if sight else {}
    bench = Bench(ground, ground.describe, chosen | {"psnr_hole": metrics.psnr_hole}, asked.effort, asked.seed)
    _run(asked, bench, real, tell)
    notes = [_about(error), *([] if sight else ["No feature distance: it needs VGG-19's weights (--features FILE)."])]
    reasons += error.left_out if error else ()
    settings = asked.settings | {"size": ground.base.resolution}
    more = {"What was wanted": verdicts(bench.records)}
    summary, png, seconds = summed_up(bench.records), _sheet(bench), perf_counter() - started
    return Outcome(WORDING, settings, _files(asked), summary, bench.records, reasons, notes, png, seconds, more)


def _run(asked: Evaluation, bench: Bench, real: Sequence[Subject], tell: Tell) -> None:
    """Invented subjects, of whom there are as many photos as wanted, and the real ones."""
    invention = Invention(max(asked.photos), asked.unseen, asked.strength, asked.seed)
    count = asked.identities + len(real)
    for number in range(asked.identities):
        told = part(tell, number, count, f"identity {number + 1} of {asked.identities}: ")
        told(0, "inventing photos")
        bench.run(invention.subject(bench.ground.base, number), asked.photos, "", told)
    for number, subject in enumerate(real, asked.identities):
        assert asked.folder is not None
        told = part(tell, number, count, f"{subject.name}: ")
        bench.run(subject, [len(subject.photos)], f", {asked.folder.absolute().name}", told)
    tell(1, "done")


def _real(asked: Evaluation, ground: Ground, photos: Sequence[Path]) -> tuple[list[Subject], list[str]]:
    """The folder's photos, each left out once, and why some were not used. Raises UsageError for too few."""
    assert asked.folder is not None
    name = asked.folder.absolute().name
    found = survey(photos, ground.template, ground.base.resolution)
    reasons = [f"{name}/{each.name}: {each.reason}." for each in found.rejected]
    if len(found.taken) <= LEAST:
        first = f" The first of the others: {reasons[0]}" if reasons else ""
        raise UsageError(f"{LEAST + 1} photos are needed in {name}, and {len(found.taken)} can be used.{first}")
    faces = exact(torch.stack([each.face for each in found.taken])).to(next(ground.base.parameters()).device)
    return left_out(name, found.names, faces), reasons


def _about(error: Separation | None) -> str:
    """What identity distances are distances of, and how far they can be trusted."""
    said = "Identity distance: `identity.Descriptor`, relu3_1 of features-small of the inner face at 64 pixels."
    if error is None:
        return f"{said} Its error was not measured in this run (--pairs FOLDER); docs/evaluation.md has one."
    return f"{said} Its error on the pairs that were given: {error}"


def _sheet(bench: Bench) -> bytes:
    """What was seen, every method's result and the truth, pixel by pixel."""
    found = dict.fromkeys(record.method for record in bench.records)
    persons = sorted((name for name in found if name.startswith(PERSON)), key=lambda name: int(name.split()[1]))
    columns = ["seen", PLAIN, BASE, *persons, "truth"]
    side = bench.ground.base.resolution
    return drawn({task: bench.filled(task, columns) for task in bench.rows}, columns, max(side, 64))


def _files(asked: Evaluation) -> dict[str, str]:
    """The sha256 of every file of weights that was used, by its path."""
    wanted = [asked.base, "features-small", *(() if asked.features else (ENTRY,))]
    copies = (weights.find(entry) for entry in catalogue.ENTRIES if entry.name in wanted)
    paths = (asked.features, *(copy.path for copy in copies if copy))
    return {str(path): weights.digest(path) for path in paths if path}
