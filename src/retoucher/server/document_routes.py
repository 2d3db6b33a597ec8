"""The description of all routes: as OpenAPI, and as a page that needs nothing from elsewhere."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request, Response

from retoucher.server.document import sections

routes = APIRouter(include_in_schema=False)


@routes.get("/api/docs")
def page(request: Request) -> Response:
    """What can be asked for, in plain HTML."""
    rows = "".join(
        f"<h2><code>{escape(method)} {escape(path)}</code></h2><p>{escape(what)}</p>"
        + "".join(f"<p><code>{escape(name)}</code>: {escape(about)}</p>" for name, about in fields)
        for method, path, what, fields in sections(request.app)
    )
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Retoucher over HTTP</title>'
    link = '<p><a href="/api/openapi.json">openapi.json</a></p>'
    return Response(f"{head}<h1>Retoucher over HTTP</h1>{link}{rows}</html>", media_type="text/html; charset=utf-8")
