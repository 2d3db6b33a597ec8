"""Holes in the shape of things: silhouettes from a folder or a tar, turned, resized and placed at random.

After LaMa's segmentation holes: mirrored at random, at most a fifth outside of the picture, from 0.02 to 0.3 of it.
There they come from the photo's own objects and avoid these; here they come from a collection and avoid nothing.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pictures

from retoucher.errors import RetoucherError, UsageError
from retoucher.mask import Bools

SUFFIXES = {".png", ".bmp", ".tif", ".tiff", ".webp", ".jpg", ".jpeg"}
LARGEST = 4096
"""A silhouette may have this many pixels a side."""

TRIES = 100


@dataclass(frozen=True)
class Silhouettes:
    """Holes from `shapes`, the bytes of picture files in which white (above half) is the thing.

    A shape is mirrored (every other time), turned by up to `turn` degrees, resized until it has a share of the picture
    drawn evenly from `smallest` to `largest`, and placed anywhere with at least `inside` of it in the picture.
    """

    shapes: tuple[bytes, ...]
    smallest: float = 0.02
    largest: float = 0.3
    inside: float = 0.8
    turn: float = 30

    @classmethod
    def open(cls, source: str | Path) -> Silhouettes:
        """All pictures in a folder (not its subfolders) or a tar, in the order of their names.

        Raises UsageError where there are none, RetoucherError naming the first one that is no picture or empty.
        """
        shapes = []
        for name, data in sorted(_files(Path(source))):
            try:
                empty = not _read(data).any()
            except (OSError, ValueError, SyntaxError, Pictures.DecompressionBombError) as error:
                raise RetoucherError(f"The silhouette {name} cannot be read: take it out of {source}.") from error
            if empty:
                raise RetoucherError(f"The silhouette {name} has no white in it: take it out of {source}.")
            shapes.append(data)
        if not shapes:
            raise UsageError(f"There are no pictures in {source}: give a folder or tar of white shapes on black.")
        return cls(tuple(shapes))

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        """A hole of (height, width). Raises UsageError where no shape fits, as in pictures of a few pixels."""
        for _ in range(TRIES):
            shape = _read(self.shapes[random.randint(len(self.shapes))])
            share = random.uniform(self.smallest, self.largest)
            turn, mirrored = random.uniform(-self.turn, self.turn), random.randint(2)
            scale = float(np.sqrt(share * height * width / shape.sum()))
            shape = _turned(shape[:, ::-1] if mirrored else shape, turn, scale, 2 * max(height, width))
            hole = _placed(shape, height, width, random)
            if hole.sum() >= self.inside * max(1, shape.sum()) and self.smallest <= hole.mean() <= self.largest:
                return hole
        raise UsageError(f"None of {TRIES} silhouettes fitted into {width}x{height}: use larger pictures or others.")


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the picture files in a folder or a tar, read into memory, nothing unpacked."""
    if source.is_dir():
        for path in source.iterdir():
            if path.suffix.lower() in SUFFIXES and path.is_file():
                yield path.name, path.read_bytes()
        return
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None and Path(member.name).suffix.lower() in SUFFIXES:
                    yield member.name, file.read()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise UsageError(f"{source} is neither a folder nor a tar: give one with white shapes on black.") from error


def _read(data: bytes) -> Bools:
    """(H, W), True where white."""
    with Pictures.open(io.BytesIO(data)) as picture:
        if max(picture.size) > LARGEST:
            raise ValueError(f"larger than {LARGEST} px")
        white: Bools = np.asarray(picture.convert("L")) > 127
    return white


def _turned(shape: Bools, degrees: float, scale: float, limit: int) -> Bools:
    """The shape turned and resized about its middle and cut to its extent; at most `limit` pixels a side."""
    height, width = shape.shape
    side = min(limit, int(np.ceil(scale * np.hypot(height, width))) + 2)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    matrix[:, 2] += (side - 1) / 2 - np.array([(width - 1) / 2, (height - 1) / 2])
    turned = cv2.warpAffine(shape.astype(np.uint8) * 255, matrix, (side, side), flags=cv2.INTER_LINEAR) > 127
    rows, columns = np.flatnonzero(turned.any(1)), np.flatnonzero(turned.any(0))
    if not len(rows):
        return np.zeros((1, 1), bool)
    cut: Bools = turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut


def _placed(shape: Bools, height: int, width: int, random: np.random.RandomState) -> Bools:
    """The shape on an empty picture, its middle anywhere in it."""
    h, w = shape.shape
    top, left = random.randint(height) - h // 2, random.randint(width) - w // 2
    hole = np.zeros((height, width), bool)
    y, x = max(0, top), max(0, left)
    part = shape[y - top : height - top, x - left : width - left]
    hole[y : y + part.shape[0], x : x + part.shape[1]] = part
    return hole
