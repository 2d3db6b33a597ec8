"""Where a person's face lies in a photo: found, found in a larger copy, or given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retoucher.edit import WrongInput
from retoucher.edits.personal import notes
from retoucher.edits.redrawing.boxes import check_face, near
from retoucher.faces import Face, eyes, find

if TYPE_CHECKING:
    from retoucher.alignment import Square
    from retoucher.image import Image
    from retoucher.mask import Mask
    from retoucher.templates import Template

LARGER = 4
"""Times that a small photo is enlarged to look for a face in it."""
SMALL = 320
"""Longer side of a photo that is looked at enlarged, where nothing was found in it as it is."""
THUMBNAIL = 160
"""A photo without a face that is found is taken for one where its longer side is no more."""


@dataclass(frozen=True)
class Place:
    """A face, the template's square around it, and what there is to say about how it was found."""

    face: Face
    square: Square
    said: tuple[str, ...] = ()


def place(image: Image, template: Template, given: str, hole: Mask | None = None) -> Place:
    """The face that is meant. `given`: its box as an option, "" to find it; `hole`: what is to be repaired.

    Of several faces it is the one that the hole touches most, else the largest. Raises `WrongInput` for none.
    """
    from retoucher.alignment import by_face

    box = check_face(given, image.size)
    if box is not None:
        face = Face(box, eyes(image, box))
        return Place(face, by_face(face, template))
    found = find(image)
    if not found and hole is not None and hole.box is not None:
        found = find(image, within=near(hole.box, image.size))
    if not found and max(image.size) <= SMALL:
        found = _in_larger(image)
    if not found:
        return _whole(image, template)
    face = _meant(found, hole)
    said = () if len(found) == 1 else (notes.SEVERAL.format(len(found), ",".join(map(str, face.box))),)
    return Place(face, by_face(face, template), said)


def _in_larger(image: Image) -> tuple[Face, ...]:
    """Faces too small for the detector, found in an enlarged copy; in pixels of the photo."""

    def back(face: Face) -> Face:
        x, y, width, height = (round(each / LARGER) for each in face.box)
        seen = face.eyes and tuple((a / LARGER, b / LARGER) for a, b in face.eyes)
        return Face((x, y, max(width, 1), max(height, 1)), seen, face.profile)  # type: ignore[arg-type]

    return tuple(back(face) for face in find(image.enlarged(LARGER)))


def _meant(found: tuple[Face, ...], hole: Mask | None) -> Face:
    if hole is None or len(found) == 1:
        return found[0]

    def covered(face: Face) -> int:
        x, y, width, height = face.box
        return int(hole.array[max(y, 0) : y + height, max(x, 0) : x + width].sum())

    return max(found, key=covered)


def _whole(image: Image, template: Template) -> Place:
    """A thumbnail is taken for a face that fills the template's square. Raises `WrongInput` for anything larger."""
    from retoucher.alignment import Square

    if max(image.size) > THUMBNAIL:
        raise WrongInput("face", notes.NO_FACE)
    side = float(min(image.size))
    width = max(1, round(side / template.box))
    box = ((image.width - width) // 2, (image.height - width) // 2, width, width)
    return Place(Face(box), Square(image.width / 2, image.height / 2, side), (notes.WHOLE,))
