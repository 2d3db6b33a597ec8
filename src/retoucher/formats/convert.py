"""A photo made to fit a container that cannot hold all of it; every loss is said in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from retoucher.formats import color

if TYPE_CHECKING:
    from retoucher.picture import Picture


@dataclass(frozen=True)
class Holds:
    """What a container can hold."""

    colors: tuple[str, ...]
    alpha: bool = True
    wide: bool = False  # 16 bits
    metadata: bool = True


HOLDS = {
    "JPEG": Holds(("L", "RGB", "CMYK"), alpha=False),
    "PNG": Holds(("L", "RGB"), wide=True),
    "TIFF": Holds(("L", "RGB", "CMYK"), wide=True),
    "WEBP": Holds(("RGB",)),
    "AVIF": Holds(("L", "RGB")),
    "HEIC": Holds(("L", "RGB"), wide=True),
    "BMP": Holds(("L", "RGB"), metadata=False),
}


def fit(image: Picture, container: str) -> tuple[Picture, tuple[str, ...]]:
    """The photo as `container` can hold it, and what that cost."""
    holds, notes = HOLDS[container], []
    if image.color not in holds.colors and image.color != "L":
        notes.append(f"{container} does not hold CMYK, so the colours were converted to sRGB.")
        image = _as_srgb(image)
    if image.has_alpha and not holds.alpha:
        notes.append(f"{container} holds no transparency, so the photo was laid on white.")
        image = _on_white(image)
    if image.color not in holds.colors or (container == "BMP" and image.color == "L" and image.profile):
        notes += [] if image.profile is None else [f"{container} holds no grey profile, so it was converted to sRGB."]
        image = _as_grey_rgb(image)
    if image.samples.dtype == np.uint16 and not holds.wide:
        notes.append(f"{container} holds 8 bits per sample, so the 16 bits were rounded.")
        image = replace(image, samples=((image.samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))
    if not holds.metadata and (image.exif or image.xmp):
        notes.append(f"{container} holds no metadata, so EXIF and XMP were left out.")
    return image, tuple(notes)


def _as_srgb(image: Picture) -> Picture:
    """Every pixel converted to sRGB, alpha kept."""
    view = color.to_srgb(image.colors, image.color, image.profile)
    new = color.from_srgb(view.reshape(-1, 3), "RGB", None, image.samples.dtype).reshape(view.shape)
    if image.has_alpha:
        new = np.concatenate([new, image.samples[:, :, -1:]], axis=2)
    return replace(image, samples=new, color="RGB", profile=None)


def _as_grey_rgb(image: Picture) -> Picture:
    """Grey as three equal channels, through the grey profile if there is one."""
    if image.profile is not None:
        return _as_srgb(image)
    places = [0, 0, 0, 1] if image.has_alpha else [0, 0, 0]
    return replace(image, samples=image.samples[:, :, places], color="RGB")


def without_grey_alpha(image: Picture) -> Picture:
    """The same picture as RGBA where it is grey with alpha, for encoders that do not know that pair."""
    return _as_grey_rgb(image) if image.color == "L" and image.has_alpha else image


def _on_white(image: Picture) -> Picture:
    """Alpha laid on white paper: full light, or no ink."""
    paper = 0 if image.color == "CMYK" else image.maximum
    new = np.empty(image.colors.shape, image.samples.dtype)
    for band in np.array_split(np.arange(image.height), max(1, image.height // 256)):
        alpha = image.samples[band, :, -1:].astype(np.float32) / image.maximum
        new[band] = np.rint(image.colors[band] * alpha + paper * (1 - alpha))
    return replace(image, samples=new, has_alpha=False)
