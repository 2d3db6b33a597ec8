"""Persons on this machine: what is kept of each, in one folder, and how all of it is deleted.

`home()/persons/NAME` holds `person.json` (the record), `person.safetensors` (anchors and low-rank changes), and while
a person is being made `unfinished.safetensors`: all that going on needs, small copies of the faces among it. A finished
person holds no photo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from retoucher.edit import did_you_mean
from retoucher.errors import RetoucherError, UsageError
from retoucher.weights import home

RECORD, TENSORS, UNFINISHED = "person.json", "person.safetensors", "unfinished.safetensors"
MOST = 40
"""Letters of a name."""
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
"""Names that Windows gives to devices."""

CONSENT = (
    "A model of a person is learnt from these photos, on this computer only; nothing is uploaded. What is kept are "
    "numbers from which pictures of that face can be made, and until the model is finished small copies of the faces. "
    "Only do this with photos of yourself, or of somebody who knows and agrees. Pictures that come out can be wrong "
    "about how somebody looks: they are no evidence. Deleting the person removes every file that was made."
)


@dataclass(frozen=True)
class Rejected:
    """A photo that was not used, and why, as a sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Record:
    """What is known about a person without reading its numbers.

    `base`, `base_sha256`: whose styles the anchors are; `template`: how faces were aligned. `used`: photos in the order
    of the anchors. `coverage`, `warnings`: sentences. `beta`: how far from the photos results may go unless it is said.
    `directions`: what `adjust` can change. `steps` of `planned` tuning steps are done. `size`: bytes on disk.
    """

    name: str
    base: str
    base_sha256: str
    template: str
    used: tuple[str, ...]
    rejected: tuple[Rejected, ...] = ()
    coverage: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    beta: float = 0.0
    directions: tuple[str, ...] = ()
    steps: int = 0
    planned: int = 0
    finished: bool = False
    size: int = 0

    def as_json(self) -> dict[str, Any]:
        """For files and answers."""
        return asdict(self)

    @classmethod
    def of(cls, found: dict[str, Any]) -> Record:
        """The way back; TypeError or KeyError where it is none."""
        lists: dict[str, Any] = {name: tuple(found[name]) for name in ("used", "coverage", "warnings", "directions")}
        return cls(**{**found, **lists, "rejected": tuple(Rejected(**each) for each in found["rejected"])})


def check_name(name: str) -> str:
    """The name, if it can be a folder's everywhere. Raises UsageError."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{MOST}}}", name) or RESERVED.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} cannot be a person's name here: use letters, digits, - and _, at most {MOST} of them."
        )
    return name


def folder(name: str = "") -> Path:
    """Where persons are kept, or one of them."""
    return home() / "persons" / check_name(name) if name else home() / "persons"


def names() -> list[str]:
    """All persons that have a record, finished or not, in the order of their names."""
    return sorted(path.parent.name for path in folder().glob(f"*/{RECORD}"))


def record(name: str) -> Record:
    """What is known about a person; UsageError where there is none, RetoucherError where its record is damaged."""
    path = folder(name) / RECORD
    try:
        found = Record.of(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise _unknown(name) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RetoucherError(
            f"The record of {name} is damaged ({error}): delete the person and make it anew."
        ) from error
    return replace(found, size=sum(each.stat().st_size for each in path.parent.iterdir() if each.is_file()))


def _unknown(name: str) -> UsageError:
    known = names()
    there = f"there is {', '.join(known)}" if known else "there is none yet: `retoucher person create NAME PHOTOS`"
    return UsageError(f"There is no person called {name!r}{did_you_mean(name, known)}: {there}.")


def keep(found: Record) -> None:
    """Write a record whole. Raises RetoucherError where it cannot be written, a full disk for instance."""
    from retoucher.files import write_whole
    from retoucher.weights import writing

    path = folder(found.name) / RECORD
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(found.as_json(), indent=1) + "\n").encode(), overwrite=True)


_in_use: dict[str, int] = {}
_lock = Lock()


@contextmanager
def in_use(name: str) -> Iterator[None]:
    """Says that a person is at work, so that it is not deleted meanwhile."""
    with _lock:
        _in_use[name] = _in_use.get(name, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _in_use[name] -= 1


def busy(name: str) -> bool:
    """Whether something in this process is using the person just now."""
    with _lock:
        return _in_use.get(name, 0) > 0


def delete(name: str) -> tuple[str, ...]:
    """Remove every file of a person; returns their names below `home()`.

    Raises UsageError where there is no such person or it is in use in this process.
    """
    place = folder(name)
    if not place.is_dir():
        raise _unknown(name)
    if busy(name):
        raise UsageError(f"{name} is in use just now: wait until that is done, or cancel it, and delete it then.")
    files = sorted(path for path in place.rglob("*") if not path.is_dir() or path.is_symlink())
    try:
        for path in files:
            path.unlink()
        for path in sorted((path for path in place.rglob("*")), reverse=True):
            path.rmdir()
        place.rmdir()
    except OSError as error:
        raise RetoucherError(f"Not all of {name} could be deleted ({error}): remove {place} by hand.") from error
    return tuple(path.relative_to(home()).as_posix() for path in files)


def export(name: str, target: Path) -> Path:
    """Copy a finished person's record and numbers into a new folder; returns it.

    Put into `folder()` of another computer that has the same base, it is a person there. Raises UsageError where the
    person is not there or not finished, and where the target is.
    """
    import shutil

    from retoucher.weights import writing

    if not record(name).finished:
        raise UsageError(f"{name} is not finished, so there is nothing to take along yet.")
    if target.exists():
        raise UsageError(f"{target} is there already: name a new folder.")
    with writing(target):
        target.mkdir(parents=True)
        for file in (RECORD, TENSORS):
            shutil.copy2(folder(name) / file, target / file)
    return target
