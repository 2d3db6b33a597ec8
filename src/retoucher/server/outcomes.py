"""One edit as work for the worker: from ids and masks to a new version and what the page is told about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np

from retoucher.edit import Edit, Preview, Report, Result
from retoucher.image import Image
from retoucher.jobs import Job, Tell
from retoucher.mask import Bools, Mask, box_of
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
class Outcome:
    """What an edit came to. `photo`: the version to save (the one it began with where nothing changed).

    `new`: the facts of the new version, if there is one. `box`: where it differs. `outside`: how many pixels differ
    outside the effective mask, None where that cannot be compared. `masks`: PNG files. `views`: by their names, where
    the desk has them.
    """

    photo: str
    new: Facts | None
    box: tuple[int, int, int, int] | None
    outside: int | None
    report: Report
    masks: tuple[bytes, ...] = ()
    views: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """An edit of the photo `photo` (a version's id) with these masks and further images, by the names of its inputs.

    `draft`: the new version is only to be looked at for a while.
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
        image = self.desk.store.image(self.photo)
        pictures = {self.image: image, **{name: packed.mask for name, packed in self.masks.items()}}
        pictures |= {name: self.desk.store.image(held.id) for name, held in self.images.items()}
        result: Result = self.edit.run(**pictures, load=self.desk.load, tell=tell)
        tell(1, "keeping")  # the last moment at which it can be cancelled
        masks = tuple(mask_png(mask.array) for mask in result.masks)
        views = {name: self.desk.keep_view(view(each)) for name, each in result.views.items()}
        derived = self.desk.store.derive(self.photo, result.image, draft=self.draft) if result.images else None
        if derived is None:
            return Outcome(self.photo, None, None, 0, result.report, masks, views)
        new, patch = derived
        outside = outside_of(patch, image, result.image, result.changed.array)
        return Outcome(new["id"], new, patch.box, outside, result.report, masks, views)


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
    found = asdict_of(job.result, job.id) if isinstance(job.result, Outcome) else None
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


def asdict_of(outcome: Outcome, job: str) -> dict[str, Any]:
    """An outcome with addresses in place of bytes."""
    patch = None
    if outcome.new is not None and outcome.box is not None:
        x, y, width, height = outcome.box
        url = f"/api/photos/{outcome.photo}/patch"
        patch = {"x": x, "y": y, "width": width, "height": height, "url": url}
    report = asdict(outcome.report)
    return {
        "photo": outcome.new,
        "patch": patch,
        "outside": outcome.outside,
        "report": {**report, "seconds": round(outcome.report.seconds, 3), "notes": list(outcome.report.notes)},
        "masks": [f"/api/jobs/{job}/file?mask={number}" for number in range(len(outcome.masks))],
        "views": {name: f"/api/jobs/{job}/view?name={quote(name)}" for name in outcome.views},
    }
