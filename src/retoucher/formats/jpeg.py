"""JPEG: what the hole does not touch keeps its very coefficients.

A photo that came as JPEG and goes as JPEG keeps its layout, orientation tag, tables, subsampling, scans and every
segment that is not a copy of the old picture.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError
from retoucher.formats import exif as exif_fields
from retoucher.formats import jpeg_copies
from retoucher.formats import xmp as packets
from retoucher.formats.jpeg_copies import EXIF, EXTENDED, ICC, XMP
from retoucher.formats.jpeg_segments import (
    APP0,
    APP1,
    APP2,
    APP14,
    DAMAGED,
    Frame,
    Segment,
    frame_of,
    join,
    quantisation,
    split,
)
from retoucher.formats.limits import check_size
from retoucher.formats.metadata import Metadata
from retoucher.formats.orientation import stored, upright
from retoucher.picture import Encoded, Picture

MOST = 65533  # bytes in a segment
QUALITY = 95  # of a picture that did not come as JPEG, with full colour resolution
FULL_COLOUR = 90  # from this quality on; below it nobody sees that colours have half the resolution
CHOSEN = "The whole picture was encoded again at quality {}, as was asked for."
RESIZED = "The photo has another size than before, so the whole picture was encoded again with the same tables."
REENCODED = "This JPEG's coding ({}) cannot be changed block by block, so the whole picture was encoded again."


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a JPEG: grey, RGB or CMYK (as amounts of ink), 8 bits."""
    segments, _ = split(data)
    frame = frame_of(segments)
    check_size(frame.width, frame.height, max_pixels)
    if frame.precision != 8 or frame.code in (0xC3, 0xC7, 0xCB, 0xCF):
        raise RetoucherError("This JPEG is lossless or has more than 8 bits; convert it to a 16-bit TIFF or PNG first.")
    picture = _decoded(segments)
    exif = _payload(segments, APP1, EXIF)
    orientation = exif_fields.orientation(exif)
    return Picture(
        upright(picture, orientation),
        {1: "L", 3: "RGB", 4: "CMYK"}[picture.shape[2]],  # type: ignore[arg-type]
        container="JPEG",
        profile=_profile(segments),
        exif=exif,
        xmp=packets.tidy(_payload(segments, APP1, XMP)),
        dpi=_dpi(segments) or exif_fields.dpi(exif),
        orientation=orientation,
        source=data,
    )


