"""TIFF: 8 and 16 bits, grey, RGB and CMYK, with and without alpha; one page."""

from __future__ import annotations

import io
import logging
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import exif as exif_fields
from retoucher.formats import photoshop, tiff_strips
from retoucher.formats import xmp as packets
from retoucher.formats.limits import FRAMES, check_size
from retoucher.formats.metadata import THUMBNAIL, Metadata
from retoucher.formats.orientation import upright
from retoucher.picture import Color, Encoded, Picture

if TYPE_CHECKING:
    from tifffile import TiffPage

Samples = np.ndarray[Any, np.dtype[Any]]

DAMAGED = "The TIFF is damaged ({}); try to get another copy of it."
STRANGE = "This TIFF holds {}, which is not read; save it as 8-bit or 16-bit grey, RGB or CMYK first."

XMP_TAG, ICC_TAG, PHOTOSHOP_TAG, LAYERS, C2PA, DNG = 700, 34675, 34377, 37724, 52545, 50706
ABOUT = (270, 271, 272, 305, 306, 315, 33432, 40091, 40092, 40093, 40094, 40095)
"""Fields of the main directory that EXIF has too: description, camera, program, date, artist, copyright."""

MADE = frozenset(
    [
        *(*range(254, 260), 262, 263, 266, 273, 274, *range(277, 285), *range(288, 294), 296, 317, 320, 330, 332, 334),
        *(*range(322, 326), *range(338, 342), 347, *range(512, 522), *range(529, 533)),
        *(XMP_TAG, ICC_TAG, PHOTOSHOP_TAG, LAYERS, C2PA, exif_fields.EXIF_IFD, exif_fields.GPS_IFD),
    ]
)
"""Fields that say how the picture is stored, which are written anew, or that are dealt with by name."""


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a TIFF of one page."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it has to say is said here, in one sentence
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page, notes = _page(file)
            check_size(page.imagewidth, page.imagelength, max_pixels)
            _check_whole(page, len(data))
            picture, color, alpha, more = _samples(page)
            tags = {tag.code: tag.value for tag in page.tags if tag.code in (XMP_TAG, ICC_TAG, 274, 282, 283, 296)}
    except (RetoucherError, MemoryError):
        raise
    except Exception as error:  # tifffile raises whatever its many parts raise
        raise RetoucherError(DAMAGED.format("it cannot be read")) from error
    orientation = int(tags.get(274, 1)) if tags.get(274, 1) in range(1, 9) else 1
    exif = _exif(data)
    return Picture(
        upright(picture, orientation),
        color,
        alpha,
        "TIFF",
        profile=_bytes(tags.get(ICC_TAG)),
        exif=exif,
        xmp=packets.tidy(_bytes(tags.get(XMP_TAG))),
        dpi=exif_fields.dpi(exif),
        orientation=orientation,
        source=data,
        notes=notes + more,
    )


def _bytes(value: Any) -> bytes | None:
    """A field's bytes, however it was typed."""
    if value is None:
        return None
    return value.encode("latin-1") if isinstance(value, str) else bytes(value)


def _page(file: Any) -> tuple[TiffPage, tuple[str, ...]]:
    """The one full page, and whether smaller copies stand beside it. UsageError where there are several."""
    pages = list(file.pages)
    small = [page for page in pages if int(getattr(page, "subfiletype", 0) or 0) & 5]
    full = [page for page in pages if page not in small]
    if len(full) != 1:
        raise UsageError(FRAMES.format(len(full)))
    if DNG in full[0].tags or any(DNG in page.tags for page in small):
        raise UsageError("This is a camera's raw file; develop it to TIFF, PNG or JPEG first.")
    return full[0], (THUMBNAIL,) if small else ()


