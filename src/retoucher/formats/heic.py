"""HEIC: 8 bits, and 10 or 12 held as 16; grey or RGB, with and without alpha; always encoded again."""

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
from retoucher.picture import Encoded, Picture

Samples = np.ndarray[Any, np.dtype[Any]]

QUALITY = 75
LOSSY = "HEIC cannot be changed in one place only, so the whole picture was encoded again at quality {}."
NO_ENCODER = "HEIC cannot be written on this machine (no HEVC encoder); give the output a name in .png, .jpg or .tif."
BESIDE = "What was stored beside the photo (previews, depth maps, gain maps, other pictures) was dropped."
HDR = "The photo's colours are {}, which are shown as if they were sRGB."
TRANSFERS = {16: "HDR (PQ)", 18: "HDR (HLG)"}  # ITU-T H.273, table 3
WIDEST = 12
PRESET = "medium"  # of x265: twice as fast as libheif's own choice (slow), at the same size and quality


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a HEIC; its own rotations are applied, so the orientation is always 1."""
    import pillow_heif

    found = boxes.properties(data)
    check_size(*boxes.largest(found), max_pixels)
    if data[8:12] in (b"hevc", b"hevx", b"msf1", b"hevm", b"hevs"):
        raise UsageError(FRAMES.format("several"))
    try:
        file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
        picture = file[file.primary_index]
        check_size(picture.size[0], picture.size[1], max_pixels)
        mode, info = picture.mode, picture.info
        samples = _samples(picture.data, picture.size, picture.stride, mode, int(info["bit_depth"]))
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, KeyError) as error:
        raise RetoucherError(boxes.DAMAGED.format("its picture cannot be decoded")) from error
    exif = exif_fields.strip_name(info["exif"]) if info.get("exif") else None
    name = mode.partition(";")[0]
    return Picture(
        samples,
        "L" if name in ("L", "LA", "I") else "RGB",
        name in ("LA", "RGBA"),
        "HEIC",
        profile=info.get("icc_profile"),
        exif=exif_fields.upright(exif, samples.shape[:2]) if exif else None,
        xmp=packets.tidy(info.get("xmp")),
        dpi=exif_fields.dpi(exif),
        source=data,
        notes=_notes(info, len(file), mode),
    )


def _samples(data: Any, size: tuple[int, int], stride: int, mode: str, bits: int) -> Samples:
    """(H, W, C) uint8, or uint16 over the full range: libheif shifts 10 or 12 bits up and leaves zeros below."""
    wide = ";" in mode
    rows = np.frombuffer(data, np.uint16 if wide else np.uint8).reshape(size[1], stride // (2 if wide else 1))
    channels = {"L": 1, "I": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode.partition(";")[0]]
    samples = rows[:, : size[0] * channels].reshape(size[1], size[0], channels)
    if not wide or bits >= 16:
        return samples.copy()
    top = (1 << bits) - 1
    deep: Samples = samples.astype(np.uint32) >> (16 - bits)
    return np.asarray(((deep * 65535 + top // 2) // top).astype(np.uint16))


def _notes(info: dict[str, Any], pictures: int, mode: str) -> tuple[str, ...]:
    """What is read in another way than it was meant, or left behind."""
    notes = []
    transfer = (info.get("nclx_profile") or {}).get("transfer_characteristics")
    if transfer in TRANSFERS:
        notes.append(HDR.format(TRANSFERS[transfer]))
    if ";" in mode:
        notes.append(f"The {info['bit_depth']} bits per sample are held as 16.")
    return tuple(notes)


def write(image: Picture, metadata: Metadata, quality: int | None = None) -> Encoded:
    """Encode at quality 75 or the one given, with the source's depth and subsampling; 16 bits become 12 at most."""
    import pillow_heif

    if not pillow_heif.libheif_info()["HEIF"]:
        raise RetoucherError(NO_ENCODER)
    quality = quality or QUALITY
    image = convert.without_grey_alpha(image)
    info = _source_info(image)
    wide = image.samples.dtype == np.uint16
    bits = min(int(info.get("bit_depth", WIDEST)), WIDEST) if wide else 8
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[image.samples.shape[2]] + (";16" if wide else "")
    samples = np.ascontiguousarray(_narrowed(image.samples, bits) if wide else image.samples)
    try:
        file = pillow_heif.from_bytes(mode, (image.width, image.height), samples.tobytes())
        file[0].info |= _about(metadata, info)
        out = io.BytesIO()
        file.save(
            out,
            quality=quality,
            enc_params={"preset": PRESET},
            chroma=info.get("chroma", 444),
            bit_depth=bits,
            format="HEIF",
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise RetoucherError("This picture cannot be written as HEIC here; save it as PNG instead.") from error
    notes = [LOSSY.format(quality) if info else f"HEIC loses a little: encoded at quality {quality}."]
    notes += [f"HEIC holds at most {WIDEST} bits per sample, so the 16 bits were rounded."] if wide and not info else []
    beside = any(info.get(key) for key in ("thumbnails", "depth_images", "aux")) or info.get("pictures", 1) > 1
    return Encoded(out.getvalue(), (*notes, BESIDE) if beside else tuple(notes))


def _narrowed(samples: Samples, bits: int) -> Samples:
    """Full-range 16-bit samples as libheif takes them: `bits` at the top, rounded."""
    top = (1 << bits) - 1
    rounded: Samples = (samples.astype(np.uint32) * top + 32767) // 65535
    return np.asarray((rounded << (16 - bits)).astype(np.uint16))


def _source_info(image: Picture) -> dict[str, Any]:
    """What the source says of its coding; empty where the photo was no HEIC."""
    import pillow_heif

    if image.container != "HEIC" or image.source is None:
        return {}
    file = pillow_heif.open_heif(image.source, convert_hdr_to_8bit=False)
    return {**file[file.primary_index].info, "pictures": len(file)}


def _about(metadata: Metadata, info: dict[str, Any]) -> dict[str, Any]:
    """Metadata in the library's words; the coded colour space comes back where there is no profile."""
    about: dict[str, Any] = {}
    if metadata.profile:
        about["icc_profile"] = metadata.profile
    if metadata.exif:
        about["exif"] = b"Exif\0\0" + metadata.exif
    if metadata.xmp:
        about["xmp"] = metadata.xmp
    for key in ("nclx_profile", "content_light_level", "mastering_display_colour_volume", "pixel_aspect_ratio"):
        if info.get(key):
            about[key] = info[key]
    return about
