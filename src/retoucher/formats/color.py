"""Between a file's own colours and sRGB, by its ICC profile or, without one, by plain formulas.

Relative colorimetric with black point compensation, both ways, in floating point: lcms' faster paths are off by up to
12 levels of 255 on a Display P3 photo (measured; docs/images.md).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np

Samples = np.ndarray[Any, np.dtype[Any]]

SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}  # ICC.1:2010, table 19
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709
SAME = 1.01 / 255  # a profile that moves no colour further than this is sRGB by another name
BAND = 250_000  # pixels converted by one thread at a time


def to_srgb(samples: Samples, color: str, profile: bytes | None) -> Samples:
    """A file's samples (h, w, C), integers without alpha, to sRGB: float32 (h, w, 3) in [0, 1].

    Colours outside sRGB are clipped. CMYK samples are amounts of ink, the maximum is full ink.
    """
    if profile is not None and way(profile, color) == "by profile":
        bands = np.array_split(samples, max(1, samples.shape[0] * samples.shape[1] // BAND))
        with ThreadPoolExecutor(min(len(bands), os.cpu_count() or 1)) as pool:
            parts = list(pool.map(lambda band: _through(band, color, profile), bands))
        return np.concatenate(parts)
    values = _unit(samples)
    if color == "L":
        return np.repeat(values, 3, axis=2)
    return (1 - values[:, :, :3]) * (1 - values[:, :, 3:]) if color == "CMYK" else values


def from_srgb(values: Samples, color: str, profile: bytes | None, kind: np.dtype[Any]) -> Samples:
    """SRGB (N, 3) in [0, 1], clipped, to the file's own samples (N, C) of integer type `kind`, rounded."""
    values = np.clip(values, 0, 1).astype(np.float32)
    if profile is not None and way(profile, color) == "by profile":
        new = _back(values, color, profile)
    elif color == "L":
        new = values @ LUMA[:, None]
    elif color == "CMYK":
        new = _inks(values)
    else:
        new = values
    top = np.float32(np.iinfo(kind).max)
    return np.asarray(np.rint(np.clip(new, 0, 1) * top).astype(kind))


def fault(profile: bytes, color: str) -> str | None:
    """Why a profile cannot be used, as the end of a sentence; None where it can."""
    found = way(profile, color)
    return None if found in ("as sRGB", "by profile") else found


@lru_cache(maxsize=16)
def way(profile: bytes, color: str) -> str:
    """How a profile is used: "as sRGB" (it is sRGB by another name), "by profile", or else why it cannot be used."""
    if len(profile) < 132 or profile[36:40] != b"acsp" or int.from_bytes(profile[:4]) > len(profile):
        return "it is damaged"
    if profile[16:20] != SPACES[color]:
        return "it is for other colours"
    step = np.linspace(0, 1, 6, dtype=np.float32)
    grid = np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3)
    try:
        there = _back(grid, color, profile)
        _through(np.rint(np.clip(there, 0, 1) * 65535).astype(np.uint16)[None], color, profile)
        if color == "RGB":
            moved = _through(np.rint(grid * 65535).astype(np.uint16)[None], color, profile)[0]
            return "as sRGB" if np.abs(moved - grid).max() < SAME else "by profile"
    except (RuntimeError, ValueError, TypeError):
        return "it is damaged, or works one way only"
    return "by profile"


def _unit(samples: Samples) -> Samples:
    """Integers to float32 in [0, 1]."""
    return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)


def _inks(values: Samples) -> Samples:
    """SRGB (N, 3) to amounts of cyan, magenta, yellow and black (N, 4) by the plain formula, all grey in black."""
    white = values.max(axis=1, keepdims=True)
    rest = np.where(white > 0, 1 - values / np.maximum(white, 1e-6), 0)
    return np.concatenate([rest, 1 - white], axis=1)


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """The sRGB profile that lcms builds (IEC 61966-2-1)."""
    import imagecodecs

    return bytes(imagecodecs.cms_profile("srgb"))


def _transform(values: Samples, source: bytes, target: bytes, names: tuple[str, str]) -> Samples:
    """One lcms transform, unoptimised, in the number type of `values`."""
    import imagecodecs

    flags = imagecodecs.CMS.FLAGS
    converted = imagecodecs.cms_transform(
        np.ascontiguousarray(values),
        source,
        target,
        colorspace=names[0],
        outcolorspace=names[1],
        intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        flags=flags.NOOPTIMIZE | flags.BLACKPOINTCOMPENSATION,
    )
    return np.asarray(converted)


def _through(samples: Samples, color: str, profile: bytes) -> Samples:
    """(h, w, C) integers to sRGB float32 (h, w, 3) by the profile."""
    if color == "CMYK":  # lcms counts floating-point ink in percent; 16 bits are exact enough
        wide = samples if samples.dtype == np.uint16 else samples.astype(np.uint16) * 257
        return _unit(_transform(wide, profile, srgb(), ("cmyk", "rgb")))
    name = "gray" if color == "L" else "rgb"
    values = _unit(samples)
    out = _transform(values, profile, srgb(), (name, "rgb")).reshape(*samples.shape[:2], 3)
    return np.clip(out, 0, 1)


def _back(values: Samples, color: str, profile: bytes) -> Samples:
    """SRGB float32 (N, 3) to the profile's colours, float (N, C) in about [0, 1]."""
    if color == "CMYK":
        wide = np.rint(values * 65535).astype(np.uint16)[None]
        return _unit(_transform(wide, srgb(), profile, ("rgb", "cmyk"))[0])
    name = "gray" if color == "L" else "rgb"
    return _transform(values[None], srgb(), profile, ("rgb", name)).reshape(len(values), -1)
