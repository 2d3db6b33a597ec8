"""Huffman tables of JPEG: for reading, for writing, and the best for given symbols (ITU-T T.81, annexes C, K.2)."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def codes_of(table: bytes) -> list[tuple[int, int, int]]:
    """(symbol, code, length) of a table as it stands in a DHT segment: 16 counts, then the symbols (T.81 C.2)."""
    found, code, place = [], 0, 16
    for length in range(1, 17):
        for _ in range(table[length - 1]):
            if place >= len(table) or code >= 1 << length:
                raise ValueError("a Huffman table that cannot be")
            found.append((table[place], code, length))
            code, place = code + 1, place + 1
        code <<= 1
    return found


def reading_table(table: bytes) -> Array:
    """(65536,) uint16: length * 256 + symbol for every possible next 16 bits, 0 where no code fits."""
    lookup = np.zeros(65536, np.uint16)
    for symbol, code, length in codes_of(table):
        start = code << (16 - length)
        lookup[start : start + (1 << (16 - length))] = length * 256 + symbol
    return lookup


def covers(table: bytes, symbols: Array) -> bool:
    """Whether a table has a code for every one of these symbols."""
    return set(symbols.tolist()) <= set(table[16:])


def best_table(counts: Array) -> bytes:
    """The table with the shortest result for symbols that occur so often: counts (256,) -> 16 counts and symbols.

    No code is longer than 16 bits, and none is all ones (T.81 K.2).
    """
    lengths = _lengths({int(s): int(counts[s]) for s in np.flatnonzero(counts)})
    ordered = sorted((length, symbol) for symbol, length in lengths.items())
    tally = [sum(length == size for length, _ in ordered) for size in range(1, 33)]
    for size in range(31, 15, -1):  # longer than 16 bits: hang pairs of leaves higher up
        while tally[size] > 0:
            shorter = next(place for place in range(size - 2, -1, -1) if tally[place] > 0)
            tally[size] -= 2
            tally[size - 1] += 1
            tally[shorter] -= 1
            tally[shorter + 1] += 2
    last = max(place for place in range(16) if tally[place] > 0)
    tally[last] -= 1  # the reserved symbol had the longest code, so the all-ones code is nobody's
    return bytes(tally[:16]) + bytes(symbol for _, symbol in ordered if symbol < 256)


def _lengths(counts: dict[int, int]) -> dict[int, int]:
    """Code length of each symbol, with one more symbol (256) that is the rarest, by Huffman's construction."""
    if not counts:
        counts = {0: 1}
    heap: list[tuple[int, int, tuple[int, ...]]] = [(count, symbol, (symbol,)) for symbol, count in counts.items()]
    heap.append((0, 256, (256,)))
    heapq.heapify(heap)
    lengths = dict.fromkeys([*counts, 256], 0)
    while len(heap) > 1:
        (one, _, left), (two, tie, right) = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in left + right:
            lengths[symbol] += 1
        heapq.heappush(heap, (one + two, tie, left + right))
    return {symbol: min(length, 32) for symbol, length in lengths.items()}
