"""`retoucher redraw`: part of a face is redrawn as lines and colours say; `retoucher trace`: its own, to begin from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from cyclopts import App, Parameter

from retoucher.arguments import Device, MaxPixels, Noted, Output, Overwrite, Photo, Quiet, loader
from retoucher.edits.redraw import Redraw
from retoucher.edits.trace import Trace
from retoucher.errands import STREAM, Errand, check_output, is_same
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.edit import Result
    from retoucher.image import Image
    from retoucher.jobs import Tell

app = App(name="redraw", help="Redraw part of a face as your lines and colours say.")
trace_app = App(name="trace", help="Take a photo's own lines and colours, to begin a drawing from.")

UNCHANGED, TRACED = Redraw(), Trace()
"""What is done where no option is given."""

SKETCH = (
    "Thin lines that the face is to follow, of the photo's size: what is opaque on a transparent layer, or dark lines "
    "on light, or light ones on dark."
)
COLOR = (
    "Colours that it is to have, of the photo's size: what is opaque on a transparent layer, or everything but the "
    "black or white ground."
)


@dataclass(frozen=True)
class Portrait(Errand):
    """An errand with lines and colours, whose files are never written to."""

    edit: Redraw
    sketch: str = ""
    color: str = ""
    did: ClassVar[str] = "redrawn"

    def check(self) -> None:
        """Refuse what cannot be done for any photo."""
        if not (self.mask or self.boxes or self.transparent):
            raise UsageError("Say what may change: --mask FILE or --box X,Y,WIDTH,HEIGHT.")

    def check_files(self, photo: str, output: str) -> None:
        """Refuse an output that is a picture which is read."""
        super().check_files(photo, output)
        for what, name in (("sketch", self.sketch), ("color", self.color)):
            if name and output != STREAM and is_same(name, output):
                raise UsageError(f"{output} is the {what} itself: choose another output.")

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened photo."""
        from retoucher.image import Image

        sketch = Image.open(self.sketch, max_pixels=self.limit) if self.sketch else None
        color = Image.open(self.color, max_pixels=self.limit) if self.color else None
        return self.edit.run(image, self._mask_for(photo, image), sketch, color, load=self.load, tell=tell)


@app.default
def redraw(
    *photos: Photo,
    output: Output,
    mask: Annotated[str, Parameter(help="White may change. A folder: one mask for each photo, named like it.")] = "",
    box: Annotated[list[str] | None, Parameter(help="X,Y,WIDTH,HEIGHT may change (repeatable).", negative="")] = None,
    sketch: Annotated[str, Parameter(help=SKETCH)] = "",
    color: Annotated[str, Parameter(help=COLOR)] = "",
    edit: Annotated[Redraw, Parameter(name="*")] = UNCHANGED,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Redraw a face: what the mask covers is erased and painted again as your lines and colours say."""
    from retoucher.cli import parse_box

    if not photos:
        raise UsageError("Name a photo: retoucher redraw PHOTO --mask MASK --sketch LINES --color COLORS --output OUT.")
    errand = Portrait(
        edit,
        loader(device),
        mask,
        tuple(map(parse_box, box or ())),
        overwrite=overwrite,
        mark=mark,
        max_pixels=max_pixels,
        quiet=quiet,
        sketch=sketch,
        color=color,
    )
    return errand.run(photos, output)


@trace_app.default
def trace(
    photo: Annotated[str, Parameter(help="The photo; - is standard input.")] = "",
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The lines: a PNG, a folder, or - (stdout).")],
    colors: Annotated[str, Parameter(help="Also write the areas of colour, as a PNG.")] = "",
    edit: Annotated[Trace, Parameter(name="*")] = TRACED,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Take a face's own lines and colours: bend them, erase some, and give them to `retoucher redraw`."""
    from retoucher.select_cli import mask_output

    if not photo:
        raise UsageError("Name a photo: retoucher trace PHOTO --output LINES.png --colors COLORS.png.")
    output = mask_output(photo, output)
    check_output(photo, output, overwrite=overwrite)
    if colors:
        if Path(colors).suffix.lower() != ".png":
            raise UsageError(f"The colours are written as PNG, which keeps them exactly: end {colors} in .png.")
        check_output(photo, colors, overwrite=overwrite)
        if Path(colors).absolute() == Path(output).absolute():
            raise UsageError("The colours need a file of their own: choose another name.")
    return _trace(edit, photo, output, colors, max_pixels, overwrite=overwrite, quiet=quiet)


def _trace(
    edit: Trace, photo: str, output: str, colors: str, max_pixels: int | None, *, overwrite: bool, quiet: bool
) -> int:
    """Open, trace, write, and say what was found."""
    from retoucher.files import write_whole
    from retoucher.image import MAX_PIXELS, Image
    from retoucher.progress import Bar

    limit = MAX_PIXELS if max_pixels is None else max_pixels
    with Bar("standard input" if photo == STREAM else photo, quiet=quiet) as bar:
        image = Image.open(sys.stdin.buffer.read() if photo == STREAM else photo, max_pixels=limit)
        result = edit.run(image, tell=bar)
    if output == STREAM:
        sys.stdout.buffer.write(result.mask.encode())
        sys.stdout.buffer.flush()
    else:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, result.mask.encode(), overwrite=overwrite)
    if colors:
        Path(colors).parent.mkdir(parents=True, exist_ok=True)
        result.views["colors"].save(colors, overwrite=overwrite)
    if not quiet:
        to = sys.stderr if output == STREAM else sys.stdout
        name = "standard output" if output == STREAM else output
        where = "; ".join(",".join(map(str, box)) for box in result.report.faces) or "none"
        print(f"{name}: {result.mask.area:,} pixels of lines; faces at {where}.", file=to, flush=True)
        for note in result.report.notes:
            print(f"  {note}", file=to, flush=True)
    return 0
