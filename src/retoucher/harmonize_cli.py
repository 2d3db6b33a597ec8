"""`retoucher harmonize`: what is pasted into a painting is painted again in its manner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from cyclopts import App, Parameter

from retoucher.arguments import Device, MaxPixels, Noted, Output, Overwrite, Quiet, loader
from retoucher.edits.harmonize import Harmonize
from retoucher.errands import STREAM, Errand, check_output, is_same, mask_file
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.edit import Result
    from retoucher.image import Image
    from retoucher.jobs import Tell

app = App(name="harmonize", help="Paint an object into a painting, in the painting's own manner.")

UNCHANGED = Harmonize()
"""What is done where no option is given."""


@dataclass(frozen=True)
class Painting(Errand):
    """An errand with an object to paste or a composite, whose files are never written to. `map`: the map's file."""

    edit: Harmonize
    object: str = ""
    composite: str = ""
    map: str = ""
    did: ClassVar[str] = "painted"

    def check(self) -> None:
        """Refuse half of what is needed, and a map that cannot be written."""
        if bool(self.object) == bool(self.composite):
            raise UsageError(
                "Give either --object or --composite, not both."
                if self.object
                else "Say what is to be painted in: --object OBJECT.png, or --composite NAIVE.png --mask MASK.png."
            )
        placing = {"x": self.edit.x, "y": self.edit.y, "scale": self.edit.scale, "rotate": self.edit.rotate}
        usual = {"x": None, "y": None, "scale": 1.0, "rotate": 0.0}
        if self.composite and (placing != usual or self.edit.flip):
            raise UsageError("A composite has its object in place already: leave out --at, --scale, --rotate, --flip.")
        if self.composite and not self.mask:
            raise UsageError("A composite needs the mask of what was pasted: give --mask MASK.png.")
        if self.map:
            if not self.map.lower().endswith(".png"):
                raise UsageError(f"The map is written as PNG: end {self.map} in .png.")
            if not Path(self.map).absolute().parent.is_dir():
                raise UsageError(
                    f"The folder {Path(self.map).parent} does not exist: make it, or write the map elsewhere."
                )
            if self.edit.passes < 2 or self.edit.strength == 0:
                raise UsageError("Only the second pass makes a map: leave out --map, or --passes and --strength.")

    def check_files(self, photo: str, output: str) -> None:
        """Refuse outputs that are the painting, another picture that is read, or each other."""
        super().check_files(photo, output)
        if self.map:
            check_output(photo, self.map, overwrite=self.overwrite)
        mask = mask_file(self.mask, photo) if self.mask else ""
        read = {"object": self.object, "composite": self.composite, "mask": mask}
        for what, name in read.items():
            for written in (output, self.map):
                if name and written and written != STREAM and is_same(name, written):
                    raise UsageError(f"{written} is the {what} itself: choose another output.")
        if self.map and self.map == output:
            raise UsageError("The map needs a file of its own: choose another name.")

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened painting."""
        from retoucher.image import Image

        thing = Image.open(self.object, max_pixels=self.limit) if self.object else None
        composite = Image.open(self.composite, max_pixels=self.limit) if self.composite else None
        mask = self.drawn(photo) if self.mask else None
        return self.edit.run(image, thing, composite, mask, load=self.load, tell=tell)

    def written(self, result: Result, output: str) -> tuple[str, ...]:
        """Write the painting, and then the map."""
        notes = super().written(result, output)
        if not self.map:
            return notes
        if "correspondence" not in result.views:
            return (*notes, f"There was no second pass to make a map of, so {self.map} was not written.")
        result.views["correspondence"].save(self.map, overwrite=self.overwrite)
        return notes


@app.default
def harmonize(
    *paintings: Annotated[str, Parameter(help="The painting (or several, all with the same object); - is stdin.")],
    output: Output,
    object: Annotated[str, Parameter(help="What is pasted: a picture with a transparent background.")] = "",
    composite: Annotated[str, Parameter(help="Instead: the painting with it pasted on, made elsewhere.")] = "",
    mask: Annotated[str, Parameter(help="White is the object: of its size, or of the composite's.")] = "",
    at: Annotated[str, Parameter(help="X,Y in the painting where the object's middle lies.")] = "",
    edit: Annotated[Harmonize, Parameter(name="*")] = UNCHANGED,
    map: Annotated[str, Parameter(help="Also write from where the strokes came, as a PNG.")] = "",
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Paint an object in: paste it into a painting and paint it again with the painting's colours and strokes."""
    if not paintings:
        raise UsageError("Name a painting: retoucher harmonize PAINTING --object OBJECT.png --at X,Y --output OUT.")
    if map and len(paintings) > 1:
        raise UsageError("One map cannot show several paintings: do them one by one, or leave out --map.")
    if at:
        from retoucher.select_cli import parse_point

        if edit.x is not None or edit.y is not None:
            raise UsageError("Give --at, or --x and --y, not both.")
        x, y = parse_point(at)
        edit = Harmonize.parse({**edit.model_dump(), "x": x, "y": y})
    errand = Painting(
        edit,
        loader(device),
        mask,
        overwrite=overwrite,
        mark=mark,
        max_pixels=max_pixels,
        quiet=quiet,
        object=object,
        composite=composite,
        map=map,
    )
    return errand.run(paintings, output)
