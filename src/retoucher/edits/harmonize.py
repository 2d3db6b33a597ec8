"""Harmonize: what is pasted into a painting is painted again in the painting's own manner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, FiniteFloat, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

from retoucher.edit import About, Edit, Input, Load, Report, Result
from retoucher.edits.boxes import parse_box
from retoucher.edits.inpaint import BY_A_NETWORK, BY_RULE
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from retoucher.edits.harmonizing.place import Placed, Placement
    from retoucher.image import Image
    from retoucher.mask import Mask
    from retoucher.models.harmonization.network import Harmonization, Painted

    Picture = str | Path | bytes | np.ndarray[Any, Any]


class Harmonize(Edit):
    """Paint an object in: what is pasted into a painting is painted again with the painting's colours and strokes."""

    name: ClassVar[str] = "harmonize"
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("painting", "image", "the painting"),
        Input("object", "image", "what is pasted: a picture with a transparent background", required=False),
        Input("composite", "image", "instead of an object: the painting with it pasted on", required=False),
        Input("mask", "mask", "what belongs to the object (of its size), or was pasted (composite)", required=False),
    )

    x: FiniteFloat | None = Field(default=None, description="where the object's middle lies, in the painting's pixels")
    y: FiniteFloat | None = Field(default=None, description="the same from the top; empty = the painting's middle")
    scale: FiniteFloat = Field(default=1.0, gt=0, le=100, description="how many times larger the object is made")
    rotate: FiniteFloat = Field(default=0.0, ge=-360, le=360, description="degrees it is turned by, clockwise")
    flip: bool = Field(default=False, description="mirror it left to right, before it is turned")
    strength: Literal["auto"] | FiniteFloat = Field(
        default="auto", description="0 = only its colours are matched, 1 = fully repainted; auto = as the painting asks"
    )
    passes: int = Field(default=2, ge=0, le=2, description="1 = coarse, 2 = refined as well, 0 = only the finish")
    finish: bool = Field(default=True, description="smooth its colours and rebuild it from the painting's strokes")
    like: str = Field(
        default="", description="X,Y,WIDTH,HEIGHT of the part to take the strokes from; empty = all of it"
    )
    size: int = Field(default=700, ge=128, le=2000, description="longest side it works at; 256 = a quick preview")
    steps: int = Field(default=0, ge=0, le=5000, description="steps of each pass; 0 = the usual number")
    recipe: Literal["quick", "published"] = Field(
        default="quick", description="quick = ours; published = as released, with 2000 steps instead of 150"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="another seed gives another choice of strokes")
    weights: str = Field(default="", description="which network sees: a name from `retoucher weights list`")

    @field_validator("strength", mode="wrap")
    @classmethod
    def _number_or_auto(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        """One sentence for whichever of the two it failed to be."""
        wrong = PydanticCustomError("strength", "'auto' or a number from 0 to 1")
        try:
            found: object = handler(value)
        except ValidationError:
            raise wrong from None
        if isinstance(found, float) and not 0 <= found <= 1:
            raise wrong
        return found

    @field_validator("like")
    @classmethod
    def _four_numbers(cls, value: str) -> str:
        if value and parse_box(value) is None:
            raise PydanticCustomError("like", "X,Y,WIDTH,HEIGHT in pixels such as 10,20,300,200")
        return value

    @property
    def loads(self) -> str:
        """The name given to `load`: the weights, or else the method."""
        return {"": "harmonization", "vgg19": "harmonization-vgg19"}.get(self.weights, self.weights)

    @property
    def pace(self) -> tuple[object, ...]:
        """A preview is done in a twentieth of the time."""
        return self.recipe, self.size, self.passes, self.steps, self.strength == 0, self.finish

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse pictures that do not go together, and an object that is not on the painting."""
        from retoucher.edits.harmonizing import inputs

        inputs.check_given(given)
        painting = given["painting"].size
        inputs.check_like(parse_box(self.like), painting)
        if "object" in given:
            box = inputs.visible(given)
            inputs.check_place(self.placement(given["object"].size, painting), box, painting)

    def placement(self, size: tuple[int, int], painting: tuple[int, int]) -> Placement:
        """How an object of `size` (height, width) lies on a painting of that size."""
        from retoucher.edits.harmonizing.place import Placement

        x = painting[1] / 2 if self.x is None else self.x
        y = painting[0] / 2 if self.y is None else self.y
        return Placement(size, x, y, self.scale, self.rotate, self.flip).snapped()

    def run(
        self,
        painting: Image,
        object: Image | None = None,
        composite: Image | None = None,
        mask: Mask | None = None,
        *,
        load: Load,
        tell: Tell = silent,
    ) -> Result:
        """The painting with the object painted in; `changed` is the object and a few pixels around it.

        `views` has "correspondence" where a second pass was made: from where on the painting its strokes came. Raises
        `WrongInput` for pictures that do not go together.
        """
        from retoucher.edits.harmonizing import notes
        from retoucher.mask import Mask

        started = perf_counter()
        tell(0, "placing")
        pixels = painting.pixels
        placed = self._placed(painting, pixels, object, composite, mask)
        said = notes.about(painting, pixels, placed, composite is not None)
        tell(0.01, "loading")
        model = self._fitting(load(self.loads))
        small = notes.tiny(placed)
        strength = 0.0 if small else None if self.strength == "auto" else self.strength
        painted = self._painted(model, pixels, placed, strength, tell)
        if strength is None and self.passes:
            said = (notes.MEASURED.format(painted.strength), *said)
        learnt = self.passes > 0 and painted.strength > 0
        image = _pasted(painting, painted, BY_A_NETWORK if learnt else BY_RULE)
        views = _views(pixels, placed, painted)
        tell(1, "done")
        weights = (learnt and getattr(model, "weights_name", None)) or ""
        report = Report("harmonization", weights, 1, perf_counter() - started, said)
        return Result((image,), Mask(painted.changed[0].numpy()), report, views=views)

    def _placed(
        self, painting: Image, pixels: Tensor, thing: Image | None, composite: Image | None, mask: Mask | None
    ) -> Placed:
        """The naive composite and the object's mask on the painting; `WrongInput` where there is none to be had."""
        from retoucher.edits.harmonizing.inputs import check_seen, visible
        from retoucher.edits.harmonizing.place import Placed, place

        named = {"painting": painting, "object": thing, "composite": composite, "mask": mask}
        given = {name: About.of(each) for name, each in named.items() if each is not None}
        self.check(given)
        if thing is not None:
            where = self.placement(thing.size, painting.size)
            placed = place(pixels, thing, mask, where, visible(given))
        else:
            assert composite is not None  # `check` has seen to it
            assert mask is not None
            placed = Placed(composite.pixels, mask.pixels, 0.0)
        check_seen(placed.mask, "mask" if thing is None else "scale")
        return placed

    def _fitting(self, model: Any) -> Harmonization:
        """What `load` gave, if it can do this."""
        method = type(model).__name__.lower()
        if method != "harmonization":
            raise UsageError(f"The weights '{self.weights}' are for {method}, not for harmonization: leave them out.")
        found: Harmonization = model
        return found

    def _painted(
        self, model: Harmonization, pixels: Tensor, placed: Placed, strength: float | None, tell: Tell
    ) -> Painted:
        """What the model makes of it."""
        from retoucher.edits.harmonizing.show import Shown

        painted: Painted = model(
            pixels,
            placed.composite,
            placed.mask,
            strength=strength,
            passes=self.passes,
            finish=self.finish,
            size=self.size,
            steps=self.steps,
            recipe=self.recipe,
            like=parse_box(self.like),
            seed=self.seed,
            tell=Shown(tell, placed.mask),
        )
        if not bool(painted.pixels.isfinite().all()):
            raise RetoucherError("No usable pixels came out: try another strength, or fewer steps.")
        return painted


def harmonize(
    painting: Image | Picture,
    *,
    object: Image | Picture | None = None,
    composite: Image | Picture | None = None,
    mask: Mask | Picture | None = None,
    device: str = "auto",
    tell: Tell = silent,
    **options: Any,
) -> Result:
    """Paint an object in: `retoucher.harmonize("painting.jpg", object="balloon.png", x=320, y=200, scale=0.5)`.

    Or a composite that was made elsewhere, with its mask: `harmonize("painting.jpg", composite=…, mask=…)`. Pictures
    are paths, bytes of files, numpy arrays (H, W) or (H, W, 1…4), or `Image` and `Mask`. `options` are the fields of
    `Harmonize`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or "mps".
    """

    from retoucher import catalogue
    from retoucher.image import Image
    from retoucher.mask import Mask

    edit = Harmonize.parse(options)
    return edit.run(
        Image.of(painting),
        None if object is None else Image.of(object),
        None if composite is None else Image.of(composite),
        None if mask is None else Mask.of(mask),
        load=partial(catalogue.load, device=device),
        tell=tell,
    )


def _pasted(painting: Image, painted: Painted, mark: str) -> Image:
    """The painting with the pixels that changed, and no others."""
    from retoucher.mask import box_of

    where = painted.changed[0].numpy()
    box = box_of(where)
    if box is None:
        return painting
    x, y, width, height = box
    part = painted.pixels[:, y : y + height, x : x + width]
    return painting.paste(part, where[y : y + height, x : x + width], x=x, y=y, mark=mark)


def _views(pixels: Tensor, placed: Placed, painted: Painted) -> dict[str, Image]:
    """What explains the result: where the strokes came from, if a second pass has looked for that."""
    if painted.matches is None:
        return {}
    from retoucher.edits.harmonizing.show import correspondence

    return {"correspondence": correspondence(pixels, placed.mask, painted.matches, painted.size)}
