"""What all routes work with: the settings, the photos, the worker, and the way from an id to a finished file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from threading import Lock
from typing import Annotated, Any

from fastapi import Depends, Request

from retoucher.edit import Load
from retoucher.errors import UsageError
from retoucher.image import Image
from retoucher.jobs import Worker
from retoucher.picture import Encoded
from retoucher.server.answers import explained
from retoucher.server.recent import Recent
from retoucher.server.refusals import Refused
from retoucher.server.settings import Settings
from retoucher.server.store import Store

FILES = 128 << 20
"""Bytes of finished files held, so that what the save dialog has measured need not be encoded again."""


THUMBNAILS = 16 << 20
"""Bytes of thumbnails held."""

VIEWS = 64 << 20
"""Bytes of pictures held that explain results."""


@dataclass(frozen=True)
class Making:
    """The person that is being made, and its job."""

    name: str
    job: str


class Desk:
    """One server's things. `load` is the catalogue's unless given (in tests a lambda)."""

    def __init__(self, settings: Settings, load: Load | None = None) -> None:
        self.settings = settings
        self.load = load or partial(_load, device=settings.device)
        self.store = Store(settings.state, max_pixels=settings.max_pixels)
        self.worker = Worker(limit=settings.queue, explain=explained)
        self._files: Recent[Encoded] = Recent(FILES)
        self.thumbnails: Recent[bytes] = Recent(THUMBNAILS)
        self.views: Recent[bytes] = Recent(VIEWS)
        self._encoding = Lock()
        self.decoding = Lock()
        """Held by whoever decodes a picture that the store does not hold, so that one at a time needs memory."""
        self.making: Making | None = None
        self.making_lock = Lock()
        """Held by whoever begins to make a person, so that one at a time has its photos in memory."""

    def finished(self, name: str, container: str = "", quality: int = 0, mark: bool = True) -> tuple[Image, Encoded]:
        """A version and its file, in its own container ("") or another, at a quality (0: the usual)."""
        image = self.store.image(name)
        key = name, container, quality, mark
        with self._encoding:
            encoded = self._files.get(key)
            if encoded is None:
                try:
                    encoded = image.encode(container or None, mark=mark, quality=quality or None)
                except UsageError as error:
                    raise Refused(422, str(error), "quality" if quality else "container") from None
                self._files.put(key, encoded, len(encoded.data))
        return image, encoded

    def keep_view(self, data: bytes) -> str:
        """Hold a PNG for a while; the key to get it by from `views`."""
        key = token_hex(16)
        self.views.put(key, data, len(data))
        return key

    def forget(self, name: str) -> None:
        """Forget a photo with all its versions and finished files."""
        names = self.store.remove(name)
        for key in self._files.all_keys():
            if isinstance(key, tuple) and key[0] in names:
                self._files.drop(key)

    def making_now(self) -> Making | None:
        """The person whose making has not ended."""
        job = self.worker.get(self.making.job) if self.making else None
        return self.making if job and not job.is_over else None

    def close(self, seconds: float = 1.0) -> bool:
        """Stop working; whether the worker ended in time."""
        return self.worker.stop(seconds)


def _load(name: str, device: str) -> Any:
    from retoucher import catalogue

    return catalogue.load(name, device=device)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


At = Annotated[Desk, Depends(_desk)]
"""The desk, as a parameter of a route."""
