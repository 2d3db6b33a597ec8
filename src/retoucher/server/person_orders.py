"""From a form to the making of a person: what is asked for is checked, and the photos are held until it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retoucher import catalogue, persons, weights
from retoucher.edit import Load
from retoucher.errors import UsageError
from retoucher.jobs import Job, Tell
from retoucher.server.desk import Desk, Making
from retoucher.server.forms import Form
from retoucher.server.refusals import Refused

TEXTS = ("name", "base", "minutes", "consent", "resume")
MOST_PHOTOS = 400
USUAL = "portraits-128"
"""The base that is taken unless another is named; it comes with the package."""

MOST_MINUTES = 24 * 60.0


@dataclass(frozen=True)
class Made:
    """What the making of a person came to."""

    record: persons.Record

    def as_json(self, job: str) -> dict[str, Any]:
        """The record, as everywhere."""
        return {"person": self.record.as_json()}


@dataclass(frozen=True)
class Work:
    """A person to be made. The photos are in memory only, and gone with this."""

    load: Load
    name: str
    base: str
    minutes: float | None
    photos: tuple[tuple[str, bytes], ...]
    resume: bool

    def __call__(self, tell: Tell) -> Made:
        """Do it; called in the worker's thread."""
        from retoucher.edits.personal.create import create

        base, minutes, resume = self.base, self.minutes, self.resume
        made = create(self.name, self.photos, base=base, minutes=minutes, load=self.load, tell=tell, resume=resume)
        return Made(made)


def submit(desk: Desk, form: Form) -> Job:
    """Check all that can be checked at once, and queue the rest. One person is made at a time."""
    resume = _switch(form, "resume")
    if not resume and not _switch(form, "consent"):
        raise Refused(422, f"Making a person needs consent=true. {persons.CONSENT}", "consent")
    name = _name(form.text("name"), resume)
    base, minutes = _base(form.texts.get("base", USUAL)), _minutes(form.texts.get("minutes", ""))
    if not form.several and not resume:
        raise Refused(422, "There are no 'photos' to learn from.", "photos")
    with desk.making_lock:
        busy = desk.making_now()
        if busy:
            raise Refused(409, f"{busy.name} is being made: wait until that is done, or cancel it.", "name")
        work = Work(desk.load, name, base, minutes, tuple(form.several), resume)
        job = desk.worker.submit("person", work, (base, minutes))
        desk.making = Making(name, job.id)
    return job


def _switch(form: Form, name: str) -> bool:
    said = form.texts.get(name, "false")
    if said not in ("true", "false"):
        raise Refused(422, f"'{name}' is true or false.", name)
    return said == "true"


def _name(name: str, resume: bool) -> str:
    """A name that is free; to go on with a person, the name of one that is not finished."""
    try:
        persons.check_name(name)
        known = {each.lower(): each for each in persons.names()}  # a folder's name may not depend on capitals
        if not resume and name.lower() in known:
            raise Refused(
                409, f"There is a person called {known[name.lower()]}: delete it, or choose another name.", "name"
            )
        if resume and persons.record(name).finished:
            raise Refused(409, f"{name} is finished: there is nothing to go on with.", "name")
    except UsageError as error:
        raise Refused(422, str(error), "name") from None
    return name


def _base(name: str) -> str:
    """A base that is here."""
    known = {entry.name: entry for entry in bases()}
    if name not in known:
        raise Refused(422, f"There is no base '{name[:80]}': there is {', '.join(known)}.", "base")
    if weights.find(known[name]) is None:
        raise Refused(422, f"No weights for {name} are here: run `retoucher weights add {name} FILE` first.", "base")
    return name


def bases() -> list[weights.Weights]:
    """What a person can be made from, what comes with the package first."""
    found = [entry for entry in catalogue.ENTRIES if entry.method in ("stylegan2", "mystyle")]
    return sorted(found, key=lambda entry: entry.name != USUAL)


def _minutes(said: str) -> float | None:
    if not said:
        return None
    try:
        minutes = float(said)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused(
            422, f"'minutes' should be a number between 0 and {MOST_MINUTES:.0f}, not '{said[:40]}'.", "minutes"
        )
    return minutes
