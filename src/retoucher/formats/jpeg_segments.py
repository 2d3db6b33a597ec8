"""A JPEG file as its segments: what is in the header, where each scan lies, and how to write it back.

Numbers and names follow ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from retoucher.errors import RetoucherError

APP0, APP1, APP2, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
DQT, DHT, DRI, SOS, EOI, DNL = 0xDB, 0xC4, 0xDD, 0xDA, 0xD9, 0xDC
FRAMES = tuple(code for code in range(0xC0, 0xD0) if code not in (DHT, 0xC8, 0xCC))
DAMAGED = "The JPEG is damaged ({}); try to get another copy of it."


@dataclass(frozen=True)
class Segment:
    """One marker segment: its code, its payload, and for a scan the entropy-coded bytes that follow."""

    code: int
    payload: bytes
    scan: bytes = b""

    @property
    def is_metadata(self) -> bool:
        """APPn and COM: what says something about the picture, not the picture."""
        return APP0 <= self.code <= 0xEF or self.code == COM

    @property
    def data(self) -> bytes:
        """The segment as it stands in a file."""
        return b"\xff" + bytes([self.code]) + struct.pack(">H", len(self.payload) + 2) + self.payload + self.scan


@dataclass(frozen=True)
class Component:
    """One component of the frame header (T.81 B.2.2): sampling factors and quantisation table number."""

    number: int
    horizontal: int
    vertical: int
    table: int


@dataclass(frozen=True)
class Frame:
    """The frame header: coding process, precision, size and components."""

    code: int
    precision: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def horizontal(self) -> int:
        """The largest horizontal sampling factor."""
        return max(part.horizontal for part in self.components)

    @property
    def vertical(self) -> int:
        """The largest vertical sampling factor."""
        return max(part.vertical for part in self.components)

    @property
    def progressive(self) -> bool:
        """Whether the coefficients come in several scans of growing precision."""
        return self.code == 0xC2


@dataclass(frozen=True)
class Scan:
    """A scan header (T.81 B.2.3) and everything in force when it is read."""

    segment: Segment
    components: tuple[int, ...]  # indices into the frame's components
    dc_tables: tuple[int, ...]
    ac_tables: tuple[int, ...]
    first: int
    last: int
    high: int
    low: int
    restart: int
    huffman: dict[tuple[int, int], bytes] = field(repr=False)  # (class, number) -> 16 counts and the symbols


def split(data: bytes) -> tuple[list[Segment], int]:
    """The segments of the first picture in a JPEG, and where it ends. RetoucherError where it is cut short."""
    segments: list[Segment] = []
    place = 2
    while True:
        place = _marker(data, place)
        code = data[place + 1]
        place += 2
        if code == EOI:
            return segments, place
        if code == 0x01 or 0xD0 <= code <= 0xD8:  # stand alone: nothing follows
            continue
        if place + 2 > len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        length = int.from_bytes(data[place : place + 2])
        end = place + length
        if length < 2 or end > len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        payload = data[place + 2 : end]
        after = _scan_end(data, end) if code == SOS else end
        segments.append(Segment(code, payload, data[end:after]))
        place = after


def _marker(data: bytes, place: int) -> int:
    """Where the next marker begins; stray bytes before it are passed over, as every decoder does."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        if data[place + 1] not in (0x00, 0xFF):
            return place
        place += 1


def _scan_end(data: bytes, place: int) -> int:
    """Where the entropy-coded bytes from `place` on end: at the first marker other than a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        code = data[place + 1]
        if code != 0x00 and not 0xD0 <= code <= 0xD7 and code != 0xFF:
            return place
        place += 1 if code == 0xFF else 2


def frame_of(segments: list[Segment]) -> Frame:
    """The frame header; RetoucherError where there is none or it makes no sense."""
    try:
        segment = next(segment for segment in segments if segment.code in FRAMES)
        precision, height, width, count = struct.unpack_from(">BHHB", segment.payload)
        parts = [segment.payload[6 + 3 * i : 9 + 3 * i] for i in range(count)]
        components = tuple(Component(part[0], part[1] >> 4, part[1] & 15, part[2]) for part in parts)
    except (StopIteration, struct.error, IndexError):
        raise RetoucherError(DAMAGED.format("it has no picture")) from None
    if not components or not width or not height or any(not c.horizontal or not c.vertical for c in components):
        raise RetoucherError(DAMAGED.format("its header makes no sense"))
    return Frame(segment.code, precision, height, width, components)


def scans_of(segments: list[Segment], frame: Frame) -> Iterator[Scan]:
    """Every scan with the Huffman tables and restart interval in force (T.81 B.2.4). ValueError where one is odd."""
    huffman: dict[tuple[int, int], bytes] = {}
    restart = 0
    numbers = [component.number for component in frame.components]
    for segment in segments:
        if segment.code == DHT:
            huffman = {**huffman, **_huffman_tables(segment.payload)}
        elif segment.code == DRI:
            restart = int.from_bytes(segment.payload[:2])
        elif segment.code == SOS:
            body = segment.payload
            count = body[0]
            pairs = [body[1 + 2 * i : 3 + 2 * i] for i in range(count)]
            first, last, precision = body[1 + 2 * count : 4 + 2 * count]
            yield Scan(
                segment,
                tuple(numbers.index(pair[0]) for pair in pairs),
                tuple(pair[1] >> 4 for pair in pairs),
                tuple(pair[1] & 15 for pair in pairs),
                first,
                last,
                precision >> 4,
                precision & 15,
                restart,
                huffman,
            )


def _huffman_tables(payload: bytes) -> dict[tuple[int, int], bytes]:
    """The tables in one DHT segment."""
    tables = {}
    place = 0
    while place < len(payload):
        kind = payload[place]
        size = 17 + sum(payload[place + 1 : place + 17])
        tables[kind >> 4, kind & 15] = payload[place + 1 : place + size]
        place += size
    return tables


def quantisation(segments: list[Segment]) -> dict[int, list[int]]:
    """The quantisation tables by number, each 64 steps in zigzag order (the last definition of each)."""
    tables = {}
    for segment in segments:
        body = segment.payload if segment.code == DQT else b""
        while body:
            wide, number = body[0] >> 4, body[0] & 15
            size = 128 if wide else 64
            if len(body) < 1 + size:
                raise RetoucherError(DAMAGED.format("a table is cut short"))
            tables[number] = list(struct.unpack(">64H" if wide else "64B", body[1 : 1 + size]))
            body = body[1 + size :]
    return tables


def join(segments: list[Segment]) -> bytes:
    """A whole JPEG file from its segments."""
    return b"\xff\xd8" + b"".join(segment.data for segment in segments) + b"\xff\xd9"
