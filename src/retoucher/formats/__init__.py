"""The containers a photo comes in: which there are, how one is recognised, and which module reads and writes it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from retoucher.errors import RetoucherError, UsageError

if TYPE_CHECKING:
    from retoucher.formats.metadata import Metadata
    from retoucher.picture import Encoded, Picture

MODULES = {"JPEG": "jpeg", "PNG": "png", "TIFF": "tiff", "WEBP": "webp", "AVIF": "avif", "HEIC": "heic", "BMP": "bmp"}
"""Which module of this package reads and writes which container."""

SUFFIXES = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".bmp": "BMP",
}
"""Which container a file's name asks for."""

LOSSY = ("JPEG", "WEBP", "AVIF", "HEIC")
"""Containers for which a quality can be asked."""

FOREIGN = {
    b"GIF8": "a GIF",
    b"%PDF": "a PDF",
    b"8BPS": "a Photoshop document",
    b"gimp xcf": "a GIMP document",
    b"\0\0\0\x0cJXL ": "a JPEG XL",
    b"\xff\x0a": "a JPEG XL",
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"\xff\x4f\xff\x51": "a JPEG 2000",
    b"<svg": "an SVG drawing",
    b"II\x55\0": "a camera's raw file",
    b"FUJIFILM": "a camera's raw file",
}
"""How files begin that are pictures, but none that we read."""

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc", b"hevx", b"msf1")
ASK = "save it as PNG, TIFF, JPEG, WebP, AVIF, HEIC or BMP first"


class Format(Protocol):
    """What every module of MODULES has."""

    def read(self, data: bytes, max_pixels: int) -> Picture:
        """Open a whole file of this kind; UsageError above `max_pixels`, RetoucherError where it is damaged."""

    def write(self, image: Picture, metadata: Metadata, quality: int | None = None) -> Encoded:
        """Encode a picture that `convert.fit` has made to fit, with this metadata.

        Modules of LOSSY only: `quality` from 1 to 100 encodes the whole picture anew at it.
        """


def container_for(path: Path) -> str:
    """The container that a file's suffix asks for; UsageError where there is none."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        known = ", ".join(SUFFIXES)
        raise UsageError(f"{path.name} does not say what kind of file to write; end it in one of {known}.") from None


def identify(data: bytes, name: str) -> str:
    """The container by the first bytes, whatever the file is called; UsageError where it is none of ours."""
    if not data:
        raise UsageError(f"{name} is empty; give a photo.")
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _identify_ftyp(data, name)
    if data[:2] == b"BM" and len(data) > 26:
        return "BMP"
    what = next((what for start, what in FOREIGN.items() if data.startswith(start)), "no photo of a kind that is known")
    raise UsageError(f"{name} is {what}; {ASK}.")


def _identify_ftyp(data: bytes, name: str) -> str:
    """AVIF, HEIC or neither, by the brands of an ISO media file (ISO 14496-12, 4.3)."""
    size = min(int.from_bytes(data[:4]), 512)
    brands = [data[8:12]] + [data[i : i + 4] for i in range(16, size, 4)]
    if any(brand in (b"avif", b"avis") for brand in brands):
        return "AVIF"
    if any(brand in HEIF_BRANDS for brand in brands):
        return "HEIC"
    raise UsageError(f"{name} is a film or another media file; {ASK}.")


def read(data: bytes, name: str, max_pixels: int) -> Picture:
    """Open a file's bytes; `name` is what messages call it."""
    from retoucher.formats import color

    container = identify(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library has to say about a file, we say in one sentence, or not
            image = _module(container).read(data, max_pixels)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    except RetoucherError as error:
        raise RetoucherError(f"{name}: {error}") from None
    except MemoryError:
        raise RetoucherError(f"{name} does not fit into memory; close other programs or make it smaller.") from None
    except Exception as error:  # seven decoders, each with its own errors for what it did not expect
        raise RetoucherError(f"{name}: the {container} is damaged; try to get another copy of it.") from error
    why = color.fault(image.profile, image.color) if image.profile else None
    if why:
        note = f"The colour profile cannot be used ({why}), so the colours are taken as sRGB."
        image = replace(image, notes=(*image.notes, note))
    return image


def write(image: Picture, container: str, mark: bool, quality: int | None = None) -> Encoded:
    """Encode as `container`. A photo in its own container in which nothing changed is its own bytes.

    `quality`: 1 to 100, of a container in LOSSY; None is the best that the container can keep.
    """
    from retoucher.formats import convert, metadata
    from retoucher.picture import Encoded

    if container not in MODULES:
        raise UsageError(f"{container} is no kind of file that can be written; use one of {', '.join(MODULES)}.")
    if quality is not None:
        _check_quality(container, quality)
    same = image.container == container and image.source is not None
    if quality is None and same and not image.is_changed and (image.orientation == 1 or container == "JPEG"):
        return Encoded(cast(bytes, image.source))
    fitted, notes = convert.fit(image, container)
    about = metadata.prepare(fitted, turned=not (same and container == "JPEG"), mark=mark)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = _module(container)
        encoded = module.write(fitted, about) if quality is None else module.write(fitted, about, quality)
    return Encoded(encoded.data, notes + about.notes + encoded.notes)


def _check_quality(container: str, quality: int) -> None:
    """Raise UsageError for a quality that is no number of 1 to 100, or of a container that loses nothing."""
    if container not in LOSSY:
        raise UsageError(f"{container} keeps every pixel and has no quality: leave it out, or use {', '.join(LOSSY)}.")
    if not 1 <= quality <= 100:
        raise UsageError(f"The quality is a number from 1 to 100, not {quality}.")


def _module(container: str) -> Format:
    """The module for a container, imported when it is needed."""
    return cast(Format, import_module(f"retoucher.formats.{MODULES[container]}"))
