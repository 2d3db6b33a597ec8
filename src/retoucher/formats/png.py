"""PNG: 8 and 16 bits, grey and RGB, with and without alpha; palettes become RGB."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp as packets
from retoucher.formats.limits import FRAMES, check_size
from retoucher.formats.metadata import Metadata
from retoucher.formats.orientation import upright
from retoucher.formats.png_chunks import DAMAGED, Chunk, Header, header_of, join, split, text_of, unfold
from retoucher.picture import Encoded, Picture

Samples = np.ndarray[Any, np.dtype[Any]]

XMP = b"XML:com.adobe.xmp"
RAW = (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")  # how others hide metadata in text
LEVEL = 4  # of deflate: 12 megapixels in about a second; 6 takes three times as long for 3 % less
KEPT = (b"cHRM", b"gAMA", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"tIME")
"""Chunks on the whole picture that stay although a program that does not know them should not copy them."""
MADE = (b"iCCP", b"eXIf", b"pHYs", b"iDOT", b"caBX")  # written anew, or bound to the old bytes
CREDENTIALS = "The photo's Content Credentials (C2PA) vouch for the picture as it was, so they were dropped."


def read(data: bytes, max_pixels: int) -> Picture:
    """Open a PNG. Colour keys become alpha, palettes and fewer than 8 bits become 8-bit samples."""
    header = header_of(data)
    check_size(header.width, header.height, max_pixels)
    chunks = split(data)
    frames = next((int.from_bytes(chunk.data[:4]) for chunk in chunks if chunk.name == b"acTL"), 1)
    if frames > 1:
        raise UsageError(FRAMES.format(frames))
    samples, notes = _samples(chunks, header)
    exif = _exif(chunks)
    orientation = exif_fields.orientation(exif)
    return Picture(
        upright(samples, orientation),
        "L" if samples.shape[2] < 3 else "RGB",
        samples.shape[2] in (2, 4),
        "PNG",
        profile=_profile(chunks),
        exif=exif,
        xmp=_xmp(chunks),
        dpi=_dpi(chunks) or exif_fields.dpi(exif),
        orientation=orientation,
        source=data,
        notes=notes,
    )


def _samples(chunks: list[Chunk], header: Header) -> tuple[Samples, tuple[str, ...]]:
    """The picture (H, W, 1 to 4) and what had to be converted."""
    raw = _decoded(chunks, header)
    found = {chunk.name: chunk.data for chunk in chunks if chunk.name in (b"PLTE", b"tRNS")}
    key = found.get(b"tRNS", b"")
    if header.kind == 3:
        return _through_palette(raw[:, :, 0], found.get(b"PLTE", b""), key)
    notes: tuple[str, ...] = ()
    if header.depth < 8:
        notes = (f"{header.depth}-bit grey became 8-bit grey.",)
    if key and header.kind in (0, 2):
        values = np.frombuffer(key[: 6 if header.kind == 2 else 2], ">u2").astype(np.uint32)
        scaled = values * 255 // ((1 << header.depth) - 1) if header.depth < 8 else values
        alpha = np.where((raw == scaled).all(axis=2, keepdims=True), 0, np.iinfo(raw.dtype).max)
        return np.concatenate([raw, alpha.astype(raw.dtype)], axis=2), (
            *notes,
            "The colour key became an alpha channel.",
        )
    return raw, notes


def _through_palette(places: Samples, palette: bytes, opacity: bytes) -> tuple[Samples, tuple[str, ...]]:
    """Palette colours for indices (H, W): RGB, or RGBA where an entry is not opaque."""
    if not palette or len(palette) % 3 or int(places.max()) >= len(palette) // 3:
        raise RetoucherError(DAMAGED.format("its palette is too short"))
    colors = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    if not opacity:
        return colors[places], ("The palette became 8-bit RGB.",)
    alpha = np.full((len(colors), 1), 255, np.uint8)
    alpha[: len(opacity), 0] = np.frombuffer(opacity, np.uint8)[: len(colors)]
    return np.concatenate([colors, alpha], axis=1)[places], ("The palette with transparency became 8-bit RGBA.",)


def _decoded(chunks: list[Chunk], header: Header) -> Samples:
    """What the file stores, (H, W, C): indices for a palette, fewer bits than 8 spread over 0 to 255."""
    bare = [chunk for chunk in chunks if chunk.name in (b"IHDR", b"IDAT", b"IEND", b"PLTE")]
    try:
        if header.depth >= 8 and header.kind != 3:
            import imagecodecs

            samples = np.asarray(imagecodecs.png_decode(join(chunk for chunk in bare if chunk.name != b"PLTE")))
        else:
            samples = _few_bits(bare, header)
    except (OSError, SyntaxError, ValueError, RuntimeError, EOFError, zlib.error) as error:
        raise RetoucherError(DAMAGED.format("its picture cannot be decoded")) from error
    return samples[:, :, None] if samples.ndim == 2 else samples


def _few_bits(chunks: list[Chunk], header: Header) -> Samples:
    """The samples of a PNG with a palette or fewer than 8 bits; ValueError where rows are missing.

    Pillow gives palette indices, which libpng's simple interface does not, but leaves missing rows black.
    """
    from PIL.PngImagePlugin import PngImageFile

    if header.interlace == 0:
        rows = header.height * (1 + (header.width * header.depth + 7) // 8)
        found = zlib.decompressobj().decompress(b"".join(c.data for c in chunks if c.name == b"IDAT"), rows)
        if len(found) < rows:
            raise ValueError("rows are missing")
    with PngImageFile(io.BytesIO(join(chunks))) as picture:
        picture.load()
        array = np.asarray(picture)
    return array.astype(np.uint8) * 255 if array.dtype == bool else array


def _profile(chunks: list[Chunk]) -> bytes | None:
    """The ICC profile of the iCCP chunk."""
    body = next((chunk.data for chunk in chunks if chunk.name == b"iCCP"), b"")
    return unfold(body.partition(b"\0")[2][1:]) if body else None


def _texts(chunks: list[Chunk], keys: tuple[bytes, ...]) -> list[bytes]:
    """The texts under some keywords."""
    wanted = (c for c in chunks if c.name in (b"tEXt", b"zTXt", b"iTXt") and c.data.partition(b"\0")[0] in keys)
    return [text for _, text in map(text_of, wanted) if text]


def _exif(chunks: list[Chunk]) -> bytes | None:
    """EXIF from its chunk, or from the text in which older programs put it."""
    own = next((chunk.data for chunk in chunks if chunk.name == b"eXIf"), None)
    hidden = own or next(filter(None, map(_unhexed, _texts(chunks, RAW[:2]))), None)
    return exif_fields.strip_name(hidden) if hidden else None


def _unhexed(text: bytes) -> bytes | None:
    """A raw profile: a name, a length, and hexadecimal digits in lines."""
    try:
        return bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except ValueError:
        return None


def _xmp(chunks: list[Chunk]) -> bytes | None:
    """XMP from its text chunk, or from a raw profile."""
    own = _texts(chunks, (XMP,)) or [found for text in _texts(chunks, RAW[2:]) if (found := _unhexed(text))]
    return packets.tidy(own[0]) if own else None


def _dpi(chunks: list[Chunk]) -> tuple[float, float] | None:
    """Dots per inch from pHYs, where it counts pixels per metre."""
    body = next((chunk.data for chunk in chunks if chunk.name == b"pHYs" and len(chunk.data) == 9), None)
    if body is None or body[8] != 1:
        return None
    across, down = struct.unpack(">LL", body[:8])
    return (across * 0.0254, down * 0.0254) if across and down else None


def write(image: Picture, metadata: Metadata) -> Encoded:
    """Encode as PNG without loss; a PNG's own chunks come back, those bound to the old bytes excepted."""
    import imagecodecs

    samples = np.ascontiguousarray(image.samples[:, :, 0] if image.samples.shape[2] == 1 else image.samples)
    new = split(bytes(imagecodecs.png_encode(samples, level=LEVEL)))
    own = split(image.source) if image.container == "PNG" and image.source else []
    kept = [chunk for chunk in own if _stays(chunk, own, new[0])]
    about = kept + _about(metadata, any(c.name in (b"sRGB", b"iCCP") for c in kept))
    before = [chunk for chunk in about if chunk.name not in (b"tEXt", b"zTXt", b"iTXt")]
    after = [chunk for chunk in about if chunk.name in (b"tEXt", b"zTXt", b"iTXt")]
    picture = [chunk for chunk in new[1:] if chunk.name == b"IDAT"]
    notes = (CREDENTIALS,) if any(chunk.name == b"caBX" for chunk in own) else ()
    return Encoded(join([new[0], *before, *after, *picture, new[-1]]), notes)


def _stays(chunk: Chunk, own: list[Chunk], header: Chunk) -> bool:
    """Whether a chunk of the source belongs in the result as it is."""
    if chunk.name in (b"tEXt", b"zTXt", b"iTXt"):
        return chunk.data.partition(b"\0")[0] not in (XMP, *RAW)
    if chunk.name == b"sBIT":
        return own[0].data[8:10] == header.data[8:10]  # one entry for each channel
    ancillary = bool(chunk.name[0] & 0x20)
    return ancillary and chunk.name not in MADE and (chunk.name in KEPT or chunk.safe_to_copy)


def _about(metadata: Metadata, has_space: bool) -> list[Chunk]:
    """The chunks for profile, resolution, EXIF and XMP."""
    chunks = []
    if metadata.profile and not has_space:
        chunks.append(Chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.profile)))
    if metadata.dpi:
        across, down = (max(1, round(value / 0.0254)) for value in metadata.dpi)
        chunks.append(Chunk(b"pHYs", struct.pack(">LLB", across, down, 1)))
    if metadata.exif:
        chunks.append(Chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append(Chunk(b"iTXt", XMP + b"\0\0\0\0\0" + metadata.xmp))
    return chunks
