"""The box of a face as a person gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retoucher.edit import WrongInput
from retoucher.edits.boxes import parse_box

if TYPE_CHECKING:
    from retoucher.mask import Box


def check_face(text: str, size: tuple[int, int]) -> Box | None:
    """The face that was given, None where it is to be found; `WrongInput` where it is not on the photo.

    `size`: (height, width) of the photo. A box may reach over the photo's edge, as faces do.
    """
    box = parse_box(text) if text else None
    if box is None:
        return None
    x, y, width, height = box
    if min(width, height) < 8 or x + width <= 0 or y + height <= 0 or x >= size[1] or y >= size[0]:
        raise WrongInput(
            "face",
            f"The face {text} does not lie on the photo of {size[1]}×{size[0]} pixels: give X,Y,WIDTH,HEIGHT in "
            "pixels from its top left corner, from the brows to the chin, at least 8 pixels wide and high.",
        )
    if max(width, height) > 4 * max(size) or max(width, height) > 4 * min(width, height):
        raise WrongInput("face", f"The face {text} has no face's proportions: draw its box from the brows to the chin.")
    return box


def near(box: Box, size: tuple[int, int]) -> Box:
    """Where to look for the face to which a mask's box belongs, in a photo of `size` (height, width)."""
    return wider(box, max(*box[2:], 64), size)


def wider(box: Box, margin: int, size: tuple[int, int]) -> Box:
    """A box with a margin, cut at the edges of a photo of `size` (height, width)."""
    x, y, width, height = box
    left, top = max(x - margin, 0), max(y - margin, 0)
    return left, top, min(x + width + margin, size[1]) - left, min(y + height + margin, size[0]) - top


def middle(size: tuple[int, int]) -> Box:
    """The box of a face whose square is the whole of a picture of `size` (height, width), or the middle of it."""
    from retoucher.models.scfegan.template import BOX

    side = max(1, round(min(size) / BOX))
    return (size[1] - side) // 2, (size[0] - side) // 2, side, side
