"""What a person should know about a face that was redrawn, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from retoucher.edits.redrawing.drawn import Drawn
from retoucher.edits.redrawing.squares import Part, around
from retoucher.faces import Face
from retoucher.mask import Bools

EMPTY = "The mask is empty, so the photo is returned as it was."
PLAIN = "Nothing is drawn in the mask, so it was filled as the rest of the face suggests."
LINES = "Lines outside the mask were left out: {:,} pixels."
COLORS = "Colours outside the mask were left out: {:,} pixels."
WHITE = "The colours come without transparency on white: white counted as no paint there."
BLOTS = "The sketch covers much of the mask: thin lines are wanted, and areas were thinned to their middle."
THICK = 0.3
"""The share of the mask that lines may cover before it is said."""
MIST = "Most of a face is masked and nothing is drawn: that comes out as mist. Draw some lines and colours."
NO_FACE = "No face was found in the photo: say where it is with `face` (--face X,Y,WIDTH,HEIGHT, brows to chin)."
WHOLE = "No face was found, so the whole picture was taken for one."
CANVAS = "No face was found and the mask covers everything, so the face was put in the middle of the picture."
SEVERAL = "{} faces were found; redrawn: {}."
TINY = "The face is only {} pixels wide, and in so few little can be drawn."
SMALLEST = 64
"""Pixels; a smaller face is said to be tiny."""
PROFILE = "The face is seen from the side; the network knows mostly faces from the front, so look at it twice."
BESIDE = "The mask lies beside the face; the network knows faces and little else, so look at it twice."
FAR = "The mask reaches far beyond the face, so it was redrawn with less detail: a smaller mask comes out finer."
FURTHEST = 1.6
"""How many times the usual square may be grown before it is said."""


def about_drawn(drawn: Drawn, hole: Bools) -> tuple[str, ...]:
    """What was left out of the drawing, what is odd about it, and that there is none."""
    said = [text.format(left) for text, left in ((LINES, drawn.lines_left), (COLORS, drawn.colors_left)) if left]
    if drawn.ground == "white":
        said.append(WHITE)
    if drawn.share(hole) > THICK:
        said.append(BLOTS)
    return (*said, *((PLAIN,) if drawn.nothing else ()))


def about_faces(found: Sequence[Face], parts: Sequence[Part], bare: bool) -> tuple[str, ...]:
    """Which faces were redrawn, and which of them are hard ones; `bare`: nothing is drawn."""
    said = []
    if bare and any(part.box[2] * part.box[3] > 0.5 * part.face.box[2] * part.face.box[3] for part in parts):
        said.append(MIST)
    if len(found) > 1:
        said.append(SEVERAL.format(len(found), "; ".join(",".join(map(str, part.face.box)) for part in parts)))
    narrow = min((part.face.box[2] for part in parts), default=SMALLEST)
    if narrow < SMALLEST:
        said.append(TINY.format(narrow))
    if any(part.face.profile for part in parts):
        said.append(PROFILE)
    if any(beside(part) for part in parts):
        said.append(BESIDE)
    if any(part.square.side > FURTHEST * around(part.face).side for part in parts):
        said.append(FAR)
    return tuple(said)


def beside(part: Part) -> bool:
    """Whether a mask's box has nothing in common with the usual square of its face."""
    x, y, width, height = part.box
    usual = around(part.face)
    return (
        abs(x + width / 2 - usual.x) > (width + usual.side) / 2
        or abs(y + height / 2 - usual.y) > (height + usual.side) / 2
    )
