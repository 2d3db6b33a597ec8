"""Photos to train on: found in folders and tar shards, in an order that does not depend on where they lie."""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from retoucher.errors import RetoucherError, UsageError
from retoucher.training.decode import RGB, decoded, header, reason

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
"""Files that end otherwise (in capitals or not) are taken for something else and passed over."""

COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
"""How gzip, bzip2, xz and zstandard files begin."""

BEGINNING = 1 << 16
"""So many bytes of a file hold its header, nearly always; where they do not, the whole file is read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One photo: `name` in a folder `source`, or `size` bytes from `offset` in a tar `source`."""

    source: Path
    name: str
    size: int
    offset: int | None = None


class Handles:
    """Tars held open: a handle has one place in its file, so every process and thread opens its own, when it reads."""

    MOST = 64
    """So many at once in one thread, far from what a process may have."""

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], dict[Path, BinaryIO]] = {}

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """At most `size` bytes; fewer where the file ends."""
        files = self._files.setdefault((os.getpid(), threading.get_ident()), {})
        if path not in files:
            while len(files) >= self.MOST:
                files.pop(next(iter(files))).close()
            files[path] = path.open("rb")
        files[path].seek(offset)
        return files[path].read(size)

    def __reduce__(self) -> tuple[type[Handles], tuple[()]]:
        return Handles, ()  # to another process go no handles

    def __del__(self) -> None:
        for files in self._files.values():
            for file in files.values():
                file.close()


