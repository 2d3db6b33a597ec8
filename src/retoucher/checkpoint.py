"""Tensors out of checkpoint files that may be hostile: nothing in such a file is ever run.

Read are torch's zip format (2020 and later), its older format, Lightning checkpoints, TorchScript archives (only the
tensors of its modules), a zip that holds one of these, and safetensors. Offsets, shapes and sizes are checked against
the bytes that are there before any memory is taken.
"""

import io
import math
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from retoucher import pickled
from retoucher.errors import RetoucherError, UsageError
from retoucher.inert import Pairs, Storage, Thing, View, shown

if TYPE_CHECKING:
    from torch import Tensor

MAX_TENSOR_BYTES = 2 << 30  # the largest published network here has a fifth of it
MAX_MEMBERS = 100_000
MAX_ATTRIBUTES, MAX_DEPTH = 1_000_000, 64  # of TorchScript modules
SHRUNK = 20  # numbers hardly compress: what a zip claims to have shrunk further, beyond 64 MiB, is a bomb
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_SIZES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1}
_SIZES |= {"uint8": 1, "bool": 1}
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, TypeError, ValueError, ArithmeticError)

Choose = Callable[[Iterable[str]], Mapping[str, str]]
"""Which tensors to build: from the names in the file to {name in the file: name in the result}."""
_Fetch = Callable[[Storage], bytes]


def every(names: Iterable[str]) -> dict[str, str]:
    """A `Choose` that takes all tensors under their own names."""
    return {name: name for name in names}


def read(path: Path, choose: Choose = every) -> "dict[str, Tensor]":
    """The chosen tensors of a checkpoint file, on the CPU, contiguous, in the number type that the file has.

    Raises UsageError when there is no such file, RetoucherError when it is damaged, in no known format, too large, or
    refused because it mentions anything that weights do not need (named in the message).
    """
    if not path.is_file():
        raise UsageError(f"There is no file at {path}; check the path.")
    with _damage(path.name), path.open("rb") as file:
        start = file.read(16)
        if start[8:9] == b"{" and start[:2] != b"PK":
            return _safetensors(path, choose)
        return _read(file, start, path.name, choose, unpack=True)


@contextmanager
def _damage(where: str) -> Iterator[None]:
    """Turn whatever a broken file makes the libraries raise into one sentence."""
    try:
        yield
    except (*_BROKEN, RuntimeError, MemoryError) as error:
        raise RetoucherError(f"{where} is damaged or is no checkpoint: download or copy it again.") from error
    except OSError as error:
        raise RetoucherError(f"{where} cannot be read ({error.strerror or 'damaged'}): copy it again.") from error


def _read(file: IO[bytes], start: bytes, where: str, choose: Choose, *, unpack: bool) -> "dict[str, Tensor]":
    """Read a zip or an old torch file from an open, seekable binary file that begins with `start`."""
    file.seek(0)
    if start[:2] == b"PK":
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, where)
            pickles = [name for name in members if re.fullmatch(r"[^/]+/data\.pkl", name)]
            if len(pickles) == 1:
                return _zipped(archive, members, pickles[0].removesuffix("data.pkl"), where, choose)
            if unpack and not pickles:
                return _nested(archive, members, where, choose)
    elif start[:1] == b"\x80":
        return _legacy(file, where, choose)
    raise RetoucherError(f"{where} is no checkpoint: give a .pt, .pth, .ckpt, .zip or .safetensors file.")


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """The archive's table of contents, refused when it plays tricks."""
    listed = archive.infolist()
    members = {info.filename: info for info in listed}
    if len(listed) > MAX_MEMBERS or len(members) != len(listed):
        raise RetoucherError(f"{where} was refused because it holds too many files or one name twice.")
    if any(i.flag_bits & 1 or i.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for i in listed):
        raise RetoucherError(f"{where} was refused because parts of it are encrypted or packed in an unusual way.")
    return members


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, where: str) -> bytes:
    """One member, whole (the library checks its checksum); `limit` in bytes."""
    if info.file_size > limit:
        raise RetoucherError(f"{where} was refused because {shown(info.filename)} in it is too large.")
    with archive.open(info) as member:
        data = member.read(limit + 1)
    if len(data) != info.file_size:
        raise EOFError(info.filename)
    return data


