"""Bytes of a picture file to pixels for training: 8-bit RGB, upright, no larger than needed."""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import UnidentifiedImageError

from retoucher.formats.orientation import upright

RGB = NDArray[np.uint8]
"""(H, W, 3)."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
"""By their first bytes, whatever a file is called; none that Pillow hands to another program."""

MOST_PIXELS = 120_000_000
"""A file that claims more is not decoded: a few bytes can claim to be a picture that fills the memory."""

ORIENTATION = 0x0112
"""EXIF 2.32: which side of the scene the first row and the first column show."""


def header(data: bytes) -> tuple[int, int]:
    """(width, height) as stored, from the first bytes of a file. Raises whatever Pillow raises."""
    with warnings.catch_warnings(action="ignore"), Pictures.open(io.BytesIO(data), formats=FORMATS) as picture:
        return _checked(picture)


def decoded(data: bytes, shorter: int | None = None) -> RGB:
    """The first picture of a file, upright; where its shorter side is above `shorter`, reduced to that by area.

    The samples are taken for sRGB: profiles are not applied. 16 bits become 8, grey becomes three equal channels,
    what is transparent shows white. Raises whatever Pillow raises.
    """
    with warnings.catch_warnings(action="ignore"), Pictures.open(io.BytesIO(data), formats=FORMATS) as picture:
        _checked(picture)
        if shorter is not None:
            picture.draft(None, (shorter, shorter))  # JPEG: decoded at 1/2, 1/4, 1/8, never below `shorter`
        picture.load()
        pixels = np.ascontiguousarray(upright(_rgb(picture), _orientation(picture)))
    height, width = pixels.shape[:2]
    if shorter is not None and min(height, width) > shorter:
        by = shorter / min(height, width)
        pixels = cv2.resize(pixels, (round(width * by), round(height * by)), interpolation=cv2.INTER_AREA)
    return pixels


def reason(error: Exception) -> str:
    """Why a file could not be read, in a few words for people."""
    if isinstance(error, UnidentifiedImageError):
        return "it is no picture, or one of another kind"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _checked(picture: Pictures.Image) -> tuple[int, int]:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise ValueError(f"it claims {width}x{height} pixels, more than {MOST_PIXELS:,}")
    return width, height


def _rgb(picture: Pictures.Image) -> RGB:
    if picture.mode.startswith("I;16"):
        grey = (np.asarray(picture).astype(np.float32) / 257).round().astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.mode in ("I", "F"):
        raise ValueError("its samples have 32 bits, and what is white is not known")
    if picture.has_transparency_data:
        white = Pictures.new("RGBA", picture.size, "white")  # the page that such pictures are made for
        white.alpha_composite(picture.convert("RGBA"))
        picture = white
    return np.array(picture.convert("RGB"))


def _orientation(picture: Pictures.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # broken EXIF in a photo that is whole
        return 1