@dataclass(frozen=True)
class Photos:
    """Photos in folders and tars, sorted by their names there, decoded when asked for.

    The same files give the same order, whether in a folder or a tar and wherever that lies. `problems` has a sentence
    for each part of the sources that could not be read, `left_out` the number of photos not taken for their names.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    left_out: int = 0
    _handles: Handles = field(default_factory=Handles, repr=False, compare=False)

    @classmethod
    def open(cls, sources: Sequence[str | Path], leave_out: Collection[str] = ()) -> Photos:
        """The pictures in folders (and folders and plain tars in them, links not followed), plain tars, single files.

        Those whose name without its folder is in `leave_out` are not taken. Raises UsageError where a source is
        missing or of another kind, and where there are no photos at all.
        """
        problems: list[str] = []
        found: dict[tuple[str, int | None], Entry] = {}  # a photo given twice counts once
        for source in map(Path, sources):
            entries = list(_entries(source, problems))
            root = str(entries[0].source.resolve()) if entries else ""
            for entry in entries:
                found.setdefault((f"{root}/{entry.name}", entry.offset), entry)
        names = frozenset(leave_out)
        kept = [entry for entry in found.values() if entry.name.rpartition("/")[2] not in names]
        if not kept:
            given = ", ".join(str(source) for source in sources) or "nothing"
            why = f" ({len(found)} are left out by their names)" if found else f" ({problems[0]})" if problems else ""
            raise UsageError(
                f"There are no photos in {given}{why}: give folders or tars with JPEG, PNG, WebP, TIFF or BMP files."
            )
        kept.sort(key=lambda entry: (entry.name, entry.source, entry.offset or 0))
        return cls(tuple(kept), tuple(problems), len(found) - len(kept))

    def __len__(self) -> int:
        return len(self.entries)

    def name(self, index: int) -> str:
        """For people: the source's own name and the photo's in it."""
        entry = self.entries[index]
        return f"{entry.source.name}/{entry.name}".encode("utf-8", "backslashreplace").decode()

    def decode(self, index: int, shorter: int | None = None) -> RGB:
        """The photo (H, W, 3), sRGB, upright; where its shorter side is above `shorter`, reduced to that.

        Raises RetoucherError with its name where it cannot be read.
        """
        try:
            return decoded(self._read(index), shorter)
        except Exception as error:  # decoders that are fed damaged bytes raise whatever comes to them
            raise RetoucherError(f"{self.name(index)}: cannot be read ({reason(error)}).") from error

    def check(self, smallest: int) -> tuple[Photos, list[str]]:
        """Those whose shorter side has `smallest` pixels or more, and a sentence for whatever else there was.

        Reads headers only: damage further on is found in decoding. Raises UsageError where none is left.
        """
        kept, problems = [], list(self.problems)
        for index, entry in enumerate(self.entries):
            try:
                width, height = self._size(index)
            except Exception as error:  # as in decode
                problems.append(f"{self.name(index)}: cannot be read ({reason(error)}).")
                continue
            if min(width, height) < smallest:
                problems.append(f"{self.name(index)}: {width}x{height} is smaller than the crop of {smallest}.")
            else:
                kept.append(entry)
        if not kept:
            raise UsageError(
                f"None of the {len(self)} photos can be used: give photos with at least {smallest} pixels on the "
                f"shorter side, or train with a smaller size. The first one: {problems[len(self.problems)]}"
            )
        return replace(self, entries=tuple(kept), problems=()), problems

    def fingerprint(self) -> str:
        """64 hexadecimal digits that change when a photo comes, goes, or changes its name or its size in bytes."""
        digest = hashlib.sha256()
        for entry in self.entries:
            digest.update(f"{entry.name}\0{entry.size}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _size(self, index: int) -> tuple[int, int]:
        """(width, height) as stored."""
        try:
            return header(self._read(index, BEGINNING))
        except Exception:  # TIFF may have its header at the end, a phone's JPEG a long profile before it
            if self.entries[index].size <= BEGINNING:
                raise
            return header(self._read(index))

    def _read(self, index: int, most: int | None = None) -> bytes:
        entry = self.entries[index]
        size = entry.size if most is None else min(most, entry.size)
        if entry.offset is not None:
            return self._handles.read(entry.source, entry.offset, size)
        with (entry.source / entry.name).open("rb") as file:
            return file.read(size)


def _entries(source: Path, problems: list[str]) -> list[Entry]:
    """The pictures of one source. Raises UsageError where it is none."""
    try:
        if source.is_dir():
            return list(_in_folder(source, problems))
        if not source.exists():
            raise UsageError(f"There is no {source}: give a folder or a tar of photos.")
        if _is_picture(source.name):
            return [Entry(source.parent, source.name, source.stat().st_size)]
        if not source.is_file():
            raise UsageError(f"{source} is neither a folder nor a tar: give one with photos in it.")
        return list(_in_tar(source, problems))
    except OSError as error:
        raise UsageError(f"{source} cannot be read ({reason(error)}): give a folder or a tar of photos.") from error


def _in_folder(source: Path, problems: list[str]) -> Iterator[Entry]:
    def tell(error: OSError) -> None:
        problems.append(f"{error.filename}: cannot be read ({reason(error)}).")

    for folder, folders, names in os.walk(source, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(folder).relative_to(source)
        for name in filter(_is_picture, names):
            try:
                yield Entry(source, str(PurePosixPath(inside, name)), Path(folder, name).stat().st_size)
            except OSError as error:  # a link to nothing
                tell(error)
        for name in sorted(name for name in names if name.lower().endswith(".tar") and not name.startswith(".")):
            yield from _in_tar(Path(folder, name), problems)


def _in_tar(source: Path, problems: list[str]) -> Iterator[Entry]:
    """The pictures of a plain tar. Where it is damaged, the reading goes on at the next photo that is whole."""
    size = source.stat().st_size
    end = 0  # of what has been read
    try:
        with tarfile.open(source, "r:") as archive, source.open("rb") as file:
            archive.ignore_zeros = True  # and headers that are none: these gaps are looked at here
            for member in archive:
                _tell_gap(file, source, end, member.offset, problems)
                end = archive.offset
                name = str(PurePosixPath(member.name))
                if member.offset_data + member.size > size:
                    problems.append(f"{source.name}/{name}: cut short, as is {source.name}; copy the tar anew.")
                elif member.isreg() and not member.issparse() and _is_picture(name):
                    yield Entry(source, name, member.size, member.offset_data)
            _tell_gap(file, source, end, size, problems)
            if 0 < end >= size and not any(source.name in problem for problem in problems):
                problems.append(f"{source.name}: has no mark at its end and may be cut short.")
    except (EOFError, tarfile.TarError) as error:
        if not end:  # not a single member
            raise UsageError(_no_tar(source)) from error
        if not any(source.name in problem for problem in problems):
            problems.append(f"{source.name}: cut short or damaged ({reason(error)}); copy the tar anew.")


def _tell_gap(file: BinaryIO, source: Path, start: int, stop: int, problems: list[str]) -> None:
    """Add a sentence where something other than zeros lies between two members, or behind the last one."""
    file.seek(start)
    if stop > start and any(file.read(min(stop - start, tarfile.BLOCKSIZE))):
        problems.append(f"{source.name}: damaged at byte {start}; what could be read of it is used.")


def _no_tar(source: Path) -> str:
    with source.open("rb") as file:
        if file.read(8).startswith(COMPRESSED):
            return (
                f"{source} is compressed, and single photos cannot be read from it: give the tar in it, or unpack it."
            )
    return f"{source} is neither a folder nor a tar: give one with photos in it."


def _is_picture(name: str) -> bool:
    """Whether a file's name is a picture's, and neither it nor a folder on the way is hidden."""
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in name.split("/"))