def _zipped(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], root: str, where: str, choose: Choose
) -> "dict[str, Tensor]":
    """torch's zip format and TorchScript: `data.pkl` says what there is, `data/N` hold the numbers."""
    described = pickled.read(io.BytesIO(_member(archive, members[root + "data.pkl"], pickled.MAX_BYTES, where)), where)
    order = "little"
    if root + "byteorder" in members:
        order = _member(archive, members[root + "byteorder"], 16, where).decode("ascii")

    def fetch(storage: Storage) -> bytes:
        # Twice what is needed: a bound is needed, for entries of a zip may overlap and each read take gigabytes.
        limit = 2 * storage.length * _SIZES[storage.dtype] + 4096
        return _member(archive, members[f"{root}data/{storage.key}"], limit, where)

    return _build(_chosen(described.top, where, choose), fetch, order, where)


def _nested(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], where: str, choose: Choose
) -> "dict[str, Tensor]":
    """A zip around one checkpoint, such as big-lama/models/best.ckpt; unpacked to a nameless temporary file."""
    inner = [info for name, info in members.items() if name.endswith((".ckpt", ".pt", ".pth"))]
    if len(inner) != 1:
        raise RetoucherError(f"{where} holds {len(inner)} checkpoints, not one: unpack it and give the right one.")
    if inner[0].file_size > min(2 * MAX_TENSOR_BYTES, max(64 << 20, SHRUNK * inner[0].compress_size)):
        raise RetoucherError(f"{where} was refused because {shown(inner[0].filename)} in it is too large.")
    with tempfile.TemporaryFile() as file, archive.open(inner[0]) as member:
        while chunk := member.read(1 << 20):
            file.write(chunk)
        file.seek(0)
        return _read(file, file.read(16), where, choose, unpack=False)


def _legacy(file: IO[bytes], where: str, choose: Choose) -> "dict[str, Tensor]":
    """torch's format before 1.6: pickles (magic, protocol, machine, objects, keys), then each storage's numbers."""
    buffer = io.BytesIO(file.read(pickled.MAX_BYTES))
    if pickled.read(buffer, where).top != _LEGACY_MAGIC or pickled.read(buffer, where).top != _LEGACY_PROTOCOL:
        raise RetoucherError(f"{where} is a pickle but no torch checkpoint: give the file as its publisher made it.")
    machine, described, keys = (pickled.read(buffer, where) for _ in range(3))
    order = "little" if isinstance(machine.top, Pairs) and machine.top.get("little_endian") is True else "big"
    places: dict[str, tuple[int, int]] = {}  # key -> where its bytes start, how many there are
    place, end = buffer.tell(), file.seek(0, io.SEEK_END)
    for key in keys.top if isinstance(keys.top, list) else ():
        storage = described.storages[key]
        file.seek(place)
        (length,) = struct.unpack("<q" if order == "little" else ">q", file.read(8))
        places[key] = (place + 8, storage.length * _SIZES[storage.dtype])
        place += 8 + places[key][1]
        if length != storage.length or place > end:
            raise EOFError(key)

    def fetch(storage: Storage) -> bytes:
        at, size = places[storage.key]
        file.seek(at)
        return file.read(size)

    return _build(_chosen(described.top, where, choose), fetch, order, where)


