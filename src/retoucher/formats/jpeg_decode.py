"""JPEG's entropy coding backwards: the bits of a scan to DCT coefficients, without loss.

Huffman coding, sequential and progressive (ITU-T T.81, annexes F and G), any sampling, restart intervals. Coefficients
are int16 (blocks, 64) in zigzag order, the blocks of one component after those of another, rows padded to whole MCUs.
Compiled, because a photo has some millions of symbols. Every place that is written to comes from the frame header,
never from the bits, and reading past the end gives zeros: damaged data cannot reach other memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retoucher.compiled import compiled

Array = np.ndarray[Any, np.dtype[Any]]

POSITION, BUFFER, COUNT, FED = range(4)  # the bit reader's state: next byte, bits, how many, zero bytes invented


@compiled
def _need(data: Array, state: Array, bits: int) -> None:
    """Have at least `bits` (at most 32) in the buffer; zeros are fed where the data end (and counted)."""
    while state[COUNT] < bits:
        place = state[POSITION]
        value = 0
        if place >= data.size:
            state[FED] += 1
        else:
            value = int(data[place])
            if value == 255:
                if place + 1 < data.size and data[place + 1] == 0:
                    state[POSITION] = place + 2
                else:  # a marker: the interval ends here
                    value = 0
                    state[FED] += 1
            else:
                state[POSITION] = place + 1
        state[BUFFER] = ((state[BUFFER] & 0xFFFFFFFF) << 8) | value
        state[COUNT] += 8


@compiled
def _bits(data: Array, state: Array, count: int) -> int:
    """The next `count` (0 to 16) bits as a number."""
    if count == 0:
        return 0
    _need(data, state, count)
    state[COUNT] -= count
    return int((state[BUFFER] >> state[COUNT]) & ((1 << count) - 1))


@compiled
def _symbol(data: Array, state: Array, table: Array) -> int:
    """The next Huffman symbol; `table` (65536,) holds length * 256 + symbol by the next 16 bits. -1: no such code."""
    _need(data, state, 16)
    entry = int(table[(state[BUFFER] >> (state[COUNT] - 16)) & 0xFFFF])
    if entry == 0:
        return -1
    state[COUNT] -= entry >> 8
    return entry & 255


@compiled
def _extend(value: int, size: int) -> int:
    """A magnitude of `size` bits with its sign (T.81 F.2.2.1)."""
    if size > 0 and value < (1 << (size - 1)):
        return value - (1 << size) + 1
    return value


@compiled
def _read_sequential(data: Array, state: Array, block: Array, last: Array, c: int, dc: Array, ac: Array) -> bool:
    """One block of a sequential scan (T.81 F.2.2). False: damaged."""
    size = _symbol(data, state, dc)
    if size < 0 or size > 15:
        return False
    last[c] += _extend(_bits(data, state, size), size)
    block[0] = last[c]
    k = 1
    while k < 64:
        symbol = _symbol(data, state, ac)
        if symbol < 0:
            return False
        size = symbol & 15
        if size == 0:
            if symbol != 0xF0:
                break
            k += 16
            continue
        k += symbol >> 4
        if k > 63:
            return False
        block[k] = _extend(_bits(data, state, size), size)
        k += 1
    return True


@compiled
def _read_ac_first(data: Array, state: Array, block: Array, run: Array, ac: Array, band: Array) -> bool:
    """One block of a progressive AC scan's first pass (T.81 G.1.2.2). `band`: first, last, high, low."""
    if run[0] > 0:
        run[0] -= 1
        return True
    k = band[0]
    while k <= band[1]:
        symbol = _symbol(data, state, ac)
        if symbol < 0:
            return False
        skip, size = symbol >> 4, symbol & 15
        if size == 0:
            if skip < 15:
                run[0] = (1 << skip) - 1 + _bits(data, state, skip)
                break
            k += 16
            continue
        k += skip
        if k > band[1]:
            return False
        block[k] = _extend(_bits(data, state, size), size) * (1 << band[3])
        k += 1
    return True


@compiled
def _refine(data: Array, state: Array, block: Array, k: int, step: int) -> None:
    """One more bit for a coefficient that is already known not to be zero."""
    if _bits(data, state, 1) and (abs(int(block[k])) & step) == 0:
        block[k] += step if block[k] > 0 else -step


