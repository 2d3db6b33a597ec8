"""Select: clicks, boxes or scribbles become the mask of the thing that was meant."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, FiniteFloat

from retoucher.edit import Edit, Input, Load, Report, Result
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np

    from retoucher.image import Image
    from retoucher.mask import Mask

    Picture = str | Path | bytes | np.ndarray[Any, Any]

Place = tuple[FiniteFloat, FiniteFloat]
"""x, y in pixels of the upright photo, origin top left."""


class Select(Edit):
    """Make a mask of a thing: click on it, draw a box around it, or scribble over it."""

    name: ClassVar[str] = "select"
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("image", "image", "the photo"),
        Input("mask", "mask", "a first idea of what is meant, to be improved", required=False),
    )

    points: tuple[Place, ...] = Field(default=(), description="[x, y] that belong to the thing")
    exclude: tuple[Place, ...] = Field(default=(), description="[x, y] that do not belong to it")
    boxes: tuple[tuple[int, int, int, int], ...] = Field(
        default=(), description="[x, y, width, height] around all of what is meant"
    )
    strokes: tuple[tuple[Place, ...], ...] = Field(
        default=(), description="scribbles over the thing: lists of [x, y], each a line"
    )
    exclude_strokes: tuple[tuple[Place, ...], ...] = Field(
        default=(), description="scribbles over what does not belong to it: lists of [x, y], each a line"
    )
    model: Literal["auto", "grabcut"] = Field(
        default="auto", description="what finds the thing: a method, or the best that is present"
    )
    grow: int = Field(default=0, ge=-64, le=64, description="pixels to grow the mask by in the end, or to shrink it by")
    smooth: int = Field(default=0, ge=0, le=64, description="pixels by which the mask's outline is rounded off")

    @property
    def loads(self) -> str:
        """The name given to `load`."""
        return "grabcut" if self.model == "auto" else self.model

    def run(self, image: Image, mask: Mask | None = None, *, load: Load, tell: Tell = silent) -> Result:
        """Find the thing; the result has no picture but one mask, and notes where it is doubtful.

        Raises UsageError where nothing says what belongs, where a click lies outside of the photo, and where the first
        idea `mask` has another size.
        """
        from retoucher.edits.selecting.doubts import doubts
        from retoucher.edits.selecting.edges import drawn
        from retoucher.edits.selecting.looking import look
        from retoucher.edits.selecting.prompt import Prompt
        from retoucher.edits.selecting.windows import Photo
        from retoucher.mask import Mask

        started = perf_counter()
        prompt = Prompt.made(self, image.size, mask)
        tell(0, "loading")
        model = load(self.loads)
        photo = Photo(image)
        window, belief = look(photo, prompt, model, tell)
        tell(0.7, "drawing the edge")
        found = Mask(drawn(photo, window, belief))
        notes = doubts(photo, prompt, window, found)
        if self.smooth:
            found = found.shrink(self.smooth).grow(2 * self.smooth).shrink(self.smooth)
        found = found.grow(self.grow)
        tell(1, "done")
        method = type(model).__name__.lower()
        weights = getattr(model, "weights_name", None) or ""
        report = Report(method, weights, 1, perf_counter() - started, notes)
        return Result((), Mask.none(image.size), report, masks=(found,))


def select(
    image: Image | Picture,
    mask: Mask | Picture | None = None,
    *,
    device: str = "auto",
    tell: Tell = silent,
    **options: Any,
) -> Result:
    """Make a mask of a thing: `retoucher.select("photo.jpg", points=[(320, 200)]).mask.encode()` is a PNG file.

    The photo is a path, bytes of a file, a numpy array (H, W) or (H, W, 1…4), or an `Image`; so is the `mask`, a first
    idea to be improved. `options` are the fields of `Select`: a misspelt one is a `UsageError`.
    """

    from retoucher import catalogue
    from retoucher.image import Image
    from retoucher.mask import Mask

    edit = Select.parse(options)
    idea = None if mask is None else Mask.of(mask)
    return edit.run(Image.of(image), idea, load=partial(catalogue.load, device=device), tell=tell)
