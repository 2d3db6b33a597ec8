"""Pictures as the page shows them: PNG and JPEG in 8-bit sRGB, made a band at a time."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from retoucher.image import Image
from retoucher.mask import Bools
from retoucher.server.patches import Patch

Bytes8 = np.ndarray[Any, np.dtype[np.uint8]]

BAND = 1 << 22
"""Pixels that are converted at a time, so that floating point never needs the memory of the whole picture."""


def shown(image: Image, x: int, y: int, width: int, height: int) -> Bytes8:
    """A box of a photo as 8-bit sRGB: (height, width, 3), or 4 with its alpha."""
    box = np.s_[y : y + height, x : x + width]
    if image.samples.dtype == np.uint8 and image.color != "CMYK" and image.profile is None:
        plain = image.colors[box]  # sRGB already
        colors = np.repeat(plain, 3, 2) if image.color == "L" else plain
    else:
        rows = max(1, BAND // width)
        bands = [
            image.crop(x, top, width, min(rows, y + height - top)).mul_(255).round_().byte().permute(1, 2, 0).numpy()
            for top in range(y, y + height, rows)
        ]
        colors = np.concatenate(bands)
    if not image.has_alpha:
        return np.ascontiguousarray(colors)
    alpha = image.samples[box][..., -1:]
    alpha = alpha if alpha.dtype == np.uint8 else ((alpha.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.concatenate([colors, alpha], 2)


def view(image: Image, longest: int = 0) -> bytes:
    """The whole photo as a PNG, its longer side at most `longest` pixels (0: as it is)."""
    import cv2

    pixels = shown(image, 0, 0, image.width, image.height)
    scale = longest / max(image.size)
    if 0 < scale < 1:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return png(pixels)


def patch_png(image: Image, patch: Patch) -> bytes:
    """A version's new pixels as a PNG of the patch's box: opaque where they are new, else transparent."""
    pixels = shown(image, *patch.box)[..., :3]
    alpha = np.where(patch.where, np.uint8(255), np.uint8(0))[..., None]
    return png(np.concatenate([pixels * (alpha > 0), alpha], 2).astype(np.uint8))


def png(pixels: Bytes8) -> bytes:
    """(H, W, 3 or 4) as a PNG; quickly rather than small, since it only goes to a browser on the same machine."""
    import cv2

    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, order), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done
    return bytes(data)


def mask_png(where: Bools) -> bytes:
    """A mask as a PNG of one bit per pixel, white = may change."""
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(where).save(file, "PNG")
    return file.getvalue()


def thumbnail(data: bytes, side: int, max_pixels: int) -> bytes:
    """A photo's file as a small JPEG, `side` pixels at most, on white where it is transparent."""
    import cv2

    image = Image.open(data, max_pixels=max_pixels)
    scale = min(1.0, side / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = cv2.resize(shown(image, 0, 0, image.width, image.height), size, interpolation=cv2.INTER_AREA)
    if small.shape[2] == 4:
        part = small[..., 3:].astype(np.float32) / 255
        small = np.rint(small[..., :3] * part + 255 * (1 - part)).astype(np.uint8)
    done, found = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert done
    return bytes(found)
