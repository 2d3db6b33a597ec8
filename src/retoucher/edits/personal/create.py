"""A person is made: photos looked at, anchors found, the base tuned; stopped and gone on with at any point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from retoucher import persons
from retoucher.edit import Load
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Cancelled, Tell, part_of, silent
from retoucher.persons import Record
from retoucher.weights import writing

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.edits.personal.intake import Photo, Survey
    from retoucher.models.mystyle.base import Base
    from retoucher.models.mystyle.tune import Tuning
    from retoucher.templates import Template

BASE = "portraits-128"
LEAST = 3
"""Photos; fewer span no space that is worth the name."""
SAVED = 30.0
"""Seconds between two copies of what has been learnt."""
LOOKED, FOUND = 0.1, 0.35
"""How much is done after the photos were looked at, and after the anchors were found."""


@dataclass(frozen=True)
class Ground:
    """What a person stands on: the base ready on its device, its entry's name, its file's sha256, its template."""

    name: str
    base: Base
    sha256: str
    template: Template
    look: Any
    describe: Callable[[Tensor], Tensor]

    @classmethod
    def of(cls, name: str, load: Load) -> Ground:
        """Load it. Raises UsageError for weights that are no base of faces."""
        from retoucher.models.mystyle.base import Base
        from retoucher.models.mystyle.identity import Descriptor
        from retoucher.templates import PORTRAIT, TEMPLATES

        base = load(name)
        if not isinstance(base, Base):
            raise UsageError(f"{name} is no base of faces: leave it out, or name one from `retoucher weights list`.")
        look = load("look")
        describe = Descriptor(load("features-small").features, base.typical)  # not the look's, which may be LPIPS
        template = TEMPLATES.get(getattr(base, "template", ""), PORTRAIT)
        return cls(name, base, getattr(base, "sha256", ""), template, look, describe)


def create(
    name: str,
    photos: Sequence[Photo] = (),
    *,
    base: str = BASE,
    minutes: float | None = None,
    load: Load,
    tell: Tell = silent,
    resume: bool = False,
    plan: Any = None,
) -> Record:
    """Make a person of photos of them; returns its record.

    `minutes`: tuning ends then, whatever it has come to. `resume`: go on with one that was stopped, to the same
    numbers; photos are then not needed. `plan`: how to tune, a `tune.Plan`. Raises UsageError for a name that is taken
    and for fewer than three photos that can be used, with each reason; Cancelled when stopped, after all was kept.
    """
    persons.check_name(name)
    taken = name in persons.names()
    if taken and not resume:
        end = "delete it first" if persons.record(name).finished else "go on with --resume, or delete it first"
        raise UsageError(f"There is a person called {name} already: {end}.")
    with persons.in_use(name):
        started = monotonic()
        ground = Ground.of(persons.record(name).base if resume else base, load)
        making = _resumed(name, ground) if resume else _begun(name, photos, ground, plan, tell)
        return making.finish(tell, (minutes or float("inf")) * 60 - (monotonic() - started))


@dataclass
class Making:
    """A person half made."""

    record: Record
    tuning: Tuning
    own: dict[str, Tensor]  # directions that only this person has, by their names in files

    def finish(self, tell: Tell, seconds: float) -> Record:
        """Tune to the end or till the time is up, keeping a copy now and then; write the person."""
        begun = saved = monotonic()

        def after(step: int, total: int, loss: float) -> bool:
            nonlocal saved
            now = monotonic()
            if now - saved > SAVED:
                self.keep()
                saved = now
            share = max(step / total, (now - begun) / seconds)
            tell(FOUND + (1 - FOUND) * min(1.0, share), f"learning the face, step {step} of {total}")
            return now - begun > seconds

        try:
            self.tuning.run(after)
        except (Cancelled, KeyboardInterrupt):
            self.keep()
            raise
        return self.close()

    def keep(self) -> None:
        """A copy of all that going on needs. Raises RetoucherError for a full disk, or where the person was deleted."""
        self._check_there()
        kept = {
            "photos": _bytes(self.tuning.photos),
            "anchors": self.tuning.anchors,
            **self.own,
            **self.tuning.tensors(),
        }
        _write(self.record.name, persons.UNFINISHED, kept)
        persons.keep(replace(self.record, steps=self.tuning.step))

    def close(self) -> Record:
        """Write what is used of a person, and remove what was only needed to make it."""
        from retoucher.models.mystyle.person import ANCHORS, DELTAS

        self._check_there()
        deltas = {f"{DELTAS}{name}": tensor.half() for name, tensor in self.tuning.deltas.tensors().items()}
        _write(self.record.name, persons.TENSORS, {ANCHORS: self.tuning.anchors, **self.own, **deltas})
        done = replace(self.record, steps=self.tuning.step, finished=True)
        persons.keep(done)
        with suppress(FileNotFoundError):
            (persons.folder(done.name) / persons.UNFINISHED).unlink()
        return persons.record(done.name)

    def _check_there(self) -> None:
        if not (persons.folder(self.record.name) / persons.RECORD).is_file():
            raise RetoucherError(f"{self.record.name} was deleted meanwhile, so nothing was kept.")


def _begun(name: str, photos: Sequence[Photo], ground: Ground, plan: Any, tell: Tell) -> Making:
    """Look at the photos, find the anchors, write the first record."""
    import torch

    from retoucher.edits.personal.ages import aging
    from retoucher.edits.personal.coverage import covered, warnings
    from retoucher.edits.personal.intake import survey
    from retoucher.models.mystyle import space, tune
    from retoucher.models.mystyle.base import DIRECTIONS
    from retoucher.models.mystyle.invert import anchors

    found = survey(photos, ground.template, ground.base.resolution, part_of(tell, 0, LOOKED))
    _check_enough(found)
    faces = _pictures(torch.stack([each.face for each in found.taken]), ground)
    told = part_of(tell, LOOKED, FOUND)
    styles = anchors(
        ground.base, faces, ground.look, after=lambda n, of: told(n / of, f"finding where the face lies, {n} of {of}")
    )
    with torch.inference_mode():
        described = ground.describe((faces + 1) / 2)
    plan = tune.Plan() if plan is None else plan
    own, said = aging(styles, [each.taken for each in found.taken])
    record = Record(
        name,
        ground.name,
        ground.sha256,
        ground.template.name,
        found.names,
        found.rejected,
        (*covered(styles, ground.base.directions), *said),
        warnings(found.names, described),
        space.default_beta(len(styles)),
        (*ground.base.directions, *own),
        planned=plan.steps(len(styles)),
    )
    with writing(persons.folder(name)):
        persons.folder(name).mkdir(parents=True, exist_ok=True)
    persons.keep(record)
    tuning = tune.Tuning(ground.base.core.synthesis, faces, styles, ground.look, plan)
    making = Making(record, tuning, {DIRECTIONS + name: direction for name, direction in own.items()})
    making.keep()
    return making


def _resumed(name: str, ground: Ground) -> Making:
    """Go on with what was kept. Raises UsageError where it is finished or was made with another base."""
    from retoucher.models.mystyle import tune
    from retoucher.models.mystyle.base import DIRECTIONS
    from retoucher.tensors import read_tensors

    record = persons.record(name)
    if record.finished:
        raise UsageError(f"{name} is finished already: there is nothing to go on with.")
    if record.base_sha256 != ground.sha256:
        raise UsageError(f"{name} was begun with another {record.base} than is here now: delete it and begin anew.")
    kept = read_tensors(persons.folder(name) / persons.UNFINISHED)
    device = next(ground.base.parameters()).device
    photos = kept["photos"].to(device).float() / 127.5 - 1
    plan, styles = tune.plan_of(kept), kept["anchors"].to(device)
    tuning = tune.Tuning(ground.base.core.synthesis, photos, styles, ground.look, plan)
    tuning.resume(kept)
    return Making(record, tuning, {name: each for name, each in kept.items() if name.startswith(DIRECTIONS)})


def _check_enough(found: Survey) -> None:
    if len(found.taken) >= LEAST:
        return
    reasons = "; ".join(f"{each.name}: {each.reason}" for each in found.rejected[:8])
    more = f"; and {len(found.rejected) - 8} more" if len(found.rejected) > 8 else ""
    count = len(found.taken)
    said = f"Only {count} of the photos can be used" if count else "None of the photos can be used"
    raise UsageError(f"{said}, and at least {LEAST} are needed{f' ({reasons}{more})' if reasons else ''}.")


def _pictures(faces: Tensor, ground: Ground) -> Tensor:
    """Faces in [0, 1] as a tuning sees them: of whole bytes, so that going on sees the same; around [-1, 1]."""
    device = next(ground.base.parameters()).device
    return (faces * 255).round().to(device) / 127.5 - 1


def _bytes(photos: Tensor) -> Tensor:
    """The way back: (N, 3, R, R) uint8."""
    import torch

    return ((photos + 1) * 127.5).round().to(torch.uint8)


def _write(name: str, file: str, tensors: dict[str, Tensor]) -> None:
    from retoucher.tensors import write_tensors

    write_tensors(persons.folder(name) / file, tensors)


def create_person(
    name: str,
    photos: Sequence[Photo | str] = (),
    *,
    base: str = BASE,
    minutes: float | None = None,
    device: str = "auto",
    tell: Tell = silent,
    resume: bool = False,
) -> Record:
    """Make a person of photos: `retoucher.create_person("ada", Path("ada").glob("*.jpg"))`; as `create`."""
    from functools import partial

    from retoucher import catalogue

    paths = [Path(photo) if isinstance(photo, str) else photo for photo in photos]
    load = partial(catalogue.load, device=device)
    return create(name, paths, base=base, minutes=minutes, load=load, tell=tell, resume=resume)
