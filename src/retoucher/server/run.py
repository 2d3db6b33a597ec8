"""Starting and ending: the port, the line with the address, the browser, Ctrl-C."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread, current_thread, main_thread

import numpy as np
import uvicorn
from fastapi import FastAPI

from retoucher.errors import UsageError
from retoucher.server import app as application
from retoucher.server.desk import Desk
from retoucher.server.protocol import Protocol
from retoucher.server.settings import Settings, in_url

TRIES = 20
"""Ports that are tried one after the other where none was asked for."""


class Server(uvicorn.Server):
    """uvicorn's server, which stops the worker before it waits for connections, so that none is waited for."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._ready = app, ready
        self.rested = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in good order on Ctrl-C and on `kill`; uvicorn would send itself the signal again, and what is temporary
        would stay."""
        wanted = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once requests are answered."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel all work: who follows a job is told, and lets go."""
        self.rested = self._app.state.desk.close(0.5)
        await super().shutdown(sockets)


def bind(host: str, port: int | None, first: int = 8765) -> socket.socket:
    """A socket on the port asked for; None takes `first` or the next that is free."""
    if port is not None and not 0 <= port <= 65535:
        raise UsageError(f"There is no port {port}: choose one from 1024 to 65535 with --port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = range(first, first + TRIES) if port is None else [port]
    for number in ports:
        found = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let two programs share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host.strip("[]"), number))
            found.listen(128)
        except OSError as error:
            found.close()
            if error.errno != errno.EADDRINUSE:
                raise UsageError(
                    f"{host} port {number} cannot be used ({error.strerror}): see --host and --port."
                ) from None
        else:
            return found
    where = f"Port {port} is" if port is not None else f"The ports {first} to {first + TRIES - 1} are"
    raise UsageError(f"{where} taken by another program: choose one with --port.")


def serve(settings: Settings, listening: socket.socket, *, browser: bool, say: Callable[[str], None]) -> bool:
    """Serve until Ctrl-C; whether everything came to rest (else the process should simply be left).

    `say` gets one line with the address once it can be opened.
    """
    settings = replace(settings, port=listening.getsockname()[1])
    app = application.make(settings)
    config = uvicorn.Config(
        application.guarded(app),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=16 << 10,
    )
    _log(settings.log)

    def ready() -> None:
        opened = opening(settings)
        say(f"Retoucher is ready: {opened}")
        if settings.share:
            say("It can be reached from the network by everybody who has this address with its token.")
        app.state.desk.worker.submit("warm-up", lambda tell: _warm(app.state.desk))
        if browser:
            Thread(target=webbrowser.open, args=(opened,), daemon=True).start()

    server = Server(config, app, ready)
    try:
        server.run(sockets=[listening])
    finally:
        if not settings.keep:
            shutil.rmtree(settings.state, ignore_errors=True)
    return server.rested


def opening(settings: Settings) -> str:
    """The address to open; where one photo was named, with it."""
    from urllib.parse import quote

    start, mark, token = settings.url.partition("#")
    photo = settings.photos if settings.photos is not None and settings.photos.is_file() else None
    shown = in_url("127.0.0.1") if settings.host in ("0.0.0.0", "::") else in_url(settings.host)
    start = start.replace(in_url(settings.host), shown, 1)
    return start + (f"?image={quote(photo.name)}" if photo else "") + mark + token


def _warm(desk: Desk) -> None:
    """Fill one small hole while the person is still looking for a photo, so that the first edit finds all loaded.

    What fails here fails there again, and is said then.
    """
    from retoucher.edits.inpaint import Inpaint
    from retoucher.image import Image
    from retoucher.mask import Mask

    slope = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    Inpaint().run(Image.from_array(slope), Mask.from_boxes((64, 64), [(24, 24, 8, 8)]), load=desk.load)


def _log(wanted: bool) -> None:
    """One line for each request on standard error, or silence. Paths hold ids, never the names of files.

    With RETOUCHER_DEBUG set, tracebacks of our own errors, too.
    """
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).disabled = True
    log = logging.getLogger("retoucher.server")
    log.propagate = False
    log.handlers = [logging.StreamHandler() if wanted else logging.NullHandler()]
    log.setLevel(
        logging.CRITICAL if not wanted else logging.DEBUG if os.environ.get("RETOUCHER_DEBUG") else logging.INFO
    )
