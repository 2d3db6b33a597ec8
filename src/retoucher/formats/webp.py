"""WebP: 8 bits, RGB with and without alpha; lossless stays lossless."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp as packets
from retoucher.formats.limits import FRAMES, check_size
from retoucher.formats.metadata import Metadata
from retoucher.formats.orientation import upright
from retoucher.picture import Encoded, Picture

DAMAGED = "The WebP is damaged ({}); try to get another copy of it."
QUALITY = 95
LOSSY = "Lossy WebP cannot be changed in one place only, so the whole picture was encoded again at quality {}."
CHOSEN = "WebP loses a little: the whole picture was encoded at quality {}."
OPAQUE = "Its alpha channel, opaque throughout, was left out."
NEW = "The picture was written as lossless WebP."


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a still WebP."""
    from PIL.WebPImagePlugin import WebPImageFile

    chunks = _split(data)
    check_size(*_size(chunks), max_pixels)
    frames = sum(name == b"ANMF" for name, _ in chunks)
    if frames > 1:
        raise UsageError(FRAMES.format(frames))
    try:
        with WebPImageFile(io.BytesIO(data)) as picture:
            picture.load()
            samples = np.asarray(picture)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RetoucherError(DAMAGED.format("its picture cannot be decoded")) from error
    found = dict(reversed(chunks))
    exif = exif_fields.strip_name(found[b"EXIF"]) if b"EXIF" in found else None
    orientation = exif_fields.orientation(exif)
    return Picture(
        upright(samples, orientation),
        "RGB",
        samples.shape[2] == 4,
        "WEBP",
        profile=found.get(b"ICCP"),
        exif=exif,
        xmp=packets.tidy(found.get(b"XMP ")),
        dpi=exif_fields.dpi(exif),
        orientation=orientation,
        source=data,
    )


def _split(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and data of every chunk (WebP container specification); RetoucherError where the file is cut short."""
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks, place = [], 12
    while place + 8 <= min(end, len(data)):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        chunks.append((data[place : place + 4], data[place + 8 : place + 8 + size]))
        place += 8 + size + size % 2
    if end > len(data) + 1 or place > end + 1 or not chunks:
        raise RetoucherError(DAMAGED.format("it is cut short"))
    return chunks


def _size(chunks: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Width and height from whichever header comes first."""
    name, body = chunks[0]
    body = body.ljust(10, b"\0")
    if name == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def write(image: Picture, metadata: Metadata, quality: int | None = None) -> Encoded:
    """Encode: lossless unless the photo came as lossy WebP or a `quality` is given.

    What lies under full transparency stays.
    """
    from PIL import Image as Pillow

    if max(image.size) > 16383:
        raise RetoucherError("A WebP has at most 16,383 pixels a side; save as PNG or TIFF instead.")
    was_lossy = image.container == "WEBP" and image.source is not None and not is_lossless(image.source)
    lossy = was_lossy or quality is not None
    options: dict[str, Any] = (
        {"quality": quality or QUALITY, "method": 4} if lossy else {"lossless": True, "quality": 40, "method": 3}
    )
    about = {"icc_profile": metadata.profile or b"", "exif": metadata.exif or b"", "xmp": metadata.xmp or b""}
    file = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(image.samples)).save(file, "WEBP", exact=True, **options, **about)
    said = CHOSEN if not was_lossy else LOSSY
    note = (said.format(quality or QUALITY),) if lossy else (NEW,) if image.container != "WEBP" else ()
    if not image.has_alpha or lossy:
        opaque = image.has_alpha and bool((image.samples[..., -1] == 255).all())
        return Encoded(file.getvalue(), (*note, OPAQUE) if opaque else note)
    return Encoded(_with_alpha(file.getvalue()), note)


def _with_alpha(data: bytes) -> bytes:
    """Say in both headers that there is an alpha channel: the encoder leaves the hint out where all is opaque."""
    marked, place = bytearray(data), 12
    for name, body in _split(data):
        if name == b"VP8X":
            marked[place + 8] |= 0x10
        elif name == b"VP8L":  # one byte of signature, 14 bits each of width and height, then the hint
            marked[place + 12] |= 0x10
        place += 8 + len(body) + len(body) % 2
    return bytes(marked)


def is_lossless(data: bytes) -> bool:
    """Whether the picture is coded without loss."""
    return any(name == b"VP8L" for name, _ in _split(data))
