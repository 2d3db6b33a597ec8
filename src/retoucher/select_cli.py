"""`retoucher select`: clicks, boxes or scribbles become a mask file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from retoucher.arguments import MaxPixels, Overwrite, Quiet
from retoucher.edits.select import Select
from retoucher.errands import STREAM, check_output
from retoucher.errors import UsageError

app = App(name="select", help="Make a mask of a thing from a click, a box or a scribble.")

Words = list[str] | None
Place = tuple[float, float]


@app.default
def select(
    photo: Annotated[str, Parameter(help="The photo; - is standard input.")] = "",
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The mask: a PNG file, a folder, or - (stdout).")],
    point: Annotated[Words, Parameter(help="X,Y that belongs to the thing (repeatable).", negative="")] = None,
    exclude: Annotated[Words, Parameter(help="X,Y that does not belong (repeatable).", negative="")] = None,
    box: Annotated[Words, Parameter(help="X,Y,WIDTH,HEIGHT around all of it (repeatable).", negative="")] = None,
    scribble: Annotated[Words, Parameter(help='A line over it: "X,Y X,Y …" (repeatable).', negative="")] = None,
    exclude_scribble: Annotated[Words, Parameter(help="A line over what does not belong.", negative="")] = None,
    mask: Annotated[str, Parameter(help="A first idea of the mask, to be improved.")] = "",
    model: Annotated[str, Parameter(help="What finds the thing: auto or grabcut.")] = "auto",
    grow: Annotated[int, Parameter(help="Pixels to grow the mask by in the end, or to shrink it by.")] = 0,
    smooth: Annotated[int, Parameter(help="Pixels by which the mask's outline is rounded off.")] = 0,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Make a mask of a thing: white is the thing, black is the rest. `retoucher inpaint --mask` takes it away."""
    from retoucher.cli import parse_box

    if not photo:
        raise UsageError("Name a photo: retoucher select PHOTO --point X,Y --output MASK.png.")
    edit = Select.parse(
        {
            "points": [parse_point(each) for each in point or ()],
            "exclude": [parse_point(each) for each in exclude or ()],
            "boxes": [parse_box(each) for each in box or ()],
            "strokes": [parse_scribble(each) for each in scribble or ()],
            "exclude_strokes": [parse_scribble(each) for each in exclude_scribble or ()],
            "model": model,
            "grow": grow,
            "smooth": smooth,
        }
    )
    output = mask_output(photo, output)
    check_output(photo, output, overwrite=overwrite)
    return _select(edit, photo, output, mask, max_pixels, overwrite=overwrite, quiet=quiet)


def _select(
    edit: Select, photo: str, output: str, mask: str, max_pixels: int | None, *, overwrite: bool, quiet: bool
) -> int:
    """Open, find, write, and say what was found."""
    from retoucher import catalogue
    from retoucher.files import write_whole
    from retoucher.image import MAX_PIXELS, Image
    from retoucher.mask import Mask
    from retoucher.progress import Bar

    limit = MAX_PIXELS if max_pixels is None else max_pixels
    with Bar("standard input" if photo == STREAM else photo, quiet=quiet) as bar:
        image = Image.open(sys.stdin.buffer.read() if photo == STREAM else photo, max_pixels=limit)
        first = Mask.open(mask, max_pixels=limit) if mask else None
        result = edit.run(image, first, load=catalogue.load, tell=bar)
    data = result.mask.encode()
    if output == STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, data, overwrite=overwrite)
    if not quiet:
        to = sys.stderr if output == STREAM else sys.stdout
        name = "standard output" if output == STREAM else output
        share = 100 * result.mask.area / result.mask.array.size
        seconds = f"{result.report.seconds:.1f} s"
        print(f"{name}: {share:.1f} % of the photo, by {result.report.method} in {seconds}.", file=to, flush=True)
        for note in result.report.notes:
            print(f"  {note}", file=to, flush=True)
    return 0


def mask_output(photo: str, output: str) -> str:
    """Where the mask goes: the file `output`, or in the folder `output` a PNG of the photo's name."""
    if output == STREAM:
        return output
    if not output:
        raise UsageError("The output has no name: give --output MASK.png.")
    if output.endswith("/") or Path(output).is_dir():
        if photo == STREAM:
            raise UsageError("A photo from standard input has no name to use in a folder: give --output MASK.png.")
        return str(Path(output) / f"{Path(photo).stem}.png")
    if Path(output).suffix.lower() != ".png":
        raise UsageError(f"A mask is written as PNG, which keeps it exactly: end {output} in .png.")
    return output


def parse_point(text: str) -> Place:
    """The point in "X,Y"."""
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        raise UsageError(f"'{text}' is not a point: give X,Y in pixels, such as 320,200.") from None
    return x, y


def parse_scribble(text: str) -> list[Place]:
    """The points in "X,Y X,Y …"."""
    points = [parse_point(each) for each in text.split()]
    if not points:
        raise UsageError('A scribble has no points: give "X,Y X,Y …" in pixels, such as "10,20 40,25".')
    return points
