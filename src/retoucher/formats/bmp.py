"""BMP: 8-bit grey, RGB and RGBA, with resolution and profile; no other metadata."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError
from retoucher.formats import convert
from retoucher.formats.limits import check_size
from retoucher.formats.metadata import Metadata
from retoucher.picture import Encoded, Picture

Samples = np.ndarray[Any, np.dtype[Any]]

DAMAGED = "The BMP is damaged ({}); try to get another copy of it."
UNMARKED = "A BMP holds no metadata, so it cannot say that the picture was retouched."
INCH = 0.0254
FILE, V5 = 14, 124  # sizes of the file header and of the version 5 picture header


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a BMP; palettes and fewer than 8 bits become 8-bit samples."""
    from PIL.BmpImagePlugin import BmpImageFile

    try:
        with BmpImageFile(io.BytesIO(data)) as picture:
            check_size(*picture.size, max_pixels)
            picture.load()
            notes = _notes(picture.mode, data)
            mode = {"1": "L", "P": "RGB"}.get(picture.mode, picture.mode)
            samples = np.asarray(picture.convert(mode))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise RetoucherError(DAMAGED.format("it is cut short or makes no sense")) from error
    samples = samples[:, :, None] if samples.ndim == 2 else samples
    return Picture(
        samples,
        "L" if samples.shape[2] == 1 else "RGB",
        samples.shape[2] == 4,
        "BMP",
        profile=_profile(data),
        dpi=_dpi(data),
        source=data,
        notes=notes,
    )


def _notes(mode: str, data: bytes) -> tuple[str, ...]:
    """What had to be converted."""
    if mode == "1":
        return ("1-bit grey became 8-bit grey.",)
    if mode == "P":
        return ("The palette became 8-bit RGB.",)
    return ("16-bit pixels became 24-bit RGB.",) if data[28:30] == b"\x10\0" else ()


def _profile(data: bytes) -> bytes | None:
    """The ICC profile that a version 5 header points to."""
    if data[FILE : FILE + 4] != struct.pack("<L", V5) or data[FILE + 56 : FILE + 60] != b"DEBM":
        return None
    place, size = struct.unpack_from("<LL", data, FILE + 112)
    return data[FILE + place : FILE + place + size] or None


def _dpi(data: bytes) -> tuple[float, float] | None:
    """Dots per inch, from pixels per metre."""
    if len(data) < 46 or int.from_bytes(data[14:18], "little") < 40:
        return None
    across, down = struct.unpack_from("<ll", data, 38)
    return (across * INCH, down * INCH) if across > 0 and down > 0 else None


def write(image: Picture, metadata: Metadata) -> Encoded:
    """Encode as an uncompressed BMP: version 5 header, rows from the bottom."""
    image = convert.without_grey_alpha(image)
    samples = image.samples[::-1]
    channels = samples.shape[2]
    if channels > 2:
        samples = samples[:, :, [2, 1, 0, 3][:channels]]
    row = image.width * channels
    rows = np.zeros((image.height, (row + 3) // 4 * 4), np.uint8)
    rows[:, :row] = samples.reshape(image.height, row)
    palette = bytes(value for grey in range(256) for value in (grey, grey, grey, 0)) if channels == 1 else b""
    profile = metadata.profile or b""
    start = FILE + V5 + len(palette)
    size = start + rows.nbytes + len(profile)
    if size >= 1 << 32:
        raise RetoucherError("The result would be larger than a BMP can be; save as PNG instead.")
    head = struct.pack("<2sLLL", b"BM", size, 0, start)
    about = _header(image, metadata, rows.nbytes, len(palette) // 4, start - FILE + rows.nbytes)
    notes = (UNMARKED,) if image.is_changed and image.mark else ()
    return Encoded(head + about + palette + rows.tobytes() + profile, notes)


def _header(image: Picture, metadata: Metadata, size: int, colors: int, profile_at: int) -> bytes:
    """The version 5 header (Windows GDI, BITMAPV5HEADER)."""
    channels = image.samples.shape[2]
    across, down = (round(value / INCH) for value in metadata.dpi or (0.0, 0.0))
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000) if channels == 4 else (0, 0, 0, 0)
    space = b"DEBM" if metadata.profile else b"BGRs"  # an embedded profile, or sRGB
    bits = 8 * channels
    first = struct.pack(
        "<LllHHLLllLL", V5, image.width, image.height, 1, bits, 3 if channels == 4 else 0, size, across, down, colors, 0
    )
    return (
        first
        + struct.pack("<4L4s36x12xL", *masks, space, 4)
        + struct.pack("<LLL", profile_at if metadata.profile else 0, len(metadata.profile or b""), 0)
    )
