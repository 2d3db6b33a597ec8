"""Persons over HTTP: which there are, making one from photos, and deleting all that was made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from retoucher import catalogue, persons, weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.server.desk import At
from retoucher.server.forms import read_form
from retoucher.server.forms import schema as form_schema
from retoucher.server.outcomes import as_json
from retoucher.server.person_orders import MOST_PHOTOS, TEXTS, bases, submit
from retoucher.server.refusals import Refused

routes = APIRouter(prefix="/api", tags=["Persons"])


@routes.get("/persons")
def persons_here(desk: At) -> dict[str, Any]:
    """Every person, what one can be made from, what one agrees to, and the job of the one that is being made."""
    making = desk.making_now()
    return {
        "persons": [_told(name) for name in persons.names()],
        "bases": [_base(entry) for entry in bases()],
        "consent": persons.CONSENT,
        "making": {"name": making.name, "job": making.job} if making else None,
        "limits": {"photos": MOST_PHOTOS, "bytes": desk.settings.persons_bytes},
    }


@routes.post(
    "/persons",
    status_code=202,
    response_class=JSONResponse,
    openapi_extra=form_schema(
        {
            "name": "of the person: letters, digits, - and _",
            "consent": "true: the person agrees to `consent` of `GET /api/persons`",
            "base": "the network that the person is made from, portraits-128 unless told",
            "minutes": "how long to learn at most",
            "resume": "true: go on with a person that was stopped; then neither photos nor consent are needed",
        },
        {"photos": f"photos of the person's face, this field up to {MOST_PHOTOS} times; none of them is kept"},
        ["name"],
    ),
)
async def create(request: Request, desk: At) -> JSONResponse:
    """Make a person from photos; the answer is its job, and `Location` is where to follow it."""
    form = await read_form(request, texts=TEXTS, several="photos", most=MOST_PHOTOS)
    job = await run_in_threadpool(submit, desk, form)
    return JSONResponse(as_json(job), 202, {"location": f"/api/jobs/{job.id}"})


@routes.get("/persons/{name}")
def person(name: str) -> dict[str, Any]:
    """What is known about a person: photos used and rejected, what they cover, how far it is, directions, size."""
    if name not in persons.names():
        raise Refused(404, _missing(name), "name")
    return _told(name)


@routes.delete("/persons/{name}")
def delete(name: str) -> dict[str, Any]:
    """Delete everything that was made of a person; `deleted` are the files, all of them."""
    try:
        if persons.busy(persons.check_name(name)):
            raise Refused(409, f"{name} is being used just now: wait until that is done, or cancel it.", "name")
        deleted = list(persons.delete(name))
        catalogue.forget_persons()
        return {"deleted": deleted}
    except UsageError as error:
        raise Refused(404, str(error), "name") from None


def _told(name: str) -> dict[str, Any]:
    """A person's record; one that cannot be read is told of all the same, so that it can be deleted."""
    try:
        return persons.record(name).as_json()
    except RetoucherError as error:
        return persons.Record(name, "", "", "", (), warnings=(str(error),)).as_json()


def _missing(name: str) -> str:
    try:
        persons.record(name)
    except RetoucherError as error:
        return str(error)
    return f"There is no person called {name} (any more)."


def _base(entry: weights.Weights) -> dict[str, Any]:
    present = weights.find(entry) is not None
    return {"name": entry.name, "title": entry.title, "licence": entry.licence, "present": present}
