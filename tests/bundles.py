"""Writes TensorFlow checkpoints, right ones and wrong ones, byte by byte from the description of their format."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retoucher.crc32c import masked

MAGIC = 0xDB4775248B80FB57
TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(name: int, value: int) -> bytes:
    """A field of a protocol buffer that is a number."""
    return varint(name << 3) + varint(value)


def part(name: int, value: bytes) -> bytes:
    """A field of a protocol buffer that is a message."""
    return varint(name << 3 | 2) + varint(len(value)) + value


def checksum(data: bytes) -> int:
    return masked(np.frombuffer(data, np.uint8))


def header(shards: int = 1, endianness: int = 0, version: bytes = number(1, 1)) -> bytes:
    return number(1, shards) + (number(2, endianness) if endianness else b"") + part(3, version)


def entry(
    dtype: int, shape: tuple[int, ...], offset: int, size: int, crc: int, shard: int = 0, more: bytes = b""
) -> bytes:
    """What the index says of a tensor."""
    dimensions = b"".join(part(2, number(1, length)) for length in shape)
    places = number(3, shard) + number(4, offset) + number(5, size)
    return number(1, dtype) + part(2, dimensions) + places + varint(6 << 3 | 5) + struct.pack("<I", crc) + more


def block(pairs: Mapping[bytes, bytes], share: bool = True, every: int = 16) -> bytes:
    """Keys that share their beginnings with the one before, except at every sixteenth."""
    out, restarts, before = bytearray(), [], b""
    for i, (key, value) in enumerate(pairs.items()):
        shared = 0
        if i % every == 0:
            restarts.append(len(out))
        elif share:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return bytes(out) + b"".join(struct.pack("<I", at) for at in (*restarts, len(restarts)))


@dataclass
class Table:
    """A LevelDB table in the making."""

    out: bytearray = field(default_factory=bytearray)

    def add(self, contents: bytes, kind: int = 0, crc: int | None = None) -> bytes:
        """Append a block; returns where it lies, as the table writes that."""
        place = varint(len(self.out)) + varint(len(contents))
        whole = contents + bytes([kind])
        self.out += whole + struct.pack("<I", checksum(whole) if crc is None else crc)
        return place

    def closed(self, index: bytes, magic: int = MAGIC) -> bytes:
        """The whole file, whose last block (`index`) says where the others lie."""
        meta, last = self.add(block({})), self.add(index)
        return bytes(self.out) + (meta + last).ljust(40, b"\0") + struct.pack("<Q", magic)


def table(pairs: Mapping[bytes, bytes], in_block: int = 1000) -> bytes:
    """A table of these keys and values, `in_block` of them in a block."""
    made, index = Table(), {}
    items = list(pairs.items())
    for first in range(0, len(items), in_block):
        some = dict(items[first : first + in_block])
        index[[*some][-1] + b"\0"] = made.add(block(some))
    return made.closed(block(index, every=1))


def save(folder: Path, tensors: Mapping[str, NDArray[Any]], name: str = "model.ckpt", shards: int = 1) -> Path:
    """Write a checkpoint as TensorFlow would; returns its index."""
    pairs, data = {b"": header(shards)}, [bytearray() for _ in range(shards)]
    for i, (key, array) in enumerate(sorted(tensors.items())):
        shard, raw = i % shards, np.ascontiguousarray(array).tobytes()
        place = len(data[shard])
        pairs[key.encode()] = entry(TYPES[array.dtype.name], array.shape, place, len(raw), checksum(raw), shard)
        data[shard] += raw
    for shard, raw in enumerate(data):
        (folder / f"{name}.data-{shard:05d}-of-{shards:05d}").write_bytes(raw)
    index = folder / f"{name}.index"
    index.write_bytes(table(pairs, in_block=5))
    return index
