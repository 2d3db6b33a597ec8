"""The sample pictures over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter, Response

from retoucher.formats import container_for
from retoucher.server.photo_routes import TYPES
from retoucher.server.refusals import Refused
from retoucher.server.samples import SAMPLES, read

routes = APIRouter(prefix="/api", tags=["Samples"])


@routes.get("/samples")
def samples() -> list[dict[str, str]]:
    """The pictures to try things on, with their licences."""
    return [{**asdict(sample), "url": f"/api/samples/{sample.name}"} for sample in SAMPLES]


@routes.get("/samples/{name}", response_class=Response)
def sample(name: str) -> Response:
    """A sample picture's file."""
    if name not in {each.name for each in SAMPLES}:
        raise Refused(404, "There is no such sample.", "name")
    return Response(read(name), media_type=TYPES[container_for(Path(name))])
