"""Who may ask for what: the checks that every request passes before any of it is read, and the headers of answers.

A page on another site can make this person's browser send requests here, and a host name can be pointed here after
the fact (DNS rebinding). So the names under which we answer are known, the page must come from here, and what changes
anything needs a token that no other page can read.
"""

from __future__ import annotations

import hmac
import logging
import socket
from ipaddress import ip_address
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retoucher.server.answers import answer_error, refusal_for
from retoucher.server.body import Body
from retoucher.server.refusals import Refused
from retoucher.server.settings import Settings, in_url

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
READS = ("GET", "HEAD")
COMPAT = "/api/v1/inpaint"
PERSONS = "/api/persons"
BODIES = ("application/json", "multipart/form-data")

log = logging.getLogger("retoucher.server")


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.hosts = _hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, hand on, and see to it that every answer has our headers and no error gets out as it is."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _with_headers(message["headers"], scope["path"])}
            await send(message)

        try:
            try:
                self._check(scope)
                body = Body(scope, receive, self._limit(scope["path"]))
                await body.check()
                await self.app(scope, body.receive, answer)
            except Refused as error:
                if status:
                    raise
                await answer_error(error)(scope, receive, answer)
            except Exception as error:
                log.debug("%s", scope["path"], exc_info=error)
                if status:  # the answer has begun, and can only be broken off
                    raise
                await answer_error(refusal_for(error))(scope, receive, answer)
        finally:
            spent = 1000 * (perf_counter() - started)
            log.info("%s %s %s %.0f ms", scope["method"], scope["path"], status or "broken off", spent)

    def _check(self, scope: Scope) -> None:
        """Raise Refused for whatever does not come from our own page or a program of this person."""
        headers = _Headers(scope)
        method, path = scope["method"], scope["path"]
        if not self._is_ours(headers.only("host")):
            raise Refused(403, f"This server answers as {self.settings.url.partition('#')[0]} only: open that address.")
        origin = headers.only("origin")
        if origin is not None and not (origin.startswith("http://") and self._is_ours(origin[7:])):
            raise Refused(403, "Pages of other sites may not use this server.")
        if headers.only("sec-fetch-site") not in (None, "same-origin", "none") and not _is_visit(method, path, headers):
            raise Refused(403, "Pages of other sites may not use this server.")
        if self._needs_token(method, path) and not self._has_token(headers):
            raise Refused(401, "This needs the token of the server: reload the page, or send X-Retoucher-Token.")
        kind = (headers.only("content-type") or "").partition(";")[0].strip().lower()
        if method in ("POST", "PUT", "PATCH") and kind not in BODIES:
            raise Refused(415, f"Send application/json or multipart/form-data, not {kind[:80] or 'nothing'}.")

    def _is_ours(self, host: str | None) -> bool:
        """Whether a `name:port` is one that we answer to."""
        if host is None:
            return False
        name, port = _split(host.lower())
        if port != self.settings.port:
            return False
        return name in self.hosts or ("*" in self.hosts and _is_address(name))

    def _needs_token(self, method: str, path: str) -> bool:
        """All that may change something; for the network, all of the API."""
        if self.settings.share:
            return path.startswith("/api")
        return method not in READS and not (self.settings.compat and path == COMPAT)

    def _has_token(self, headers: _Headers) -> bool:
        given = headers.only("x-retoucher-token")
        if given is None:
            scheme, _, given = (headers.only("authorization") or "").partition(" ")
            given = given if scheme.lower() == "bearer" else ""
        return hmac.compare_digest(given.encode("latin-1", "replace"), self.settings.token.encode())

    def _limit(self, path: str) -> int:
        """Bytes that a body may have: one photo and what is around it; in base64 for programs that send it so."""
        if path == PERSONS:
            return self.settings.persons_bytes + (1 << 20)
        return self.settings.max_bytes * (2 if path == COMPAT else 1) + (1 << 20)


class _Headers:
    """A request's headers, each of which may stand there once."""

    def __init__(self, scope: Scope) -> None:
        self._all: list[tuple[bytes, bytes]] = list(scope["headers"])

    def only(self, name: str) -> str | None:
        """The value of a header, None where there is none; Refused where there are several."""
        found = [value for key, value in self._all if key.lower() == name.encode()]
        if len(found) > 1:
            raise Refused(400, f"The header {name} is there twice.")
        return found[0].decode("latin-1") if found else None


def _is_visit(method: str, path: str, headers: _Headers) -> bool:
    """Somebody followed a link to the page itself, which another site may contain."""
    return method == "GET" and path == "/" and headers.only("sec-fetch-mode") == "navigate"


def _hosts(settings: Settings) -> frozenset[str]:
    """The names under which we answer; "*" stands for every bare address.

    Where all of this computer's addresses are served we cannot list them. A bare address in `Host` is as good: what
    rebinding needs is a name.
    """
    names = {"localhost", "127.0.0.1", "[::1]", in_url(settings.host).lower()}
    if settings.host.strip("[]") in ("0.0.0.0", "::"):
        names |= {"*", socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
    return frozenset(names)


def _split(host: str) -> tuple[str, int]:
    """Name and port of a `Host` header; -1 for what is no port."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host, 80
    return name, int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else -1


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _with_headers(given: list[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """The answer's headers with ours, which never replace what a route has set; nothing is kept by browsers."""
    ours = HEADERS | {"cache-control": "no-store" if path.startswith("/api") else "no-cache"}
    there = {key.lower() for key, _ in given}
    return [*given, *((key.encode(), value.encode()) for key, value in ours.items() if key.encode() not in there)]
