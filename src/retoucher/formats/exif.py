"""EXIF read and mended in place: no byte moves, so that makers' notes with their absolute offsets stay readable.

EXIF is a TIFF structure (EXIF 2.32, 4.6); `exif` here is that structure, without the "Exif" name before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one value of each field type."""

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, UNIT = 0x0112, 0x011A, 0x011B, 0x0128
EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD, SUB_IFDS = 0x8769, 0x8825, 0xA005, 0x014A
WIDTH, HEIGHT = 0xA002, 0xA003
TAKEN, DIGITIZED, ASCII = 0x9003, 0x9004, 2
MOST_ENTRIES = 4096  # over all directories: more is a trap, not a photo


@dataclass(frozen=True)
class Entry:
    """One field: its directory (0 main, 1 thumbnail, or the tag that leads there) and where its values lie."""

    directory: int
    tag: int
    kind: int
    count: int
    place: int  # of the values, in bytes from the start
    at: int  # of the entry itself


def strip_name(payload: bytes) -> bytes:
    """EXIF without the "Exif" name that JPEG and some others put before it."""
    return payload[6:] if payload[:4] == b"Exif" else payload


def order(exif: bytes) -> str:
    """The byte order, as `struct` writes it; ValueError where this is no EXIF."""
    if exif[:4] == b"II*\0":
        return "<"
    if exif[:4] == b"MM\0*":
        return ">"
    raise ValueError("not EXIF")


def entries(exif: bytes) -> Iterator[Entry]:
    """Every field that lies whole inside the data, the main directory's first. Damage ends a directory silently."""
    try:
        mark = order(exif)
        start = struct.unpack_from(mark + "L", exif, 4)[0]
    except (ValueError, struct.error):
        return
    waiting, seen, found = [(0, start)], set(), 0
    while waiting:
        directory, place = waiting.pop(0)
        if place in seen or place + 2 > len(exif):
            continue
        seen.add(place)
        count = struct.unpack_from(mark + "H", exif, place)[0]
        for at in range(place + 2, min(place + 2 + 12 * count, len(exif) - 11), 12):
            found += 1
            entry = _entry(exif, mark, directory, at)
            if found > MOST_ENTRIES:
                return
            if entry is None:
                continue
            yield entry
            if entry.tag in (EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD) and entry.kind in (4, 13):
                waiting.append((entry.tag, struct.unpack_from(mark + "L", exif, entry.place)[0]))
        after = place + 2 + 12 * count
        if directory == 0 and after + 4 <= len(exif) and (link := struct.unpack_from(mark + "L", exif, after)[0]):
            waiting.append((1, link))


def _entry(exif: bytes, mark: str, directory: int, at: int) -> Entry | None:
    """The field at `at`, or None where its values do not lie inside."""
    tag, kind, count = struct.unpack_from(mark + "HHL", exif, at)
    size = SIZES.get(kind, 0) * count
    place = at + 8 if size <= 4 else struct.unpack_from(mark + "L", exif, at + 8)[0]
    if not size or place + size > len(exif):
        return None
    return Entry(directory, tag, kind, count, place, at)


def numbers(exif: bytes, entry: Entry) -> list[float]:
    """The values of a numeric field; rationals as quotients, no values for text."""
    mark = order(exif)
    if entry.kind in (5, 10):
        letters = "L" if entry.kind == 5 else "l"
        flat = struct.unpack_from(f"{mark}{2 * entry.count}{letters}", exif, entry.place)
        return [top / bottom if bottom else 0.0 for top, bottom in zip(flat[::2], flat[1::2], strict=True)]
    letter = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 11: "f", 12: "d", 13: "L"}.get(entry.kind)
    return list(struct.unpack_from(f"{mark}{entry.count}{letter}", exif, entry.place)) if letter else []


def first(exif: bytes | None, tag: int, directory: int = 0) -> float | None:
    """The first value of a numeric field, None where there is none."""
    for entry in entries(exif or b""):
        if entry.tag == tag and entry.directory == directory:
            values = numbers(exif or b"", entry)
            return values[0] if values else None
    return None


