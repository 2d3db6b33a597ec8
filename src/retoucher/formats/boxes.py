"""The boxes of an ISO media file (ISO 14496-12, 4.2), as far as HEIC and AVIF need them."""

from __future__ import annotations

from collections.abc import Iterator

from retoucher.errors import RetoucherError

DAMAGED = "The file is damaged ({}); try to get another copy of it."


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Name, beginning and end of the contents of each box; RetoucherError where one is cut short."""
    end = len(data) if end is None else end
    place = start
    while place + 8 <= end:
        size, name, head = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16]), 16
        elif size == 0:  # to the end of the file
            size = end - place
        if size < head or place + size > end:
            raise RetoucherError(DAMAGED.format("it is cut short"))
        yield name, place + head, place + size
        place += size
    if place < end and data[place:end].strip(b"\0"):
        raise RetoucherError(DAMAGED.format("it is cut short"))


def properties(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and contents of every item property (meta, iprp, ipco); RetoucherError where the file is cut short."""
    found: list[tuple[bytes, bytes]] = []
    for name, start, end in boxes(data):
        if name == b"meta":
            for inner, left, right in boxes(data, start + 4, end):
                if inner == b"iprp":
                    for deeper, first, last in boxes(data, left, right):
                        if deeper == b"ipco":
                            found += [(kind, data[a:b]) for kind, a, b in boxes(data, first, last)]
    return found


def largest(found: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Width and height of the largest picture that the properties speak of; (0, 0) where there is none."""
    sizes = [(int.from_bytes(body[4:8]), int.from_bytes(body[8:12])) for kind, body in found if kind == b"ispe"]
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
