"""JPEG's entropy coding forwards: DCT coefficients to the bits of a scan, without loss.

Two steps: `tokens` says which symbols a scan has, `pack` turns them into bits with given tables. What the tables are is
therefore decided in plain Python in between. Coefficients lie as in `jpeg_decode`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retoucher.compiled import compiled
from retoucher.formats.jpeg_decode import block_at

Array = np.ndarray[Any, np.dtype[Any]]

RAW, RESTART = 8, 9  # kinds of token beside the Huffman tables 0 to 7 (4 * class + number)


@compiled
def _size_of(value: int) -> int:
    """How many bits the magnitude of `value` has."""
    value = abs(value)
    size = 0
    while value > 0:
        size += 1
        value >>= 1
    return size


@compiled
def _token(out: Array, place: Array, kind: int, symbol: int, value: int, size: int) -> None:
    """Append a token: a Huffman symbol of table `kind`, followed by `size` (0 to 16) bits of `value`."""
    bits = value & ((1 << size) - 1)
    out[place[0]] = (kind << 29) | (symbol << 21) | (size << 16) | bits
    place[0] += 1


@compiled
def _signed(value: int) -> int:
    """The bits that follow a magnitude category: negative numbers one less (T.81 F.1.2.1)."""
    return value if value > 0 else value - 1


@compiled
def _write_sequential(block: Array, out: Array, place: Array, last: Array, c: int, dc: int, ac: int) -> None:
    """One block of a sequential scan."""
    difference = int(block[0]) - last[c]
    last[c] = block[0]
    size = _size_of(difference)
    _token(out, place, dc, size, _signed(difference), size)
    skip = 0
    for k in range(1, 64):
        value = int(block[k])
        if value == 0:
            skip += 1
            continue
        while skip > 15:
            _token(out, place, ac, 0xF0, 0, 0)
            skip -= 16
        size = _size_of(value)
        _token(out, place, ac, (skip << 4) | size, _signed(value), size)
        skip = 0
    if skip > 0:
        _token(out, place, ac, 0, 0, 0)


@compiled
def _end_run(out: Array, place: Array, run: Array, waiting: Array, ac: int) -> None:
    """Write the run of ended blocks, then the correction bits that belong to it. `run`: length, bits waiting."""
    if run[0] > 0:
        size = _size_of(run[0]) - 1
        _token(out, place, ac, size << 4, run[0], size)
        run[0] = 0
    _corrections(out, place, waiting, run[1])
    run[1] = 0


@compiled
def _corrections(out: Array, place: Array, waiting: Array, count: int) -> None:
    """Write correction bits as they are."""
    for i in range(count):
        _token(out, place, RAW, 0, int(waiting[i]), 1)


@compiled
def _write_ac_first(block: Array, out: Array, place: Array, run: Array, waiting: Array, ac: int, band: Array) -> None:
    """One block of a progressive AC scan's first pass."""
    skip = 0
    for k in range(band[0], band[1] + 1):
        value = abs(int(block[k])) >> band[3]
        if value == 0:
            skip += 1
            continue
        _end_run(out, place, run, waiting, ac)
        while skip > 15:
            _token(out, place, ac, 0xF0, 0, 0)
            skip -= 16
        size = _size_of(value)
        _token(out, place, ac, (skip << 4) | size, _signed(value if block[k] > 0 else -value), size)
        skip = 0
    if skip > 0:
        run[0] += 1
        if run[0] == 0x7FFF:
            _end_run(out, place, run, waiting, ac)


@compiled
def _write_ac_again(block: Array, out: Array, place: Array, run: Array, waiting: Array, ac: int, band: Array) -> None:
    """One block of a progressive AC scan's later pass."""
    newest = 0
    for k in range(band[0], band[1] + 1):
        if abs(int(block[k])) >> band[3] == 1:
            newest = k
    own = np.zeros(64, np.int64)
    count, skip = 0, 0
    for k in range(band[0], band[1] + 1):
        value = abs(int(block[k])) >> band[3]
        if value == 0:
            skip += 1
            continue
        while skip > 15 and k <= newest:
            _end_run(out, place, run, waiting, ac)
            _token(out, place, ac, 0xF0, 0, 0)
            _corrections(out, place, own, count)
            skip, count = skip - 16, 0
        if value > 1:
            own[count] = value & 1
            count += 1
            continue
        _end_run(out, place, run, waiting, ac)
        _token(out, place, ac, (skip << 4) | 1, 1 if block[k] > 0 else 0, 1)
        _corrections(out, place, own, count)
        skip, count = 0, 0
    if skip > 0 or count > 0:
        run[0] += 1
        for i in range(count):  # assigning slices takes the compiler four seconds more
            waiting[run[1] + i] = own[i]
        run[1] += count
        if run[0] == 0x7FFF or run[1] > 937:  # 1000 bits less one block: what decoders and encoders agree on
            _end_run(out, place, run, waiting, ac)


