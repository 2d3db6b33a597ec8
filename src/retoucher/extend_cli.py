"""`retoucher extend`: make photos larger and fill the new border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from retoucher.arguments import Device, MaxPixels, Noted, Output, Overwrite, Photo, Quiet, loader
from retoucher.edits.extend import Extend
from retoucher.errands import Errand
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.edit import Result
    from retoucher.image import Image
    from retoucher.jobs import Tell

app = App(name="extend", help="Make a photo larger and fill the new border from it.")

UNCHANGED = Extend()
"""What is done where no option is given."""


@dataclass(frozen=True)
class Enlargement(Errand):
    """An errand that needs no mask."""

    def check(self) -> None:
        """Refuse a border of no pixels."""
        if self.edit == self.edit.model_copy(update=dict.fromkeys(("left", "top", "right", "bottom"), 0)):
            raise UsageError("Say by how much: --left, --top, --right or --bottom PIXELS.")

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened photo."""
        return self.edit.run(image, load=self.load, tell=tell)


@app.default
def extend(
    *photos: Photo,
    output: Output,
    edit: Annotated[Extend, Parameter(name="*")] = UNCHANGED,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Make a photo larger: add pixels on any side and fill them from the photo, which itself stays as it is."""
    if not photos:
        raise UsageError("Name a photo: retoucher extend PHOTO --right 200 --output OUT.")

    errand = Enlargement(edit, loader(device), overwrite=overwrite, mark=mark, max_pixels=max_pixels, quiet=quiet)
    return errand.run(photos, output)
