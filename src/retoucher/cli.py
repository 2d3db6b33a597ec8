"""The command line: parse, call, answer. Options of an edit come from its fields."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError, MissingArgumentError

from retoucher import __version__
from retoucher.arguments import Device, MaxPixels, Noted, Output, Overwrite, Photo, Quiet, loader
from retoucher.edits.inpaint import Inpaint
from retoucher.errands import STREAM, Errand, sentence
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from retoucher.edit import Edit

app = App(
    name="retoucher",
    version=__version__,
    help="Take something out of a photo, and change nothing else.",
    suppress_keyboard_interrupt=False,  # `main` answers it with a sentence
)
app.command("retoucher.train_cli:app", name="train", help="Train a network on photos of your own.")
app.command("retoucher.weights_cli:app", name="weights", help="The networks' weights: list, pull, add, verify.")
app.command("retoucher.serve_cli:app", name="serve", help="Open the editor in the browser.")
app.command("retoucher.select_cli:app", name="select", help="Make a mask from a click, a box or a scribble.")
app.command("retoucher.extend_cli:app", name="extend", help="Make a photo larger and fill the new border.")
app.command("retoucher.harmonize_cli:app", name="harmonize", help="Paint an object into a painting, in its manner.")
app.command("retoucher.redraw_cli:app", name="redraw", help="Redraw part of a face after lines and colours.")
app.command("retoucher.redraw_cli:trace_app", name="trace", help="Take a photo's own lines and colours.")
app.command("retoucher.person_cli:app", name="person", help="Make a model of a person: create, list, show, delete.")
app.command("retoucher.personal_cli:restore_app", name="restore", help="Repair or enlarge a person's face.")
app.command("retoucher.personal_cli:adjust_app", name="adjust", help="Change a person's face: smile, turn.")
app.command("retoucher.personal_cli:imagine_app", name="imagine", help="Make new pictures of a person.")
app.command("retoucher.evaluate_cli:app", name="evaluate", help="Measure methods side by side on your own pictures.")

UNCHANGED = Inpaint()
"""What is done where no option is given."""


@app.command
def inpaint(
    *photos: Photo,
    output: Output,
    mask: Annotated[str, Parameter(help="White may change. A folder: one mask for each photo, named like it.")] = "",
    box: Annotated[list[str] | None, Parameter(help="X,Y,WIDTH,HEIGHT may change (repeatable).", negative="")] = None,
    transparent: Annotated[bool, Parameter(help="Fill what is half transparent or more.", negative="")] = False,
    edit: Annotated[Inpaint, Parameter(name="*")] = UNCHANGED,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Take something out: fill what the mask covers from its surroundings.

    Several photos go to a folder; results that are already there are left out, so a stopped batch is continued by
    the same command.
    """

    if not photos:
        raise UsageError("Name a photo: retoucher inpaint PHOTO --mask MASK --output OUT.")

    if transparent:
        edit = edit.model_copy(update={"opaque": True})
    boxes = tuple(map(parse_box, box or ()))
    errand = Errand(edit, loader(device), mask, boxes, transparent, overwrite, mark, max_pixels, quiet)
    return errand.run(photos, output)


@app.command
def demo(
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the two pictures.")] = "demo",
    overwrite: Overwrite = False,
) -> int:
    """Take an object out of the sample photo that comes with Retoucher."""
    from retoucher.demo import run

    for line in run(output, overwrite=overwrite):
        print(line)
    return 0


def parse_box(text: str) -> tuple[int, int, int, int]:
    """The box in "X,Y,WIDTH,HEIGHT"."""
    try:
        x, y, width, height = map(int, text.split(","))
    except ValueError:
        raise UsageError(f"'{text}' is not a box: give X,Y,WIDTH,HEIGHT in pixels, such as 10,20,300,200.") from None
    return x, y, width, height


def main(tokens: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it worked, 2 for wrong use, 1 for failure, 130 when stopped by Ctrl-C.

    Whatever happens ends in one sentence on standard error. Environment variable RETOUCHER_DEBUG shows the traceback
    of an error that is ours.
    """
    tokens = sys.argv[1:] if tokens is None else tokens
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text that can be shown
    try:
        # A lone "-" looks like an option to the parser.
        words = _with_places([STREAM if token == "-" else token for token in tokens])
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return _fail("Stopped: what was finished is kept, and nothing half done is left.", 130)
    except CycloptsError as error:
        return _fail(_wrong_use(error), 2)
    except UsageError as error:
        return _fail(sentence(error), 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads, and Python still flushes it at exit
        return 1
    except Exception as error:
        if os.environ.get("RETOUCHER_DEBUG"):
            raise
        return _fail(sentence(error), 1)


def _with_places(words: list[str]) -> list[str]:
    """Places left of or above a picture (--at -50,60), which look like options to the parser, tied to their option."""
    tied: list[str] = []
    for word in words:
        if (
            tied
            and tied[-1].startswith("--")
            and "=" not in tied[-1]
            and re.fullmatch(r"-\d[\d.]*(,-?\d[\d.]*)+", word)
        ):
            tied[-1] += f"={word}"
        else:
            tied.append(word)
    return tied


def _fail(said: str, code: int) -> int:
    print(f"retoucher: {said}", file=sys.stderr)
    return code


def _wrong_use(error: CycloptsError) -> str:
    """One sentence for what the parser found."""
    from pydantic import ValidationError

    if isinstance(error.__cause__, ValidationError):
        return _edit_of(error.__cause__).explained(error.__cause__)
    said = " ".join(str(error).split())
    if isinstance(error, MissingArgumentError) and error.argument is not None and not said.endswith("?"):
        wrong = f"{error.keyword} needs a value" if error.keyword else f"{error.argument.name} is missing"
        return f"{wrong}; see --help."
    return said if said.endswith("?") else f"{said.rstrip('.')}; see --help."


def _edit_of(error: ValidationError) -> type[Edit]:
    """Which edit's options were wrong: pydantic names the class."""
    from retoucher.edits import EDITS

    return next((edit for edit in EDITS if edit.__name__ == error.title), Inpaint)


if __name__ == "__main__":
    sys.exit(main())
