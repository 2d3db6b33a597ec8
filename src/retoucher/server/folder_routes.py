"""The folder that the server was started with: its photos, their thumbnails, and saving beside it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from retoucher.errors import UsageError
from retoucher.files import read_whole
from retoucher.formats import container_for
from retoucher.server import pictures
from retoucher.server.desk import At, Desk
from retoucher.server.folder import Entry, listing
from retoucher.server.photo_routes import TYPES
from retoucher.server.refusals import Refused

routes = APIRouter(prefix="/api", tags=["Folder"])


Side = Query(160, ge=16, le=1024, description="the longer side in pixels")


class Saving(BaseModel):
    """Which version is saved, and how."""

    model_config = ConfigDict(extra="forbid")

    photo: str = Field(description="id of the version to save")
    mark: bool = Field(default=True, description="note in its metadata that the picture was edited")
    overwrite: bool = Field(default=False, description="replace what was saved before under this name")


@routes.get("/folder")
def folder(desk: At) -> list[dict[str, Any]]:
    """The photos of the folder in the order of their names; `done`: one of that name has been saved."""
    entries = listing(desk.settings).values()
    return [{"id": entry.id, "name": shown(entry), "bytes": entry.size, "done": entry.done} for entry in entries]


def shown(entry: Entry) -> str:
    """A file's name as text, whatever bytes it is made of."""
    return entry.path.name.encode("utf-8", "backslashreplace").decode()


@routes.get("/folder/{name}/file", response_class=Response)
def file(name: str, desk: At) -> Response:
    """A photo of the folder, as it lies there."""
    entry = _entry(desk, name)
    return Response(_data(desk, entry), media_type=TYPES[container_for(entry.path)])


@routes.get("/folder/{name}/thumbnail", response_class=Response)
def thumbnail(name: str, desk: At, side: int = Side) -> Response:
    """A photo of the folder as a small JPEG."""
    entry = _entry(desk, name)
    key = name, side, entry.size
    small = desk.thumbnails.get(key)
    if small is None:
        with desk.decoding:
            small = pictures.thumbnail(_data(desk, entry), side, desk.settings.max_pixels)
        desk.thumbnails.put(key, small, len(small))
    return Response(small, media_type="image/jpeg")


@routes.post("/folder/{name}/save")
def save(name: str, saving: Saving, desk: At) -> dict[str, Any]:
    """Write a version under the name of this photo into the folder of `--output`."""
    entry, output = _entry(desk, name), desk.settings.output
    if output is None:
        raise Refused(409, "No folder to save to was given: start with retoucher serve FOLDER --output FOLDER.")
    image = desk.store.image(saving.photo)
    path = output / entry.path.name
    if path.exists():
        if path.samefile(entry.path):
            raise Refused(409, f"{shown(entry)} is the photo itself, which is never changed.")
        if not saving.overwrite:
            raise Refused(409, f"{shown(entry)} was saved before: say that it may be overwritten.", "overwrite")
    try:
        notes = image.save(path, overwrite=saving.overwrite, mark=saving.mark)
    except UsageError as error:
        raise Refused(409, str(error).replace(str(output), output.name), "overwrite") from None
    return {"name": shown(entry), "notes": list(notes)}


def _entry(desk: Desk, name: str) -> Entry:
    entry = listing(desk.settings).get(name)
    if entry is None:
        raise Refused(404, "There is no such photo in the folder (any more).", "id")
    return entry


def _data(desk: Desk, entry: Entry) -> bytes:
    if entry.size > desk.settings.max_bytes:
        raise Refused(413, f"{shown(entry)} has more than the {desk.settings.max_bytes >> 20} MB allowed.")
    return read_whole(entry.path)
