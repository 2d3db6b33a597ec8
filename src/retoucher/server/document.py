"""docs/http.md: how to use the server from other programs, made from its routes (a test keeps the file current)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from retoucher.edit import Edit, schema
from retoucher.edits import EDITS

Section = tuple[str, str, str, list[tuple[str, str]]]
"""Method, path, what it does, and its fields: name and what it is."""

INTRODUCTION = """# Retoucher over HTTP

Made from the routes of `retoucher.server`; change them there. `retoucher serve` answers on this computer only, at
`http://127.0.0.1:8765` unless told otherwise. A running server shows the same list at `/api/docs`, and
`/api/openapi.json` for programs.

- **Token**: whatever changes something needs the header `X-Retoucher-Token` (or `Authorization: Bearer …`). The token
  is in the file `token` of the folder for programs' state (`~/.local/state/retoucher` on Linux, `~/Library/Application
  Support/retoucher` on macOS, `%LOCALAPPDATA%\\retoucher` on Windows; `$RETOUCHER_HOME/state` where that is set). With
  `--share` every call under `/api` needs it.
- **Errors** are `{"detail": "one sentence", "field": "which field" or null}`: 401 without the token, 403 from another
  site, 404 unknown, 408 too slow, 409 not possible now, 413 too large, 415 another content type, 422 a wrong field,
  429 with `Retry-After` when too much is waiting.
- **A photo** is uploaded once and has an id. Every edit makes a new version with an id of its own; none is ever
  changed, so undoing is going back to an older id. Photos are forgotten after seven days without use.
- **A mask** is a picture of the photo's size, upright: white may change.

## Take something out of a photo

```bash
URL=http://127.0.0.1:8765
TOKEN=$(cat ~/.local/state/retoucher/token)
```

Upload it, name what is to be filled, wait for the job, fetch the file:

```bash
field() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }

PHOTO=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F file=@photo.jpg $URL/api/photos | field '["id"]')
JOB=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F photo=$PHOTO -F mask=@mask.png -F 'options={"grow": 4}' \\
  $URL/api/edits/inpaint | field '["id"]')
curl -sS -N -H "Accept: text/event-stream" $URL/api/jobs/$JOB
curl -sS -o without.jpg $URL/api/jobs/$JOB/file
```

The new version can be edited further, looked at, or saved in another way:

```bash
VERSION=$(curl -sS $URL/api/jobs/$JOB | field '["result"]["photo"]["id"]')
curl -sS "$URL/api/photos/$VERSION/plan?container=WEBP&quality=80"
curl -sS -o without.webp "$URL/api/photos/$VERSION/file?container=WEBP&quality=80"
curl -sS -o patch.png -D - $URL/api/photos/$VERSION/patch
curl -sS -X DELETE -H "X-Retoucher-Token: $TOKEN" $URL/api/photos/$PHOTO
```

The same photo, mask and options give the same bytes here, on the command line and in Python.

## Paint an object into a painting

An object with a transparent background is sent once and named by its id, wherever it is put (or sent along as a file):

```bash
PAINTING=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F file=@painting.jpg $URL/api/photos | field '["id"]')
BALLOON=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F file=@balloon.png $URL/api/photos | field '["id"]')
JOB=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F photo=$PAINTING -F object=$BALLOON \\
  -F 'options={"x": 40, "y": 30, "scale": 0.9}' $URL/api/edits/harmonize | field '["id"]')
```

While it runs, `preview` of the job is the address of a picture of how it looks so far. With a second pass, `views` of
the result has `correspondence`: from where in the painting its strokes came.

## Redraw part of a face

`GET /api/photos/{name}/faces` says where the faces are; `trace` gives a photo's own lines (its mask) and areas of
colour (the view `colors`) to begin from. Lines and colours are pictures of the photo's size, transparent elsewhere:

```bash
FACE=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F file=@portrait.jpg $URL/api/photos | field '["id"]')
curl -sS $URL/api/photos/$FACE/faces
JOB=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F photo=$FACE -F 'options={"detail": 0.6}' \\
  $URL/api/edits/trace | field '["id"]')
