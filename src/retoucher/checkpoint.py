"""Tensors out of checkpoint files that may be hostile: nothing in such a file is ever run.

Read are torch's zip format (2020 and later), its older format, Lightning checkpoints, TorchScript archives (only the
tensors of its modules), a zip that holds one of these, NVIDIA's plain pickles of modules, safetensors, and TensorFlow's
(`bundle.py`). Offsets, shapes and sizes are checked against the bytes that are there before any memory is taken.
"""

import io
import math
import mmap
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from retoucher import bundle, modules, pickled
from retoucher.errors import RetoucherError, UsageError
from retoucher.inert import SIZES, Pairs, Storage, View, shown
from retoucher.nested import MAGIC, PROTOCOL, Nested

if TYPE_CHECKING:
    from torch import Tensor

MAX_TENSOR_BYTES = 2 << 30  # the largest published network here has a fifth of it
MAX_PLAIN_BYTES = 1 << 30  # of a plain pickle; NVIDIA's with three networks of 1024 pixels have a third of it
MAX_MEMBERS = 100_000
SHRUNK = 20  # numbers hardly compress: what a zip claims to have shrunk further, beyond 64 MiB, is a bomb
_LEGACY = b"\x8a\x0a" + MAGIC.to_bytes(10, "little")  # what follows a pickle's two first bytes there
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, TypeError, ValueError, ArithmeticError)

Choose = Callable[[Iterable[str]], Mapping[str, str]]
"""Which tensors to build: from the names in the file to {name in the file: name in the result}."""
_Fetch = Callable[[Storage], bytes | memoryview]


def every(names: Iterable[str]) -> dict[str, str]:
    """A `Choose` that takes all tensors under their own names."""
    return {name: name for name in names}


def read(path: Path, choose: Choose = every) -> "dict[str, Tensor]":
    """The chosen tensors of a checkpoint file, on the CPU, contiguous, in the number type that the file has.

    A TensorFlow checkpoint, which is several files, may be given by any of them or by its folder. Raises UsageError
    when there is no such file, RetoucherError when it is damaged, in no known format, too large, or refused because it
    mentions anything that weights do not need (named in the message).
    """
    if index := bundle.index_of(path):
        with _damage(index.name):
            return _tensorflow(index, choose)
    if not path.is_file():
        raise UsageError(f"There is no file at {path}; check the path.")
    with _damage(path.name), path.open("rb") as file:
        start = file.read(16)
        if start[8:9] == b"{" and start[:2] != b"PK":
            return _safetensors(path, choose)
        return _read(file, start, path.name, choose, unpack=True)


def holder(path: Path) -> Path:
    """The file that holds the numbers of the checkpoint at `path`: for TensorFlow's the data, if in one file."""
    index = bundle.index_of(path)
    return bundle.data_file(index) if index else path


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
        return (_legacy if start[2:].startswith(_LEGACY) else _plain)(file, where, choose)
    raise RetoucherError(
        f"{where} is no checkpoint: give a .pt, .pth, .ckpt, .pkl, .zip or .safetensors file, or TensorFlow's "
        "NAME.index."
    )


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
        limit = 2 * storage.length * SIZES[storage.dtype] + 4096
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
    if pickled.read(buffer, where).top != MAGIC or pickled.read(buffer, where).top != PROTOCOL:
        raise RetoucherError(f"{where} is a pickle but no torch checkpoint: give the file as its publisher made it.")
    machine, described, keys = (pickled.read(buffer, where) for _ in range(3))
    order = "little" if isinstance(machine.top, Pairs) and machine.top.get("little_endian") is True else "big"
    places: dict[str, tuple[int, int]] = {}  # key -> where its bytes start, how many there are
    place, end = buffer.tell(), file.seek(0, io.SEEK_END)
    for key in keys.top if isinstance(keys.top, list) else ():
        storage = described.storages[key]
        file.seek(place)
        (length,) = struct.unpack("<q" if order == "little" else ">q", file.read(8))
        places[key] = (place + 8, storage.length * SIZES[storage.dtype])
        place += 8 + places[key][1]
        if length != storage.length or place > end:
            raise EOFError(key)

    def fetch(storage: Storage) -> bytes:
        at, size = places[storage.key]
        file.seek(at)
        return file.read(size)

    return _build(_chosen(described.top, where, choose), fetch, order, where)


def _plain(file: IO[bytes], where: str, choose: Choose) -> "dict[str, Tensor]":
    """A pickle with its numbers inside, as NVIDIA's programs write networks."""
    if file.seek(0, io.SEEK_END) > MAX_PLAIN_BYTES:
        raise RetoucherError(f"{where} was refused because it is too large for a pickle of networks.")
    nested = Nested(where)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:  # reads no more than there is
        described = pickled.read(whole, where, nested.unpack)  # type: ignore[arg-type]  # it reads and tells
    return _build(_chosen(described.top, where, choose), nested.fetch, "little", where)


def _tensorflow(index: Path, choose: Choose) -> "dict[str, Tensor]":
    import torch

    return {name: torch.from_numpy(array) for name, array in bundle.read(index, choose, MAX_TENSOR_BYTES).items()}


def _safetensors(path: Path, choose: Choose) -> "dict[str, Tensor]":
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            chosen = choose(file.keys())
            return {new: file.get_tensor(old) for old, new in chosen.items()}
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _chosen(top: object, where: str, choose: Choose) -> modules.Tensors:
    """The chosen tensors by their new names."""
    found = modules.tensors(top, where)
    if not found:
        raise RetoucherError(f"{where} holds no tensors where a checkpoint has them: it is not a file of weights.")
    return {new: found[old] for old, new in choose(found).items()}


def _build(chosen: modules.Tensors, fetch: _Fetch, order: str, where: str) -> "dict[str, Tensor]":
    """Make the tensors: every storage is fetched once, and what shares one is copied out of it."""
    import torch

    views = {name: view for name, view in chosen.items() if isinstance(view, View)}
    shares: dict[tuple[str, str], list[str]] = {}  # which tensors lie in which storage
    for name, view in views.items():
        shares.setdefault((view.storage.key, view.storage.dtype), []).append(name)
    storages = [views[names[0]].storage for names in shares.values()]
    total = sum(SIZES[s.dtype] * s.length for s in storages)
    total = max(total, sum(SIZES[v.storage.dtype] * _count(v) for v in views.values()))
    if total > MAX_TENSOR_BYTES:
        raise RetoucherError(f"{where} was refused because its tensors would take {total / 1e9:.1f} GB of memory.")
    built = {name: torch.tensor(number) for name, number in chosen.items() if not isinstance(number, View)}
    for storage, names in zip(storages, shares.values(), strict=True):
        flat = _numbers(fetch(storage), storage, order)
        for name in names:
            view = views[name]
            cut = flat.as_strided(view.size, view.stride, view.offset) if _count(view) else flat.new_empty(view.size)
            alone = len(names) == 1 and _count(view) == storage.length  # then there is nothing to cut it out of
            built[name] = cut.contiguous() if alone else cut.clone(memory_format=torch.contiguous_format)
    return {name: built[name] for name in chosen}


def _count(view: View) -> int:
    return math.prod(view.size)


def _numbers(data: bytes | memoryview, storage: Storage, order: str) -> "Tensor":
    """The storage's bytes as a flat tensor of its type; EOFError when there are too few."""
    import numpy as np
    import torch

    size = SIZES[storage.dtype]
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
