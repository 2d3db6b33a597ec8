"""Photos for a person: which can be used and why the others cannot, each face aligned.

Nothing is thrown away in silence: every photo that is not used has its reason. Faces of somebody else are only warned
of, since the descriptor that finds them errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Tell, silent
from retoucher.persons import Rejected

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.faces import Face
    from retoucher.image import Image
    from retoucher.templates import Template

Photo = Path | tuple[str, bytes]
"""A file, or a name and the bytes of one."""

FEW = 0.5
"""Pixels of the photo for each of the network's, below which a face is too small."""
LARGER = 1.6
"""How many times as wide as the next face the person's must be, where there are several."""
BLURRED = 0.045
"""Sharpness (`identity.sharpness`) of the aligned face below which it is too blurred: a blur of some three pixels."""
ALIKE = 0.995
"""Correlation of two photos, each at 32 × 32 pixels, from which they are the same, perhaps at another size."""
THUMB = 32

UNREADABLE = "it cannot be read ({})"
NO_FACE = "no face was found in it"
SEVERAL = "{} faces of about one size are in it"
SMALL = "the face is only {} pixels wide"
BLUR = "the face is blurred"
TWIN = "it is the same photo as {}"
PROFILE = "the face is seen from the side"


@dataclass(frozen=True)
class Taken:
    """A photo that is used: its name and the aligned face (3, R, R) in [0, 1].

    `pixels`: width of the face in it. `thumb`: the whole photo, grey and very small, its mean 0 and its spread 1.
    `taken`: when, where the photo says so.
    """

    name: str
    face: Tensor
    pixels: int
    thumb: Tensor
    taken: datetime | None = None


@dataclass(frozen=True)
class Survey:
    """What became of the photos, in their order."""

    taken: tuple[Taken, ...]
    rejected: tuple[Rejected, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the photos that are used."""
        return tuple(each.name for each in self.taken)


class _Unused(Exception):  # noqa: N818  (it is an answer, no error)
    """Why a photo is not used."""


def survey(photos: Sequence[Photo], template: Template, resolution: int, tell: Tell = silent) -> Survey:
    """Look at all photos, sorted by name; `resolution`: of the base. Raises UsageError where there is none."""
    if not photos:
        raise UsageError("There are no photos: name some, or a folder of them.")
    taken: list[Taken] = []
    rejected: list[Rejected] = []
    for number, photo in enumerate(sorted(photos, key=_name)):
        name = _name(photo)
        tell(number / len(photos), f"looking at {name} ({number + 1} of {len(photos)})")
        try:
            found = _taken(name, photo, template, resolution)
            if twin := _twin(found, taken):
                raise _Unused(TWIN.format(twin.name))
            taken.append(found)
        except _Unused as reason:
            rejected.append(Rejected(name, str(reason)))
    return Survey(tuple(taken), tuple(rejected))


def _name(photo: Photo) -> str:
    return photo[0] if isinstance(photo, tuple) else photo.name


def _taken(name: str, photo: Photo, template: Template, resolution: int) -> Taken:
    """The aligned face of one photo; raises `_Unused`."""
    from retoucher.formats import exif
    from retoucher.image import Image
    from retoucher.models.mystyle.identity import sharpness

    try:
        image = Image.open(photo[1] if isinstance(photo, tuple) else photo)
        image.crop(0, 0, 1, 1)
    except RetoucherError as error:
        raise _Unused(UNREADABLE.format(" ".join(str(error).split()))) from None
    face = person_among(image)
    crop = aligned(image, face, template, resolution)
    if crop is None:
        raise _Unused(SMALL.format(face.box[2]))
    if float(sharpness(crop)[0]) < BLURRED:
        raise _Unused(BLUR)
    return Taken(name, crop[0], face.box[2], _thumb(image), exif.taken(image.exif))


def person_among(image: Image) -> Face:
    """The one face that is meant: the only one, or the one in front; raises `_Unused`."""
    from retoucher.faces import find

    faces = find(image)
    if not faces:
        raise _Unused(NO_FACE)
    if len(faces) > 1 and faces[0].box[2] < LARGER * faces[1].box[2]:
        raise _Unused(SEVERAL.format(len(faces)))
    if faces[0].profile:
        raise _Unused(PROFILE)
    return faces[0]


def aligned(image: Image, face: Face, template: Template, resolution: int) -> Tensor | None:
    """The face in the template's square (1, 3, R, R), or None where it has too few pixels for that."""
    from retoucher.alignment import by_face

    square = by_face(face, template)
    if square.side < FEW * resolution:
        return None
    return square.take(image, None, resolution)[0]


def _twin(found: Taken, others: Sequence[Taken]) -> Taken | None:
    """One of the others that is the same photo."""
    return next((other for other in others if float((found.thumb * other.thumb).mean()) > ALIKE), None)


def _thumb(image: Image) -> Tensor:
    import torch.nn.functional as F

    grey = F.interpolate(image.pixels.mean(0)[None, None], (THUMB, THUMB), mode="area")
    return (grey - grey.mean()) / grey.std().clamp(min=1e-3)