def taken(exif: bytes | None) -> datetime | None:
    """When the photo was taken, or digitised; None where nothing sound says so. Not when the file was changed."""
    for tag in (TAKEN, DIGITIZED):
        for entry in entries(exif or b""):
            if (entry.tag, entry.directory, entry.kind) == (tag, EXIF_IFD, ASCII):
                text = (exif or b"")[entry.place : entry.place + entry.count]
                with suppress(ValueError):
                    return datetime.strptime(text[:19].decode("ascii"), "%Y:%m:%d %H:%M:%S")
    return None


def orientation(exif: bytes | None) -> int:
    """The orientation tag, 1 where it is missing or makes no sense."""
    value = first(exif, ORIENTATION)
    return int(value) if value is not None and value in range(1, 9) else 1


def dpi(exif: bytes | None) -> tuple[float, float] | None:
    """Dots per inch across and down, None where EXIF does not say."""
    across, down = first(exif, X_RESOLUTION), first(exif, Y_RESOLUTION)
    unit = {2: 1.0, 3: 2.54}.get(round(first(exif, UNIT) or 2))
    if not across or not down or not unit or not 0 < across < 1e6 or not 0 < down < 1e6:
        return None
    return across * unit, down * unit


def upright(exif: bytes, size: tuple[int, int]) -> bytes:
    """The same EXIF saying that the rows are the right way up, and how large the picture is: `size` (height, width)."""
    for tag, directory, value in ((ORIENTATION, 0, 1), (WIDTH, EXIF_IFD, size[1]), (HEIGHT, EXIF_IFD, size[0])):
        exif = _set(exif, tag, directory, value)
    return exif


def _set(exif: bytes, tag: int, directory: int, value: int) -> bytes:
    """Put one whole number in the place of a field's value, if the field is there."""
    for entry in entries(exif):
        if entry.tag == tag and entry.directory == directory and entry.kind in (3, 4) and entry.count == 1:
            new = struct.pack(
                order(exif) + ("H" if entry.kind == 3 else "L"), min(value, 0xFFFF if entry.kind == 3 else value)
            )
            return exif[: entry.place] + new + exif[entry.place + len(new) :]
    return exif


def without_orientation(exif: bytes) -> bytes:
    """EXIF without the orientation tag; the entries after it move up by one, and nothing else moves."""
    for entry in entries(exif):
        if entry.tag == ORIENTATION and entry.directory == 0:
            mark = order(exif)
            start = struct.unpack_from(mark + "L", exif, 4)[0]
            count = struct.unpack_from(mark + "H", exif, start)[0]
            end = start + 2 + 12 * count + 4  # behind the link to the next directory
            data = bytearray(exif)
            data[entry.at : end] = exif[entry.at + 12 : end] + b"\0" * 12
            struct.pack_into(mark + "H", data, start, count - 1)
            return bytes(data)
    return exif


def without_pictures(exif: bytes) -> tuple[bytes, bool]:
    """EXIF without the small pictures in it, and whether there were any.

    The thumbnail directory is unlinked and its bytes are blanked; so is every JPEG inside a maker's note. They show
    what the photo showed before it was retouched.
    """
    data = bytearray(exif)
    held = False
    thumbnail = [entry for entry in entries(exif) if entry.directory == 1]
    for place, size in _thumbnail(exif, thumbnail):
        held = True
        data[place : place + size] = bytes(size)
    if thumbnail:
        held = True
        _unlink(data)
    start = 0
    while (start := data.find(b"\xff\xd8\xff", start)) >= 0:
        end = data.find(b"\xff\xd9", start)
        end = len(data) if end < 0 else end + 2
        data[start:end] = bytes(end - start)
        held, start = True, end
    return bytes(data.rstrip(b"\0") + b"\0" * 16 if held and _ends_blank(data) else data), held


