"""Frame: from the photo to what a network accepts, and back.

Everything that crops, resizes, pads or pastes lives here: crop around the hole with context in proportion to it →
resize down only if the network needs it → pad at the bottom and on the right; then unpad → resize back → paste the
pixels of the hole and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retoucher.fit import Fit
from retoucher.groups import groups, views
from retoucher.mask import Bools, Box, Mask

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.image import Image

LEAST_KNOWN = 0.25
"""Share of a frame that must be known; else it is made larger."""

LEAST_COVER = 1e-3
"""Share of a resized pixel that must be unknown for all of it to count as unknown."""

BAND = 1 << 22
"""Pixels that are resized at a time, so that a frame of 100 megapixels fits in a laptop's memory."""


def pad(pixels: Tensor, fit: Fit) -> Tensor:
    """Pad the last two axes at the bottom and on the right to `fit.padded`: (…, H, W) -> (…, H', W').

    The mirrored picture is repeated as often as it takes, so the padding may be longer than the side itself.

    >>> import torch
    >>> pad(torch.arange(3).reshape(1, 3), Fit(multiple=8))[0]
    tensor([0, 1, 2, 2, 1, 0, 0, 1])
    >>> pad(torch.arange(3).reshape(1, 3), Fit(multiple=8, padding="reflect"))[0]
    tensor([0, 1, 2, 1, 0, 1, 2, 1])
    """
    height, width = pixels.shape[-2:]
    tall, wide = fit.padded(height, width)
    if tall > height:
        pixels = pixels.index_select(-2, _mirrored(height, tall, fit).to(pixels.device))
    if wide > width:
        pixels = pixels.index_select(-1, _mirrored(width, wide, fit).to(pixels.device))
    return pixels


def _mirrored(side: int, padded: int, fit: Fit) -> Tensor:
    """Which of `side` positions each of the `padded` positions shows: (padded,) int64."""
    import torch

    last = side if fit.padding == "symmetric" else max(side - 1, 1)  # period of the mirrored picture is 2 * last
    place = torch.arange(padded) % (2 * last)
    over = 2 * last - 1 if fit.padding == "symmetric" else 2 * last
    return torch.where(place < side, place, over - place).clamp(max=side - 1)


