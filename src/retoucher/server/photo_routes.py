"""Photos over HTTP: upload, look, ask what a file would be, fetch it, forget."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from retoucher.edit import WrongInput, check_size
from retoucher.errors import RetoucherError, UsageError
from retoucher.faces import find
from retoucher.formats import SUFFIXES
from retoucher.mask import Mask
from retoucher.server import pictures
from retoucher.server.desk import At, Desk
from retoucher.server.forms import Form, read_form, schema
from retoucher.server.refusals import Refused
from retoucher.server.store import Facts

routes = APIRouter(prefix="/api", tags=["Photos"])

TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIC": "image/heic",
    "BMP": "image/bmp",
}
"""Written out: the system's own table may say otherwise, and browsers then refuse."""

NONE = "No face was found: draw a box around it, from the brows to the chin."

SUFFIX = "-retouched"
"""What is added to a photo's name unless the person chooses another."""

Container = Literal["", "JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIC", "BMP"]
Side = Query(0, ge=0, le=65535, description="the longer side in pixels; 0 = full size")
Kind = Query("", description="the kind of file; empty = the photo's own")
Quality = Query(0, ge=0, le=100, description="of lossy kinds; 0 = as little loss as the photo's own file allows")
Mark = Query(True, description="note in the file's metadata that the picture was edited")


@routes.post("/photos", status_code=201, openapi_extra=schema({}, {"file": "the photo"}, ["file"]))
async def upload(request: Request, desk: At) -> dict[str, Any]:
    """Take a photo; the answer's `id` stands for it from now on."""
    data = (await read_form(request, files=("file",))).file("file")
    return await run_in_threadpool(keep_photo, desk, data)


def keep_photo(desk: Desk, data: bytes, field: str = "file") -> dict[str, Any]:
    """Keep a photo; what is wrong with the file is the field's fault."""
    if len(data) > desk.settings.max_bytes:
        raise Refused(413, f"The photo has more than the {desk.settings.max_bytes >> 20} MB allowed.", field)
    try:
        return desk.store.add(data)
    except RetoucherError as error:
        raise Refused(422, str(error), field) from None


@routes.get("/photos/{name}")
def facts(name: str, desk: At) -> dict[str, Any]:
    """What is known about a photo or a later version of it."""
    return desk.store.facts(name)


@routes.delete("/photos/{name}", status_code=204)
def forget(name: str, desk: At) -> Response:
    """Forget the photo with all its versions, on disk and in memory."""
    desk.forget(name)
    return Response(status_code=204)


@routes.get("/photos/{name}/view", response_class=Response)
def view(name: str, desk: At, max: int = Side) -> Response:
    """The photo as an 8-bit sRGB PNG, upright, with its transparency: for what a browser cannot show itself."""
    return Response(pictures.view(desk.store.image(name), max), media_type="image/png")


@routes.get("/photos/{name}/patch", response_class=Response)
def patch(name: str, desk: At) -> Response:
    """What this version has that its parent has not: an RGBA PNG of the box in `X-Retoucher-Box` (x,y,width,height)."""
    found = desk.store.patch(name)
    box = ",".join(map(str, found.box))
    data = pictures.patch_png(desk.store.image(name), found)
    return Response(data, media_type="image/png", headers={"X-Retoucher-Box": box})


@routes.get("/photos/{name}/transparency", response_class=Response)
def transparency(name: str, desk: At) -> Response:
    """What is half transparent or more, as a mask: a 1-bit PNG."""
    return Response(pictures.mask_png(Mask.from_alpha(desk.store.image(name)).array), media_type="image/png")


@routes.get("/photos/{name}/faces")
def faces(name: str, desk: At) -> dict[str, Any]:
    """Where the faces are, the largest first: `box` [x, y, width, height] and `eyes`, null where they are not found."""
    image = desk.store.image(name)
    try:
        with desk.decoding:
            found = find(image)
    except UsageError as error:
        return {"faces": [], "note": str(error)}
    return {
        "faces": [{"box": each.box, "eyes": each.eyes, "profile": each.profile} for each in found],
        "note": "" if found else NONE,
    }


@routes.get("/photos/{name}/plan")
def plan(name: str, desk: At, container: Container = Kind, quality: int = Quality, mark: bool = Mark) -> dict[str, Any]:
    """What the finished file would be: its size, what it cannot keep, and what is noted in it."""
    image, encoded = desk.finished(name, container, quality, mark)
    kind = container or image.container
    noted = mark and image.is_changed and kind != "BMP"  # which holds no metadata
    return {
        "container": kind,
        "bytes": len(encoded.data),
        "original_bytes": desk.store.facts(name)["bytes"],
        "notes": [*image.notes, *encoded.notes],
        "mark": image.mark if noted else None,
        "name_suffix": SUFFIX,
    }


@routes.get("/photos/{name}/file", response_class=Response)
def file(name: str, desk: At, container: Container = Kind, quality: int = Quality, mark: bool = Mark) -> Response:
    """The finished photo as a file, in its own container unless another is asked for."""
    return finished_file(desk, name, container, quality, mark)


def finished_file(desk: Desk, name: str, container: str, quality: int, mark: bool) -> Response:
    """A version as an attachment."""
    image, encoded = desk.finished(name, container, quality, mark)
    kind = container or image.container
    suffix = next(suffix for suffix, each in SUFFIXES.items() if each == kind)
    headers = {"content-disposition": f'attachment; filename="photo{SUFFIX}{suffix}"'}
    return Response(encoded.data, media_type=TYPES[kind], headers=headers)


def open_mask(desk: Desk, data: bytes, field: str) -> Mask:
    """A mask from a file; Refused (422) where it is none."""
    try:
        with desk.decoding:
            return Mask.open(data, max_pixels=desk.settings.max_pixels)
    except RetoucherError as error:
        raise Refused(422, str(error), field) from None


def mask_for(desk: Desk, data: bytes, facts: Facts, field: str) -> Mask:
    """A mask from a file, which must have the photo's size; Refused (422) where it does not."""
    mask = open_mask(desk, data, field)
    try:
        check_size("mask", mask.size, "photo", (facts["height"], facts["width"]))
    except WrongInput as error:
        raise Refused(422, str(error), field) from None
    return mask


@routes.post(
    "/masks",
    response_class=Response,
    openapi_extra=schema({"photo": "id of the photo it is for"}, {"file": "the mask"}, ["file", "photo"]),
)
async def masks(request: Request, desk: At) -> Response:
    """A mask file of any kind as the 1-bit PNG that it means: white may change."""
    form = await read_form(request, texts=("photo",), files=("file",))
    return Response(await run_in_threadpool(_read, desk, form), media_type="image/png")


def _read(desk: Desk, form: Form) -> bytes:
    facts = desk.store.facts(form.text("photo"))
    return pictures.mask_png(mask_for(desk, form.file("file"), facts, "file").array)
