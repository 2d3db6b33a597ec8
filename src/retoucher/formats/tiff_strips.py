"""The picture of a TIFF in compressed strips, and the file around it (TIFF 6.0, Adobe's technical note 3)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError
from retoucher.formats import exif as exif_fields
from retoucher.picture import Picture

Samples = np.ndarray[Any, np.dtype[Any]]
Field = tuple[int, int, int, bytes]

ASSOCIATED = 1
"""ExtraSamples where the colours are stored multiplied by alpha."""

STRIP = 1 << 18  # bytes of a strip before compression
PREDICTED = (5, 8, 32946, 50000)
OTHER = "This TIFF's compression would lose quality once more, so the result is compressed without loss (deflate)."


@dataclass(frozen=True)
class Strips:
    """Compressed strips, the fields that describe them, and what could not be kept."""

    parts: tuple[bytes, ...]
    fields: list[Field]
    notes: tuple[str, ...]


def _coders() -> dict[int, Callable[[bytes], bytes]]:
    """How to compress by the number in field 259."""
    import imagecodecs

    return {
        1: bytes,
        5: lambda data: bytes(imagecodecs.lzw_encode(data)),
        8: lambda data: bytes(imagecodecs.deflate_encode(data, level=6)),
        32946: lambda data: bytes(imagecodecs.deflate_encode(data, level=6)),
        50000: lambda data: bytes(imagecodecs.zstd_encode(data, level=9)),
    }


def encode(image: Picture, source: bytes | None, own: list[Field], mark: str) -> Strips:
    """The samples as strips, compressed as the source was where that is without loss and known, else by deflate."""
    coders = _coders()
    compression = _number(own, 259, source, 1) if source else 8
    notes: tuple[str, ...] = ()
    if compression == 32773:  # PackBits, seldom of use in photos, and deflate is read as widely
        compression = 8
    elif compression not in coders:
        compression, notes = 8, (OTHER,)
    predictor = _number(own, 317, source, 1) if source and not notes else 2
    predictor = 2 if predictor == 2 and compression in PREDICTED else 1
    rows = max(1, STRIP // image.samples[0].nbytes)
    samples = image.samples
    if image.has_alpha and _number(own, 338, source, 2) == ASSOCIATED:
        samples = multiplied(samples)
    parts = tuple(
        coders[compression](_bytes(samples[start : start + rows], predictor, mark))
        for start in range(0, image.height, rows)
    )
    return Strips(parts, _fields(image, own, source, compression, predictor, rows, mark), notes)


def divided(samples: Samples) -> Samples:
    """Colours that are stored multiplied by alpha ("associated"), as they are: (H, W, C), the last channel alpha.

    Nothing is lost: `multiplied` gives the stored values back (those of valid files: no colour above its alpha).
    """
    top = int(np.iinfo(samples.dtype).max)
    alpha = samples[:, :, -1:].astype(np.uint64)
    colors = (2 * top * samples[:, :, :-1].astype(np.uint64) + alpha) // np.maximum(2 * alpha, 1)
    return np.concatenate([np.where(alpha > 0, colors, 0).clip(0, top).astype(samples.dtype), samples[:, :, -1:]], 2)


def multiplied(samples: Samples) -> Samples:
    """The way back from `divided`."""
    top = int(np.iinfo(samples.dtype).max)
    alpha = samples[:, :, -1:].astype(np.uint64)
    colors = (2 * samples[:, :, :-1].astype(np.uint64) * alpha + top) // (2 * top)
    return np.concatenate([colors.astype(samples.dtype), samples[:, :, -1:]], 2)


def _bytes(rows: Samples, predictor: int, mark: str) -> bytes:
    """Rows in the file's byte order, as differences to the sample on the left with predictor 2."""
    rows = np.ascontiguousarray(rows)
    if predictor == 2:
        rows = np.concatenate([rows[:, :1], rows[:, 1:] - rows[:, :-1]], axis=1)  # modulo 2 ** bits
    return rows.astype(rows.dtype.newbyteorder(">" if mark == ">" else "<")).tobytes()


def _number(own: list[Field], tag: int, source: bytes | None, default: int) -> int:
    """A field of the source that holds one number."""
    mark = ">" if source and source[:2] == b"MM" else "<"
    for found, kind, _, raw in own:
        if found == tag and kind in (3, 4):
            return int(struct.unpack_from(mark + ("H" if kind == 3 else "L"), raw)[0])
    return default


def _fields(
    image: Picture, own: list[Field], source: bytes | None, compression: int, predictor: int, rows: int, mark: str
) -> list[Field]:
    """The fields that say how the strips are to be read; those for their places are added by `join`."""
    channels = image.samples.shape[2]
    bits = 8 * image.samples.dtype.itemsize
    values = {
        256: (4, [image.width]),
        257: (4, [image.height]),
        258: (3, [bits] * channels),
        259: (3, [compression]),
        262: (3, [{"L": 1, "RGB": 2, "CMYK": 5}[image.color]]),
        274: (3, [1]),
        277: (3, [channels]),
        278: (4, [rows]),
        284: (3, [1]),
        339: (3, [1] * channels),
    }
    if predictor != 1:
        values[317] = (3, [predictor])
    if image.has_alpha:
        values[338] = (3, [_number(own, 338, source, 2)])
    if image.color == "CMYK":
        values[332] = (3, [1])
    return [(tag, kind, len(some), _packed(kind, some, mark)) for tag, (kind, some) in values.items()]


def _packed(kind: int, values: list[int], mark: str) -> bytes:
    return struct.pack(f"{mark}{len(values)}{'H' if kind == 3 else 'L'}", *values)


def join(strips: Strips, directories: exif_fields.Fields, mark: str) -> bytes:
    """The whole file: header, strips, directories."""
    places, place = [], 8
    for part in strips.parts:
        places.append(place)
        place += len(part) + len(part) % 2
    if place > 0xFFFF0000:
        raise RetoucherError("The result would be larger than a TIFF can be; save as PNG instead.")
    sizes = [len(part) for part in strips.parts]
    main = [*directories[0]]
    main += [(273, 4, len(places), _packed(4, places, mark)), (279, 4, len(sizes), _packed(4, sizes, mark))]
    padded = b"".join(part + b"\0" * (len(part) % 2) for part in strips.parts)
    head = (b"II*\0" if mark == "<" else b"MM\0*") + struct.pack(mark + "L", place)
    return head + padded + exif_fields.pack({**directories, 0: main}, mark, place)
