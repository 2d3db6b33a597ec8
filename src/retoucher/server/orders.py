"""From a form to work for the worker: its pictures are read and compared, and what is wrong is refused by its name."""

from __future__ import annotations

import json
import weakref
from contextlib import ExitStack, suppress

from pydantic import ValidationError

from retoucher.edit import About, Edit, Input
from retoucher.jobs import Job
from retoucher.server.desk import Desk
from retoucher.server.forms import Form
from retoucher.server.outcomes import Held, Packed, Task
from retoucher.server.photo_routes import keep_photo, open_mask
from retoucher.server.refusals import Refused
from retoucher.server.store import Facts


def texts(kind: type[Edit]) -> list[str]:
    """The fields of the form that are text: options, and ids of pictures that are here already."""
    images = _images(kind)
    return ["options", *(["photo", "draft"] if images else []), *(each.name for each in images[1:])]


def submit(desk: Desk, kind: type[Edit], form: Form) -> Job:
    """Check all that can be checked at once, and queue the rest."""
    edit = parse(kind, form.texts.get("options", "{}"))
    first, others = next(iter(_images(kind)), None), _images(kind)[1:]
    facts = _photo(desk, form, first.name) if first else None
    given = {first.name: _about(facts)} if first and facts else {}
    with ExitStack() as refused:
        images: dict[str, Held] = {}
        for each in others:
            if each.required or each.name in form.files or each.name in form.texts:
                images[each.name] = _held(desk, form, each.name, refused)
                given[each.name] = About.of(desk.store.image(images[each.name].id))
        masks: dict[str, Packed] = {}
        for each in kind.inputs:
            if each.kind == "mask" and (each.required or each.name in form.files):
                mask = open_mask(desk, form.file(each.name), each.name)
                given[each.name], masks[each.name] = About.of(mask), Packed.of(mask)
        edit.check(given)
        photo, image = (facts["id"], first.name) if first and facts else ("", "")
        task = Task(desk, edit, photo, image, masks, images, _draft(form))
        job = desk.worker.submit(kind.name, task, edit.pace)
        refused.pop_all()
    return job


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


def _draft(form: Form) -> bool:
    """Whether the new version is only to be looked at."""
    said = form.texts.get("draft", "false")
    if said not in ("true", "false"):
        raise Refused(422, "'draft' is true or false.", "draft")
    return said == "true"


def _images(kind: type[Edit]) -> list[Input]:
    """The pictures an edit takes; the first is the photo that it makes a new version of. None: it makes new photos."""
    return [each for each in kind.inputs if each.kind == "image"]


def _photo(desk: Desk, form: Form, image: str) -> Facts:
    """The photo of which a new version is made: a file of the form, or the id of one that is here."""
    if image in form.files and "photo" in form.texts:
        raise Refused(422, f"Give either the file '{image}' or the id 'photo', not both.", "photo")
    return keep_photo(desk, form.files[image], image) if image in form.files else desk.store.facts(form.text("photo"))


def _held(desk: Desk, form: Form, name: str, refused: ExitStack) -> Held:
    """A further picture. One that came with the form is kept like a photo, and forgotten once nobody holds it.

    `refused` forgets it at once; an error would hold it for a while.
    """
    if name in form.texts:
        try:
            return Held(desk.store.facts(form.texts[name])["id"])
        except Refused as error:
            raise Refused(error.status, str(error), name) from None
    held = Held(keep_photo(desk, form.file(name), name)["id"])
    refused.callback(weakref.finalize(held, _forget, desk, held.id))
    return held


def _forget(desk: Desk, name: str) -> None:
    with suppress(Refused, OSError):
        desk.forget(name)


def _about(facts: Facts) -> About:
    """What is known about a photo without decoding it."""
    return About((facts["height"], facts["width"]), facts["alpha"], (0, 0, facts["width"], facts["height"]))
