"""Which part of which photo is filled, and where: LaMa's evaluation sets drawn from a seed, or a folder of holes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image as Pictures

from retoucher.edit import did_you_mean
from retoucher.errors import RetoucherError, UsageError
from retoucher.mask import Bools, Mask
from retoucher.picture import Samples
from retoucher.training.hole_sets import EVALUATION, HoleSet

SUFFIXES = {".png", ".bmp", ".tif", ".tiff", ".webp", ".jpg", ".jpeg"}
TRIES = 100
"""How often a photo's holes are drawn anew where all of them cover too much, before it is left out."""


@dataclass(frozen=True, eq=False)
class Case:
    """A picture (H, W, 3) uint8 and the hole in it (H, W) bool."""

    picture: Samples
    hole: Bools


class Cases(Protocol):
    """Makes the photos' cases one after the other, in the photos' order."""

    name: str

    def next(self, photo: Samples) -> Case | None:
        """The case of the next photo (H, W, 3) uint8; None where no hole fits."""


@dataclass(eq=False)
class Drawn:
    """Holes of one of LaMa's sets: one `RandomState(seed)` for the whole set, moved on by photo after photo."""

    name: str
    holes: HoleSet
    seed: int
    _random: np.random.RandomState = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = np.random.RandomState(self.seed)

    def next(self, photo: Samples) -> Case | None:
        """The photo resized, and cut to a square with its hole; drawn anew where all variants cover too much."""
        size = self.holes.resized(*photo.shape[:2])
        for _ in range(TRIES):
            if (cut := self.holes.draw(*size, self._random)) is not None:
                side = min(size)
                picture = resized(photo, size)[cut.y : cut.y + side, cut.x : cut.x + side]
                return Case(np.ascontiguousarray(picture), np.ascontiguousarray(cut.hole))
        return None


@dataclass(eq=False)
class Given:
    """Holes from pictures in the order of their names, over and over: photo i gets hole i modulo their count."""

    name: str
    files: tuple[Path, ...]
    _next: int = field(default=0, init=False, repr=False)

    @classmethod
    def open(cls, folder: Path) -> Given:
        """All pictures of a folder (not its subfolders), white = hole. UsageError where there are none."""
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
        if not files:
            raise UsageError(f"There are no pictures in {folder}: give a folder of holes, white where to fill.")
        for path in files:
            hole = Mask.open(path)
            if hole.empty or hole.full:
                raise RetoucherError(f"The hole {path} is all {'black' if hole.empty else 'white'}: take it out.")
        return cls(folder.name, tuple(files))

    def next(self, photo: Samples) -> Case:
        """The middle of the photo, cut to the shape of the hole and resized to its size."""
        hole = Mask.open(self.files[self._next % len(self.files)]).array
        self._next += 1
        return Case(fitted(photo, hole.shape), hole)


def open_cases(asked: str, size: int, seed: int) -> Cases:
    """The hole set of that name at that size, or the holes in a folder. UsageError for anything else."""
    kinds = tuple(kind for kind, at in EVALUATION if at == size)
    if not kinds:
        sizes = " or ".join(str(at) for at in sorted({at for _, at in EVALUATION}))
        raise UsageError(f"There are no holes for --size {size}: choose {sizes}.")
    if asked in kinds:
        return Drawn(asked, EVALUATION[asked, size], seed)
    if Path(asked).is_dir():
        return Given.open(Path(asked))
    raise UsageError(
        f"There are no holes called {asked!r}{did_you_mean(asked, kinds)}: choose from {', '.join(kinds)}, or give a "
        "folder of hole pictures."
    )


def resized(photo: Samples, size: tuple[int, int]) -> Samples:
    """(H, W, 3) uint8 at another (height, width), bicubic, averaging where it shrinks (Pillow)."""
    if photo.shape[:2] == size:
        return photo
    return np.asarray(Pictures.fromarray(photo).resize(size[::-1], Pictures.Resampling.BICUBIC))


def fitted(photo: Samples, size: tuple[int, int]) -> Samples:
    """The largest middle part of the photo that has the shape of `size` (height, width), resized to it."""
    height, width = photo.shape[:2]
    scale = min(height / size[0], width / size[1])
    tall, wide = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    top, left = (height - tall) // 2, (width - wide) // 2
    return np.ascontiguousarray(resized(photo[top : top + tall, left : left + wide], size))
