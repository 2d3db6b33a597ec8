"""One edit as work for the worker: from ids and masks to a new version and what the page is told about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

import numpy as np

from retoucher.edit import Edit, Preview, Report, Result
from retoucher.image import Image
from retoucher.jobs import Job, Tell
from retoucher.mask import Bools, Box, Mask, box_of
from retoucher.server.desk import Desk
from retoucher.server.patches import Patch
from retoucher.server.pictures import mask_png, view
from retoucher.server.store import Facts


@dataclass(frozen=True)
class Packed:
    """A mask in an eighth of its memory, for as long as it waits."""

    bits: bytes
    size: tuple[int, int]

    @classmethod
    def of(cls, mask: Mask) -> Packed:
        """A mask, packed."""
        return cls(np.packbits(mask.array).tobytes(), mask.size)

    @property
    def mask(self) -> Mask:
        """The mask again."""
        bits = np.unpackbits(np.frombuffer(self.bits, np.uint8), count=self.size[0] * self.size[1])
        return Mask(bits.astype(bool).reshape(self.size))


@dataclass(frozen=True)
class Held:
    """A further picture of an edit, by the id under which the store has it."""

    id: str


@dataclass(frozen=True)
class Version:
    """A picture that an edit made, as the store has it: its facts, where it differs from the photo, how many pixels of
    it differ outside the effective mask (None where that cannot be compared)."""

    facts: Facts
    box: Box | None = None
    outside: int | None = None

    def as_json(self) -> dict[str, Any]:
        """With the address of its patch."""
        if self.box is None:
            return {"photo": self.facts, "patch": None, "outside": self.outside}
        x, y, width, height = self.box
        patch = {"x": x, "y": y, "width": width, "height": height, "url": f"/api/photos/{self.facts['id']}/patch"}
        return {"photo": self.facts, "patch": patch, "outside": self.outside}


@dataclass(frozen=True)
class Outcome:
    """What an edit came to. `photo`: the version to save (the one it began with where nothing changed).

    `versions`: the new ones, none where nothing changed; several where the edit gives several answers. `masks`: PNG
    files. `views`: by their names, where the desk has them.
    """

    photo: str
    versions: tuple[Version, ...]
    report: Report
    masks: tuple[bytes, ...] = ()
    views: dict[str, str] = field(default_factory=dict)

    def as_json(self, job: str) -> dict[str, Any]:
        """With addresses in place of bytes; `others` are the answers beside the first."""
        first, *others = [each.as_json() for each in self.versions] or [{"photo": None, "patch": None, "outside": 0}]
        report = asdict(self.report)
        return {
            **first,
            "others": others,
            "report": {**report, "seconds": round(self.report.seconds, 3), "notes": list(self.report.notes)},
            "masks": [f"/api/jobs/{job}/file?mask={number}" for number in range(len(self.masks))],
            "views": {name: f"/api/jobs/{job}/view?name={quote(name)}" for name in self.views},
        }


@runtime_checkable
class Told(Protocol):
    """What a job came to, if the page is to be told of it."""

    def as_json(self, job: str) -> dict[str, Any]:
        """For the answer; `job` is the id under which more of it can be had."""


@dataclass(frozen=True)
class Task:
    """An edit of the photo `photo` (a version's id) with these masks and further images, by the names of its inputs.

    `photo` is "" where the edit takes none: then each picture that it makes is a photo of its own. `draft`: the new
    version is only to be looked at for a while.
    """

    desk: Desk
    edit: Edit
    photo: str
    image: str
    masks: dict[str, Packed]
    images: dict[str, Held] = field(default_factory=dict)
    draft: bool = False

    def __call__(self, tell: Tell) -> Outcome:
        """Do it; called in the worker's thread."""
        tell(0, "reading")
        pictures: dict[str, Image | Mask] = {name: packed.mask for name, packed in self.masks.items()}
        pictures |= {name: self.desk.store.image(held.id) for name, held in self.images.items()}
        if self.photo:
            pictures[self.image] = self.desk.store.image(self.photo)
        result: Result = self.edit.run(**pictures, load=self.desk.load, tell=tell)
        tell(1, "keeping")  # the last moment at which it can be cancelled
        masks = tuple(mask_png(mask.array) for mask in result.masks)
        views = {name: self.desk.keep_view(view(each)) for name, each in result.views.items()}
        versions = tuple(self._derived(result)) if self.photo else tuple(self._added(result))
        photo = versions[0].facts["id"] if versions else self.photo
        return Outcome(photo, versions, result.report, masks, views)

    def _derived(self, result: Result) -> Iterator[Version]:
        """Each picture as a version of the photo, if it differs."""
        for each in result.images:
            derived = self.desk.store.derive(self.photo, each, draft=self.draft)
            if derived is not None:
                facts, patch = derived
                outside = outside_of(patch, self.desk.store.image(self.photo), each, result.changed.array)
                yield Version(facts, patch.box, outside)

    def _added(self, result: Result) -> Iterator[Version]:
        """Each picture as a photo."""
        return (Version(self.desk.store.add(each.encode("PNG").data)) for each in result.images)


def outside_of(patch: Patch, before: Image, after: Image, allowed: Bools) -> int | None:
    """How many pixels differ that were not `allowed` to, (H, W) bool of the new size; the patch was found by comparing.

    Where the photo has become larger, what was not allowed to change must be the old photo; None where it cannot be.
    """
    if patch.shape is None:
        x, y, width, height = patch.box
        return int(np.count_nonzero(patch.where & ~allowed[y : y + height, x : x + width]))
    box = box_of(~allowed)
    if box is None or box[2:] != (before.width, before.height) or before.samples.dtype != after.samples.dtype:
        return None
    x, y, width, height = box
    part = after.samples[y : y + height, x : x + width]
    return int(np.count_nonzero((part != before.samples).any(-1))) if part.shape == before.samples.shape else None


def as_json(job: Job) -> dict[str, Any]:
    """A job as the page sees it."""
    found = job.result.as_json(job.id) if isinstance(job.result, Told) else None
    return {
        "id": job.id,
        "edit": job.kind,
        "status": job.status,
        "position": job.position,
        "fraction": round(job.fraction, 4),
        "message": job.message,
        "seconds_left": None if job.seconds_left is None else round(job.seconds_left, 1),
        "error": job.error,
        "preview": f"/api/jobs/{job.id}/preview?n={job.previews}" if isinstance(job.preview, Preview) else None,
        "result": found,
    }
