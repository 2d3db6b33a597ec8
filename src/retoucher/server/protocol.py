"""The server's side of a connection: what uvicorn leaves open is closed here.

uvicorn waits for ever for the first request of a connection, and after a first byte for the rest of a header. So a
program that opens connections and says nothing could use them all up.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 20.0
"""Seconds in which a request's header must be there."""

MOST = 100
"""Connections at a time."""


class Protocol(H11Protocol):
    """HTTP/1.1 with a limit to how long a header takes and to how many are connected."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request; one connection too many is closed."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and go on waiting where the header is not complete."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._rest()

    def on_response_complete(self) -> None:
        """After an answer uvicorn's own timer runs until the next byte."""
        super().on_response_complete()
        self._rest()

    def _watch(self) -> None:
        """Run the timer exactly while a header is awaited; further bytes of the same header buy no time."""
        if self.conn.their_state is not h11.IDLE:
            self._rest()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(PATIENCE, self.transport.abort)

    def _rest(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