curl -sS -N -H "Accept: text/event-stream" $URL/api/jobs/$JOB
curl -sS -o lines.png "$URL/api/jobs/$JOB/file?mask=0"
curl -sS -o colors.png "$URL/api/jobs/$JOB/view?name=colors"
JOB=$(curl -sS -H "X-Retoucher-Token: $TOKEN" -F photo=$FACE -F mask=@smile.png -F sketch=@lines.png \\
  -F color=@colors.png -F 'options={"face": "90,110,320,320"}' $URL/api/edits/redraw | field '["id"]')
```

`report.faces` of a result are the boxes of the faces that were worked on; without `face`, those that were found.

## Somebody's own face

`POST /api/persons` learns a person's face from photos of it. That is a job like an edit, of minutes; cancelled, it can
be gone on with (`resume=true`). The photos are held for as long as it runs and never kept. What is kept lies in the
person's folder, and `DELETE /api/persons/{name}` says which files it removes:

```
curl -sS -H "X-Retoucher-Token: $TOKEN" -F name=ann -F consent=true -F photos=@1.jpg -F photos=@2.jpg $URL/api/persons
curl -sS -H "X-Retoucher-Token: $TOKEN" -F photo=$PHOTO -F mask=@scratch.png \\
  -F 'options={"person": "ann", "count": 3}' $URL/api/edits/restore
curl -sS -X DELETE -H "X-Retoucher-Token: $TOKEN" $URL/api/persons/ann
```

Where an edit gives several answers, `others` of the result are those beside the first, each with `photo`, `patch` and
`outside`. An edit that takes no photo makes photos of its own: they are there by their ids like any that was uploaded.

## Programs made for IOPaint

`retoucher serve --compat` answers `POST /api/v1/inpaint`: JSON with `image` and `mask` in base64 (with or without
`data:…;base64,`), the finished photo in its own container as the answer. Fields for diffusion models are accepted and
mean nothing. This call needs no token on this computer; pages of other sites are refused as everywhere.

## All calls
"""


EDITING = """## Edits

What `POST /api/edits/{name}` takes: the inputs as files of the form (the first also as the id `photo`, further images
also as ids under their own names), the options as a JSON object in the field `options`. `GET /api/edits` gives the same
as JSON Schema.
"""


def markdown() -> str:
    """The text of docs/http.md."""
    from retoucher.server.app import routed

    calls = map(_section, sections(routed(compat=True)))
    return "\n".join([INTRODUCTION, *calls, EDITING, *map(_edit, EDITS)])


def _edit(edit: type[Edit]) -> str:
    """An edit's inputs and options, from its schema."""
    about = schema(edit)
    inputs = "".join(
        f"- `{each['name']}`: {each['description']} ({each['kind']}{'' if each['required'] else ', may be left out'})\n"
        for each in about["inputs"]
    )
    options = "".join(
        f"| `{name}` | {field.get('description', '')} | `{json.dumps(field.get('default'), ensure_ascii=False)}` |\n"
        for name, field in about["options"]["properties"].items()
    )
    head = "| option | what it is | default |\n|---|---|---|"
    return f"### {edit.name}\n\n{about['description']}\n\n{inputs}\n{head}\n{options}"


def _section(section: Section) -> str:
    method, path, what, fields = section
    rows = "".join(f"- `{name}`: {about}\n" for name, about in fields)
    return f"### {method} {path}\n\n{what}\n" + (f"\n{rows}" if rows else "")


def sections(app: FastAPI) -> Iterator[Section]:
    """Every route of the application, from its OpenAPI document."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            fields = [_parameter(each) for each in about.get("parameters", ()) if each["in"] == "query"]
            yield method.upper(), path, about["description"], [*fields, *_body(about, document)]


def _parameter(parameter: dict[str, Any]) -> tuple[str, str]:
    usual = parameter["schema"].get("default")
    said = parameter.get("description") or f"{parameter['schema'].get('type', 'text')}"
    return parameter["name"], said + (f" (default {str(usual).lower()})" if usual not in (None, "") else "")


def _body(about: dict[str, Any], document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a form or of a JSON object."""
    for kind, content in about.get("requestBody", {}).get("content", {}).items():
        fields = content["schema"]
        if "$ref" in fields:
            fields = document["components"]["schemas"][fields["$ref"].rpartition("/")[2]]
        for name, field in fields["properties"].items():
            what = field.get("description") or field.get("type", "text")
            sort = "JSON" if kind == "application/json" else "file" if field.get("format") == "binary" else "text"
            needed = "" if name in fields.get("required", ()) else ", may be left out"
            yield name, f"{what} ({sort}{needed})"
