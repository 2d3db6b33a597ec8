"""AVIF: 8 bits, grey or RGB, with and without alpha; always encoded again."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import boxes, convert
from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp as packets
from retoucher.formats.limits import FRAMES, check_size
from retoucher.formats.metadata import Metadata
from retoucher.formats.orientation import upright
from retoucher.picture import Encoded, Picture

QUALITY = 90
LOSSY = "AVIF cannot be changed in one place only, so the whole picture was encoded again at quality {}."
DEEP = "The {} bits per sample of this AVIF became 8."


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a still AVIF, turned as its own transforms say."""
    from PIL.AvifImagePlugin import AvifImageFile

    found = boxes.properties(data)
    check_size(*boxes.largest(found), max_pixels)
    try:
        with AvifImageFile(io.BytesIO(data)) as picture:
            if picture.n_frames > 1:
                raise UsageError(FRAMES.format(picture.n_frames))
            picture.load()
            samples, info = np.asarray(picture), picture.info
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise RetoucherError(boxes.DAMAGED.format("its picture cannot be decoded")) from error
    samples = samples[:, :, None] if samples.ndim == 2 else samples
    exif = exif_fields.strip_name(info["exif"]) if info.get("exif") else None
    orientation = exif_fields.orientation(exif)
    bits = _coding(found)[0]
    return Picture(
        upright(samples, orientation),
        "L" if samples.shape[2] == 1 else "RGB",
        samples.shape[2] == 4,
        "AVIF",
        profile=info.get("icc_profile"),
        exif=exif,
        xmp=packets.tidy(info.get("xmp")),
        dpi=exif_fields.dpi(exif),
        orientation=orientation,
        source=data,
        notes=(DEEP.format(bits),) if bits > 8 else (),
    )


def _coding(found: list[tuple[bytes, bytes]]) -> tuple[int, str]:
    """Bits per sample and chroma subsampling by the first av1C property (AV1 in ISO media files, 2.3.3)."""
    flags = next((body[2] for kind, body in found if kind == b"av1C" and len(body) > 2), 0)
    bits = 12 if flags & 0x20 else 10 if flags & 0x40 else 8
    return bits, "4:0:0" if flags & 0x10 else {0: "4:4:4", 8: "4:2:2", 12: "4:2:0"}.get(flags & 12, "4:4:4")


def write(image: Picture, metadata: Metadata, quality: int | None = None) -> Encoded:
    """Encode at quality 90 or the one given, with the source's chroma subsampling, full where it was no AVIF.

    EXIF goes without its orientation tag, which AVIF does not use: Pillow would rewrite EXIF to take it out.
    """
    from PIL import Image as Pillow

    quality = quality or QUALITY
    image = convert.without_grey_alpha(image)
    same = image.container == "AVIF" and image.source is not None
    chroma = _coding(boxes.properties(image.source))[1] if same and image.source else "4:4:4"
    chroma = "4:0:0" if image.color == "L" else "4:4:4" if chroma == "4:0:0" else chroma
    about: dict[str, Any] = {
        "icc_profile": metadata.profile or b"",
        "exif": exif_fields.without_orientation(metadata.exif or b""),
        "xmp": metadata.xmp or b"",
    }
    samples = np.ascontiguousarray(image.samples[:, :, 0] if image.samples.shape[2] == 1 else image.samples)
    file = io.BytesIO()
    try:
        Pillow.fromarray(samples).save(file, "AVIF", quality=quality, subsampling=chroma, max_threads=2, **about)
    except (OSError, ValueError, RuntimeError) as error:
        raise RetoucherError("This picture cannot be written as AVIF here; save it as PNG instead.") from error
    said = LOSSY if same else "AVIF loses a little: encoded at quality {}."
    return Encoded(file.getvalue(), (said.format(quality),))
