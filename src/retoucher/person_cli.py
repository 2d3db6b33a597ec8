"""`retoucher person`: make a model of a person, see what there is, take it along, and delete all of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from retoucher import persons
from retoucher.arguments import Device, Quiet, loader
from retoucher.errors import RetoucherError, UsageError
from retoucher.persons import Record

app = App(name="person", help="A model of one person: create, list, show, export, delete.")

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".avif"}
"""Endings of files that are taken from folders."""
Name = Annotated[str, Parameter(help="The person's name: letters, digits, - and _.")]
Yes = Annotated[bool, Parameter(name=["--yes", "-y"], help="Do not ask.", negative="")]


@app.command
def create(
    name: Name,
    /,
    *photos: Annotated[str, Parameter(help="Photos of the person, or folders of them; about a hundred are best.")],
    base: Annotated[str, Parameter(help="The base of faces: a name from `retoucher weights list`.")] = "portraits-128",
    minutes: Annotated[float | None, Parameter(help="End after so many minutes, whatever has been learnt.")] = None,
    resume: Annotated[bool, Parameter(help="Go on with a person that was stopped.", negative="")] = False,
    yes: Yes = False,
    device: Device = "auto",
    quiet: Quiet = False,
) -> int:
    """Learn one person's face from photos: which can be used is said first, then the base is tuned to them.

    Ctrl-C stops and keeps everything; --resume goes on. Nothing leaves this computer.
    """
    from retoucher.edits.personal.create import create as make
    from retoucher.progress import Bar

    persons.check_name(name)
    if minutes is not None and minutes <= 0:
        raise UsageError("Minutes are a number above 0.")
    if not photos and not resume:
        raise UsageError(f"Name photos, or a folder of them: retoucher person create {name} PHOTOS.")
    if not resume and not yes:
        print(persons.CONSENT)
        if not _agreed("Go on? [y/N] "):
            print("Nothing was made.")
            return 1
    try:
        with Bar(f"person {name}", quiet=quiet) as tell:
            record = make(
                name, files(photos), base=base, minutes=minutes, load=loader(device), tell=tell, resume=resume
            )
    except KeyboardInterrupt:
        if name in persons.names():
            print(f"Stopped; `retoucher person create {name} --resume` goes on.", file=sys.stderr)
            return 130
        raise
    if not quiet:
        tell_of(record)
    return 0


@app.command(name="list")
def show_all() -> None:
    """List the persons that were made on this computer."""
    found = persons.names()
    if not found:
        print("There is no person yet: retoucher person create NAME PHOTOS.")
    for name in found:
        try:
            record = persons.record(name)
        except RetoucherError as error:
            print(f"{name}: DAMAGED ({error})")
            continue
        print(f"{name}: {len(record.used)} photos, base {record.base}, {_state(record)}, {record.size / 1e6:.1f} MB")


@app.command
def show(name: Name, /) -> None:
    """Say what is known about a person: photos, reasons, coverage, and what `adjust` can change."""
    tell_of(persons.record(name))


@app.command
def export(
    name: Name,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder to write it to.")],
    /,
) -> None:
    """Copy a person's files into a new folder, to take them to another computer (into its folder for persons)."""
    target = persons.export(name, Path(output))
    print(f"{name} was copied to {target}. Whoever has these files can make pictures of this face.")


@app.command
def delete(name: Name, /, *, yes: Yes = False) -> int:
    """Delete a person: every file that was made of their photos, and say which."""
    persons.folder(name)
    if not yes and not _agreed(f"Delete all that was learnt of {name}? [y/N] "):
        print("Nothing was deleted.")
        return 1
    for path in persons.delete(name):
        print(f"deleted {path}")
    return 0


def files(photos: tuple[str, ...]) -> list[Path]:
    """The photos that were named, and those in the folders that were. Raises UsageError for what is not there."""
    found: list[Path] = []
    for word in photos:
        path = Path(word)
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in PHOTOS and each.is_file())
            if not inside:
                raise UsageError(f"There are no photos in {path}.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"There is no file or folder at {path}; check the name.")
    return found


def tell_of(record: Record) -> None:
    """Print a record for people."""
    print(f"{record.name}: {_state(record)}, base {record.base}, {record.size / 1e6:.1f} MB.")
    print(f"  {len(record.used)} photos used, {len(record.rejected)} not:")
    for each in record.rejected:
        print(f"    {each.name}: {each.reason}.")
    for line in (*record.warnings, *record.coverage):
        print(f"  {line}")
    print(f"  beta {record.beta:.3f}; can be adjusted: {', '.join(record.directions) or 'nothing'}.")


def _state(record: Record) -> str:
    if record.finished:
        return "ready"
    return f"not finished (step {record.steps} of {record.planned}): --resume goes on"


def _agreed(question: str) -> bool:
    """Ask; UsageError where there is nobody to answer."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        raise UsageError("There is nobody to ask here: add --yes if you agree.") from None
