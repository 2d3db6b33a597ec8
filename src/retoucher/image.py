"""Image: the file's own samples with everything that must come back; `pixels` is their upright sRGB view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from retoucher.errors import UsageError
from retoucher.files import check_output, read_whole, write_whole
from retoucher.picture import Encoded, Picture, Samples

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 200_000_000
"""Largest picture opened unless the caller says otherwise: 200 megapixels, 600 MB of 8-bit RGB."""


@dataclass(frozen=True, eq=False, repr=False)
class Image(Picture):
    """A photo: a `Picture` that can be opened, seen, pasted into and saved. Never changed."""

    @classmethod
    def open(
        cls, source: str | Path | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS, name: str = "The input"
    ) -> Image:
        """Read a photo from a path, bytes or an open binary file; `name` is what errors call one without a path.

        Raises UsageError where there is nothing that can be read, or more than `max_pixels` pixels are claimed (the
        header is read first); RetoucherError where the file is damaged.
        """
        from retoucher import formats

        if isinstance(source, (str, Path)):
            name, data, path = str(source), read_whole(source), Path(source)
        elif not isinstance(source, bytes) and not hasattr(source, "read"):
            raise UsageError(f"A picture is a path, bytes or an open file, not {type(source).__name__}.")
        else:
            data, path = source if isinstance(source, bytes) else source.read(), None
        held = vars(formats.read(data, name, max_pixels))
        return cls(**(held | {"path": path}))

    @classmethod
    def of(cls, picture: Image | str | Path | bytes | Samples) -> Image:
        """A photo however it is given: itself, an array as `from_array` takes it, or what `open` reads."""
        if isinstance(picture, Image):
            return picture
        return cls.from_array(picture) if isinstance(picture, np.ndarray) else cls.open(picture)

    @classmethod
    def from_array(cls, array: Samples) -> Image:
        """A picture in memory from uint8 or uint16 (H, W), or (H, W, 1 to 4): grey, grey+alpha, RGB, RGBA."""
        array = np.asarray(array)
        array = array[:, :, None] if array.ndim == 2 else array
        if (
            array.ndim != 3
            or not 1 <= array.shape[2] <= 4
            or array.dtype not in (np.uint8, np.uint16)
            or not array.size
        ):
            raise UsageError("A picture must be a uint8 or uint16 array of shape (H, W) or (H, W, 1 to 4).")
        return cls(array.copy(), "L" if array.shape[2] < 3 else "RGB", array.shape[2] in (2, 4))

    @classmethod
    def from_tensor(cls, pixels: Tensor) -> Image:
        """An 8-bit picture in memory from sRGB (3, H, W) in [0, 1]; values outside are clipped."""
        if pixels.ndim != 3 or pixels.shape[0] != 3:
            raise UsageError("Pixels must be a tensor of shape (3, H, W).")
        array = pixels.detach().float().cpu().clamp(0, 1).mul(255).round().byte().permute(1, 2, 0)
        return cls.from_array(array.numpy())

    @property
    def pixels(self) -> Tensor:
        """The whole photo as upright sRGB: float32 (3, H, W) in [0, 1], alpha ignored."""
        return self.crop(0, 0, self.width, self.height)

    def crop(self, x: int, y: int, width: int, height: int) -> Tensor:
        """The same view as `pixels` of one box, which must lie inside: float32 (3, height, width). Cheap."""
        import torch

        from retoucher.formats import color

        self._check_box(x, y, width, height)
        view = color.to_srgb(self.colors[y : y + height, x : x + width], self.color, self.profile)
        return torch.from_numpy(np.ascontiguousarray(view.transpose(2, 0, 1)))

    def paste(
        self, pixels: Tensor, where: Samples, *, x: int = 0, y: int = 0, mark: str | None = None, opaque: bool = False
    ) -> Image:
        """A new Image in which only the samples where `where` is true are replaced; every other one is the same.

        `pixels`: sRGB (3, h, w) in [0, 1], `where`: (h, w) bool, both for the box whose corner is at `x`, `y`. They
        are converted into the file's own colour space and depth and rounded. Alpha is kept, or full if `opaque`.
        """
        from retoucher.formats import color

        where = np.asarray(where, bool)
        height, width = where.shape
        self._check_box(x, y, width, height)
        if tuple(pixels.shape) != (3, height, width):
            raise ValueError(f"pixels {tuple(pixels.shape)} and where {where.shape} do not belong together")
        if not where.any():
            return self
        box = np.s_[y : y + height, x : x + width]
        values = pixels.detach().float().cpu().numpy()[:, where].T  # (N, 3)
        new = color.from_srgb(values, self.color, self.profile, self.samples.dtype)
        samples = self.samples.copy(order="K")
        target = samples[box]
        target[where, : new.shape[1]] = new
        if opaque and self.has_alpha:
            target[where, -1] = self.maximum
        changed = np.zeros(self.size, bool) if self.changed is None else self.changed.copy()
        changed[box] |= where
        return replace(self, samples=samples, changed=changed, mark=stronger(self.mark, mark))

    def extended(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Image:
        """A larger Image with so many new pixels on each side; the samples of the old ones are the same, in place.

        New pixels are 0 in every channel (black, or no ink; transparent where there is alpha) and count as changed.
        The metadata stay, with the new size, and the rows are upright: a JPEG of it is encoded as a whole, with the
        source's tables. Raises UsageError for a number below 0 and for more than `MAX_PIXELS` pixels.
        """
        from retoucher.formats import metadata

        sides = (left, top, right, bottom)
        if min(sides) < 0:
            raise UsageError("A photo is extended by 0 pixels or more on each side: give no number below 0.")
        if not any(sides):
            return self
        height, width = self.height + top + bottom, self.width + left + right
        if width * height > MAX_PIXELS:
            raise UsageError(
                f"Extended, the photo would have {width:,} x {height:,} pixels, more than the {MAX_PIXELS:,} allowed; "
                "extend it by less."
            )
        place = np.s_[top : top + self.height, left : left + self.width]
        samples = np.zeros((height, width, self.samples.shape[2]), self.samples.dtype)
        samples[place] = self.samples
        changed = np.ones((height, width), bool)
        changed[place] = False if self.changed is None else self.changed
        larger = replace(self, samples=samples, changed=changed, orientation=1)
        about = metadata.prepare(larger, turned=True, mark=False)
        return replace(larger, exif=about.exif, xmp=about.xmp, notes=self.notes + about.notes)

    def enlarged(self, scale: int) -> Image:
        """A larger Image, `scale` times as wide and high: every sample interpolated (Lanczos), alpha with it.

        All of it counts as changed; the metadata stay, with the new size, and the rows are upright. Raises UsageError
        for a scale below 1 and for more than `MAX_PIXELS` pixels.
        """
        import cv2

        from retoucher.formats import metadata

        if scale < 1:
            raise UsageError("A photo is enlarged by a whole number of 1 or more.")
        if scale == 1:
            return self
        height, width = scale * self.height, scale * self.width
        if width * height > MAX_PIXELS:
            raise UsageError(
                f"Enlarged, the photo would have {width:,} x {height:,} pixels, more than the {MAX_PIXELS:,} allowed; "
                "enlarge it by less, or a part of it."
            )
        floats = self.samples.astype(np.float32)
        if self.has_alpha:  # colours that cannot be seen must not bleed into those that can
            floats[..., :-1] *= floats[..., -1:] / self.maximum
        large = cv2.resize(floats, (width, height), interpolation=cv2.INTER_LANCZOS4).reshape(height, width, -1)
        if self.has_alpha:
            large[..., :-1] *= self.maximum / np.maximum(large[..., -1:], 1e-3)
        samples = np.rint(large.clip(0, self.maximum)).astype(self.samples.dtype)
        larger = replace(self, samples=samples, changed=np.ones((height, width), bool), orientation=1)
        about = metadata.prepare(larger, turned=True, mark=False)
        return replace(larger, exif=about.exif, xmp=about.xmp, notes=self.notes + about.notes)

    def encode(self, container: str | None = None, *, mark: bool = True, quality: int | None = None) -> Encoded:
        """The photo as the bytes of a file: `container` None means its own, PNG for a picture made in memory.

        `mark` False leaves out the note on provenance. `quality` (1 to 100, JPEG, WebP, AVIF and HEIC only) encodes
        the whole picture anew; None keeps as much as the container can, in a JPEG every block that did not change.
        Raises UsageError for an unknown container, and for a quality out of range or where there is none.
        """
        from retoucher import formats

        return formats.write(self, container or self.container or "PNG", mark, quality)

    def save(
        self, path: str | Path, *, overwrite: bool = False, mark: bool = True, quality: int | None = None
    ) -> tuple[str, ...]:
        """Write the photo; the suffix chooses the container. Returns what had to be converted, in plain sentences.

        Whole or not at all. Raises UsageError for an unknown suffix, an existing file without `overwrite`, and always
        for the file this photo was opened from.
        """
        from retoucher import formats

        path = Path(path)
        container = formats.container_for(path)
        if self.path is not None and path.exists() and self.path.exists() and path.samefile(self.path):
            raise UsageError(f"{path} is the photo itself, which is never changed; choose another output.")
        check_output(path, overwrite=overwrite)
        encoded = self.encode(container, mark=mark, quality=quality)
        write_whole(path, encoded.data, overwrite=overwrite)
        return self.notes + encoded.notes

    def _check_box(self, x: int, y: int, width: int, height: int) -> None:
        """Raise ValueError for a box that does not lie inside the photo."""
        inside = 0 <= x <= x + width <= self.width and 0 <= y <= y + height <= self.height
        if not inside or width < 1 or height < 1:
            raise ValueError(f"the box {x},{y},{width},{height} does not lie inside {self.width}x{self.height}")


def stronger(*marks: str | None) -> str | None:
    """Which of two provenance codes says more: pixels made by a trained network outweigh any other change."""
    order = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced")
    present = [mark for mark in marks if mark]
    return next((mark for mark in order if mark in present), present[0] if present else None)