@dataclass(frozen=True)
class Frame:
    """The part of a photo that a network sees, and the way there and back.

    `x, y, width, height`: the box in the photo. `hole`: the box in it that holds the pixels this frame is to fill.
    `fit`: what the network accepts. All in pixels of the photo.
    """

    x: int
    y: int
    width: int
    height: int
    hole: Box
    fit: Fit

    @classmethod
    def around(cls, mask: Mask, fit: Fit, unknown: Bools | None = None) -> tuple[Frame, ...]:
        """One frame for each group of holes, in reading order; all of the mask is in the `hole` of some frame.

        Which holes share a frame, and how much of the photo around them it shows, is said in `retoucher.groups`.
        Where less than `LEAST_KNOWN` of a frame is known (`unknown`, (H, W) bool: the mask unless given), the margin
        is doubled until there is enough, or the frame is the whole photo. Where the `hole` of two frames overlap, the
        first fills all that is masked there.
        """
        unknown = mask.array if unknown is None else unknown
        return tuple(_framed(hole, mask.size, fit, unknown) for hole in groups(mask, fit))

    @property
    def scale(self) -> float:
        """Pixels given to the network for each pixel of the photo: 1, or less where the frame is larger than `best`."""
        longest = max(self.width, self.height)
        return min(1.0, self.fit.best / longest) if self.fit.best else 1.0

    @property
    def resized(self) -> tuple[int, int]:
        """(height, width) before padding."""
        return max(1, round(self.height * self.scale)), max(1, round(self.width * self.scale))

    @property
    def padded(self) -> tuple[int, int]:
        """(height, width) of what the network is given."""
        return self.fit.padded(*self.resized)

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the box in the photo."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def take(self, image: Image, unknown: Bools | None = None) -> Tensor:
        """Crop, resize down if it must be, pad: (1, 3, h, w) float32 in [0, 1], sRGB.

        What is `unknown` ((H, W) bool, of the whole photo) comes out as 0 (where `take_mask` is 1) and takes no part
        in the resizing, which averages known pixels only: what lies under the hole cannot leak.
        """
        import torch

        bands = []  # resized along the rows a band at a time: the frame may be as large as the photo
        for top, bottom in self._bands():
            pixels = image.crop(self.x, self.y + top, self.width, bottom - top)[None]
            known = torch.ones_like(pixels[:, :1])
            if unknown is not None:
                known[0, 0].masked_fill_(torch.from_numpy(unknown[self.place][top:bottom]), 0)
            bands.append(_smaller(torch.cat([pixels * known, known], 1), (bottom - top, self.resized[1])))
        small = _smaller(torch.cat(bands, -2), self.resized)
        pixels, known = small[:, :3], small[:, 3:]  # the weighted sum of known pixels, and the sum of their weights
        if self.scale < 1:
            pixels = torch.where(known >= 1 - LEAST_COVER, pixels / known, 0).clamp(0, 1)
        return pad(pixels, self.fit)

    def take_mask(self, unknown: Bools) -> Tensor:
        """The mask that belongs to `take`: (1, 1, h, w) float32, exactly 0 or 1; `unknown` is (H, W) bool.

        Where the frame is resized, a pixel of which any part is unknown counts as unknown.
        """
        import torch

        mask = torch.from_numpy(unknown[self.place])[None, None]
        width = self.resized[1]
        bands = [_smaller(mask[..., top:end, :].float(), (end - top, width)) for top, end in self._bands()]
        return pad((_smaller(torch.cat(bands, -2), self.resized) > LEAST_COVER).float(), self.fit)

    def _bands(self) -> list[tuple[int, int]]:
        """First and last row (exclusive) of the bands in which the box is read."""
        rows = max(1, BAND // self.width)
        return [(top, min(top + rows, self.height)) for top in range(0, self.height, rows)]

    def put(self, filled: Tensor, image: Image, mask: Mask, *, mark: str | None = None, opaque: bool = False) -> Image:
        """Unpad, resize back and paste the masked pixels of `hole`, and only these.

        `filled` is (1, 3, h, w) in [0, 1] at the size of `take`; `mark` and `opaque` are those of `Image.paste`.
        """
        height, width = self.resized
        small = filled[:, :, :height, :width].detach().float().cpu()
        left, top, wide, tall = self.hole
        rows = max(1, BAND // wide)
        for start in range(top, top + tall, rows):
            end = min(start + rows, top + tall)
            where = mask.array[start:end, left : left + wide]
            if where.any():
                part = self._enlarged(small, (left - self.x, start - self.y, wide, end - start))
                image = image.paste(part[0].clamp(0, 1), where, x=left, y=start, mark=mark, opaque=opaque)
        return image

    def _enlarged(self, small: Tensor, box: Box) -> Tensor:
        """Part of the frame, box (x, y, width, height) in it, at the photo's size from the resized frame: bicubic."""
        import torch

        x, y, width, height = box
        if self.resized == (self.height, self.width):
            return small[..., y : y + height, x : x + width]
        rows = (torch.arange(y, y + height) * 2 + 1) / self.height - 1  # the frame spans [-1, 1]
        columns = (torch.arange(x, x + width) * 2 + 1) / self.width - 1
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)[None]
        return torch.nn.functional.grid_sample(small, grid, "bicubic", padding_mode="border", align_corners=False)


def _smaller(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize down with antialiasing (a triangle as wide as two new pixels): (N, C, H, W) -> (N, C, *size).

    Rows and columns are independent of each other, and a side that keeps its length is left as it is.
    """
    from torch.nn.functional import interpolate

    if pixels.shape[-2:] == size:
        return pixels
    return interpolate(pixels, size, mode="bilinear", antialias=True)


def _framed(hole: Box, size: tuple[int, int], fit: Fit, unknown: Bools) -> Frame:
    """The frame around a hole, large enough to show what it is to be filled from."""
    wider = 1
    while True:
        x, y, width, height = views(np.array([hole]), size, fit, wider=wider)[0].tolist()
        frame = Frame(x, y, width, height, hole, fit)
        area = frame.width * frame.height
        if area - np.count_nonzero(unknown[frame.place]) >= LEAST_KNOWN * area or area == unknown.size:
            return frame
        wider *= 2