def _thumbnail(exif: bytes, found: list[Entry]) -> Iterator[tuple[int, int]]:
    """Where the thumbnail's bytes lie: a JPEG (0x0201, 0x0202) or strips (0x0111, 0x0117)."""
    values = {entry.tag: [int(value) for value in numbers(exif, entry)] for entry in found}
    for places, sizes in ((0x0201, 0x0202), (0x0111, 0x0117)):
        for place, size in zip(values.get(places, []), values.get(sizes, []), strict=False):
            if 8 <= place < len(exif):
                yield place, min(size, len(exif) - place)


def _unlink(data: bytearray) -> None:
    """Let the main directory be the last one."""
    mark = order(bytes(data[:8]))
    place = struct.unpack_from(mark + "L", data, 4)[0]
    count = struct.unpack_from(mark + "H", data, place)[0]
    struct.pack_into(mark + "L", data, place + 2 + 12 * count, 0)


def _ends_blank(data: bytearray) -> bool:
    """Whether what was blanked was the end of the data, so that it can be cut off: no value lies that far back."""
    length = len(data.rstrip(b"\0")) + 16
    places = [entry.place + SIZES[entry.kind] * entry.count for entry in entries(bytes(data))]
    return length < len(data) and all(place <= length for place in places)


Fields = dict[int, list[tuple[int, int, int, bytes]]]
"""Directories (0 main, or the tag that leads to them) with their fields: tag, type, count, raw values."""


def fields(exif: bytes) -> Fields:
    """All fields but the thumbnail's, by directory, their values as they stand."""
    found: Fields = {}
    for entry in entries(exif):
        if entry.directory != 1 and entry.tag not in (EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD):
            raw = exif[entry.place : entry.place + SIZES[entry.kind] * entry.count]
            found.setdefault(entry.directory, []).append((entry.tag, entry.kind, entry.count, raw))
    return found


def pack(found: Fields, mark: str, start: int = 8) -> bytes:
    """The directories as bytes that begin at offset `start` of a TIFF structure; the main one comes first.

    `mark` is the byte order of the raw values and of the result. Offsets inside makers' notes cannot follow.
    """
    below = {0: (EXIF_IFD, GPS_IFD), EXIF_IFD: (INTEROPERABILITY_IFD,)}
    done = b""
    linked: dict[int, int] = {}  # the directories below come last in the file, but their places are needed first
    sizes = {name: _size(found[name], len([b for b in below.get(name, ()) if b in found])) for name in found}
    place = start
    for name in (0, EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD):
        if name in found:
            linked[name] = place
            place += sizes[name]
    for name in linked:
        links = [(tag, 4, 1, struct.pack(mark + "L", linked[tag])) for tag in below.get(name, ()) if tag in linked]
        done += _directory(sorted(found[name] + links), mark, linked[name])
    return done


def _size(entries_: list[tuple[int, int, int, bytes]], links: int) -> int:
    """Bytes of a directory with its values."""
    outside = sum(len(raw) + len(raw) % 2 for *_, raw in entries_ if len(raw) > 4)
    return 6 + 12 * (len(entries_) + links) + outside


def _directory(entries_: list[tuple[int, int, int, bytes]], mark: str, place: int) -> bytes:
    """One directory at offset `place`, followed by the values that do not fit into it, and by no other directory."""
    head, outside = struct.pack(mark + "H", len(entries_)), b""
    values = place + 6 + 12 * len(entries_)
    for tag, kind, count, raw in entries_:
        head += struct.pack(mark + "HHL", tag, kind, count)
        if len(raw) <= 4:
            head += raw.ljust(4, b"\0")
        else:
            head += struct.pack(mark + "L", values + len(outside))
            outside += raw + b"\0" * (len(raw) % 2)
    return head + b"\0\0\0\0" + outside


def build(found: Fields, mark: str) -> bytes:
    """A whole EXIF structure."""
    return (b"II*\0" if mark == "<" else b"MM\0*") + struct.pack(mark + "L", 8) + pack(found, mark)
