"""Extend: make the photo larger and fill the new border from the photo."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from retoucher.edit import Edit, Input, Load, Report, Result
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import UsageError
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np

    from retoucher.image import Image

    Picture = str | Path | bytes | np.ndarray[Any, Any]

MOST = 20_000
"""Pixels that one side may be extended by."""

LONGEST = {"JPEG": 65_500, "WEBP": 16_383}
"""Pixels of the longest side that a container can hold, where that is less than what can be asked for."""

NOTHING = "Nothing was to be added, so the photo is returned as it was: say how many pixels, on which side."
MUCH = "The border is wider than the photo itself, and much of it is invented: extend by less for a better picture."


class Extend(Edit):
    """Make the photo larger: add a border and fill it from the photo, and change nothing in the photo itself."""

    name: ClassVar[str] = "extend"
    inputs: ClassVar[tuple[Input, ...]] = (Input("image", "image", "the photo"),)

    left: int = Field(default=0, ge=0, le=MOST, description="pixels to add on the left")
    top: int = Field(default=0, ge=0, le=MOST, description="pixels to add at the top")
    right: int = Field(default=0, ge=0, le=MOST, description="pixels to add on the right")
    bottom: int = Field(default=0, ge=0, le=MOST, description="pixels to add at the bottom")
    model: Literal["auto", "lama", "partialconv", "exemplar"] = Field(
        default="auto", description="what fills the border: a method, or the best that is present"
    )
    weights: str = Field(default="", description="which weights of the method: a name from `retoucher weights list`")
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="another seed gives another fill, where the method draws lots"
    )

    @property
    def loads(self) -> str:
        """The name given to `load`: the weights, or else the method."""
        return self.weights or self.model

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Pixels to add on the left, at the top, on the right and at the bottom."""
        return self.left, self.top, self.right, self.bottom

    def run(self, image: Image, *, load: Load, tell: Tell = silent) -> Result:
        """The larger photo; `changed` is its border. Without a border, the very photo.

        A border is opaque, whether the photo has transparency or not. Raises UsageError where the photo would become
        larger than its container or this program can hold.
        """
        from retoucher.mask import Mask

        if not any(self.sides):
            return Result((image,), Mask.none(image.size), Report(notes=(NOTHING,)))
        self._check(image)
        larger = image.extended(*self.sides)
        border = Mask.from_boxes(larger.size, [(self.left, self.top, image.width, image.height)]).invert()
        # Not grown: a mask grown into the photo would change it, and its edge is no rim of a thing to swallow.
        fill = Inpaint(model=self.model, weights=self.weights, grow=0, seed=self.seed, opaque=True)
        result = fill.run(larger, border, load=load, tell=tell)
        wide = max(self.left, self.right) > image.width or max(self.top, self.bottom) > image.height
        notes = (*result.report.notes, *((MUCH,) if wide else ()))
        return replace(result, report=replace(result.report, notes=notes))

    def _check(self, image: Image) -> None:
        """Refuse, before any work is done, what the photo's own container cannot hold."""
        most = LONGEST.get(image.container, 0)
        longest = max(image.width + self.left + self.right, image.height + self.top + self.bottom)
        if most and longest > most:
            raise UsageError(
                f"A {image.container} has at most {most:,} pixels a side, and this one would have {longest:,}: "
                "extend it by less, or save the photo as PNG first."
            )


def extend(image: Image | Picture, *, device: str = "auto", tell: Tell = silent, **options: Any) -> Result:
    """Make a photo larger: `retoucher.extend("photo.jpg", right=200).image.save("wider.jpg")`.

    The photo is a path, bytes of a file, a numpy array (H, W) or (H, W, 1…4), or an `Image`. `options` are the fields
    of `Extend`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or "mps".
    """

    from retoucher import catalogue
    from retoucher.image import Image

    edit = Extend.parse(options)
    return edit.run(Image.of(image), load=partial(catalogue.load, device=device), tell=tell)
