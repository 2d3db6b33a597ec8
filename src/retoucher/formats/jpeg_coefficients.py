"""The quantised DCT coefficients of a whole JPEG: read from its scans, written into the same scans again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from retoucher.formats import jpeg_decode, jpeg_encode, jpeg_huffman
from retoucher.formats.jpeg_segments import DHT, SOS, Frame, Scan, Segment, scans_of

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Layout:
    """Where a component's blocks lie: from `base`, in rows of `stride`, of which `wide` by `high` are coded."""

    base: int
    stride: int
    rows: int
    wide: int
    high: int

    def grid(self, blocks: Array) -> Array:
        """This component's blocks as (rows, stride, 64), a view."""
        return blocks[self.base : self.base + self.rows * self.stride].reshape(self.rows, self.stride, 64)


def layouts(frame: Frame) -> tuple[Layout, ...]:
    """How the blocks of each component are laid out (T.81 A.1.1, A.2.4)."""
    tall, broad = mcu_grid(frame)
    found, base = [], 0
    for part in frame.components:
        stride, rows = broad * part.horizontal, tall * part.vertical
        wide = -(-frame.width * part.horizontal // (8 * frame.horizontal))
        high = -(-frame.height * part.vertical // (8 * frame.vertical))
        found.append(Layout(base, stride, rows, wide, high))
        base += stride * rows
    return tuple(found)


def mcu_grid(frame: Frame) -> tuple[int, int]:
    """Rows and columns of MCUs of an interleaved scan."""
    return -(-frame.height // (8 * frame.vertical)), -(-frame.width // (8 * frame.horizontal))


def read(segments: list[Segment], frame: Frame) -> Array | None:
    """All coefficients, int16 (blocks, 64) in zigzag order; None where the coding is not one we know, or is damaged."""
    if frame.code not in (0xC0, 0xC1, 0xC2) or frame.precision != 8 or len(frame.components) > 4:
        return None
    places = layouts(frame)
    blocks = np.zeros((sum(place.stride * place.rows for place in places), 64), np.int16)
    try:
        found = list(scans_of(segments, frame))
        whole = bool(found) and all(_read(scan, frame, blocks) for scan in found)
    except (ValueError, IndexError, KeyError):
        return None
    return blocks if whole else None


def _read(scan: Scan, frame: Frame, blocks: Array) -> bool:
    """Read one scan into `blocks`; False where it is damaged."""
    layout, mcus, band = _geometry(scan, frame)
    nothing = np.zeros(65536, np.uint16)
    dc, ac = [], []
    for one, two in zip(scan.dc_tables, scan.ac_tables, strict=True):
        dc.append(jpeg_huffman.reading_table(scan.huffman[0, one]) if _needs(scan, frame, 0) else nothing)
        ac.append(jpeg_huffman.reading_table(scan.huffman[1, two]) if _needs(scan, frame, 1) else nothing)
    data = np.frombuffer(scan.segment.scan, np.uint8)
    return bool(jpeg_decode.read_scan(data, blocks, layout, mcus, scan.restart, np.stack(dc), np.stack(ac), band))


def _needs(scan: Scan, frame: Frame, kind: int) -> bool:
    """Whether a scan uses Huffman tables of this kind (0 for DC, 1 for AC)."""
    if not frame.progressive:
        return True
    return scan.first > 0 if kind else scan.first == 0 and scan.high == 0


def _geometry(scan: Scan, frame: Frame) -> tuple[Array, Array, Array]:
    """Layout, MCU rows and columns, and band of a scan as the compiled functions take them; ValueError where odd."""
    places = layouts(frame)
    rows = []
    for index in scan.components:
        part, place = frame.components[index], places[index]
        rows.append((place.base, place.stride, part.horizontal, part.vertical, place.wide, place.high))
    mcus = mcu_grid(frame) if len(rows) > 1 else (rows[0][5], rows[0][4])
    if not 1 <= len(rows) <= 4 or not 0 <= scan.first <= scan.last <= 63 or scan.low > 13:
        raise ValueError("a scan that cannot be")
    if frame.progressive and scan.first > 0 and len(rows) > 1:
        raise ValueError("a scan that cannot be")
    band = (scan.first, scan.last, scan.high, scan.low, int(frame.progressive))
    return np.array(rows, np.int64), np.array(mcus, np.int64), np.array(band, np.int64)


def write(segments: list[Segment], frame: Frame, blocks: Array) -> list[Segment]:
    """The same segments with these coefficients in their scans.

    Process, scan script, sampling and restart intervals stay. So do the Huffman tables wherever they have a code for
    every symbol needed; else that scan gets the best ones for it.
    """
    scans = {id(scan.segment): scan for scan in scans_of(segments, frame)}
    written: list[Segment] = []
    current: dict[tuple[int, int], bytes] = {}
    for segment in segments:
        if segment.code == SOS:
            tables, data = _write(scans[id(segment)], frame, blocks)
            new = {key: table for key, table in tables.items() if current.get(key) != table}
            if new:
                body = b"".join(bytes([kind << 4 | number]) + table for (kind, number), table in sorted(new.items()))
                written.append(Segment(DHT, body))
            current |= new
            written.append(Segment(SOS, segment.payload, data))
        elif segment.code != DHT:
            written.append(segment)
    return written


def _write(scan: Scan, frame: Frame, blocks: Array) -> tuple[dict[tuple[int, int], bytes], bytes]:
    """The Huffman tables and the entropy-coded bytes of one scan."""
    layout, mcus, band = _geometry(scan, frame)
    dc, ac = np.array(scan.dc_tables, np.int64), np.array(scan.ac_tables, np.int64) + 4
    items = jpeg_encode.tokens(blocks, layout, mcus, scan.restart, dc, ac, band)
    used = np.bincount(items >> 21, minlength=10 * 256).reshape(10, 256)  # how often each symbol of each table
    codes, lengths = np.zeros((8, 256), np.int64), np.zeros((8, 256), np.int64)
    tables = {}
    for kind in np.flatnonzero(used[: jpeg_encode.RAW].any(axis=1)).tolist():
        table = scan.huffman.get((kind // 4, kind % 4))
        if table is None or not jpeg_huffman.covers(table, np.flatnonzero(used[kind])):
            table = jpeg_huffman.best_table(used[kind])
        tables[kind // 4, kind % 4] = table
        for symbol, code, length in jpeg_huffman.codes_of(table):
            codes[kind, symbol], lengths[kind, symbol] = code, length
    return tables, jpeg_encode.pack(items, codes, lengths)
