"""What one version of a photo has that the version before it has not, small enough to keep fifty of them."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from retoucher.image import Image
from retoucher.mask import Bools, Box, box_of

FIELDS = ("color", "has_alpha", "container", "profile", "exif", "xmp", "dpi", "orientation", "mark", "notes")
"""Of a photo, beside its samples: what an edit may have replaced."""

LEVEL = 1
"""Of compression: photos hardly shrink, so more effort would be time for nothing."""


@dataclass(frozen=True)
class Patch:
    """The pixels of one box that are new: `where` (h, w) bool, `samples` (N, C), `changed` (N,) bool.

    `fields`: other properties that are new. `shape`: the new (H, W, C) where the picture as a whole was replaced
    (another size or depth), else None. `sourceless`: the new picture is no longer the file that was opened.
    """

    box: Box
    where: Bools
    samples: np.ndarray[Any, Any]
    changed: Bools
    fields: dict[str, Any]
    shape: tuple[int, ...] | None = None
    sourceless: bool = False

    @classmethod
    def between(cls, before: Image, after: Image) -> Patch | None:
        """What makes `after` from `before`; None where they are equal."""
        fields = {name: getattr(after, name) for name in FIELDS if getattr(after, name) != getattr(before, name)}
        whole = after.samples.shape != before.samples.shape or after.samples.dtype != before.samples.dtype
        sourceless = after.source is None and before.source is not None
        where = np.ones(after.size, bool) if whole else differing(before, after)
        box = box_of(where)
        if box is None and not fields and not sourceless:
            return None
        x, y, width, height = box = box or (0, 0, 1, 1)
        part = np.s_[y : y + height, x : x + width]
        there = where[part]
        changed = np.zeros(int(there.sum()), bool) if after.changed is None else after.changed[part][there]
        shape = after.samples.shape if whole else None
        return cls(box, there, after.samples[part][there], changed, fields, shape, sourceless)

    def applied(self, before: Image) -> Image:
        """The version that this patch makes of the one before it; samples and all else as they were."""
        x, y, width, height = self.box
        part = np.s_[y : y + height, x : x + width]
        samples = before.samples.copy() if self.shape is None else np.zeros(self.shape, self.samples.dtype)
        samples[part][self.where] = self.samples
        old = before.changed if self.shape is None else None
        changed = np.zeros(samples.shape[:2], bool) if old is None else old.copy()
        changed[part][self.where] = self.changed
        source = None if self.sourceless else before.source
        return replace(before, samples=samples, changed=changed, source=source, **self.fields)

    def pack(self) -> bytes:
        """As bytes for a file."""
        head = {
            "box": self.box,
            "kind": self.samples.dtype.str,
            "channels": self.samples.shape[1],
            "fields": {name: _to_json(value) for name, value in self.fields.items()},
            "shape": self.shape,
            "sourceless": self.sourceless,
        }
        words = json.dumps(head).encode()
        body = np.packbits(self.where).tobytes() + np.packbits(self.changed).tobytes() + self.samples.tobytes()
        return len(words).to_bytes(4) + words + zlib.compress(body, LEVEL)

    @classmethod
    def unpack(cls, data: bytes) -> Patch:
        """From the bytes of `pack`."""
        end = 4 + int.from_bytes(data[:4])
        head, body = json.loads(data[4:end]), zlib.decompress(data[end:])
        _, _, width, height = head["box"]
        bits, place = np.frombuffer(body, np.uint8), -(-width * height // 8)
        where = np.unpackbits(bits[:place], count=width * height).astype(bool).reshape(height, width)
        count = int(where.sum())
        changed = np.unpackbits(bits[place : place - (-count // 8)], count=count).astype(bool)
        samples = np.frombuffer(body, head["kind"], offset=place - (-count // 8)).reshape(count, head["channels"])
        fields = {name: _from_json(value) for name, value in head["fields"].items()}
        shape = None if head["shape"] is None else tuple(head["shape"])
        return cls(tuple(head["box"]), where, samples, changed, fields, shape, head["sourceless"])


def differing(before: Image, after: Image) -> Bools:
    """The pixels whose samples differ, or that count as changed only now, in pictures of one shape: (H, W) bool."""
    found = np.zeros(after.size, bool)
    flat = [image.samples.reshape(image.height, -1) for image in (before, after)]
    rows = np.flatnonzero([bool((one != two).any()) for one, two in zip(*flat, strict=True)])  # few rows differ
    if rows.size:
        span = np.s_[rows[0] : rows[-1] + 1]
        found[span] = (before.samples[span] != after.samples[span]).any(-1)
    if after.changed is not None:
        found |= after.changed if before.changed is None else after.changed & ~before.changed
    return found


def _to_json(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    """Lists were tuples: every such field of a picture is one."""
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"])
    return tuple(value) if isinstance(value, list) else value
