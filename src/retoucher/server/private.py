"""Files that only this person may read: where they lie, and how they are written."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from retoucher.errors import RetoucherError
from retoucher.server.refusals import Refused


def state_folder() -> Path:
    """Where a server keeps its token and photos: in $RETOUCHER_HOME, else the system's place for programs' state."""
    if place := os.environ.get("RETOUCHER_HOME"):
        return Path(place).expanduser() / "state"
    import platformdirs

    return platformdirs.user_state_path("retoucher", appauthor=False)


def make_folder(path: Path) -> Path:
    """The folder at `path`, made where it is missing, closed to everybody else (0700)."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)  # `mkdir` leaves a folder as it is that somebody made before
    except OSError as error:
        raise RetoucherError(
            f"{path} cannot be a folder ({error.strerror}): set RETOUCHER_HOME to one that can be written, "
            "or start with --no-keep."
        ) from None
    return path


def write(path: Path, *parts: bytes) -> None:
    """Write the parts one after the other to `path` (0600), whole or not at all; what was there is replaced."""
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        number = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(number, "wb") as file:
            for part in parts:
                file.write(part)
        aside.replace(path)
    except OSError as error:
        raise Refused(507, f"The photo cannot be kept ({error.strerror}): make room on the disk.") from None
    finally:
        with suppress(OSError):
            aside.unlink()


def kept_token(folder: Path) -> str:
    """The token in this folder, made at the first time; the same after a restart, so an open page goes on working."""
    path = make_folder(folder) / "token"
    with suppress(OSError, UnicodeDecodeError):
        token = path.read_text("ascii").strip()
        if len(token) == 43 and path.stat().st_mode & 0o077 == 0:
            return token
    token = new_token()
    write(path, token.encode())
    return token


def new_token() -> str:
    """256 random bits in 43 characters that need no quoting in a URL."""
    return secrets.token_urlsafe(32)
