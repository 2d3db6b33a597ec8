"""Photos and their versions: each is its parent and a patch, kept on disk so that a restart loses nothing."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

from retoucher.errors import RetoucherError
from retoucher.image import Image
from retoucher.server import private
from retoucher.server.patches import Patch
from retoucher.server.recent import Recent
from retoucher.server.refusals import Refused

Facts = dict[str, Any]
"""What the page is told about a version; see `_facts`."""

DAYS = 7
"""Photos that nobody asked for in so many days are forgotten."""

MOST_PHOTOS, MOST_BYTES, MOST_VERSIONS, MOST_DRAFTS = 500, 8 << 30, 1000, 8
"""Photos, bytes on disk, versions of one photo and drafts of it: the oldest photos and drafts are forgotten first."""

MEMORY = 512 << 20
"""Bytes of decoded pictures held in memory."""

UNKNOWN = "There is no such photo here (any more): open it again."


class Store:
    """Photos by id. Safe to use from any thread; pictures are decoded one at a time, so that memory has a bound."""

    def __init__(
        self, folder: Path, *, max_pixels: int, memory: int = MEMORY, photos: int = MOST_PHOTOS, size: int = MOST_BYTES
    ) -> None:
        self._folder = private.make_folder(private.make_folder(folder) / "photos")
        self._max_pixels, self._photos, self._size = max_pixels, photos, size
        self._lock = RLock()
        self._decoding = RLock()
        self._images: Recent[Image] = Recent(memory)
        self._index: dict[str, Facts] = {}
        self._sweep()

    def add(self, data: bytes) -> Facts:
        """Take a photo from a file's bytes. Errors are those of `Image.open`."""
        with self._decoding:
            image = Image.open(data, max_pixels=self._max_pixels, name="This file")
        name = secrets.token_hex(16)
        facts = _facts(image, name, name, None, len(data))
        home = private.make_folder(self._folder / name)
        try:
            private.write(home / "source", data)
            private.write(home / f"{name}.json", json.dumps(facts).encode())  # last: then it counts
        except Refused:
            shutil.rmtree(home, ignore_errors=True)
            raise
        with self._lock:
            self._index[name] = facts
        self._hold(name, image)
        self._sweep(keep=name)
        return facts

    def derive(self, parent: str, image: Image, *, draft: bool = False) -> tuple[Facts, Patch] | None:
        """Keep what an edit made of the version `parent` as a version of its own; None where nothing differs.

        Of drafts, which nobody goes on with, a photo has `MOST_DRAFTS`: the oldest goes when another one comes.
        """
        before = self.facts(parent)
        patch = Patch.between(self.image(parent), image)
        if patch is None:
            return None
        home = self._folder / before["base"]
        if draft:
            self._make_room(home)
        if sum(1 for _ in home.glob("*.patch")) >= MOST_VERSIONS:
            raise RetoucherError(f"This photo has {MOST_VERSIONS} versions already: save it and open what was saved.")
        name = secrets.token_hex(16)
        facts = _facts(image, name, before["base"], parent, before["bytes"])
        private.write(home / f"{name}.patch", patch.pack())
        if draft:
            private.write(home / f"{name}.draft", b"")
        private.write(home / f"{name}.json", json.dumps(facts).encode())
        with self._lock:
            self._index[name] = facts
        self._hold(name, image)
        return facts, patch

    def _make_room(self, home: Path) -> None:
        """Forget the photo's oldest drafts, so that another one may come."""
        drafts = sorted(home.glob("*.draft"), key=lambda path: path.stat().st_mtime_ns)
        for path in drafts[: max(0, len(drafts) - MOST_DRAFTS + 1)]:
            with self._lock:
                self._index.pop(path.stem, None)
                self._images.drop(path.stem)
            for end in ("json", "patch", "draft"):  # first what makes it count
                path.with_suffix(f".{end}").unlink(missing_ok=True)

    def facts(self, name: str) -> Facts:
        """What is known about a version; Refused (404) where there is none of that id."""
        with self._lock:
            facts = self._index.get(name) or self._found(name)
            if facts is None or not (self._folder / facts["base"]).is_dir():
                self._index.pop(name, None)
                raise Refused(404, UNKNOWN, "photo")
            self._index[name] = facts
        return facts

    def image(self, name: str) -> Image:
        """The picture of a version, put together from its photo and patches unless it is still in memory."""
        chain: list[Facts] = []
        with self._decoding:
            image = self._images.get(name)
            while image is None:
                facts = self.facts(chain[-1]["parent"] if chain else name)
                image = self._images.get(facts["id"])
                if image is None and facts["parent"] is None:
                    image = Image.open(self._read(facts["base"], "source"), max_pixels=self._max_pixels)
                elif image is None:
                    chain.append(facts)
            for facts in reversed(chain):
                image = self._patch(facts).applied(image)
            self._hold(name, image)
        with suppress(OSError):
            (self._folder / self.facts(name)["base"]).touch()  # used today
        return image

    def patch(self, name: str) -> Patch:
        """What makes a version from its parent; Refused (404) for a photo as it was opened."""
        facts = self.facts(name)
        if facts["parent"] is None:
            raise Refused(404, "This is the photo as it was opened, which has no patch.", "photo")
        return self._patch(facts)

    def remove(self, name: str) -> set[str]:
        """Forget the photo that a version belongs to, with all its versions, on disk and in memory; their ids."""
        base = self.facts(name)["base"]
        with self._lock:
            names = {path.stem for path in (self._folder / base).glob("*.json")}
            self._drop(base)
            shutil.rmtree(self._folder / base, ignore_errors=True)
        return names

    def _drop(self, base: str) -> None:
        """Let go of what is in memory of a photo."""
        for each in [known for known, facts in self._index.items() if facts["base"] == base]:
            del self._index[each]
            self._images.drop(each)

    def _patch(self, facts: Facts) -> Patch:
        return Patch.unpack(self._read(facts["base"], f"{facts['id']}.patch"))

    def _read(self, base: str, name: str) -> bytes:
        try:
            return (self._folder / base / name).read_bytes()
        except OSError:
            raise Refused(404, UNKNOWN, "photo") from None

    def _hold(self, name: str, image: Image) -> None:
        size = image.samples.nbytes + len(image.source or b"") + image.width * image.height
        self._images.put(name, image, size)

    def _found(self, name: str) -> Facts | None:
        """A version that is on disk only: from before a restart, or from another server of this person."""
        if not re.fullmatch("[0-9a-f]{32}", name):
            return None
        for path in self._folder.glob(f"*/{name}.json"):
            with suppress(OSError, ValueError):
                facts: Facts = json.loads(path.read_bytes())
                return facts
        return None

    def _sweep(self, keep: str = "") -> None:
        """Forget what is too old, and of what is too many or too large the oldest; `keep` stays whatever it is."""
        with self._lock:
            homes = sorted(_homes(self._folder), key=lambda each: each[0], reverse=True)  # last used first
            total, late = 0, time.time() - DAYS * 86400
            for place, (used, size, home) in enumerate(homes):
                total += size
                lost = used < late or place >= self._photos or total > self._size
                if lost and home.name != keep:
                    total -= size
                    self._drop(home.name)
                    shutil.rmtree(home, ignore_errors=True)


def _homes(folder: Path) -> list[tuple[float, int, Path]]:
    """When each photo was last used, how many bytes it takes, and its folder."""
    homes = []
    for home in folder.iterdir():
        with suppress(OSError):
            size = sum(path.stat().st_size for path in home.iterdir())
            homes.append((home.stat().st_mtime, size, home))
    return homes


def _facts(image: Image, name: str, base: str, parent: str | None, size: int) -> Facts:
    """A version as the page sees it; `bytes` is the size of the file that was opened."""
    bits = 8 * image.samples.dtype.itemsize
    return {
        "id": name,
        "base": base,
        "parent": parent,
        "width": image.width,
        "height": image.height,
        "container": image.container,
        "bits": bits,
        "color": image.color,
        "mode": f"{image.color}{'A' if image.has_alpha else ''}{'' if bits == 8 else f';{bits}'}",
        "alpha": image.has_alpha,
        "profile": image.profile is not None,
        "exif": image.exif is not None,
        "bytes": size,
        "notes": list(image.notes),
        "changed": image.is_changed,
        "mark": image.mark if image.is_changed else None,
    }
