"""Which pictures of `harmonize` go together, and whether an object comes to lie on the painting at all."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import TYPE_CHECKING

from retoucher.edit import About, WrongInput, check_size
from retoucher.edits.harmonizing.place import Placement
from retoucher.mask import Box

if TYPE_CHECKING:
    from torch import Tensor


def check_given(given: Mapping[str, About]) -> None:
    """Either an object that can be told from its background, or a composite with its mask; sizes as they belong."""
    if ("object" in given) == ("composite" in given):
        raise WrongInput(
            "object",
            "Give either an object, which is pasted, or a composite on which that has been done, not both."
            if "object" in given
            else "Give what is to be painted in: an object with a transparent background, or a composite and its mask.",
        )
    mask, painting = given.get("mask"), given["painting"]
    if mask is not None and mask.box is None:
        raise WrongInput("mask", "The mask is empty: white is what was pasted.")
    if "composite" in given:
        check_size("composite", given["composite"].size, "painting", painting.size)
        if mask is None:
            raise WrongInput("mask", "A composite needs the mask of what was pasted: white is the object.")
        check_size("mask", mask.size, "painting", painting.size)
        return
    if mask is not None:
        check_size("mask", mask.size, "object", given["object"].size)
    elif not given["object"].alpha:
        raise WrongInput(
            "object",
            "The object has no transparent background, so nothing says what belongs to it: give its mask "
            "(`retoucher select` makes one) or a PNG with transparency.",
        )


def visible(given: Mapping[str, About]) -> Box:
    """What can be seen of the object at most, as a box in its own pixels; `WrongInput` where that is nothing."""
    seen = given["object"].box
    if seen is None:
        raise WrongInput("object", "The object is fully transparent: there is nothing to paint in.")
    if "mask" not in given:
        return seen
    x, y, width, height = seen
    left, top, wide, tall = given["mask"].box or (0, 0, 0, 0)
    box = max(x, left), max(y, top), min(x + width, left + wide), min(y + height, top + tall)
    if box[2] <= box[0] or box[3] <= box[1]:
        raise WrongInput(
            "mask", "The mask covers only what is transparent in the object: there is nothing to paint in."
        )
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def check_place(where: Placement, box: Box, painting: tuple[int, int]) -> None:
    """Refuse an object that lies outside of the painting of that size (height, width), or that covers all of it."""
    height, width = painting
    left, top, right, bottom = where.area(box)
    wide, tall = right - left, bottom - top
    if wide > width and tall > height:
        fitting = where.scale * min(width / wide, height / tall)
        raise WrongInput(
            "scale",
            f"The object is {wide:.0f}×{tall:.0f} pixels and the painting only {width}×{height}: "
            f"scale it, by {_rounded_down(fitting)} or less.",
        )
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        raise WrongInput(
            "x" if right <= 0 or left >= width else "y",
            f"The object lies outside of the painting: its middle is put at {where.x:g},{where.y:g}, "
            f"and the painting is {width}×{height} pixels.",
        )


def check_seen(opacity: Tensor, field: str) -> None:
    """Refuse an object of which, as it was placed (1, H, W), too little or too much is on the painting."""
    if not bool((opacity > 0.5).any()):
        raise WrongInput(
            "object",
            "Of the object nothing that is at least half opaque lies on the painting: move it, make it larger, "
            "or take one that is less transparent.",
        )
    if bool((opacity > 0.5).all()):
        raise WrongInput(field, "The object covers the whole painting: leave some of it to take the strokes from.")


def check_like(box: Box | None, painting: tuple[int, int]) -> None:
    """Refuse a part to take the strokes from that does not lie on the painting of that size (height, width)."""
    if box is None:
        return
    x, y, width, height = box
    if min(x, y) < 0 or min(width, height) < 1 or x + width > painting[1] or y + height > painting[0]:
        raise WrongInput(
            "like",
            f"The part {x},{y},{width},{height} does not lie on the painting of {painting[1]}×{painting[0]} pixels: "
            "give X,Y,WIDTH,HEIGHT in pixels from its top left corner.",
        )


def _rounded_down(number: float) -> str:
    """Two digits that count, never more than the number: 0.1234 -> 0.12."""
    digits = 1 - floor(log10(number))
    return f"{floor(number * 10**digits) / 10**digits:.{max(digits, 0)}f}"