def _check_whole(page: Any, size: int) -> None:
    """Raise RetoucherError where a strip or tile lies beyond the end."""
    ends = [start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
    if not ends or max(ends) > size:
        raise RetoucherError(DAMAGED.format("it is cut short"))


def _samples(page: Any) -> tuple[Samples, Color, bool, tuple[str, ...]]:
    """The picture as (H, W, C), its colours, whether the last channel is alpha, and what was converted."""
    kind = int(page.photometric)
    colors: dict[int, tuple[Color, int]] = {0: ("L", 1), 1: ("L", 1), 2: ("RGB", 3), 3: ("L", 1), 5: ("CMYK", 4)}
    if kind == 6 and int(page.compression) in (6, 7):
        colors[6] = ("RGB", 3)  # decoded to RGB on the way
    if kind not in colors:
        raise UsageError(STRANGE.format("unusual colours"))
    color, count = colors[kind]
    values = page.asarray()
    values = (
        values.reshape(page.imagelength, page.imagewidth, -1)
        if int(page.planarconfig) == 1
        else np.moveaxis(values.reshape(-1, page.imagelength, page.imagewidth), 0, -1)
    )
    notes: list[str] = []
    if values.shape[2] < count or (kind == 5 and values.shape[2] > 5):
        raise UsageError(STRANGE.format("unusual inks"))
    if kind == 3:
        return _through_palette(values[:, :, 0], page), "RGB", False, ("The palette became 8-bit RGB.",)
    values = _to_depth(values, page, notes)
    if values.shape[2] > count + 1:
        notes.append("Channels beyond the first extra one were left out.")
    values = values[:, :, : count + 1]
    if kind == 0:
        values = np.concatenate([np.iinfo(values.dtype).max - values[:, :, :1], values[:, :, 1:]], axis=2)
        notes.append("White was stored as 0; it is written as the largest value.")
    alpha = values.shape[2] > count
    if alpha and int(next(iter(page.extrasamples or (0,)))) == 1:
        values = tiff_strips.divided(values)
    return values, color, alpha, tuple(notes)


def _to_depth(values: Samples, page: Any, notes: list[str]) -> Samples:
    """8 or 16 bits, by scaling the full range where the file has another depth."""
    bits = page.bitspersample
    if values.dtype.kind == "f":
        notes.append("Floating-point samples from 0 to 1 became 16 bits; values outside were clipped.")
        return np.asarray(np.rint(np.clip(np.nan_to_num(values), 0, 1) * 65535).astype(np.uint16))
    if values.dtype.kind not in "ub" or not isinstance(bits, int) or bits > 32:
        raise UsageError(STRANGE.format("signed or mixed samples"))
    if bits in (8, 16):
        return np.asarray(values)
    top = (1 << bits) - 1
    wide = bits > 8
    notes.append(f"{bits}-bit samples became {16 if wide else 8}-bit samples.")
    scaled = (values.astype(np.float64) * (65535 if wide else 255) / top).round()
    return np.asarray(scaled.astype(np.uint16 if wide else np.uint8))


def _through_palette(places: Samples, page: Any) -> Samples:
    """Palette colours, 16 bits each in a TIFF but seldom more than 8 in truth: (H, W, 3) uint8."""
    palette = np.asarray(page.colormap, np.uint16).T  # (N, 3)
    if int(places.max()) >= len(palette):
        raise RetoucherError(DAMAGED.format("its palette is too short"))
    return np.asarray((palette >> 8 if palette.max() > 255 else palette).astype(np.uint8)[places])


def _exif(data: bytes) -> bytes | None:
    """What other containers call EXIF: camera and date from the main directory, and the directories below it."""
    try:
        mark = exif_fields.order(data)
    except ValueError:
        return None  # BigTIFF
    found = exif_fields.fields(data)
    found[0] = [field for field in found.get(0, []) if field[0] in (*ABOUT, 274, 282, 283, 296)]
    return exif_fields.build(found, mark)


def write(image: Picture, metadata: Metadata) -> Encoded:
    """Encode as TIFF without loss, compressed as the source was; its other fields come back."""
    source = image.source if image.container == "TIFF" else None
    about = exif_fields.fields(metadata.exif) if metadata.exif else {}
    own = exif_fields.fields(source)[0] if source and source[:4] in (b"II*\0", b"MM\0*") else []
    mark = _mark(metadata.exif if about else source)
    same = source is not None and _mark(source) == mark
    kept = [field for field in own if field[0] not in MADE and field[0] not in ABOUT] if same else []
    notes = (
        []
        if not any(field[0] == LAYERS for field in own)
        else ["Photoshop's layers held the old picture, so they were dropped."]
    )
    notes += (
        []
        if not any(field[0] == C2PA for field in own)
        else ["Content Credentials vouch for the picture as it was, so they were dropped."]
    )
    for tag, kind, count, raw in own:
        if tag == PHOTOSHOP_TAG and same:
            rest, held = photoshop.without_pictures(raw)
            kept.append((tag, kind, len(rest), rest) if held else (tag, kind, count, raw))
            notes += [THUMBNAIL] if held else []
    strips = tiff_strips.encode(image, source, own, mark)
    main = [field for field in about.get(0, []) if field[0] in ABOUT] + kept + _plain(metadata, mark) + strips.fields
    return Encoded(tiff_strips.join(strips, {**about, 0: main}, mark), (*notes, *strips.notes))


def _mark(data: bytes | None) -> str:
    """The byte order of a TIFF structure, little-endian where there is none."""
    return ">" if data and data[:2] == b"MM" else "<"


def _plain(metadata: Metadata, mark: str) -> list[tuple[int, int, int, bytes]]:
    """Fields for profile, XMP and resolution."""
    found = []
    if metadata.profile:
        found.append((ICC_TAG, 7, len(metadata.profile), metadata.profile))
    if metadata.xmp:
        found.append((XMP_TAG, 1, len(metadata.xmp), metadata.xmp))
    if metadata.dpi:
        for tag, value in zip((282, 283), metadata.dpi, strict=True):
            found.append((tag, 5, 1, struct.pack(mark + "LL", round(value * 10000), 10000)))
        found.append((296, 3, 1, struct.pack(mark + "H", 2)))
    return found