def _decoded(segments: list[Segment]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The samples (H, W, C) of a JPEG without its metadata, of which only what decides on colour is looked at."""
    from PIL.JpegImagePlugin import JpegImageFile

    bare = join([segment for segment in segments if not segment.is_metadata or segment.code in (APP0, APP14)])
    try:
        with JpegImageFile(io.BytesIO(bare)) as picture:
            picture.load()
            samples = np.asarray(picture)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RetoucherError(DAMAGED.format("its picture cannot be decoded")) from error
    return samples[:, :, None] if samples.ndim == 2 else samples


def _payload(segments: list[Segment], code: int, name: bytes) -> bytes | None:
    """What the first segment of this kind holds after its name."""
    found = (part.payload[len(name) :] for part in segments if part.code == code and part.payload.startswith(name))
    return next(found, None)


def _profile(segments: list[Segment]) -> bytes | None:
    """The ICC profile, put together from its numbered parts (ICC.1:2010, B.4)."""
    parts = [part.payload[12:] for part in segments if part.code == APP2 and part.payload.startswith(ICC)]
    parts = sorted((part for part in parts if len(part) > 2), key=lambda part: part[0])
    return b"".join(part[2:] for part in parts) or None


def _dpi(segments: list[Segment]) -> tuple[float, float] | None:
    """Dots per inch by the JFIF header, None where it gives only a ratio."""
    jfif = _payload(segments, APP0, b"JFIF\0")
    if jfif is None or len(jfif) < 7 or jfif[2] not in (1, 2):
        return None
    across, down = int.from_bytes(jfif[3:5]), int.from_bytes(jfif[5:7])
    unit = 1.0 if jfif[2] == 1 else 2.54
    return (across * unit, down * unit) if across and down else None


def write(image: Picture, metadata: Metadata, quality: int | None = None) -> Encoded:
    """Encode: block by block into the JPEG that the photo came from, or a new JPEG at quality 95.

    With a `quality` the whole picture is new, in the source's subsampling and with its metadata.
    """
    if image.container != "JPEG" or image.source is None:
        return _new(image, metadata, quality)
    segments, end = split(image.source)
    frame = frame_of(segments)
    if quality is None:
        parts, reason = _touched_only(image, segments, frame)
        notes = [] if reason is None else [reason]
    else:
        parts = _again(stored(image.samples, image.orientation), segments, frame, {}, quality)
        notes = [CHOSEN.format(quality)]
    parts, gone = jpeg_copies.without_copies(parts)
    if image.source[end:].strip(b"\0"):
        gone.add(jpeg_copies.ATTACHED)
    if metadata.xmp is not None and not any(part.payload.startswith(EXTENDED) for part in parts):
        metadata = replace(metadata, xmp=packets.without(metadata.xmp, packets.is_extension))
    parts, more = _with_metadata(parts, metadata)
    return Encoded(join(parts), tuple(notes + sorted(gone) + more))


def _touched_only(image: Picture, segments: list[Segment], frame: Frame) -> tuple[list[Segment], str | None]:
    """The source's segments with new coefficients where pixels changed; or all encoded again, and why."""
    from retoucher.formats import jpeg_blocks, jpeg_coefficients

    samples = stored(image.samples, image.orientation)
    assert image.changed is not None
    tables = quantisation(segments)
    if samples.shape[:2] != (frame.height, frame.width):
        return _again(samples, segments, frame, tables), RESIZED
    usable = jpeg_blocks.fits(frame) and all(part.table in tables for part in frame.components)
    blocks = jpeg_coefficients.read(segments, frame) if usable else None
    if blocks is None:
        return _again(samples, segments, frame, tables), REENCODED.format(_coding(frame))
    changed = stored(image.changed, image.orientation)
    component = _components(segments, frame)
    blocks = jpeg_blocks.replace_changed(blocks, frame, tables, samples, changed, component)
    return jpeg_coefficients.write(segments, frame, blocks), None


def _coding(frame: Frame) -> str:
    """What keeps a frame from being changed block by block, in a word or two."""
    return "arithmetic" if frame.code in (0xC9, 0xCA) else "damaged or unusual"


def _components(segments: list[Segment], frame: Frame) -> Any:
    """The function from samples to one component's values, by the rules that decoders follow.

    Three components are YCbCr unless Adobe's marker or their names say RGB; four are CMYK, or YCCK by Adobe's marker,
    and stored inverted where that marker is there.
    """
    adobe = _payload(segments, APP14, b"Adobe")
    transform = adobe[6] if adobe is not None and len(adobe) > 6 else None
    jfif = _payload(segments, APP0, b"JFIF\0") is not None
    names = bytes(part.number for part in frame.components)
    count = len(frame.components)
    mixed = (count == 4 and transform == 2) or (
        count == 3 and (jfif or (transform != 0 if transform is not None else names != b"RGB"))
    )
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]])
    matrix = matrix.astype(np.float32)  # T.871, clause 7

    def component(values: Any, index: int) -> Any:
        if mixed and index < 3:
            return values[..., :3].astype(np.float32) @ matrix[index] + (128 if index else 0)
        plain = values[..., index].astype(np.float32)
        return 255 - plain if count == 4 and transform is not None else plain

    return component


def _again(
    samples: Any, segments: list[Segment], frame: Frame, tables: dict[int, list[int]], quality: int = QUALITY
) -> list[Segment]:
    """The whole picture encoded anew with the source's subsampling, and the source's metadata segments.

    With the quantisation `tables`, where they can be used, else at `quality`.
    """
    from retoucher.formats.jpeg_blocks import zigzag

    order = np.argsort(zigzag())
    natural = {number: np.array(table)[order].tolist() for number, table in tables.items()}
    wanted = [part.table for part in frame.components]
    steps = [natural[number] for number in dict.fromkeys(wanted) if number in natural]
    ratio = {(1, 1): 0, (2, 1): 1, (2, 2): 2}.get((frame.horizontal, frame.vertical), 0)
    options: dict[str, Any] = {"qtables": steps[:2]} if steps and max(map(max, steps)) < 256 else {"quality": quality}
    new, _ = split(_encoded(samples, subsampling=ratio, progressive=frame.code in (0xC2, 0xCA), **options))
    picture = [segment for segment in new if not segment.is_metadata or segment.code == APP14]
    kept = [s for s in segments if s.is_metadata and s.code != APP14]
    if len(frame.components) == 3 and not any(s.code == APP0 for s in kept):
        picture = [segment for segment in new if segment.code == APP0] + picture
    return kept + picture


