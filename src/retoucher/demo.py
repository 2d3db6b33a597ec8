"""The demonstration: an object taken out of the sample photo that comes with Retoucher."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retoucher.edits.inpaint import Inpaint
from retoucher.errors import UsageError
from retoucher.image import Image
from retoucher.mask import Mask

if TYPE_CHECKING:
    from retoucher.edit import Load

OUTLINE = (255, 40, 40)
"""The colour of the line around the mask, and how many pixels wide it is."""
OUTLINE_WIDTH = 3


def run(output: str | Path, *, overwrite: bool = False, load: Load | None = None) -> list[str]:
    """Write `result.png` and `before_after.png` to the folder `output`; returns what to tell the person.

    Raises UsageError where one of them is there already, unless `overwrite`.
    """
    from retoucher import catalogue
    from retoucher.progress import Bar

    after_path, both_path = Path(output) / "result.png", Path(output) / "before_after.png"
    for path in (after_path, both_path):
        if path.exists() and not overwrite:
            raise UsageError(f"{path} already exists: choose another --output or pass --overwrite.")
    try:
        Path(output).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{output} cannot be a folder ({error.strerror}): choose another --output.") from None
    photo, mask = sample()
    with Bar("sample photo") as bar:
        result = Inpaint().run(photo, mask, load=load or partial(catalogue.load, device="auto"), tell=bar)
    result.image.save(after_path, overwrite=overwrite)
    side_by_side(photo, result.image, mask).save(both_path, overwrite=overwrite)
    outside = np.count_nonzero((result.image.samples != photo.samples).any(-1) & ~result.changed.array)
    return [
        f"An object was taken out of the sample photo by {result.report.method} in {result.report.seconds:.1f} s.",
        f"Pixels changed outside the mask: {outside}.",
        f"Result: {after_path.resolve()}",
        f"Before and after: {both_path.resolve()}",
    ]


def sample() -> tuple[Image, Mask]:
    """The photo and the mask that come with Retoucher."""
    data = files("retoucher") / "data"
    return Image.open((data / "sample.jpg").read_bytes()), Mask.open((data / "sample_mask.png").read_bytes())


def side_by_side(before: Image, after: Image, mask: Mask) -> Image:
    """The photo with its mask outlined, and the result to its right."""
    line = mask.grow(OUTLINE_WIDTH).array & ~mask.array
    left, right = (np.moveaxis(image.pixels.mul(255).round().byte().numpy(), 0, -1) for image in (before, after))
    left = np.where(line[..., None], np.array(OUTLINE, np.uint8), left)
    both = Image.from_array(np.concatenate([left, right], 1))
    return replace(both, mark=after.mark, changed=np.ones(both.size, bool))  # so that it says what it shows
