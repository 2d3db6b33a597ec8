"""A PNG file as its chunks (PNG, third edition): read with their checksums, written again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from retoucher.errors import RetoucherError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DAMAGED = "The PNG is damaged ({}); try to get another copy of it."
MOST_TEXT = 32 * 1024 * 1024  # bytes that a compressed chunk may unfold to


@dataclass(frozen=True)
class Chunk:
    """One chunk: its four-letter name and its data."""

    name: bytes
    data: bytes

    @property
    def safe_to_copy(self) -> bool:
        """Whether an editor that changed the picture may keep a chunk it does not know (clause 5.4)."""
        return bool(self.name[3] & 0x20)


@dataclass(frozen=True)
class Header:
    """IHDR: size, bits per sample, colour type (0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA), interlacing."""

    width: int
    height: int
    depth: int
    kind: int
    interlace: int


def header_of(data: bytes) -> Header:
    """The header, before anything else is looked at."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise RetoucherError(DAMAGED.format("it does not begin with a header"))
    width, height, depth, kind = struct.unpack(">LLBB", data[16:26])  # then compression and filter, always 0
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    if not width or not height or depth not in depths.get(kind, ()):
        raise RetoucherError(DAMAGED.format("its header makes no sense"))
    return Header(width, height, depth, kind, data[28])


def split(data: bytes) -> list[Chunk]:
    """All chunks up to IEND. A damaged ancillary chunk is left out; anything else damaged raises RetoucherError."""
    chunks, place = [], len(SIGNATURE)
    while True:
        if place + 12 > len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        size = int.from_bytes(data[place : place + 4])
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        end = place + 12 + size
        if end > len(data):
            raise RetoucherError(DAMAGED.format("it is cut short"))
        whole = zlib.crc32(body, zlib.crc32(name)) == int.from_bytes(data[end - 4 : end])
        if not whole and not name[0] & 0x20:
            raise RetoucherError(DAMAGED.format("a checksum is wrong"))
        if whole:
            chunks.append(Chunk(name, body))
        if name == b"IEND":
            return chunks
        place = end


def join(chunks: Iterable[Chunk]) -> bytes:
    """A whole PNG file."""
    parts = [SIGNATURE]
    for chunk in chunks:
        check = zlib.crc32(chunk.data, zlib.crc32(chunk.name))
        parts += [struct.pack(">L", len(chunk.data)), chunk.name, chunk.data, struct.pack(">L", check)]
    return b"".join(parts)


def unfold(data: bytes) -> bytes | None:
    """Decompress, but never beyond MOST_TEXT; None where that is not enough or the data are damaged."""
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, MOST_TEXT)
    except zlib.error:
        return None
    return text if machine.eof else None


def text_of(chunk: Chunk) -> tuple[bytes, bytes | None]:
    """Keyword and text of a tEXt, zTXt or iTXt chunk; text None where it cannot be read."""
    key, _, rest = chunk.data.partition(b"\0")
    if chunk.name == b"tEXt":
        return key, rest
    if chunk.name == b"zTXt":
        return key, unfold(rest[1:])
    if len(rest) < 2:
        return key, None
    body = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    return key, None if len(body) < 3 else unfold(body[2]) if rest[0] else body[2]
