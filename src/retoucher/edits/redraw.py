"""Redraw: part of a face is erased and comes back as lines and colours say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isqrt
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from retoucher.edit import About, Edit, Input, Load, Report, Result, WrongInput, check_size
from retoucher.edits.boxes import parse_box
from retoucher.edits.inpaint import BY_A_NETWORK
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from retoucher.edits.redrawing.drawn import Drawn
    from retoucher.edits.redrawing.squares import Part
    from retoucher.faces import Face
    from retoucher.image import Image
    from retoucher.mask import Bools, Mask
    from retoucher.models.scfegan import SCFEGAN

    Picture = str | Path | bytes | np.ndarray[Any, Any]


class Redraw(Edit):
    """Redraw a face: what the mask covers is erased and painted again as your lines and colours say."""

    # Where the face lies is found in the whole photo, the masked part included, unless `face` says it: a face whose
    # eyes are masked could not be found otherwise. No pixel under the mask reaches the network or the result.
    name: ClassVar[str] = "redraw"
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("image", "image", "the photo"),
        Input("mask", "mask", "what may change: white is redrawn, black is kept"),
        Input("sketch", "image", "thin lines: on a transparent layer, or dark on light, or light on dark", False),
        Input(
            "color", "image", "colours: on a transparent layer, or on black or white, which is no colour then", False
        ),
    )

    face: str = Field(default="", description="X,Y,WIDTH,HEIGHT of the face from brows to chin; empty = it is found")
    weights: str = Field(default="", description="which network draws: a name from `retoucher weights list`")
    grow: int = Field(default=0, ge=0, le=64, description="pixels to grow the mask by")
    grain: bool = Field(default=True, description="give what is drawn the noise of the photo around it")
    seed: int = Field(default=0, ge=0, lt=2**32, description="another seed gives another grain, and hardly more")
    opaque: bool = Field(default=False, description="make the redrawn pixels opaque (for holes that are transparent)")

    @field_validator("face")
    @classmethod
    def _four_numbers(cls, value: str) -> str:
        if value and parse_box(value) is None:
            raise PydanticCustomError("face", "X,Y,WIDTH,HEIGHT in pixels such as 10,20,300,300")
        return value

    @property
    def loads(self) -> str:
        """The name given to `load`: the weights, or else the method."""
        return self.weights or "scfegan"

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse pictures that have not the photo's size, and a face that is not on the photo."""
        from retoucher.edits.redrawing.boxes import check_face

        photo = given["image"].size
        for name in ("mask", "sketch", "color"):
            if name in given:
                check_size(name, given[name].size, "photo", photo)
        check_face(self.face, photo)

    def run(
        self,
        image: Image,
        mask: Mask,
        sketch: Image | None = None,
        color: Image | None = None,
        *,
        load: Load,
        tell: Tell = silent,
    ) -> Result:
        """Redraw what the mask covers, grown by `grow`. An empty mask returns the very photo.

        Lines and colours outside the mask do not count, and a note says so. Raises `WrongInput` for pictures of another
        size, and where no face is found and none was given.
        """
        from retoucher.edits.redrawing import notes
        from retoucher.edits.redrawing.drawn import Drawn
        from retoucher.edits.redrawing.squares import parts

        started = perf_counter()
        named: dict[str, Image | Mask | None] = {"image": image, "mask": mask, "sketch": sketch, "color": color}
        self.check({name: About.of(each) for name, each in named.items() if each is not None})
        hole = mask.grow(self.grow)
        if hole.empty:
            return Result((image,), hole, Report(notes=(notes.EMPTY,)))
        tell(0, "looking")
        drawn = Drawn.of(sketch, color, hole.array)
        faces, said = self._faces(image, hole)
        pieces = parts(hole.array, faces)
        tell(0.1, "loading")
        model = self._fitting(load(self.loads))
        redrawn = self._redrawn(image, hole, drawn, pieces, model, tell)
        on = [part for part, _ in pieces]
        said = (*notes.about_drawn(drawn, hole.array), *said, *notes.about_faces(faces, on, drawn.nothing))
        tell(1, "done")
        report = Report(
            "scfegan",
            getattr(model, "weights_name", None) or "",
            len(pieces),
            perf_counter() - started,
            said,
            tuple(part.face.box for part, _ in pieces),
        )
        return Result((redrawn,), hole, report)

    def _faces(self, image: Image, hole: Mask) -> tuple[tuple[Face, ...], tuple[str, ...]]:
        """The face that was given or those that are found, and what there is to say about that."""
        from retoucher.edits.redrawing import notes
        from retoucher.edits.redrawing.boxes import check_face, middle, near
        from retoucher.edits.redrawing.squares import touched
        from retoucher.faces import Face, eyes, find

        given = check_face(self.face, image.size)
        if given is not None:
            return (Face(given, eyes(image, given)),), ()
        found = find(image)
        if not touched(hole.array, found):  # a small face in a large photo is found where one looks closer
            assert hole.box is not None
            found = (*find(image, within=near(hole.box, image.size)), *found)
        if found:
            return found, ()
        if hole.full:
            return (Face(middle(image.size)),), (notes.CANVAS,)
        raise WrongInput("face", notes.NO_FACE)

    def _fitting(self, model: Any) -> SCFEGAN:
        """What `load` gave, if it can do this."""
        method = type(model).__name__.lower()
        if method != "scfegan":
            raise UsageError(f"The weights '{self.weights}' are for {method}, not for redrawing faces: leave them out.")
        found: SCFEGAN = model
        return found

    def _redrawn(
        self, image: Image, hole: Mask, drawn: Drawn, pieces: list[tuple[Part, Bools]], model: SCFEGAN, tell: Tell
    ) -> Image:
        """One face after the other; what one has drawn is known to the next."""
        from retoucher.edits.redrawing.lay import laid

        unknown = hole.array.copy()
        if image.has_alpha:
            unknown |= image.samples[..., -1] == 0  # colours that cannot be seen mean nothing
        for number, (part, where) in enumerate(pieces):
            tell(0.1 + 0.9 * number / len(pieces), f"drawing {number + 1} of {len(pieces)}")
            # without guidance it is at home at the size it learnt at only
            extent = round(part.square.side) if drawn.nothing else isqrt(int(where.sum()))
            picture, side = self._painted(model, image, unknown, drawn, part, extent)
            seed = self.seed + number if self.grain else None
            pixels = laid(image, picture, part, where, unknown, drawn.painted, part.square.side / side, seed)
            x, y, width, height = part.box
            image = image.paste(pixels, where, x=x, y=y, mark=BY_A_NETWORK, opaque=self.opaque)
            unknown[y : y + height, x : x + width] &= ~where
        return image

    def _painted(
        self, model: SCFEGAN, image: Image, unknown: Bools, drawn: Drawn, part: Part, extent: int
    ) -> tuple[Tensor, int]:
        """The network's picture of the square (1, 3, side, side) on the CPU, and that side."""
        import torch

        from retoucher.alignment import ALL
        from retoucher.models.scfegan.inputs import random_bits

        square = part.square
        side = model.working_side(max(1, round(square.side)), extent)
        pixels, known = square.take(image, unknown, side)
        colors, painted = drawn.colors_in(square, side)
        planes = (
            pixels,
            (known < ALL).float(),
            drawn.lines_in(square, side),
            colors,
            painted,
            random_bits(side, side, self.seed),
        )
        device = next(model.parameters()).device
        with torch.inference_mode():
            picture = model(*(None if each is None else each.to(device) for each in planes)).float().cpu()
        if not bool(picture.isfinite().all()):
            raise RetoucherError("The network gave no usable pixels: try other weights or another device.")
        return picture, side


def redraw(
    image: Image | Picture,
    mask: Mask | Picture,
    sketch: Image | Picture | None = None,
    color: Image | Picture | None = None,
    *,
    device: str = "auto",
    tell: Tell = silent,
    **options: Any,
) -> Result:
    """Redraw part of a face: `retoucher.redraw("me.jpg", "mask.png", "lines.png", "colors.png").image.save("new.jpg")`.

    Pictures are paths, bytes of files, numpy arrays (H, W) or (H, W, 1…4), or `Image` and `Mask`, all of the photo's
    size. `options` are the fields of `Redraw`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or
    "mps". There are no variants to choose from: a network that learnt to reconstruct ignores its noise.
    """

    from retoucher import catalogue
    from retoucher.image import Image
    from retoucher.mask import Mask

    edit = Redraw.parse(options)
    return edit.run(
        Image.of(image),
        Mask.of(mask),
        None if sketch is None else Image.of(sketch),
        None if color is None else Image.of(color),
        load=partial(catalogue.load, device=device),
        tell=tell,
    )
