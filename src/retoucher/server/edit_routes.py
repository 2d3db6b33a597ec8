"""Edits over HTTP: which there are, starting one, following and cancelling its job, fetching what came out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from retoucher.edit import Edit, did_you_mean, schema
from retoucher.edits import EDITS
from retoucher.jobs import Job
from retoucher.server.desk import At, Desk
from retoucher.server.forms import Form, read_form
from retoucher.server.forms import schema as form_schema
from retoucher.server.outcomes import Outcome, Packed, Task, as_json
from retoucher.server.photo_routes import Container, Kind, Mark, Quality, finished_file, keep_photo, mask_for
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
        {"options": "the edit's options as a JSON object", "photo": "id of a photo, instead of the file `image`"},
        {"image": "the photo", "mask": "what may change: white; of the photo's size"},
        [],
    ),
)
async def run(name: str, request: Request, desk: At) -> JSONResponse:
    """Start an edit of a photo; the answer is its job, and `Location` is where to follow it."""
    kind = _edit(name)
    form = await read_form(request, texts=("options", "photo"), files=[each.name for each in kind.inputs])
    job = await run_in_threadpool(_submit, desk, kind, form)
    return JSONResponse(as_json(job), 202, {"location": f"/api/jobs/{job.id}"})


def _edit(name: str) -> type[Edit]:
    known = {edit.name: edit for edit in EDITS}
    if name not in known:
        meant = did_you_mean(name, known)
        raise Refused(404, f"There is no edit '{name[:80]}'{meant}: there is {', '.join(known)}.", "name")
    return known[name]


def _submit(desk: Desk, kind: type[Edit], form: Form) -> Job:
    """Check all that can be checked at once, and queue the rest."""
    edit = parse(kind, form.texts.get("options", "{}"))
    image = next(each.name for each in kind.inputs if each.kind == "image")
    if image in form.files and "photo" in form.texts:
        raise Refused(422, f"Give either the file '{image}' or the id 'photo', not both.", "photo")
    facts = keep_photo(desk, form.files[image], image) if image in form.files else desk.store.facts(form.text("photo"))
    masks = {}
    for each in kind.inputs:
        if each.kind == "mask" and (each.required or each.name in form.files):
            masks[each.name] = Packed.of(mask_for(desk, form.file(each.name), facts, each.name))
    return desk.worker.submit(kind.name, Task(desk, edit, facts["id"], image, masks))


def parse(kind: type[Edit], text: str) -> Edit:
    """The edit with these options; Refused (422) names the option that is wrong and, if it can, the one meant."""
    try:
        options = json.loads(text)
        if not isinstance(options, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise Refused(422, 'The options are no JSON object, such as {"grow": 4}.', "options") from None
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        raise Refused(422, kind.explained(error), str(error.errors()[0]["loc"][0])) from None


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
    job = _job(desk, name)
    if job.status != "done" or not isinstance(job.result, Outcome):
        raise Refused(409, job.error or f"This job is {job.status}, so there is no file.", "job")
    if job.result.masks:
        if mask >= len(job.result.masks):
            raise Refused(404, "There are not so many masks.", "mask")
        return Response(job.result.masks[mask], media_type="image/png")
    return finished_file(desk, job.result.photo, container, quality, mark)
