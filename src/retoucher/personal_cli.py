"""`retoucher restore`, `adjust` and `imagine`: what a model of a person does to photos, and new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from cyclopts import App, Parameter

from retoucher.arguments import Device, MaxPixels, Noted, Output, Overwrite, Photo, Quiet, loader
from retoucher.edits.adjust import Adjust
from retoucher.edits.imagine import Imagine
from retoucher.edits.restore import Restore
from retoucher.errands import STREAM, Errand
from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.edit import Result
    from retoucher.image import Image
    from retoucher.jobs import Tell

restore_app = App(name="restore", help="Repair what covers a person's face, or enlarge a face of few pixels.")
adjust_app = App(name="adjust", help="Change something about a person's face.")
imagine_app = App(name="imagine", help="Make new pictures of a person.")

RESTORED, ADJUSTED, IMAGINED = Restore(), Adjust(), Imagine()
"""What is done where no option is given."""


@dataclass(frozen=True)
class Repair(Errand):
    """An errand that may have a mask, and may have several answers: the further ones are called NAME-2 and so on."""

    did: ClassVar[str] = "restored"

    def check(self) -> None:
        """Refuse what cannot be done for any photo: neither of mask and scale, or both."""
        assert isinstance(self.edit, Restore)
        if not (self.mask or self.boxes or self.edit.scale > 1):
            raise UsageError("Say what is to be restored: --mask FILE or --box X,Y,WIDTH,HEIGHT, or --scale N.")

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened photo."""
        mask = self._mask_for(photo, image) if self.mask or self.boxes else None
        return self.edit.run(image, mask, load=self.load, tell=tell)

    def written(self, result: Result, output: str) -> tuple[str, ...]:
        """Write all answers; returns what could not be kept."""
        said = super().written(result, output)
        if output == STREAM:
            return said
        for number, image in enumerate(result.images[1:], 2):
            super().written(replace(result, images=(image,)), numbered(output, number))
        return said


@dataclass(frozen=True)
class Change(Errand):
    """An errand that needs no mask."""

    did: ClassVar[str] = "adjusted"

    def check(self) -> None:
        """Everything is in the options."""

    def made(self, photo: str, image: Image, tell: Tell) -> Result:
        """The edit of one opened photo."""
        return self.edit.run(image, load=self.load, tell=tell)


@restore_app.default
def restore(
    *photos: Photo,
    output: Output,
    edit: Annotated[Restore, Parameter(name="*")] = RESTORED,
    mask: Annotated[str, Parameter(help="White is made anew. A folder: one mask for each photo, named like it.")] = "",
    box: Annotated[list[str] | None, Parameter(help="X,Y,WIDTH,HEIGHT is made anew (repeatable).", negative="")] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Repair a face as that person (--mask), or enlarge a photo in which it has few pixels (--scale)."""
    from retoucher.cli import parse_box

    _named(photos, "restore PHOTO --person NAME --mask MASK --output OUT")
    boxes = tuple(map(parse_box, box or ()))
    errand = Repair(
        edit, loader(device), mask, boxes, overwrite=overwrite, mark=mark, max_pixels=max_pixels, quiet=quiet
    )
    return errand.run(photos, output)


@adjust_app.default
def adjust(
    *photos: Photo,
    output: Output,
    edit: Annotated[Adjust, Parameter(name="*")] = ADJUSTED,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    max_pixels: MaxPixels = None,
    quiet: Quiet = False,
) -> int:
    """Change something about a person's face: --direction smile --amount 1."""
    _named(photos, "adjust PHOTO --person NAME --direction smile --amount 1 --output OUT")
    errand = Change(edit, loader(device), overwrite=overwrite, mark=mark, max_pixels=max_pixels, quiet=quiet)
    return errand.run(photos, output)


@imagine_app.default
def imagine(
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"], help="The folder for the pictures.")],
    edit: Annotated[Imagine, Parameter(name="*")] = IMAGINED,
    device: Device = "auto",
    overwrite: Overwrite = False,
    mark: Noted = True,
    quiet: Quiet = False,
) -> int:
    """Make new pictures of a person, each between a few of their photos: 1.png, 2.png … in a folder."""
    from retoucher.progress import Bar

    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{output} is a file: name a folder for the pictures.")
    names = [folder / f"{edit.person}-{number}.png" for number in range(1, edit.count + 1)]
    if not overwrite and (there := [path for path in names if path.exists()]):
        raise UsageError(f"{there[0]} already exists: choose another folder or pass --overwrite.")
    with Bar(f"imagine {edit.person}", quiet=quiet) as tell:
        result = edit.run(load=loader(device), tell=tell)
    folder.mkdir(parents=True, exist_ok=True)
    for path, image in zip(names, result.images, strict=True):
        image.save(path, overwrite=overwrite, mark=mark)
    if not quiet:
        print(f"{output}: {len(names)} pictures by {result.report.weights} in {result.report.seconds:.1f} s.")
        for note in result.report.notes:
            print(f"  {note}")
    return 0


def numbered(output: str, number: int) -> str:
    """The name of a further answer.

    >>> numbered("me.jpg", 2)
    'me-2.jpg'
    """
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def _named(photos: Sequence[str], usage: str) -> None:
    if not photos:
        raise UsageError(f"Name a photo: retoucher {usage}.")
