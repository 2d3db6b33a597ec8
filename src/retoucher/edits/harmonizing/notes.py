"""What the person should know about an object on a painting, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retoucher.mask import Mask, box_of

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.edits.harmonizing.place import Placed
    from retoucher.image import Image

TINY = 16
"""Pixels: an object smaller than this has no room for strokes."""

CUT = 0.005
"""Share of the object outside of the painting that is worth a word."""

FAR, APART, MUCH = 32, 0.15, 0.05
"""A composite is another picture where so many pixels from the mask colours are so far off in such a share of it."""

SMALL = f"The object is smaller than {TINY} × {TINY} pixels on the painting: only its colours were matched."
LOST = "{:.0%} of the object lies outside of the painting and is cut off."
GREY = "The painting is in shades of grey, so the object is, too."
CLEAR = "The painting is transparent under a part of the object, which stays unseen there."
MEASURED = "Strength {:.2f} was measured from the painting."
STRANGE = "The composite differs from the painting outside of the mask, too: there the painting stays as it is."


def about(painting: Image, pixels: Tensor, placed: Placed, pasted: bool) -> tuple[str, ...]:
    """What is to be said of the inputs; `pixels`: the painting's (3, H, W); `pasted`: it was composed elsewhere."""
    found = [SMALL] if tiny(placed) else []
    found += [LOST.format(placed.lost)] if placed.lost > CUT else []
    found += [GREY] if painting.color == "L" else []
    if painting.has_alpha and bool((painting.opacity[(placed.mask[0] > 0.5).numpy()] < 0.5).any()):
        found.append(CLEAR)
    found += [STRANGE] if pasted and _differs(pixels, placed) else []
    return tuple(found)


def tiny(placed: Placed) -> bool:
    """Whether what can be seen of the object has less than `TINY` pixels on its longer side."""
    box = box_of((placed.mask[0] > 0.5).numpy())
    return box is None or max(box[2:]) < TINY


def _differs(pixels: Tensor, placed: Placed) -> bool:
    """Whether a composite shows something else than the painting where nothing was pasted."""
    far = ~Mask((placed.mask[0] > 0).numpy()).grow(FAR).array
    apart = (placed.composite - pixels).abs().mean(0).numpy()[far]
    return bool(apart.size and (apart > APART).mean() > MUCH)
