"""What several commands are told in the same words: each option is declared here once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from retoucher.edit import Load

Photo = Annotated[str, Parameter(help="Photos; - is standard input.")]
Output = Annotated[str, Parameter(name=["--output", "-o"], help="The result: a file, a folder, or - (stdout).")]
Device = Annotated[str, Parameter(help="Where networks run: auto, cpu, cuda or mps.")]
Overwrite = Annotated[bool, Parameter(help="Replace results that are already there.", negative="")]
Noted = Annotated[bool, Parameter(name="--mark", help="Note in the metadata that the picture was edited.")]
MaxPixels = Annotated[int | None, Parameter(help="Refuse larger pictures (200 million unless given).")]
Quiet = Annotated[bool, Parameter(help="Say nothing but errors.", negative="")]


def loader(device: str) -> Load:
    """Gives models on that device, each loaded once."""

    @cache
    def load(name: str) -> Any:
        from retoucher import catalogue
        from retoucher.device import choose

        choose(device)  # a device that is misspelt or missing is an error, even where no network needs it
        return catalogue.load(name, device=device)

    return load
