"""Every subject with every method and every task, measured; what the contact sheet shows is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from retoucher.edits.personal.create import Ground
from retoucher.evaluation.measure import Metric, Record, part
from retoucher.evaluation.personal.making import Effort, anchors, answer, made, untuned
from retoucher.evaluation.personal.subjects import Subject
from retoucher.evaluation.personal.tasks import TASKS, Question
from retoucher.evaluation.sheet import Row, thumbnail
from retoucher.jobs import Tell
from retoucher.models.mystyle.person import Person

PLAIN, BASE, PERSON = "plain", "base", "person"
SHOWN = 3
"""Subjects of a group on the contact sheet, the first ones, with their first unseen photo."""


@dataclass(frozen=True)
class Answer(Record):
    """A record that knows of which subject it is."""

    subject: str = ""


@dataclass(eq=False)
class Bench:
    """`describe`: faces to descriptors. `records` and `rows` {group: {photo: the sheet's line}} fill while it works."""

    ground: Ground
    describe: Callable[[Tensor], Tensor]
    metrics: Mapping[str, Metric]
    effort: Effort
    seed: int = 0
    records: list[Answer] = field(default_factory=list)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    _base: Person | None = field(default=None, repr=False)

    def run(self, subject: Subject, counts: Sequence[int], about: str, tell: Tell) -> None:
        """One subject; `about`: what groups are called after the task, "" for invented subjects.

        The anchors of the largest count are found once: fewer photos are the first of them.
        """
        self._base = self._base or untuned(self.ground, self.seed)
        tell(0, "finding anchors")
        styles = anchors(self.ground, subject.photos[: max(counts)])
        self._all(subject, PLAIN, None, about)
        tell(0.05, "searching in the base")
        self._all(subject, BASE, self._base, about)
        for place, count in enumerate(counts):
            told = part(tell, place + 1, len(counts) + 1, f"{count} photos: ")
            told(0, "learning the face")
            person = made(self.ground, subject.photos[:count], styles[:count], self.effort)
            told(0.5, "searching")
            self._all(subject, f"{PERSON} {count}", person, about)

    def _all(self, subject: Subject, method: str, person: Person | None, about: str) -> None:
        """All tasks of all unseen photos by one method; `person`: None for what takes no network."""
        for task, ask in TASKS.items():
            for number in range(len(subject.unseen)):
                truth = subject.unseen[number : number + 1]
                started = perf_counter()
                question = ask(truth, number)
                picture = question.plain
                if person is not None:
                    picture = answer(person, self.ground, question, self.effort.search)
                result = question.answered(picture)
                seconds = perf_counter() - started
                by = question.by if person is None else self.ground.name if method == BASE else ""
                figures, share = self._figures(result, truth, question.hole), float(question.hole.mean())
                photo = f"{subject.name}, photo {number + 1}"
                self.records.append(Answer(task + about, photo, method, by, share, seconds, figures, subject.name))
                self._see(self.records[-1], question, result, truth)

    @torch.inference_mode()
    def _figures(self, result: Tensor, truth: Tensor, hole: Tensor) -> dict[str, float]:
        found, wanted = self.describe(result)[0], self.describe(truth)[0]
        return {"identity": float(1 - found @ wanted)} | {
            name: metric(result[0].cpu(), truth[0].cpu(), hole[0].cpu()) for name, metric in self.metrics.items()
        }

    def filled(self, group: str, columns: Sequence[str]) -> dict[str, Row]:
        """The sheet's lines of a group, nothing where it has no such column (a folder has its own number of photos)."""
        blank = _picture(torch.ones(1, 3, 1, 1)), ""
        return {name: {column: row.get(column, blank) for column in columns} for name, row in self.rows[group].items()}

    def _see(self, record: Answer, question: Question, result: Tensor, truth: Tensor) -> None:
        """Keep it for the sheet, if it is of the first subjects' first photos."""
        rows = self.rows.setdefault(record.group, {})
        if record.photo not in rows:
            if len(rows) == SHOWN or any(name.startswith(f"{record.subject},") for name in rows):
                return
            rows[record.photo] = {"seen": (_picture(question.shown), record.photo), "truth": (_picture(truth), "")}
        rows[record.photo][record.method] = _picture(result), f"{record.figures['identity']:.3f}"


def _picture(picture: Tensor) -> Any:
    """(1, 3, R, R) in [0, 1] for the sheet."""
    return thumbnail((picture[0] * 255).round().byte().permute(1, 2, 0).cpu().numpy(), 4096)
