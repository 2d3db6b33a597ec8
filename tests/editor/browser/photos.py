"""Small photos with something to take out, as files of every kind, and what their files say when read again."""

import io
from functools import cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from retoucher.image import Image
from retoucher.mask import Mask

WIDTH, HEIGHT = 304, 200
"""Multiples of 8, so that a JPEG's blocks lie the same way however it is turned."""

THING = (150.5, 100.5, 16)
"""The disc that goes: its centre and radius."""

GROWN = 4
"""Pixels by which the editor grows a mask before it fills, unless told otherwise."""


def scene(width=WIDTH, height=HEIGHT, kind=np.uint8):
    """Slopes with stripes and grain, (H, W, 3), and a red disc at THING."""
    y, x = np.mgrid[0:height, 0:width]
    grain = np.random.default_rng(width * height).normal(0, 4, (height, width))
    stripes = 18 * ((x + y) // 8 % 2)
    values = np.stack([70 + 70 * x / width + stripes, 150 - 50 * y / height - stripes, 110 + 0 * x], axis=2)
    values += grain[..., None]
    across, down, radius = THING
    values[np.hypot(x + 0.5 - across, y + 0.5 - down) < radius] = (225, 30, 40)
    top = np.iinfo(kind).max
    return np.rint(np.clip(values, 0, 255) * (top / 255)).astype(kind)


@cache
def profile():
    """An ICC profile; the same each time, though it holds the time at which it was made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(picture, kind, **options):
    """A Pillow picture as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def jpeg(width=WIDTH, height=HEIGHT):
    """A photo as a phone writes it: stored on its side with EXIF that turns it upright, a profile, 300 dpi."""
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    stored = Pillow.fromarray(np.rot90(scene(width, height)).copy())  # a quarter to the left; 6 turns it back
    options = {"quality": 90, "subsampling": 0, "exif": exif, "icc_profile": profile(), "dpi": (300, 300)}
    return encoded(stored, "JPEG", **options)


def png(width=WIDTH, height=HEIGHT):
    """The photo without loss."""
    return encoded(Pillow.fromarray(scene(width, height)), "PNG")


def with_hole(width=WIDTH, height=HEIGHT):
    """A PNG that is transparent in a box, and the box as (H, W) bool."""
    hole = np.zeros((height, width), bool)
    hole[60:110, 90:150] = True
    alpha = np.where(hole, 0, 255).astype(np.uint8)
    return encoded(Pillow.fromarray(np.dstack([scene(width, height), alpha])), "PNG"), hole


def deep(container):
    """16 bits a channel, in a container that has them."""
    return Image.from_array(scene(kind=np.uint16)).encode(container).data


def heic():
    """As phones of the other kind write it."""
    return Image.from_array(scene()).encode("HEIC").data


def cmyk():
    """Four inks, without a profile."""
    return encoded(Pillow.fromarray(scene()).convert("CMYK"), "JPEG", quality=92, subsampling=0)


def mask_of(file):
    """A mask file as (H, W) bool."""
    return Mask.open(file).array


def grown(mask, pixels=GROWN):
    """A mask (H, W) bool, grown as the editor does it before filling."""
    return Mask(mask).grow(pixels).array


def samples_of(file):
    """The samples in a file, upright."""
    return Image.open(file).samples


def differing(one, other):
    """Where two pictures' samples differ, (H, W) bool."""
    return (one != other).any(axis=2)


def blocks(mask, side=8):
    """A mask (H, W) bool, spread over all of each JPEG block that it touches."""
    height, width = mask.shape
    touched = mask.reshape(height // side, side, width // side, side).any(axis=(1, 3))
    return touched.repeat(side, 0).repeat(side, 1)


def redness(picture):
    """How much redder than green a picture (H, W, 3) is at the disc's middle, 0 to 255."""
    top = np.iinfo(picture.dtype).max
    across, down, radius = (int(value) for value in THING)
    part = picture[down - radius // 2 : down + radius // 2, across - radius // 2 : across + radius // 2].astype(float)
    return float((part[..., 0] - part[..., 1]).mean() * 255 / top)
