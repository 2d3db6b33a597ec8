"""Where networks' numbers come from and where they are kept: find, verify, convert and read them.

A `Weights` entry describes one published (or shipped) network; a `Copy` is one on this machine. Published files are
converted once to safetensors in the user's data folder (`home`), with a small JSON record beside it that holds the
sha256 of both files. The record is written last and removed first, so a network is there whole or not at all.
"""

import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from retoucher import checkpoint
from retoucher.errors import RetoucherError
from retoucher.files import to_disk as _to_disk
from retoucher.inert import shown

if TYPE_CHECKING:
    from torch import Tensor, nn

Commercial = Literal["yes", "no", "unclear"]
Origin = Literal["shipped", "pulled", "added", "found"]


@dataclass(frozen=True)
class File:
    """One published file: its name, how it is written, and what is known about it (size in bytes)."""

    name: str
    format: Literal[
        "torchscript", "lightning", "zip around lightning", "checkpoint", "safetensors", "tensorflow", "pickle"
    ]
    url: str = ""
    size: int | None = None
    sha256: str | None = None

    @property
    def pullable(self) -> bool:
        """Whether enough is known to download it: address, size and sha256."""
        return bool(self.url and self.size and self.sha256)


@dataclass(frozen=True)
class Weights:
    """One network of the catalogue: who made it, under which terms, in which files, and what it becomes.

    `build` is "package.module:function", a function from {published name: tensor} to a network in eval mode that
    raises on wrong names or shapes; `select` says which tensors of a file it gets. `faster`, if any, names a function
    from that network to an equal one that is quicker but can no longer be trained. `parameters` counts its trainable
    numbers, so that another network of the same family is not mistaken for it; 0 where a part of it is enough.
    `licence` is one line, `terms` the whole story told before a download.
    """

    name: str
    method: str
    title: str
    paper: str
    files: tuple[File, ...]
    parameters: int
    build: str
    select: checkpoint.Choose
    licence: str
    commercial: Commercial
    terms: str
    attribution: str
    notes: str = ""
    faster: str = ""
    by_name_only: bool = False  # never taken by `auto` or by the method's name
    in_auto: bool = True  # good enough to be taken where no method is named
    shipped: File | None = None  # inside the package's data folder
    template: str = ""  # of networks for faces: how those are aligned (`retoucher.templates`)


@dataclass(frozen=True)
class Copy:
    """A network on this machine: its entry, how it came here, where it lies, and the sha256 that it must have.

    `source` and `source_sha256` name the file that it was made from.
    """

    entry: Weights
    origin: Origin
    path: Path
    sha256: str
    source: str
    source_sha256: str

    @property
    def published(self) -> bool:
        """Whether it was made from one of the entry's files, byte for byte."""
        return self.source_sha256 in {file.sha256 for file in (*self.entry.files, self.entry.shipped) if file}


@dataclass(frozen=True)
class _Record:
    """What the JSON beside a converted network says; no dates, so the same file gives the same record."""

    name: str
    origin: Origin
    sha256: str
    size: int
    source: str
    source_sha256: str
    licence: str


def home() -> Path:
    """The folder that holds this person's networks: $RETOUCHER_HOME, else the system's place for program data."""
    if place := os.environ.get("RETOUCHER_HOME"):
        return Path(place).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("retoucher", appauthor=False))


def folder() -> Path:
    """Where converted networks and unfinished downloads lie."""
    return home() / "weights"


