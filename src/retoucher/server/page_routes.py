"""The page and its files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request, Response

from retoucher.server.desk import At
from retoucher.server.refusals import Refused

routes = APIRouter(include_in_schema=False)

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
"""What is served, and as what; anything else in the folder is not."""

PLACE = b"%TOKEN%"
MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Retoucher</title>
<h1>The editor's files are missing</h1>
<p>This installation of Retoucher has no page to show. Install it again: <code>pip install --force-reinstall
retoucher</code>. The command line works as before: <code>retoucher inpaint --help</code>.</p></html>
"""


@dataclass(frozen=True)
class Asset:
    """A file of the page, with what a browser compares to see whether it has changed."""

    data: bytes
    kind: str
    tag: str


def assets(folder: Path) -> dict[str, Asset]:
    """All files that may be served, by their path below the folder; what is not here at the start never is."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and path.suffix in TYPES and not path.name.startswith("."):
            data = path.read_bytes()
            tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
            found[path.relative_to(folder).as_posix()] = Asset(data, TYPES[path.suffix], tag)
    return found


@routes.get("/")
def page(desk: At, request: Request) -> Response:
    """The editor, with the token in it for this computer's own browser."""
    asset: Asset | None = request.app.state.assets.get("index.html")
    if asset is None:
        return Response(MISSING, 503, media_type="text/html; charset=utf-8")
    token = "" if desk.settings.share else escape(desk.settings.token)
    data = asset.data.replace(PLACE, token.encode())
    return Response(data, media_type=asset.kind, headers={"cache-control": "no-store"})


@routes.get("/favicon.ico")
def icon() -> Response:
    """None, said shortly: browsers ask for it unasked."""
    return Response(status_code=204)


@routes.get("/editor/{path:path}")
def asset(path: str, request: Request) -> Response:
    """One of the page's files."""
    found: Asset | None = request.app.state.assets.get(path)
    if found is None or path == "index.html":
        raise Refused(404, "There is no such file.")
    headers = {"etag": found.tag, "cache-control": "no-cache"}
    if found.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=found.kind, headers=headers)
