"""What happened to a face before it was seen: nothing, a hole, or too few pixels (section 5 and the published program).

A degradation is applied to what the generator makes and to what was given, and the two are compared. Pictures lie
around [-1, 1]; each works at any size up to its own, so that a search can begin with small pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


class Degradation(Protocol):
    """What the search knows of a face."""

    def __call__(self, picture: Tensor) -> Tensor:
        """A whole picture (1, 3, s, s) as it would have been seen."""

    def wanted(self, size: int) -> Tensor:
        """What was seen, as it would have been of a picture of `size` pixels."""


@dataclass(frozen=True)
class Nothing:
    """The whole face is there: `target` (1, 3, S, S) around [-1, 1]."""

    target: Tensor

    def __call__(self, picture: Tensor) -> Tensor:
        """The picture itself."""
        return picture

    def wanted(self, size: int) -> Tensor:
        """Reduced by area."""
        return smaller(self.target, size)


@dataclass(frozen=True)
class Hole:
    """A part is missing: `known` (1, 1, S, S) in [0, 1], 1 = keep. What is missing is 0, mid grey, in both."""

    target: Tensor
    known: Tensor

    def __call__(self, picture: Tensor) -> Tensor:
        """The picture with its hole; a pixel that is partly missing counts as far as it is known."""
        return picture * smaller(self.known, picture.shape[-1])

    def wanted(self, size: int) -> Tensor:
        """Means of what is known, so that nothing under the hole is in it."""
        return smaller(self.target * self.known, size)


@dataclass(frozen=True)
class FewPixels:
    """The face had only as many pixels as `target` has: the mean of every block, after a blur of `blur` pixels of it.

    The blur is ours: lenses and JPEG leave less than a mean of areas, which would otherwise be taken for the face's own
    softness.
    """

    target: Tensor
    blur: float = 0.0

    def __call__(self, picture: Tensor) -> Tensor:
        """(1, 3, s, s) -> (1, 3, L, L) where s is larger than L, else as it is."""
        side = self.target.shape[-1]
        seen = smaller(picture, side) if picture.shape[-1] > side else picture
        return blurred(seen, self.blur) if self.blur else seen

    def detail(self, picture: Tensor) -> Tensor:
        """What a picture (1, 3, s, s) has beyond what would have been seen of it: the same size, around 0."""
        return picture - F.interpolate(self(picture), picture.shape[-2:], mode="bicubic")

    def wanted(self, size: int) -> Tensor:
        """What was seen, or less of it for smaller pictures."""
        return smaller(self.target, size) if size < self.target.shape[-1] else self.target


def smaller(picture: Tensor, side: int) -> Tensor:
    """A square picture reduced by area; as it is where it has that size."""
    if picture.shape[-1] == side:
        return picture
    if picture.shape[-1] % side == 0:
        return F.avg_pool2d(picture, picture.shape[-1] // side)
    return F.interpolate(picture, (side, side), mode="area")


def blurred(picture: Tensor, spread: float) -> Tensor:
    """A Gaussian blur, reflected at the edges: (N, C, H, W) -> the same."""
    reach = max(1, round(2.5 * spread))
    at = torch.arange(-reach, reach + 1, device=picture.device, dtype=picture.dtype)
    taps = torch.exp(-0.5 * (at / spread) ** 2)
    taps = taps / taps.sum()
    channels = picture.shape[1]
    for shape, pad in (((1, 1, 1, -1), (reach, reach, 0, 0)), ((1, 1, -1, 1), (0, 0, reach, reach))):
        kernel = taps.reshape(shape).repeat(channels, 1, 1, 1)
        picture = F.conv2d(F.pad(picture, pad, mode="reflect"), kernel, groups=channels)
    return picture