def _encoded(samples: Any, **options: Any) -> bytes:
    """Pillow's JPEG of samples (H, W, 1, 3 or 4)."""
    from PIL import Image as Pillow
    from PIL import ImageFile

    samples = np.ascontiguousarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)
    picture = Pillow.fromarray(samples) if samples.ndim == 2 or samples.shape[2] == 3 else _inks(samples)
    file = io.BytesIO()
    try:
        picture.save(file, "JPEG", **options)
    except OSError:  # noise: an optimised file must fit into one buffer, which is made for pictures that get smaller
        usual, file = ImageFile.MAXBLOCK, io.BytesIO()
        ImageFile.MAXBLOCK = 2 * samples.nbytes + 65536  # others that save meanwhile get a large buffer, too
        try:
            picture.save(file, "JPEG", **options)
        finally:
            ImageFile.MAXBLOCK = usual
    return file.getvalue()


def _inks(samples: Any) -> Any:
    """A Pillow CMYK picture of (H, W, 4)."""
    from PIL import Image as Pillow

    return Pillow.frombytes("CMYK", (samples.shape[1], samples.shape[0]), samples.tobytes())


def _new(image: Picture, metadata: Metadata, quality: int | None) -> Encoded:
    """A JPEG of a picture that came as something else."""
    height, width = image.size
    if max(height, width) > 65535:
        raise RetoucherError("A JPEG has at most 65,535 pixels a side; save as PNG or TIFF instead.")
    quality = quality or QUALITY
    data = _encoded(image.samples, quality=quality, subsampling=0 if quality >= FULL_COLOUR else 2, optimize=True)
    segments, _ = split(data)
    parts = [_with_dpi(segment, metadata.dpi) for segment in segments]
    too_large = len(EXIF + (metadata.exif or b"")) > MOST
    if metadata.exif and not too_large:
        parts.insert(1, Segment(APP1, EXIF + metadata.exif))
    parts, notes = _with_metadata(parts, metadata)
    notes += ["The photo's EXIF is too large for a JPEG, so it was left out."] if too_large else []
    pieces = (
        [metadata.profile[i : i + 65000] for i in range(0, len(metadata.profile or b""), 65000)]
        if metadata.profile
        else []
    )
    for number, piece in enumerate(pieces):
        parts.insert(_head(parts), Segment(APP2, ICC + bytes([number + 1, len(pieces)]) + piece))
    return Encoded(join(parts), (f"JPEG loses a little: the picture was encoded at quality {quality}.", *notes))


def _with_dpi(segment: Segment, dpi: tuple[float, float] | None) -> Segment:
    """The JFIF header with a resolution in dots per inch."""
    if segment.code != APP0 or dpi is None:
        return segment
    across, down = (min(max(round(value), 1), 65535) for value in dpi)
    body = segment.payload
    return replace(segment, payload=body[:7] + b"\1" + across.to_bytes(2) + down.to_bytes(2) + body[12:])


def _head(parts: list[Segment]) -> int:
    """Where the last APP0 or APP1 ends: further application segments go there."""
    return next((i for i, part in enumerate(parts) if part.code not in (APP0, APP1, APP2)), 0)


def _with_metadata(parts: list[Segment], metadata: Metadata) -> tuple[list[Segment], list[str]]:
    """The segments with the new EXIF and XMP in their places."""
    notes: list[str] = []
    kept: list[Segment] = []
    placed = False
    for part in parts:
        if part.code == APP1 and part.payload.startswith(EXIF) and metadata.exif is not None:
            part = replace(part, payload=EXIF + metadata.exif)
        elif part.code == APP1 and part.payload.startswith(XMP):
            if placed or metadata.xmp is None:
                continue
            part, placed = _packet(part, metadata.xmp, notes), True
        kept.append(part)
    if metadata.xmp is not None and not placed:
        kept.insert(_after_exif(kept), _packet(Segment(APP1, b""), metadata.xmp, notes))
    return [part for part in kept if part.code != APP1 or part.payload], notes


def _after_exif(parts: list[Segment]) -> int:
    """Where a new XMP segment goes: after JFIF and EXIF."""
    place = 0
    while place < len(parts) and (parts[place].code == APP0 or parts[place].payload.startswith(EXIF)):
        place += 1
    return place


def _packet(part: Segment, xmp: bytes, notes: list[str]) -> Segment:
    """The XMP segment, its padding given up where it would not fit; the old one where even that does not do."""
    body = XMP + (xmp if len(XMP + xmp) <= MOST else packets.shortened(xmp))
    if len(body) <= MOST:
        return replace(part, code=APP1, payload=body)
    notes.append("The photo's XMP is too large for a JPEG to take the note on provenance.")
    return part
