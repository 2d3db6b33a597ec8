"""What is doubtful about a selection, in sentences that say what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retoucher.edits.selecting.prompt import Prompt
from retoucher.edits.selecting.windows import Window, cut_off, reduced
from retoucher.mask import Mask

if TYPE_CHECKING:
    from retoucher.edits.selecting.windows import Photo

FAINT = 18.0
"""Steps of CIELAB (8 bits) per pixel of the view along the mask's edge below which there is hardly an edge."""

DOT = 0.005
"""Share of the view below which a mask is little more than the click itself."""

MOST = 0.7
"""Share of the photo above which the selection is hardly what was meant."""

NO_EDGE = "The selection hardly stands out from what is around it: check its edge, and add a box, clicks or a scribble."
TINY = "Nothing around the click stands out, so only a dot was selected: add a box, a scribble or more clicks."
NOTHING = "Nothing was found there: draw the box differently, or click on the thing."
MUCH = "The selection covers most of the photo: if less was meant, add a box, or exclude what does not belong."


def doubts(photo: Photo, prompt: Prompt, window: Window, found: Mask) -> tuple[str, ...]:
    """The sentences for a mask that was found in this window; none where it can be trusted."""
    import cv2

    from retoucher.models.common.growing import outline, steepness

    if found.empty:
        return (NOTHING,)
    thing = reduced(found.array[window.place].astype(np.uint8)[..., None] * np.uint8(255), window.seen)[..., 0] > 127
    notes = []
    if len(prompt.points) and np.count_nonzero(thing) < DOT * thing.size:
        notes.append(TINY)
    elif found.area > MOST * found.array.size and not prompt.boxes:
        notes.append(MUCH)
    lab = cv2.cvtColor((window.take(photo) * 255).round().astype(np.uint8), cv2.COLOR_RGB2LAB)
    steep = [*steepness(cv2.medianBlur(lab, 3))[outline(thing)], *np.zeros(cut_off(window, thing, photo.image.size))]
    if not notes and steep and float(np.median(steep)) < FAINT:
        notes.append(NO_EDGE)
    return tuple(notes)