def _safetensors(path: Path, choose: Choose) -> "dict[str, Tensor]":
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            chosen = choose(file.keys())
            return {new: file.get_tensor(old) for old, new in chosen.items()}
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _chosen(top: object, where: str, choose: Choose) -> dict[str, View]:
    """The chosen tensors by their new names."""
    views = _module(top, where) if isinstance(top, Thing) else _state(top)
    if not views:
        raise RetoucherError(f"{where} holds no tensors where a checkpoint has them: it is not a file of weights.")
    return {new: views[old] for old, new in choose(views).items()}


def _state(top: object) -> dict[str, View]:
    """The tensors of a dictionary, or of its `state_dict` (Lightning, OpenMMLab) or `model`, and nothing else of it."""
    inside = [top.get(name) for name in ("state_dict", "model")] if isinstance(top, Pairs) else []
    pairs = next((inner for inner in inside if isinstance(inner, Pairs)), top)
    items = pairs.items if isinstance(pairs, Pairs) else []
    return {name: value for name, value in items if type(name) is str and isinstance(value, View)}


def _module(top: Thing, where: str) -> dict[str, View]:
    """The tensors of a TorchScript module under the names its `state_dict` gives them: attributes joined by dots."""
    views: dict[str, View] = {}
    waiting = [("", top, 0)]
    seen = 0
    while waiting:
        prefix, thing, depth = waiting.pop()
        seen += 1 + len(thing.state.items)
        if depth > MAX_DEPTH or seen > MAX_ATTRIBUTES or len(prefix) > 1000:
            raise RetoucherError(f"{where} was refused because its modules are nested too deeply or are too many.")
        for name, value in thing.state.items:
            if type(name) is str and isinstance(value, View):
                views[prefix + name] = value
            elif type(name) is str and isinstance(value, Thing) and value.what.path.startswith("__torch__."):
                waiting.append((f"{prefix}{name}.", value, depth + 1))
    return views


def _build(views: Mapping[str, View], fetch: _Fetch, order: str, where: str) -> "dict[str, Tensor]":
    """Make the tensors: every storage is fetched once, and what shares one is copied out of it."""
    import torch

    shares: dict[tuple[str, str], list[str]] = {}  # which tensors lie in which storage
    for name, view in views.items():
        shares.setdefault((view.storage.key, view.storage.dtype), []).append(name)
    storages = [views[names[0]].storage for names in shares.values()]
    total = sum(_SIZES[s.dtype] * s.length for s in storages)
    total = max(total, sum(_SIZES[v.storage.dtype] * _count(v) for v in views.values()))
    if total > MAX_TENSOR_BYTES:
        raise RetoucherError(f"{where} was refused because its tensors would take {total / 1e9:.1f} GB of memory.")
    built: dict[str, Tensor] = {}
    for storage, names in zip(storages, shares.values(), strict=True):
        flat = _numbers(fetch(storage), storage, order)
        for name in names:
            view = views[name]
            cut = flat.as_strided(view.size, view.stride, view.offset) if _count(view) else flat.new_empty(view.size)
            alone = len(names) == 1 and _count(view) == storage.length  # then there is nothing to cut it out of
            built[name] = cut.contiguous() if alone else cut.clone(memory_format=torch.contiguous_format)
    return {name: built[name] for name in views}


def _count(view: View) -> int:
    return math.prod(view.size)


def _numbers(data: bytes, storage: Storage, order: str) -> "Tensor":
    """The storage's bytes as a flat tensor of its type; EOFError when there are too few."""
    import numpy as np
    import torch

    size = _SIZES[storage.dtype]
    if len(data) < storage.length * size:
        raise EOFError(storage.key)
    dtype: torch.dtype = getattr(torch, storage.dtype)  # a name out of our own table
    if not storage.length:
        return torch.empty(0, dtype=dtype)
    raw = np.frombuffer(data, dtype=f"u{size}", count=storage.length)
    raw = raw.byteswap() if order == "big" else raw.copy()
    if storage.dtype == "bool":
        return torch.from_numpy(raw != 0)
    return torch.from_numpy(raw.view(f"i{size}")).view(dtype)
