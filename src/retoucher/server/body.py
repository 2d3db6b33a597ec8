"""A request's body as it comes in: counted while it streams, and not for ever."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.types import Message, Receive, Scope

from retoucher.server.refusals import Refused

PATIENCE = 30.0
"""Seconds that a body may take before its first bytes are here."""

SLOWEST = 64 << 10
"""Bytes per second that buy more time."""

DRAINED = 256 << 20
"""Bytes of a body that is too large which are read and thrown away, so that the sender gets to read our answer."""


class Body:
    """`receive` for an application, over the server's own, with a limit in bytes and in time."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._seen, self._started, self._over = 0, monotonic(), False
        sizes = [value for key, value in scope["headers"] if key == b"content-length"]
        self._said = int(sizes[0]) if sizes and sizes[0].isdigit() else 0

    async def check(self) -> None:
        """Refuse what says itself that it is too large."""
        if self._said > self._limit:
            await self._drain()
            raise self._too_large()

    async def receive(self) -> Message:
        """The next part; Refused (413) beyond the limit, (408) where it comes too slowly."""
        message = await self._next()
        if self._seen > self._limit:
            await self._drain()
            raise self._too_large()
        return message

    async def _next(self) -> Message:
        if self._over:  # what is awaited now is that the client goes away
            return await self._receive()
        left = self._started + PATIENCE + self._seen / SLOWEST - monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.001))
        except TimeoutError:
            raise Refused(408, "The rest of the request did not come in time: try again.") from None
        self._seen += len(message.get("body", b""))
        self._over = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def _drain(self) -> None:
        while not self._over and self._seen < self._limit + DRAINED:
            await self._next()

    def _too_large(self) -> Refused:
        return Refused(
            413,
            f"This is more than the {self._limit >> 20} MB that one request may hold: use a smaller file, "
            "or start the server with a larger --max-bytes.",
            "file",
        )
