"""Picture: what a file holds, as plain data. Formats read and write it; `Image` adds what one can do with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

Color = Literal["L", "RGB", "CMYK"]
Samples = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Encoded:
    """A picture as the bytes of a file, and plain sentences on what that container could not keep."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A photo: samples as the file has them, upright, and all that must come back when it is saved. Never changed.

    `samples`: (H, W, C) uint8 or uint16, C = colour channels, plus one for alpha (the last) where `has_alpha`.
    `container`: "JPEG", "PNG", … or "" for a picture made in memory. `orientation`: the file's EXIF tag, 1 to 8, which
    `samples` already follow. `source`: the file's own bytes. `changed`: (H, W) bool, the pixels that differ from
    `source`. `mark`: the IPTC DigitalSourceType code to write. `notes`: what opening or pasting had to convert.
    """

    samples: Samples
    color: Color
    has_alpha: bool = False
    container: str = ""
    profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    orientation: int = 1
    source: bytes | None = None
    path: Path | None = None
    changed: Samples | None = None
    mark: str | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Short: the file's bytes are of no use on a screen."""
        kind = f"{self.color}{'A' if self.has_alpha else ''}, {8 * self.samples.dtype.itemsize} bits"
        return f"<{type(self).__name__} {self.width}×{self.height}, {kind}, {self.container or 'in memory'}>"

    def __post_init__(self) -> None:
        self.samples.flags.writeable = False

    @property
    def height(self) -> int:
        """Rows of the upright picture."""
        return int(self.samples.shape[0])

    @property
    def width(self) -> int:
        """Columns of the upright picture."""
        return int(self.samples.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def is_changed(self) -> bool:
        """Whether any pixel differs from what was opened."""
        return self.changed is not None and bool(self.changed.any())

    @property
    def maximum(self) -> int:
        """The largest sample value: 255 or 65535."""
        return int(np.iinfo(self.samples.dtype).max)

    @property
    def colors(self) -> Samples:
        """The samples without alpha: (H, W, 1, 3 or 4), a view."""
        return self.samples[:, :, :-1] if self.has_alpha else self.samples

    @property
    def opacity(self) -> Samples:
        """Float32 (H, W) in [0, 1]: the alpha channel, ones where there is none."""
        if not self.has_alpha:
            return np.ones(self.size, np.float32)
        return self.samples[:, :, -1].astype(np.float32) / np.float32(self.maximum)