@compiled
def _write_block(
    block: Array,
    out: Array,
    place: Array,
    last: Array,
    run: Array,
    waiting: Array,
    c: int,
    dc: int,
    ac: int,
    band: Array,
) -> None:
    """One block of whichever kind of scan this is."""
    if band[4] == 0:
        _write_sequential(block, out, place, last, c, dc, ac)
    elif band[0] > 0:
        if band[2] == 0:
            _write_ac_first(block, out, place, run, waiting, ac, band)
        else:
            _write_ac_again(block, out, place, run, waiting, ac, band)
    elif band[2] == 0:
        value = int(block[0]) >> band[3]
        size = _size_of(value - last[c])
        _token(out, place, dc, size, _signed(value - last[c]), size)
        last[c] = value
    else:
        _token(out, place, RAW, 0, int(block[0]) >> band[3], 1)


@compiled
def _write_scan(
    blocks: Array, layout: Array, mcus: Array, restart: int, dc: Array, ac: Array, band: Array, out: Array
) -> int:
    """All tokens of a scan into `out`; returns how many."""
    place, run, waiting = np.zeros(1, np.int64), np.zeros(2, np.int64), np.zeros(1024, np.int64)
    last = np.zeros(4, np.int64)
    for mcu in range(mcus[0] * mcus[1]):
        if restart > 0 and mcu > 0 and mcu % restart == 0:
            _end_run(out, place, run, waiting, ac[0])
            _token(out, place, RESTART, (mcu // restart - 1) % 8, 0, 0)
            last[:] = 0
        row, column = mcu // mcus[1], mcu % mcus[1]
        for c in range(layout.shape[0]):
            count = layout[c, 2] * layout[c, 3] if layout.shape[0] > 1 else 1
            for n in range(count):
                at = block_at(layout, c, n, mcu, row, column)
                _write_block(blocks[at], out, place, last, run, waiting, c, dc[c], ac[c], band)
    _end_run(out, place, run, waiting, ac[0])
    return int(place[0])


def tokens(blocks: Array, layout: Array, mcus: Array, restart: int, dc: Array, ac: Array, band: Array) -> Array:
    """What one scan says, as int64 tokens: table (29…), symbol (21…28), number of bits (16…20), bits (0…15).

    Arguments as in `read_scan`, but `dc` and `ac` are table numbers (0 to 3 and 4 to 7) by component.
    """
    used = np.count_nonzero(blocks)
    out = np.empty(2 * used + 6 * len(blocks) + int(mcus.prod()) + 16, np.int64)
    return out[: _write_scan(blocks, layout, mcus, restart, dc, ac, band, out)]


@compiled
def _pack(items: Array, codes: Array, lengths: Array, out: Array) -> int:
    """Turn tokens into stuffed bytes; returns how many."""
    place, buffer, count = 0, 0, 0
    for item in items:
        kind, symbol, size = item >> 29, (item >> 21) & 255, (item >> 16) & 31
        if kind < RAW:
            buffer = (buffer << lengths[kind, symbol]) | codes[kind, symbol]
            count += lengths[kind, symbol]
        if size > 0:
            buffer = (buffer << size) | (item & 0xFFFF)
            count += size
        flush = kind == RESTART and count % 8 > 0
        if flush:  # fill with ones up to the byte (T.81 F.1.2.3)
            fill = 8 - count % 8
            buffer = (buffer << fill) | ((1 << fill) - 1)
            count += fill
        while count >= 8:
            count -= 8
            value = (buffer >> count) & 255
            out[place] = value
            place += 1
            if value == 255:
                out[place] = 0
                place += 1
        buffer &= (1 << count) - 1
        if kind == RESTART:
            out[place], out[place + 1] = 255, 208 + symbol
            place += 2
    if count > 0:
        value = ((buffer << (8 - count)) | ((1 << (8 - count)) - 1)) & 255
        out[place] = value
        place += 1
        if value == 255:
            out[place] = 0
            place += 1
    return place


@compiled
def _length(items: Array, lengths: Array) -> int:
    """How many bits the tokens take, each restart marker counted as 32."""
    total = 0
    for item in items:
        kind = item >> 29
        total += (item >> 16) & 31
        if kind < RAW:
            total += lengths[kind, (item >> 21) & 255]
        elif kind == RESTART:
            total += 32
    return total


def pack(items: Array, codes: Array, lengths: Array) -> bytes:
    """The entropy-coded bytes of a scan: `codes` and `lengths` (8, 256) are the Huffman tables."""
    bits = int(_length(items, lengths))
    out = np.empty(bits // 4 + 16, np.uint8)  # twice the bytes: every one of them may need stuffing
    return out[: _pack(items, codes, lengths, out)].tobytes()
