"""What is said about the photo, made ready for the file that is written: upright, without old thumbnails, marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp as packets

if TYPE_CHECKING:
    from retoucher.picture import Picture

THUMBNAIL = "The small preview inside the file showed the photo as it was, so it was dropped."
UNREADABLE = "The photo's XMP could not be read, so a new packet with the note on provenance took its place."


@dataclass(frozen=True)
class Metadata:
    """What every container holds in its own way; None where the photo has none."""

    profile: bytes | None
    exif: bytes | None
    xmp: bytes | None
    dpi: tuple[float, float] | None
    notes: tuple[str, ...] = ()


def prepare(image: Picture, *, turned: bool, mark: bool) -> Metadata:
    """The photo's metadata for a new file.

    `turned`: the rows are written upright, so the orientation tags become 1. Where pixels changed, small copies of the
    old picture go, and with `mark` the XMP says how the pixels were made.
    """
    notes: list[str] = []
    exif, xmp = image.exif, packets.tidy(image.xmp)
    if exif and turned:
        exif = exif_fields.upright(exif, image.size)
    if exif and image.is_changed:
        exif, held = exif_fields.without_pictures(exif)
        notes += [THUMBNAIL] if held else []
    if xmp and packets.is_readable(xmp):
        xmp, held = _mended(xmp, image, turned)
        notes += [THUMBNAIL] if held and THUMBNAIL not in notes else []
    if mark and image.is_changed and image.mark:
        notes += [UNREADABLE] if xmp and not packets.is_readable(xmp) else []
        xmp = packets.stamp(xmp, image.mark)
    return Metadata(image.profile, exif, xmp, image.dpi, tuple(notes))


def _mended(xmp: bytes, image: Picture, turned: bool) -> tuple[bytes, bool]:
    """XMP that fits the new file, without old pictures where pixels changed; and whether there were any."""
    held = False
    xmp = packets.without(xmp, packets.is_attachment)
    if turned:
        xmp = packets.without(xmp, packets.is_extension)
    if image.is_changed:
        size = len(xmp)
        xmp = packets.without(xmp, packets.is_picture)
        held = len(xmp) < size
    if not turned:
        return xmp, held
    height, width = map(str, image.size)
    for space, name, value in (
        (packets.TIFF, "Orientation", "1"),
        (packets.TIFF, "ImageWidth", width),
        (packets.TIFF, "ImageLength", height),
        (packets.EXIF, "PixelXDimension", width),
        (packets.EXIF, "PixelYDimension", height),
    ):
        xmp = packets.put(xmp, space, name, value)
    return xmp, held
