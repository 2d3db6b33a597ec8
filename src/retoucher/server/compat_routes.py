"""IOPaint's one call for filling, for programs that were made for it (`retoucher serve --compat`)."""

from __future__ import annotations

import base64
import binascii
import re

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from retoucher.edits.inpaint import Inpaint
from retoucher.errors import RetoucherError
from retoucher.server.desk import At, Desk
from retoucher.server.outcomes import Outcome, Packed, Task
from retoucher.server.photo_routes import TYPES, keep_photo, mask_for
from retoucher.server.refusals import Refused
from retoucher.server.store import Facts

routes = APIRouter(prefix="/api/v1", tags=["IOPaint"])


class Request(BaseModel):
    """What is read of IOPaint's body; what only diffusion models need is accepted and has no meaning here."""

    model_config = ConfigDict(extra="ignore")

    image: str = Field(description="the photo's file in base64")
    mask: str = Field(description="the mask's file in base64: white is filled")
    sd_seed: int = Field(default=0, description="another seed gives another fill, where the method draws lots")


@routes.post("/inpaint", response_class=Response)
def inpaint(body: Request, desk: At) -> Response:
    """Fill the mask (white, base64) in the photo (base64); the answer is the photo's own kind of file.

    The mask counts as it is (it is not grown), as IOPaint's does. The photo is not kept.
    """
    seed = body.sd_seed % 2**32
    facts = keep_photo(desk, _decoded(body.image, "image"), "image")
    try:
        data, kind = _filled(desk, facts, _decoded(body.mask, "mask"), seed)
    finally:
        desk.forget(facts["id"])
    return Response(data, media_type=TYPES[kind], headers={"x-seed": str(seed)})


def _filled(desk: Desk, facts: Facts, mask: bytes, seed: int) -> tuple[bytes, str]:
    """The finished file and its container, once the worker has come to it."""
    packed = Packed.of(mask_for(desk, mask, facts, "mask"))
    task = Task(desk, Inpaint(grow=0, seed=seed), facts["id"], "image", {"mask": packed})
    job = desk.worker.wait(desk.worker.submit("inpaint", task).id)
    if job is None or not isinstance(job.result, Outcome):
        raise RetoucherError(job.error if job and job.error else "The work was cancelled.")
    image, encoded = desk.finished(job.result.photo)
    return encoded.data, image.container


def _decoded(text: str, field: str) -> bytes:
    """The bytes of base64, with or without `data:image/png;base64,` before it."""
    text = re.sub(r"^data:[\w/+.;=-]{0,100},", "", text)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(422, f"'{field}' is no base64 of a picture.", field) from None
