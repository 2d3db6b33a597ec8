"""A person's model as edits use it: loaded by name, searched, and what there is to say about what was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from retoucher import persons
from retoucher.edit import Edit, Load, WrongInput
from retoucher.edits.personal import notes
from retoucher.errors import UsageError
from retoucher.jobs import Tell

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.models.mystyle.degrade import Degradation
    from retoucher.models.mystyle.person import Person
    from retoucher.models.mystyle.search import Found, Plan
    from retoucher.models.mystyle.stylegan2.generator import Synthesis
    from retoucher.templates import Template

PREFIX = "person:"
LARGE = 512
"""Pixels of a model's pictures from which searches take half the precision where that is faster."""
NEAR_BOUND = 0.1
"""Of beta: coefficients that are no further from -beta count as lying at the bound."""


class OfPerson(Edit):
    """What edits with a person have in common."""

    person: str = Field(default="", description="whose model: a name from `retoucher person list`")
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="another seed gives another answer where several are right"
    )

    @property
    def loads(self) -> str:
        """The name given to `load`."""
        return PREFIX + self.person

    @contextmanager
    def at_work(self, load: Load) -> Iterator[At]:
        """The person and what pictures are compared with; meanwhile it is not deleted. Raises UsageError."""
        from retoucher.models.mystyle.person import Person
        from retoucher.templates import PORTRAIT, TEMPLATES

        if not self.person:
            raise WrongInput("person", notes.WHOSE)
        with persons.in_use(self.person):
            person = load(self.loads)
            if not isinstance(person, Person):
                raise UsageError(f"{self.person!r} is no person's model.")
            template = TEMPLATES.get(getattr(person, "template", ""), PORTRAIT)
            yield At(person, load("look"), template, self.person)


class Searching(OfPerson):
    """What edits have in common that find a face in the person's space first."""

    beta: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="0 stays between the photos, more follows the input further; empty = 2 by the number of photos",
    )
    steps: int = Field(default=100, ge=1, le=5000, description="of the search; the published program takes 1000")
    face: str = Field(default="", description="X,Y,WIDTH,HEIGHT of the face from brows to chin; empty = it is found")
    grain: bool = Field(default=True, description="give what is made the noise of the photo around it")

    @property
    def pace(self) -> tuple[object, ...]:
        """How long it takes."""
        return (self.steps,)


@dataclass(frozen=True)
class At:
    """A person at work."""

    person: Person
    look: Any
    template: Template
    name: str

    @property
    def weights(self) -> str:
        """For the report."""
        return getattr(self.person, "weights_name", None) or f"{PREFIX}{self.name}"

    def beta(self, asked: float | None) -> float:
        """What was asked for, or 2 / N."""
        return self.person.beta if asked is None else asked

    def plan(self, steps: int, *, plus: bool = True) -> Plan:
        """How a search goes: of large faces in bfloat16, where the device is faster with that."""
        from retoucher.device import fast_half
        from retoucher.models.mystyle.search import Plan

        person = self.person
        return Plan(steps, plus=plus, half=person.resolution >= LARGE and fast_half(person.anchors.device))

    def search(self, seen: Degradation, pixels: Tensor, beta: float, plan: Plan, seed: int, tell: Tell) -> Found:
        """Coefficients of a face that was seen; `pixels` (1, 3, R, R) in [0, 1], as whole as it can be guessed.

        The first answer begins where the encoder points, each further one (`seed` above 0) between other photos.
        """
        import torch

        from retoucher.models.mystyle.search import beginning, search
        from retoucher.models.mystyle.space import imagined

        person, near = self.person, None
        if person.base.encoder is not None and not seed:
            with torch.inference_mode():
                style = person.base.encode(pixels.to(person.anchors.device))[0]
            near = beginning(style.clone(), person.anchors, beta).cpu()
        elif seed:
            near = imagined(person.anchors.cpu(), 1, torch.Generator().manual_seed(seed))[0]

        def after(step: int, total: int) -> None:
            tell((step + 1) / total, f"searching, step {step + 1} of {total}")

        return search(person.synthesis, person.anchors, seen, self.look, beta, plan, near, after)

    def learnt(self, seen: Degradation, styles: Tensor, steps: int, tell: Tell) -> Synthesis:
        """A copy of the person's synthesis that makes this very photo, as far as it was seen, of these styles."""
        from retoucher.models.mystyle.tune import learnt

        def after(step: int) -> None:
            tell(step / max(steps, 1), f"learning the photo, step {step} of {steps}")

        return learnt(self.person.synthesis, seen, styles, self.look, steps, after)

    def said(self, found: Found, beta: float) -> tuple[str, ...]:
        """About coefficients that were found."""
        at_bound = float((found.coefficients < -beta + NEAR_BOUND * beta).float().mean()) if beta else 0.0
        nearest = self.person.contributors(found.coefficients)
        return notes.of_space(beta, len(self.person.anchors), at_bound, nearest)