@compiled
def _read_ac_again(data: Array, state: Array, block: Array, run: Array, ac: Array, band: Array) -> bool:
    """One block of a progressive AC scan's later pass (T.81 G.1.2.3)."""
    step = 1 << band[3]
    k = band[0]
    if run[0] == 0:
        while k <= band[1]:
            symbol = _symbol(data, state, ac)
            if symbol < 0:
                return False
            skip, size = symbol >> 4, symbol & 15
            value = 0
            if size > 0:
                value = step if _bits(data, state, 1) else -step
            elif skip < 15:
                run[0] = (1 << skip) + _bits(data, state, skip)
                break
            while k <= band[1]:
                if block[k] != 0:
                    _refine(data, state, block, k, step)
                else:
                    if skip == 0:
                        break
                    skip -= 1
                k += 1
            if value != 0:
                if k > band[1]:
                    return False
                block[k] = value
            k += 1
    if run[0] > 0:
        while k <= band[1]:
            if block[k] != 0:
                _refine(data, state, block, k, step)
            k += 1
        run[0] -= 1
    return True


@compiled
def _read_block(
    data: Array, state: Array, block: Array, last: Array, run: Array, c: int, dc: Array, ac: Array, band: Array
) -> bool:
    """One block of whichever kind of scan this is."""
    if band[4] == 0:
        return _read_sequential(data, state, block, last, c, dc, ac)
    if band[0] > 0:
        if band[2] == 0:
            return _read_ac_first(data, state, block, run, ac, band)
        return _read_ac_again(data, state, block, run, ac, band)
    if band[2] == 0:
        size = _symbol(data, state, dc)
        if size < 0 or size > 15:
            return False
        last[c] += _extend(_bits(data, state, size), size)
        block[0] = last[c] * (1 << band[3])
    elif _bits(data, state, 1):
        block[0] |= 1 << band[3]
    return True


@compiled
def block_at(layout: Array, c: int, n: int, mcu: int, row: int, column: int) -> int:
    """Index of block `n` of component `c` in an MCU. `layout` rows: base, stride, horizontal, vertical, wide, high."""
    if layout.shape[0] == 1:  # not interleaved: an MCU is one block, and the padding is not coded (T.81 A.2.2)
        return int(layout[0, 0] + (mcu // layout[0, 4]) * layout[0, 1] + mcu % layout[0, 4])
    y = row * layout[c, 3] + n // layout[c, 2]
    x = column * layout[c, 2] + n % layout[c, 2]
    return int(layout[c, 0] + y * layout[c, 1] + x)


@compiled
def read_scan(
    data: Array, blocks: Array, layout: Array, mcus: Array, restart: int, dc: Array, ac: Array, band: Array
) -> bool:
    """Read one scan into `blocks` (in place). False where the data are damaged.

    `mcus`: rows and columns of MCUs. `dc`, `ac`: (components, 65536) tables of `_symbol`. `band`: first and last
    coefficient, high and low bit, 1 if progressive.
    """
    state, run = np.zeros(4, np.int64), np.zeros(1, np.int64)
    last = np.zeros(4, np.int64)
    for mcu in range(mcus[0] * mcus[1]):
        if restart > 0 and mcu > 0 and mcu % restart == 0:
            if state[FED] * 8 > state[COUNT] or run[0] > 0:
                return False
            place = state[POSITION]
            while place + 1 < data.size and data[place] == 255 and data[place + 1] == 255:
                place += 1
            if place + 1 >= data.size or data[place] != 255 or data[place + 1] != 208 + (mcu // restart - 1) % 8:
                return False
            state[:] = 0
            state[POSITION] = place + 2
            last[:] = 0
        row, column = mcu // mcus[1], mcu % mcus[1]
        for c in range(layout.shape[0]):
            count = layout[c, 2] * layout[c, 3] if layout.shape[0] > 1 else 1
            for n in range(count):
                at = block_at(layout, c, n, mcu, row, column)
                if not _read_block(data, state, blocks[at], last, run, c, dc[c], ac[c], band):
                    return False
    return bool(state[FED] * 8 <= state[COUNT] and run[0] == 0)
