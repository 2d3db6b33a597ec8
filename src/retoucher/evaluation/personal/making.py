"""The models that are compared: a person made of photos as `retoucher person create` does, and the base as it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from retoucher.edits.personal.create import Ground
from retoucher.edits.personal.model import At
from retoucher.evaluation.personal.subjects import exact
from retoucher.evaluation.personal.tasks import Question
from retoucher.jobs import silent
from retoucher.models.mystyle import invert, search, tune
from retoucher.models.mystyle.person import ANCHORS, DELTAS, Person, tuned

SAMPLES = 100
"""Random styles that are the base's own anchors."""
INVERSION = invert.Plan(steps=0)
"""Anchors are what the encoder says, as published; steps beyond that are the dearest part of all of this."""
COARSE = 0.8
"""The share of tuning at half the size."""


@dataclass(frozen=True)
class Effort:
    """Steps of `learning` for every person, however many photos there are, and of the `search` for every picture.

    `batch` divides the usual numbers of photos, so that as many pictures are looked at for each.
    """

    learning: int = 40
    search: int = 24
    batch: int = 5


def anchors(ground: Ground, photos: Tensor) -> Tensor:
    """Photos (N, 3, R, R) in [0, 1] -> styles (N, w)."""
    return invert.anchors(ground.base, 2 * photos - 1, ground.look, INVERSION)


def made(ground: Ground, photos: Tensor, styles: Tensor, effort: Effort) -> Person:
    """A person of photos (N, 3, R, R) in [0, 1] and their styles (N, w)."""
    plan = tune.Plan(batch=effort.batch, coarse=COARSE)
    synthesis = ground.base.core.synthesis
    tuning = tune.Tuning(synthesis, 2 * photos - 1, styles, ground.look, plan, effort.learning)
    tuning.run(lambda step, total, loss: False)
    changes = {f"{DELTAS}{name}": tensor.half() for name, tensor in tuning.deltas.tensors().items()}
    return tuned(ground.base, {ANCHORS: styles, **changes}, [str(i) for i in range(len(photos))])


def untuned(ground: Ground, seed: int) -> Person:
    """The base as if it were a person: anchors are `SAMPLES` random faces of its own."""
    noise = torch.randn(SAMPLES, ground.base.core.sizes.z, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        styles = ground.base.core.mapping(noise.to(next(ground.base.parameters()).device))
    return Person(ground.base, styles, [str(i) for i in range(SAMPLES)])


def answer(person: Person, ground: Ground, question: Question, steps: int) -> Tensor:
    """What the person's space holds that looks like what was seen: (1, 3, R, R) in [0, 1], exactly 8 bit."""
    at = At(person, ground.look, ground.template, "")
    found = at.search(question.seen, question.plain, person.beta, search.Plan(steps, placed=False), 0, silent)
    with torch.inference_mode():
        return exact(person(found.styles).float())
