"""TensorFlow's checkpoints read without TensorFlow: NAME.index beside NAME.data-00000-of-00001 (a "tensor bundle").

The index is a LevelDB table: blocks of keys that share their beginnings, found through a last block of places, found
through the footer. Its values are protocol buffers that say of each tensor its type, shape, place and checksum; the
data files are the bare numbers. Both are untrusted: sizes and places are checked against the bytes that are there
before any memory is taken, and all checksums are compared.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retoucher.errors import RetoucherError, UsageError
from retoucher.inert import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retoucher.checkpoint import Choose

MAGIC = 0xDB4775248B80FB57
FOOTER, TRAILER = 48, 5
"""Bytes after all blocks (two places, padding, the magic number) and after each (kind, checksum)."""
MAX_INDEX_BYTES = 16 << 20  # the released networks of this format have some 10 kB
MAX_ENTRIES, MAX_NAME_BYTES, MAX_SHARDS, MAX_DIMENSIONS = 100_000, 1000, 1000, 16
SIZES = {1: 4, 2: 8, 14: 2, 19: 2}
"""Bytes for each number of the types that are read: float, double, bfloat16, half."""
BFLOAT16 = 14

_SLOTS = ("Adam", "Adam_1", "Momentum", "RMSProp", "RMSProp_1", "Adagrad", "ExponentialMovingAverage")
_COUNTERS = re.compile(r"(?:.*/)?(?:beta[12]_power(?:_\d+)?|global_step|learning_rate)")


@dataclass(frozen=True)
class Entry:
    """One tensor of the index: TensorFlow's number of its type, its shape, and where its bytes lie."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


def index_of(path: Path) -> Path | None:
    """The index of the checkpoint that somebody names by its folder, by any of its files, or as TensorFlow does.

    TensorFlow's own name for it is the files' common beginning. None where the path is none of these. Raises UsageError
    where a folder has several, or a part lies without its index.
    """
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) > 1:
            raise UsageError(f"{path} holds {len(found)} files called NAME.index, not one: give the right file itself.")
        return found[0] if found else None
    if part := re.fullmatch(r"(.+)\.(?:index|meta|data-\d{5}-of-\d{5})", path.name):
        index = path.with_name(f"{part[1]}.index")
        if path.is_file() and not index.is_file():
            raise UsageError(f"{path.name} is one part of a TensorFlow checkpoint: put {index.name} beside it.")
        return index if path.is_file() else None
    index = path.with_name(f"{path.name}.index")
    return index if index.is_file() and not path.exists() else None


def data_file(index: Path) -> Path:
    """The file that holds a checkpoint's numbers; the index itself where they lie in several."""
    alone = _data(index, 0, 1)
    return alone if alone.is_file() else index


def variables(names: Iterable[str], kinds: str) -> dict[str, str]:
    """The variables of one network among all that a training saved, without the prefix of their scope.

    `kinds` is an expression for the beginning of its layers' names. Whatever an optimiser keeps beside a variable is
    left out; what else lies in the same scope is not, so that a strict reader can name it. Without a scope, that is
    LAYER/VARIABLE only. Raises RetoucherError where two scopes have such layers.

    >>> names = ["generator/gconv1/kernel", "generator/gconv1/kernel/Adam", "generator/other", "global_step"]
    >>> variables(names, "gconv")
    {'generator/gconv1/kernel': 'gconv1/kernel', 'generator/other': 'other'}
    """
    learnt = [name for name in names if name.rpartition("/")[2] not in _SLOTS and not _COUNTERS.fullmatch(name)]
    scopes = {found[1] or "" for name in learnt if (found := re.fullmatch(rf"(.*/)?(?:{kinds})\d.*/[^/]+", name))}
    if len(scopes) > 1:
        raise RetoucherError("The file holds more than one generator: give a file with one network.")
    deep = learnt if scopes != {""} else [name for name in learnt if name.count("/") <= 1]
    return {name: name.removeprefix(scope) for scope in scopes for name in deep if name.startswith(scope)}


def read(index: Path, choose: Choose, most: int) -> dict[str, NDArray[Any]]:
    """The chosen tensors, float16, float32 or float64 (bfloat16 becomes float32), of `most` bytes in all at most.

    Raises RetoucherError for a data file that is missing or damaged and for what is refused; what a broken index makes
    Python raise (ValueError, IndexError, struct.error) is the caller's.
    """
    entries, shards = _index(index)
    chosen = {new: (old, entries[old]) for old, new in choose(entries).items()}
    for name, entry in chosen.values():
        _check(name, entry, shards, index.name)
    if (total := sum(entry.size for _, entry in chosen.values())) > most:
        raise RetoucherError(f"{index.name} was refused because its tensors would take {total / 1e9:.1f} GB of memory.")
    return {new: _numbers(_data(index, entry.shard, shards), name, entry) for new, (name, entry) in chosen.items()}


def _data(index: Path, shard: int, shards: int) -> Path:
    return index.with_name(f"{index.name.removesuffix('.index')}.data-{shard:05d}-of-{shards:05d}")


def _index(path: Path) -> tuple[dict[str, Entry], int]:
    """Every tensor by its name, and the number of data files."""
    if path.stat().st_size > MAX_INDEX_BYTES:
        raise RetoucherError(f"{path.name} was refused because it is too large for the index of a checkpoint.")
    pairs = _table(path.read_bytes(), path.name)
    key, header = next(pairs, (b"none", b""))
    told = _message(header)
    shards, version = _number(told, 1), _message(_parts(told, 3)[-1]) if 3 in told else {}
    if key or not 1 <= shards <= MAX_SHARDS or _number(version, 1) < 1:
        raise ValueError("no header")
    if _number(told, 2):
        raise RetoucherError(f"{path.name} was refused because it was written by a machine with another byte order.")
    return {name.decode("utf-8"): _entry(value) for name, value in pairs}, shards


