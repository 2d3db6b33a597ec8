"""Edits over HTTP: which there are, starting one, following and cancelling its job, fetching what came out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from retoucher.edit import Edit, Preview, did_you_mean, schema
from retoucher.edits import EDITS
from retoucher.jobs import Job
from retoucher.server import pictures
from retoucher.server.desk import At, Desk
from retoucher.server.forms import read_form
from retoucher.server.forms import schema as form_schema
from retoucher.server.orders import submit, texts
from retoucher.server.outcomes import Outcome, as_json
from retoucher.server.photo_routes import Container, Kind, Mark, Quality, finished_file
from retoucher.server.refusals import Refused

routes = APIRouter(prefix="/api", tags=["Edits"])

OFTEN = 0.1
"""Seconds between two reports on the same job, at least."""

SELDOM = 1.0
"""Seconds after which a job is reported on even where nothing happened: the time that is left has changed."""

GONE = "There is no such job here (any more)."


@routes.get("/edits")
def edits() -> list[dict[str, Any]]:
    """Every edit: its inputs, and its options as JSON Schema."""
    return [schema(edit) for edit in EDITS]


@routes.post(
    "/edits/{name}",
    status_code=202,
    response_class=JSONResponse,
    openapi_extra=form_schema(
        {
            "options": "the edit's options as a JSON object",
            "photo": "id of a photo, instead of the first file",
            "draft": "true: the new version is only to be looked at, and forgotten when eight more drafts have come",
        },
        {
            "image": "the photo (`painting` where an edit calls it so; further images see below)",
            "mask": "what may change: white; of the photo's size",
        },
        [],
    ),
)
async def run(name: str, request: Request, desk: At) -> JSONResponse:
    """Start an edit of a photo; the answer is its job, and `Location` is where to follow it."""
    kind = _edit(name)
    form = await read_form(request, texts=texts(kind), files=[each.name for each in kind.inputs])
    job = await run_in_threadpool(submit, desk, kind, form)
    return JSONResponse(as_json(job), 202, {"location": f"/api/jobs/{job.id}"})


def _edit(name: str) -> type[Edit]:
    known = {edit.name: edit for edit in EDITS}
    if name not in known:
        meant = did_you_mean(name, known)
        raise Refused(404, f"There is no edit '{name[:80]}'{meant}: there is {', '.join(known)}.", "name")
    return known[name]


def _job(desk: Desk, name: str) -> Job:
    job = desk.worker.get(name)
    if job is None:
        raise Refused(404, GONE, "job")
    return job


@routes.get("/jobs/{name}")
async def follow(name: str, request: Request, desk: At) -> Response:
    """How a job stands; with `Accept: text/event-stream`, again and again until it is over."""
    job = _job(desk, name)
    if "text/event-stream" not in request.headers.get("accept", ""):
        return JSONResponse(as_json(job))
    return StreamingResponse(_events(desk, name), media_type="text/event-stream")


async def _events(desk: Desk, name: str) -> AsyncIterator[str]:
    """A server-sent event for each change, not more often than `OFTEN`; the last says that it is over."""
    loop, changed, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def call() -> None:
        job = desk.worker.get(name)
        with suppress(RuntimeError):  # the loop may be closed already
            loop.call_soon_threadsafe(changed.set)
            if job is None or job.is_over:
                loop.call_soon_threadsafe(over.set)

    with desk.worker.listening(name, call):
        while True:
            changed.clear()
            job = desk.worker.get(name)
            if job is None:
                return
            yield f"data: {json.dumps(as_json(job))}\n\n"
            if job.is_over:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), SELDOM)
                await asyncio.wait_for(over.wait(), OFTEN)


@routes.delete("/jobs/{name}")
def cancel(name: str, desk: At) -> dict[str, Any]:
    """Cancel a job; the photo stays as it was."""
    job = desk.worker.cancel(name)
    if job is None:
        raise Refused(404, GONE, "job")
    return as_json(job)


@routes.get("/jobs/{name}/file", response_class=Response)
def result(
    name: str,
    desk: At,
    container: Container = Kind,
    quality: int = Quality,
    mark: bool = Mark,
    mask: int = Query(0, ge=0, description="which mask, where the edit makes masks"),
) -> Response:
    """What a job made: the finished photo as a file, or the mask as a PNG."""
    made = _done(_job(desk, name))
    if made.masks:
        if mask >= len(made.masks):
            raise Refused(404, "There are not so many masks.", "mask")
        return Response(made.masks[mask], media_type="image/png")
    return finished_file(desk, made.photo, container, quality, mark)


@routes.get("/jobs/{name}/preview", response_class=Response)
def preview(name: str, desk: At, n: int = Query(0, ge=0, description="any number: the newest is sent")) -> Response:
    """How the picture looks while the job runs: an RGBA PNG, to be stretched over the box in `X-Retoucher-Box`."""
    shown = _job(desk, name).preview
    if not isinstance(shown, Preview):
        raise Refused(404, "There is no preview (any more).", "job")
    box = ",".join(map(str, shown.box))
    return Response(pictures.png(shown.samples), media_type="image/png", headers={"X-Retoucher-Box": box})


@routes.get("/jobs/{job}/view", response_class=Response)
def view(job: str, desk: At, name: str = Query(description="which: a name from `views` of the result")) -> Response:
    """A picture that explains what a job made, as a PNG."""
    result = _done(_job(desk, job))
    data = desk.views.get(result.views.get(name, ""))
    if data is None:
        meant = did_you_mean(name, result.views)
        raise Refused(404, f"There is no view '{name[:80]}' of this job (any more){meant}.", "name")
    return Response(data, media_type="image/png")


def _done(job: Job) -> Outcome:
    """What a job came to; Refused (409) where it has not come to anything."""
    if job.status != "done" or not isinstance(job.result, Outcome):
        raise Refused(409, job.error or f"This job is {job.status}, so there is no file.", "job")
    return job.result
