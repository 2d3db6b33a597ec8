"""What is said about pictures that a model of a person made, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

WHOSE = "Say whose model is to be used: `person` (--person NAME); `retoucher person list` names them."
NO_FACE = "No face was found in the photo: say where it is with `face` (--face X,Y,WIDTH,HEIGHT, brows to chin)."
WHOLE = "No face was found, so the whole picture was taken for one."
EMPTY = "The mask is empty, so the photo is returned as it was."
BEYOND = "{:,} pixels of the mask lie beyond the face and stay as they were: fill them with Remove."
NOTHING = "Say what is to be restored: a mask (--mask), or how many times larger the photo should be (--scale)."
BOTH = "Either a mask or a scale, not both: repair the face first, then enlarge the result."
LARGE = "The face already has {} pixels and the model only {}: enlarging it adds nothing of the person."
SEVERAL = "{} faces were found; the one at {} was taken."
TINY = "The face has only {} pixels: what comes out is what the person may have looked like."
NEAREST = "Nearest to these photos: {}."
STAYED = "Results may leave the photos by beta {:.3f}: {:.1f} times the space that they span."
BOUND = "{:.0%} of the coefficients lie at the bound: a larger beta would follow the input more."
ABSENT = "The photos hardly show this: only {:.0%} of the direction lies in what they span, the rest is nobody's own."
NEEDED = "This needed a beta of {:.3f}: it goes beyond what the photos show."
DIRECTIONS = "{} cannot change {!r}: it knows {}."
NO_DIRECTIONS = "The base of {} knows no directions."
UNCHANGED = "An amount of 0 changes nothing, so the photo is returned as it was."
SMALL = "The face is only {} pixels wide: enlarge it first (restore --scale)."
CAUTION = "This is a picture that a network made after photos of somebody; it is no evidence of how they looked."


def of_space(beta: float, count: int, at_bound: float, nearest: Sequence[str]) -> tuple[str, ...]:
    """What a search came to: how far it was allowed to go, how often it wanted further, and which photos it is like."""
    said = [NEAREST.format(", ".join(nearest))] if nearest else []
    said.append(STAYED.format(beta, 1 + count * beta))
    return (*said, *((BOUND.format(at_bound),) if at_bound > 0.2 else ()))
