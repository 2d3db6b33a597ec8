"""Trace: a photo's own lines and colours, for somebody to bend, erase and paint over before `redraw`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from retoucher.edit import About, Edit, Input, Load, Report, Result
from retoucher.edits.boxes import parse_box
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np

    from retoucher.alignment import Square
    from retoucher.faces import Face
    from retoucher.image import Image
    from retoucher.mask import Bools
    from retoucher.picture import Samples

    Picture = str | Path | bytes | np.ndarray[Any, Any]

SIDE = 512
"""Pixels of the square that is traced, at most: what the sizes of the sketch are made for."""
USUAL = 0.5
"""The detail that leaves the sketch's own thresholds as they are."""


class Trace(Edit):
    """Take a face's own lines and colours from the photo, to bend them, erase some and redraw it."""

    name: ClassVar[str] = "trace"
    inputs: ClassVar[tuple[Input, ...]] = (Input("image", "image", "the photo"),)

    face: str = Field(default="", description="X,Y,WIDTH,HEIGHT of the face from brows to chin; empty = all are found")
    detail: float = Field(default=USUAL, ge=0, le=1, description="how many lines: 0 = few, 1 = many")
    cell: float = Field(default=14, ge=8, le=128, description="size of the areas of colour, for a face of 512 pixels")

    @field_validator("face")
    @classmethod
    def _four_numbers(cls, value: str) -> str:
        if value and parse_box(value) is None:
            raise PydanticCustomError("face", "X,Y,WIDTH,HEIGHT in pixels such as 10,20,300,300")
        return value

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse a face that is not on the photo."""
        from retoucher.edits.redrawing.boxes import check_face

        check_face(self.face, given["image"].size)

    def run(self, image: Image, *, load: Load | None = None, tell: Tell = silent) -> Result:
        """The lines as the one mask, white on black, and as the view "colors" areas of flat colour, clear elsewhere.

        Both have the photo's size and show nothing outside the squares around the faces; where there is no face, the
        whole picture is taken for one. Nothing is loaded: lines and colours are found without a network.
        """
        import numpy as np

        from retoucher.image import Image
        from retoucher.mask import Mask

        started = perf_counter()
        self.check({"image": About.of(image)})
        tell(0, "looking")
        squares, faces, notes = self._squares(image)
        lines = np.zeros(image.size, bool)
        colors = np.zeros((*image.size, 4), np.uint8)
        # The largest face comes last and lies over the others.
        for number, square in enumerate(reversed(squares)):
            tell(0.2 + 0.8 * number / len(squares), "tracing")
            self._trace(image, square, lines, colors)
        tell(1, "done")
        boxes = tuple(face.box for face in faces)
        report = Report("trace", "", len(squares), perf_counter() - started, notes, boxes)
        views = {"colors": Image.from_array(colors)}
        return Result((), Mask.none(image.size), report, masks=(Mask(lines),), views=views)

    def _squares(self, image: Image) -> tuple[list[Square], tuple[Face, ...], tuple[str, ...]]:
        """What is traced, whose squares these are, and what there is to say about it."""
        from retoucher.alignment import Square
        from retoucher.edits.redrawing import notes
        from retoucher.edits.redrawing.boxes import check_face
        from retoucher.edits.redrawing.squares import around
        from retoucher.faces import Face, eyes, find

        given = check_face(self.face, image.size)
        faces = find(image) if given is None else (Face(given, eyes(image, given)),)
        if faces:
            return [around(face) for face in faces], faces, ()
        whole = Square(image.width / 2, image.height / 2, max(image.size))
        return [whole], (), (notes.WHOLE,)

    def _trace(self, image: Image, square: Square, lines: Bools, colors: Samples) -> None:
        """Write one square's lines and colours into those of the photo."""
        import numpy as np
        import torch

        from retoucher.edits.redrawing.chains import chains, draw, smoothed
        from retoucher.models.scfegan import colors as flat
        from retoucher.models.scfegan import sketch

        side = max(16, min(SIDE, round(square.side)))
        clear = None if not image.has_alpha else image.samples[..., -1] == 0
        pixels, _ = square.take(image, clear, side)
        rgb = np.rint(pixels[0].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        scale, more = side / SIDE, 2.0 ** (3 * (self.detail - USUAL))
        found = sketch.sketch(
            rgb, scale, low=sketch.LOW / more, high=sketch.HIGH / more, speck=max(1, round(sketch.SPECK / more))
        )
        box = square.bounds(image.size)
        x, y, width, height = box
        place = np.s_[y : y + height, x : x + width]
        covers = square.covers(box)
        curves = [square.outside(smoothed(chain) / side) - (x, y) for chain in chains(sketch.thinned(found))]
        lines[place] = np.where(
            covers, draw(curves, (height, width), 1 if square.side < 1.25 * side else 2), lines[place]
        )
        areas = torch.from_numpy(flat.colors(rgb, self.cell, scale).astype(np.float32).transpose(2, 0, 1) / 255)
        laid = square.put(areas[None], box, smooth=False).numpy().transpose(1, 2, 0)
        painted = np.dstack([np.rint(laid.clip(0, 1) * 255), np.full((height, width, 1), 255)]).astype(np.uint8)
        colors[place] = np.where(covers[..., None], painted, colors[place])


def trace(image: Image | Picture, *, tell: Tell = silent, **options: Any) -> Result:
    """A photo's own lines and colours: `retoucher.trace("me.jpg").mask.encode()` is a PNG of the lines.

    The colours are `.views["colors"]`. The photo is a path, bytes of a file, a numpy array (H, W) or (H, W, 1…4), or an
    `Image`. `options` are the fields of `Trace`: a misspelt one is a `UsageError`.
    """

    from retoucher.image import Image

    return Trace.parse(options).run(Image.of(image), tell=tell)