def hub_folder() -> Path:
    """Where torch.hub keeps downloads, and with it many programs of this field."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.environ.get("TORCH_HOME") or cache / "torch").expanduser() / "hub" / "checkpoints"


def package_data() -> Path:
    """Where the networks that ship with the package lie."""
    return Path(__file__).parent / "data"


def digest(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits (0.2 to 0.6 s for 200 MB)."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RetoucherError(f"{path} cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=16)
def _digest_once(path: Path, size: int, changed: int) -> str:
    """`digest`, remembered while the file keeps its size and time of change."""
    return digest(path)


def find(entry: Weights) -> Copy | None:
    """The copy of a network on this machine, or None: converted before, shipped, or in torch's own cache.

    A file in torch's cache counts when its size and sha256 are those of a published file.
    """
    path = folder() / f"{entry.name}.safetensors"
    if (record := _record(path)) is not None:
        return Copy(entry, record.origin, path, record.sha256, record.source, record.source_sha256)
    if entry.shipped and (path := package_data() / entry.shipped.name).is_file():
        sha256 = entry.shipped.sha256 or ""
        return Copy(entry, "shipped", path, sha256, entry.shipped.name, sha256)
    for file in entry.files:
        path = hub_folder() / file.name
        if not (file.size and file.sha256 and path.is_file()):
            continue
        stat = path.stat()
        if stat.st_size == file.size and _digest_once(path, stat.st_size, stat.st_mtime_ns) == file.sha256:
            return Copy(entry, "found", path, file.sha256, file.name, file.sha256)
    return None


def _record(path: Path) -> _Record | None:
    """The record beside a converted network; None when there is none. A damaged one makes `verify` fail."""
    beside = path.with_suffix(".json")
    if not (beside.is_file() and path.is_file()):
        return None
    try:
        return _Record(**json.loads(beside.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return _Record(path.stem, "added", "", 0, "", "", "")


def verify(copy: Copy) -> None:
    """Hash a copy again; RetoucherError saying how to get a good one when it is not what it was."""
    if not copy.sha256 or digest(copy.path) != copy.sha256:
        name = copy.entry.name
        again = f"`retoucher weights {'pull ' + name if pullable(copy.entry) else f'add {name} FILE'}`"
        raise RetoucherError(f"{copy.path} is not what it was when it came: get it again with {again}.")


def pullable(entry: Weights) -> tuple[File, ...]:
    """The files that `pull` may download, first choice first; none when address, size or sha256 is unknown."""
    return tuple(file for file in entry.files if file.pullable)


def load_tensors(copy: Copy) -> "dict[str, Tensor]":
    """A copy's tensors under their published names, after verification; half precision becomes float32.

    Raises RetoucherError when the file is not what it was.
    """
    import torch

    verify(copy)
    tensors = checkpoint.read(copy.path, copy.entry.select)
    half = torch.float16, torch.bfloat16
    return {name: tensor.float() if tensor.dtype in half else tensor for name, tensor in tensors.items()}


def resolve(place: str) -> Callable[[Any], Any]:
    """The function that an entry names as "package.module:function", imported only now."""
    module, _, function = place.partition(":")
    found: Callable[[Any], Any] = getattr(importlib.import_module(module), function)
    return found


def build(entry: Weights, tensors: "dict[str, Tensor]", where: str) -> "nn.Module":
    """The entry's network filled with these tensors, in eval mode.

    Raises RetoucherError naming the file `where` when names, shapes or the number of parameters do not fit.
    """
    from_published = resolve(entry.build)
    try:
        model = from_published(tensors)
    except (RetoucherError, RuntimeError, LookupError, ValueError, TypeError) as error:
        detail = " ".join(str(error).split())
        raise RetoucherError(f"{where} does not hold {entry.name}: {shown(detail.rstrip('.'), 500)}.") from error
    count = sum(parameter.numel() for parameter in model.parameters())
    if entry.parameters and count != entry.parameters:
        raise RetoucherError(
            f"{where} holds another network than {entry.name}: {count:,} parameters instead of {entry.parameters:,}."
        )
    return cast("nn.Module", model)


def add(entry: Weights, path: Path, *, origin: Origin = "added") -> Copy:
    """Take a network from a file: read it safely, check names and shapes strictly, convert and keep it.

    The file may be any; `Copy.published` of the answer says whether it is one of the entry's own. It is not changed.
    Of a TensorFlow checkpoint, the data file is what the record names.
    Raises RetoucherError when it does not hold this network or cannot be kept; what was there before then stays.
    """
    tensors = checkpoint.read(path, entry.select)
    held = checkpoint.holder(path)
    build(entry, tensors, held.name)
    seen = digest(held)
    source = next((file.name for file in entry.files if file.sha256 == seen), held.name)
    return _keep(entry, tensors, origin, source, seen)


def _keep(entry: Weights, tensors: "dict[str, Tensor]", origin: Origin, source: str, seen: str) -> Copy:
    """Write tensors and record; an interruption at any point leaves the old network or none, never half of one."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    target = folder() / f"{entry.name}.safetensors"
    aside = folder() / f".{entry.name}.{os.getpid()}.part"
    with writing(target):
        folder().mkdir(parents=True, exist_ok=True)
        try:
            try:
                save_file(tensors, aside, metadata={"format": "pt"})
            except SafetensorError as error:  # its own word for a full disk
                raise OSError(str(error)) from error
            _to_disk(aside)
            aside.chmod(0o644)  # the library makes it readable for its owner only
            record = _Record(entry.name, origin, digest(aside), aside.stat().st_size, source, seen, entry.licence)
            target.with_suffix(".json").unlink(missing_ok=True)
            aside.replace(target)
        finally:
            with suppress(OSError):
                aside.unlink()
        _write_record(target.with_suffix(".json"), record)
    return Copy(entry, origin, target, record.sha256, source, seen)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn what goes wrong while writing to the data folder into one sentence."""
    try:
        yield
    except OSError as error:
        what = error.strerror or shown(error, 200)
        raise RetoucherError(
            f"{target} cannot be written ({what}): make room, or choose a folder with RETOUCHER_HOME."
        ) from error


def _write_record(path: Path, record: _Record) -> None:
    from retoucher.files import write_whole

    written: dict[str, Any] = asdict(record)
    write_whole(path, (json.dumps(written, indent=2) + "\n").encode(), overwrite=True)
