"""Paintings with something pasted on them: folders of NAME_painting, NAME_composite and NAME_mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.cases import SUFFIXES
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.models.harmonization.masks import longest, resized

PARTS = ("painting", "composite", "mask")
"""What a case is made of: files NAME_PART with any usual suffix. Others in the folder are passed over."""


@dataclass(frozen=True, eq=False)
class Case:
    """`painting`, `composite`: RGB (3, H, W) in [0, 1]; `mask` (1, H, W) in [0, 1], 1 = object, tight."""

    name: str
    painting: Tensor
    composite: Tensor
    mask: Tensor

    @property
    def hard(self) -> Tensor:
        """The mask as (1, H, W) bool."""
        return self.mask > 0.5

    def at(self, size: int) -> Case:
        """The same with the longer side no longer than `size`; averaged by area, so that the mask gets soft."""
        if size >= max(self.painting.shape):
            return self
        there = longest(self.painting, size)
        return Case(self.name, *(resized(each, there) for each in (self.painting, self.composite, self.mask)))


def open_case(name: str, files: dict[str, Path], size: int) -> Case:
    """The case of these files by their parts, no longer than `size`.

    Raises RetoucherError with a sentence that names it where it is none.
    """
    if missing := [part for part in PARTS if part not in files]:
        raise RetoucherError(f"{name}: there is no {' and no '.join(f'{name}_{part}' for part in missing)}.")
    painting, composite = (Image.open(files[part]).pixels for part in PARTS[:2])
    mask = Mask.open(files["mask"])
    sizes = [(each.shape[2], each.shape[1]) for each in (painting, composite, mask.pixels)]
    if len(set(sizes)) > 1:
        told = ", ".join(f"{part} {width}×{height}" for part, (width, height) in zip(PARTS, sizes, strict=True))
        raise RetoucherError(f"{name}: its pictures have different sizes ({told}).")
    if mask.empty or mask.full:
        raise RetoucherError(f"{name}: the mask is all {'black' if mask.empty else 'white'}.")
    case = Case(name, painting, composite, mask.pixels.to(torch.float32)).at(size)
    if not bool(case.hard.any()):
        raise RetoucherError(f"{name}: the object is too small to be seen at {size} pixels.")
    return case


def find_cases(folder: Path) -> dict[str, dict[str, Path]]:
    """{name: {part: file}} of a folder, in the order of the names. UsageError where it is none or holds none."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}: give one with NAME_painting, NAME_composite and NAME_mask.")
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        name, _, part = path.stem.rpartition("_")
        if name and part in PARTS and path.suffix.lower() in SUFFIXES and path.is_file():
            found.setdefault(name, {})[part] = path
    if not found:
        raise UsageError(
            f"There are no cases in {folder}: each is three pictures, NAME_painting, NAME_composite and NAME_mask."
        )
    return found
