"""The sample pictures that come with Retoucher: something to try each skill on."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Sample:
    """A file of the package's data: what is on it, which mode of the editor it is for, and whose it is."""

    name: str
    title: str
    skill: str
    licence: str
    attribution: str
    source: str


SAMPLES = (
    Sample(
        "sample.jpg",
        "A bird to take away",
        "remove",
        "CC BY-SA 4.0",
        "Giles Laurent",
        "https://commons.wikimedia.org/wiki/File:161_Crimson-breasted_shrike_in_Otjozondjupa_Region_Photo_by_Giles_"
        "Laurent.jpg",
    ),
    Sample(
        "sample-torn.webp",
        "A torn photo to mend",
        "fill",
        "CC0",
        "rawpixel",
        "https://github.com/WordPress/twentytwentyfive",
    ),
    Sample(
        "sample-portrait.jpg",
        "A face to redraw",
        "face",
        "CC0",
        "18F, GSA",
        "https://github.com/18F/18f.gsa.gov",
    ),
)


def read(name: str) -> bytes:
    """The file of a sample in `SAMPLES`."""
    return (files("retoucher") / "data" / name).read_bytes()
