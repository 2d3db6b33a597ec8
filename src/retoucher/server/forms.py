"""Multipart forms: what is in them, by name, and nothing that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from retoucher.edit import did_you_mean
from retoucher.server.refusals import Refused

MOST_PARTS = 8

LABEL = 120
"""Letters that are kept of the name that a file had on the sender's disk, where it is looked at."""


@dataclass(frozen=True)
class Form:
    """Texts and files of a form by their names. The names that files had on the sender's disk are not looked at.

    `several`: the files of the one name that may be there again and again, each with its name on the sender's disk,
    which is for saying which one is meant and for nothing else.
    """

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    several: list[tuple[str, bytes]] = field(default_factory=list)

    def file(self, name: str) -> bytes:
        """The file of that name; Refused (422) where it is missing."""
        if name not in self.files:
            raise Refused(422, f"The file '{name}' is missing.", name)
        return self.files[name]

    def text(self, name: str) -> str:
        """The text of that name; Refused (422) where it is missing."""
        if name not in self.texts:
            raise Refused(422, f"'{name}' is missing.", name)
        return self.texts[name]


async def read_form(
    request: Request, *, texts: Iterable[str] = (), files: Iterable[str] = (), several: str = "", most: int = 0
) -> Form:
    """Read a form that may hold these texts and files, each once, and up to `most` files of the name `several`.

    Refused (422) names what else is there.
    """
    form, known = Form(), (tuple(texts), (*files, *([several] if several else ())))
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refused(415, "Send multipart/form-data.")
    async with request.form(max_files=MOST_PARTS + most, max_fields=MOST_PARTS) as parts:
        for name, value in parts.multi_items():
            is_file = isinstance(value, UploadFile)
            if name not in known[is_file]:
                meant = did_you_mean(name, known[0] + known[1])
                what = f"should be a {'text' if is_file else 'file'}" if name in known[not is_file] else "is unknown"
                raise Refused(422, f"'{name[:80]}' {what}{meant if what == 'is unknown' else ''}.", name[:80])
            if name in form.texts or name in form.files:
                raise Refused(422, f"'{name}' is there twice.", name)
            if isinstance(value, UploadFile) and name == several:
                form.several.append((label(value.filename or ""), await run_in_threadpool(value.file.read)))
                if len(form.several) > most:
                    raise Refused(422, f"There are more than {most} files '{several}'.", several)
            elif isinstance(value, UploadFile):
                form.files[name] = await run_in_threadpool(value.file.read)
            else:
                form.texts[name] = value
    return form


def label(name: str) -> str:
    """What may be said of a file's name on the sender's disk: its last part, without what cannot be printed.

    >>> label("C:\\\\photos\\\\summer\\n.jpg"), label("../me/")
    ('summer.jpg', 'photo')
    """
    last = "".join(filter(str.isprintable, re.split(r"[/\\]", name)[-1]))
    return last[-LABEL:].strip(". ") or "photo"


def schema(texts: dict[str, str], files: dict[str, str], required: Iterable[str]) -> dict[str, object]:
    """How a form is described in the OpenAPI document: names and what they are."""
    properties: dict[str, object] = {name: {"type": "string", "description": what} for name, what in texts.items()}
    properties |= {name: {"type": "string", "format": "binary", "description": what} for name, what in files.items()}
    body = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": body}}}}