def _entry(value: bytes) -> Entry:
    told = _message(value)
    shape = _message(_parts(told, 2)[-1]) if 2 in told else {}
    sizes = tuple(_number(_message(dimension), 1) for dimension in _parts(shape, 2))
    dtype, shard, offset, size, checksum = (_number(told, field) for field in (1, 3, 4, 5, 6))
    return Entry(dtype, sizes, shard, offset, size, checksum, sliced=7 in told)


def _check(name: str, entry: Entry, shards: int, where: str) -> None:
    """Refuse what is no plain tensor of floating point numbers."""
    if entry.sliced:
        raise RetoucherError(f"{where} was refused because {shown(name)} is stored in slices, which are not read here.")
    if entry.dtype not in SIZES:
        raise RetoucherError(f"{where} was refused because {shown(name)} is not made of floating point numbers.")
    fits = math.prod(entry.shape) * SIZES[entry.dtype] == entry.size
    if not fits or len(entry.shape) > MAX_DIMENSIONS or entry.shard >= shards:
        raise ValueError(name)


def _numbers(path: Path, name: str, entry: Entry) -> NDArray[Any]:
    """A tensor's numbers out of its data file."""
    import numpy as np

    from retoucher.crc32c import masked

    if not path.is_file():
        raise UsageError(f"{path.name} belongs to this checkpoint and is not there: put it beside the index.")
    with path.open("rb") as file:
        there = file.seek(0, 2)
        file.seek(entry.offset if entry.offset <= there else there)
        raw = np.fromfile(file, np.uint8, entry.size if entry.offset + entry.size <= there else 0)
    if raw.size != entry.size or masked(raw) != entry.checksum:
        raise RetoucherError(f"{path.name} is damaged at {shown(name)}: download or copy it again.")
    if entry.dtype == BFLOAT16:
        wide: NDArray[np.float32] = (raw.view("<u2").astype("<u4") << 16).view("<f4")
        return wide.reshape(entry.shape)
    return raw.view(f"<f{SIZES[entry.dtype]}").reshape(entry.shape)


def _table(data: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a LevelDB table, in ascending order of their keys."""
    if len(data) < FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise RetoucherError(f"{where} is no index of a TensorFlow checkpoint: give the file called NAME.index.")
    at = len(data) - FOOTER
    _, _, start, size = _varints(data[at:-8], 4)
    end, before, count = 0, None, 0
    for _, place in _block(data, start, size, where):
        start, size = _varints(place, 2)
        if start < end:
            raise ValueError("blocks overlap")
        end = start + size + TRAILER
        for key, value in _block(data, start, size, where):
            count += 1
            if (before is not None and key <= before) or count > MAX_ENTRIES:
                raise ValueError("keys out of order, or too many")
            before = key
            yield key, value


def _block(data: bytes, start: int, size: int, where: str) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of one block; each key begins as the one before it did, for so many bytes as it says."""
    import numpy as np

    from retoucher.crc32c import masked

    end = start + size
    if end + TRAILER > len(data) - FOOTER or size < 4:
        raise ValueError("a block beyond the file")
    if masked(np.frombuffer(data, np.uint8, size + 1, start)) != struct.unpack_from("<I", data, end + 1)[0]:
        raise ValueError("a block is not what it was")
    if data[end]:
        raise RetoucherError(f"{where} was refused because it is compressed; save the checkpoint without compression.")
    end -= 4 + 4 * struct.unpack_from("<I", data, end - 4)[0]  # places for searching, which reading in order needs not
    key, at = b"", start
    while at < end:
        shared, more, length, at = _lengths(data, at)
        if shared > len(key) or shared + more > MAX_NAME_BYTES or at + more + length > end:
            raise ValueError("an entry beyond its block")
        key = key[:shared] + data[at : at + more]
        at += more
        yield key, data[at : at + length]
        at += length
    if at != end:
        raise ValueError("a block of an impossible size")


def _lengths(data: bytes, at: int) -> tuple[int, int, int, int]:
    """The three numbers before an entry of a block, and where they end."""
    shared, at = _varint(data, at)
    more, at = _varint(data, at)
    length, at = _varint(data, at)
    return shared, more, length, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends; negative ones are ValueErrors."""
    value = 0
    for shift in range(0, 63, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number that is too long")


def _varints(data: bytes, count: int) -> list[int]:
    found, at = [], 0
    for _ in range(count):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _message(data: bytes) -> dict[int, list[int | bytes]]:
    """A protocol buffer as the values of its numbered fields."""
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        elif tag & 7 in (1, 5):
            size = 8 if tag & 7 == 1 else 4
            value, at = int.from_bytes(data[at : at + size], "little"), at + size
        else:
            raise ValueError("a field of an unknown kind")
        if at > len(data):
            raise ValueError("a field beyond its message")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _number(fields: Mapping[int, list[int | bytes]], field: int) -> int:
    """A field that is a number, 0 where it is left out; the last one counts."""
    value = fields.get(field, [0])[-1]
    if not isinstance(value, int):
        raise ValueError("a field of another kind")
    return value


def _parts(fields: Mapping[int, list[int | bytes]], field: int) -> list[bytes]:
    """A repeated field that is a message or text."""
    values = fields.get(field, [])
    if not all(isinstance(value, bytes) for value in values):
        raise ValueError("a field of another kind")
    return [value for value in values if isinstance(value, bytes)]
