"""The photos of the folder that the server was started with. Clients name them by ids that we make, never by paths."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from retoucher.formats import SUFFIXES
from retoucher.server.settings import Settings

MOST = 10_000
"""Photos of one folder."""


@dataclass(frozen=True)
class Entry:
    """One photo of the folder; `done` where the output folder has a file of its name."""

    id: str
    path: Path
    size: int
    done: bool


def listing(settings: Settings) -> dict[str, Entry]:
    """The photos by id, in the order of their names; a photo keeps its id as long as it keeps its name."""
    if settings.photos is None:
        return {}
    paths = [settings.photos] if settings.photos.is_file() else sorted(_photos(settings.photos))
    entries = [_entry(path, settings) for path in paths[:MOST]]
    return {entry.id: entry for entry in entries if entry is not None}


def _photos(folder: Path) -> list[Path]:
    """Files called like photos; no links, which may lead out of the folder."""
    try:
        inside = list(folder.iterdir())
    except OSError:
        return []
    return [
        path
        for path in inside
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and not path.is_symlink()
        and path.is_file()
    ]


def _entry(path: Path, settings: Settings) -> Entry | None:
    """None for a file that went away meanwhile."""
    try:
        size = path.stat().st_size
    except OSError:
        return None
    secret = settings.token.encode()
    name = hmac.new(secret, str(path.name).encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]
    output = settings.output
    return Entry(name, path, size, output is not None and (output / path.name).exists())
