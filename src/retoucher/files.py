"""Reading a file whole, and writing one whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from retoucher.errors import RetoucherError, UsageError


def read_whole(path: str | Path) -> bytes:
    """The bytes of the file at `path`; raises UsageError with one sentence where there is none to read."""
    path = Path(path)
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; give a photo file inside it.")
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file at {path}; check the name.") from None
    except PermissionError:
        raise UsageError(f"{path} may not be read; change its permissions or copy it elsewhere.") from None
    except (OSError, ValueError) as error:
        raise RetoucherError(f"{path} cannot be read ({_reason(error)}); try a copy of it.") from None


def write_whole(path: str | Path, data: bytes, *, overwrite: bool) -> None:
    """Write `data` to `path` so that the file is there whole or not at all.

    Written aside in the same folder, flushed to the disk, then moved into place in one step. Without `overwrite` a
    file that is already there, or appears meanwhile, stays (UsageError). Whatever happens, Ctrl-C included, nothing
    half written is left.
    """
    path = Path(path)
    check_output(path, overwrite=overwrite)
    aside = path.with_name(f".retoucher-{secrets.token_hex(8)}.part")  # short: a name near the limit must still fit
    try:
        _write_flushed(aside, data, _mode_of(path))
        _move(aside, path, overwrite)
    except PermissionError:
        raise UsageError(f"{path.parent} may not be written to; choose another output folder.") from None
    except OSError as error:
        raise RetoucherError(f"{path} cannot be written ({_reason(error)}); choose another output.") from None
    finally:
        with suppress(OSError):
            aside.unlink()


def to_disk(path: Path) -> None:
    """Have the system write a file out, so that a rename cannot come before its contents."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def check_output(path: str | Path, *, overwrite: bool) -> None:
    """Raise UsageError where `path` can be seen not to be a place to write to; worth a call before long work."""
    path = Path(path)
    if "\0" in str(path):
        raise UsageError(f"{str(path)!r} cannot be written (no name has a null in it); choose another output.")
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; give the name of the file to write.")
        if not path.parent.is_dir():
            raise UsageError(f"The folder {path.parent} does not exist; create it or choose another output.")
        if not overwrite and (path.exists() or path.is_symlink()):
            raise _taken(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({_reason(error)}); choose another output.") from None


def _write_flushed(path: Path, data: bytes, mode: int) -> None:
    """Create `path` with these bytes and wait until they are on the disk."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _mode_of(path: Path) -> int:
    """Permissions of the file that is replaced, else what a new file gets."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0o666


def _move(aside: Path, path: Path, overwrite: bool) -> None:
    """The final step: one rename, which without `overwrite` must not replace a file that appeared meanwhile."""
    if overwrite:
        aside.replace(path.resolve() if path.is_symlink() else path)
        return
    try:
        os.link(aside, path)
    except FileExistsError:
        raise _taken(path) from None
    except (OSError, NotImplementedError):  # a file system without hard links (FAT, some network drives)
        _claim_and_move(aside, path)


def _claim_and_move(aside: Path, path: Path) -> None:
    """Take the name with an empty file, which only one of two programs can do, then put the result in its place."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        raise _taken(path) from None
    try:
        aside.replace(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} already exists; choose another output or pass --overwrite.")


def _reason(error: Exception) -> str:
    """What the operating system said, without its number and path."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said[:1].lower() + said[1:].rstrip(".")
