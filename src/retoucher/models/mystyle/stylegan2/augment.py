"""Adaptive augmentation: what the discriminator sees is changed with a strength that follows how much it overfits.

"Training Generative Adversarial Networks with Limited Data" (Karras et al., NeurIPS 2020): the sets "blit", "geometry"
and "colour", the published default, and where they are asked for "filter", "noise" and "cutout" (`corruption.py`). Each
transform has the same probability, on photos and generated pictures alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.models.mystyle.stylegan2.corruption import Draws, cut_out, filtered_bands, noisy
from retoucher.models.mystyle.stylegan2.filters import filtered
from retoucher.models.mystyle.stylegan2.sampling import sampled

TARGET = 0.6
"""The mean sign of the logits on photos that the strength is to lead to."""
SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466,
    0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578,
    0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip
"""The low-pass filter of the wavelet sym6 (Daubechies 1992), with which pictures are enlarged before a warp."""
USUAL = "bgc"
"""The published default: blit (mirrors, quarter turns, whole shifts), geometry, colour."""
SETS: dict[str, tuple[Callable[[Tensor, Draws], Tensor], ...]] = {
    USUAL: (),
    "bgcf": (filtered_bands,),
    "bgcfn": (filtered_bands, noisy),
    "bgcfnc": (filtered_bands, noisy, cut_out),
}
"""The published names, and what each does beyond the default."""
LAG = sum(i * tap for i, tap in enumerate(SYM6)) / sum(SYM6) - (len(SYM6) - 1) / 2
"""How far from its middle that filter's weight lies, in pixels of the enlarged picture: it is not symmetric."""


def augmented(image: Tensor, strength: float, chance: torch.Generator | None = None, sets: str = USUAL) -> Tensor:
    """Pictures (N, 3, H, W) in [-1, 1], each transform with the probability `strength` -> the same shape.

    `sets`: a name of `SETS`.
    """
    if strength <= 0:
        return image
    draw = _Draw(len(image), strength, image.device, chance)
    with torch.autocast(image.device.type, enabled=False):
        image = _warped(image.float(), geometry(draw, image.shape[-2], image.shape[-1]))
        image = _coloured(image, color(draw))
        for change in SETS[sets]:
            image = change(image, draw)
        return image


class _Draw:
    """Random numbers for a batch, with how often each transform is done at all."""

    def __init__(self, count: int, strength: float, device: torch.device, chance: torch.Generator | None) -> None:
        self.count, self.strength, self.device, self.chance = count, strength, device, chance

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        drawn = torch.rand(self.count, generator=self.chance, device=self.device)
        return low + (high - low) * drawn

    def normal(self, spread: float) -> Tensor:
        return spread * torch.randn(self.count, generator=self.chance, device=self.device)

    def maybe(self, value: Tensor, otherwise: float, strength: float | None = None) -> Tensor:
        """The value (N,) or values (K, N) where the transform is done, `otherwise` where not."""
        done = self.uniform() < (self.strength if strength is None else strength)
        return torch.where(done, value, torch.full_like(value, otherwise))

    def either(self) -> Tensor:
        """0 or 1, where the transform is done; a mirror that is done leaves every other picture as it is."""
        return self.maybe(self.uniform(0, 2).floor(), 0)


def geometry(draw: _Draw, height: int, width: int) -> Tensor:
    """Where each pixel comes from, in coordinates from the middle in pixels: (N, 3, 3).

    Mirror, quarter turns, whole shifts; then scale, turn, squeeze, turn again, fractional shift. Both turns together
    happen with the probability of one.
    """
    side = torch.tensor([[width], [height]], device=draw.device, dtype=torch.float32)
    mirror = draw.either()
    matrix = _scale(1 - 2 * mirror, torch.ones_like(mirror))
    matrix = matrix @ _turn(draw.maybe(draw.uniform(0, 4).floor(), 0) * (math.pi / 2))
    whole = torch.stack([draw.uniform(-0.125, 0.125) for _ in range(2)])
    matrix = matrix @ _shift(*(draw.maybe(whole, 0) * side).round())
    size = draw.maybe(2 ** draw.normal(0.2), 1)
    matrix = matrix @ _scale(size, size)
    once = 1 - math.sqrt(max(0.0, 1 - draw.strength))
    matrix = matrix @ _turn(draw.maybe(draw.uniform(-math.pi, math.pi), 0, once))
    squeeze = draw.maybe(2 ** draw.normal(0.2), 1)
    matrix = matrix @ _scale(squeeze, 1 / squeeze)
    matrix = matrix @ _turn(draw.maybe(draw.uniform(-math.pi, math.pi), 0, once))
    parts = torch.stack([draw.normal(0.125) for _ in range(2)])
    return matrix @ _shift(*(draw.maybe(parts, 0) * side))


def color(draw: _Draw) -> Tensor:
    """What becomes of red, green, blue and 1: (N, 3, 4). Brightness, contrast, luma flip, hue, saturation."""
    eye = torch.eye(4, device=draw.device).expand(draw.count, 4, 4)
    grey = torch.tensor([1.0, 1.0, 1.0, 0.0], device=draw.device) / math.sqrt(3)
    axis = grey[:, None] * grey
    bright = eye.clone()
    bright[:, :3, 3] = draw.maybe(draw.normal(0.2), 0)[:, None]
    strong = draw.maybe(2 ** draw.normal(0.5), 1)
    contrast = eye * torch.stack([strong, strong, strong, torch.ones_like(strong)], 1)[:, None, :]
    luma = eye - 2 * axis * draw.either()[:, None, None]
    hue = _about_grey(draw.maybe(draw.uniform(-math.pi, math.pi), 0))
    vivid = draw.maybe(2 ** draw.normal(1.0), 1)[:, None, None]
    last = torch.diag(torch.tensor([0.0, 0, 0, 1], device=draw.device))
    saturation = axis + last + (eye - axis - last) * vivid
    return (saturation @ hue @ luma @ contrast @ bright)[:, :3]


def _about_grey(angle: Tensor) -> Tensor:
    """Turns of colours about the grey axis: (N,) -> (N, 4, 4)."""
    v = 1 / math.sqrt(3)
    cos, sin = angle.cos(), angle.sin()
    same, after, before = cos + (1 - cos) / 3, (1 - cos) / 3 - v * sin, (1 - cos) / 3 + v * sin
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    rows = [same, after, before, zero, before, same, after, zero, after, before, same, zero, zero, zero, zero, one]
    return torch.stack(rows, 1).reshape(-1, 4, 4)


def _scale(x: Tensor, y: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))


def _turn(angle: Tensor) -> Tensor:
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], 1).reshape(-1, 3, 3)


def _shift(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([one, zero, x, zero, one, y, zero, zero, one], 1).reshape(-1, 3, 3)


def _warped(image: Tensor, matrix: Tensor) -> Tensor:
    """Enlarge by two, sample, reduce by two, so that the warp neither blurs nor aliases; the outside is reflected.

    `matrix` (N, 3, 3): where each pixel comes from, in pixels from the middle. The second filter is the first one
    turned round, so that the two together neither shift nor change a picture that is not warped; the first alone shifts
    it, so `LAG` puts the middle of the warp where it belongs (else a mirrored picture lies 0.4 pixels beside its own).
    """
    height, width = image.shape[-2:]
    (up_y, down_y), (up_x, down_x) = (resampling(side) for side in (height, width))
    grown = up_y.to(image) @ image @ up_x.to(image).mT
    tall, wide = grown.shape[-2:]
    # From pixels about the middle to grid_sample's [-1, 1], and from its [-1, 1] to pixels of the enlarged result.
    to = _placed((4 / wide, 4 / tall), (2 * LAG / wide, 2 * LAG / tall), matrix)
    back = _placed((width / 2, height / 2), (-LAG / 2, -LAG / 2), matrix)
    theta = (to @ matrix @ back)[:, :2]
    grid = F.affine_grid(theta, [len(image), 3, 2 * height, 2 * width], align_corners=False)
    return down_y.to(image) @ sampled(grown, grid.to(grown.dtype)) @ down_x.to(image).mT


@lru_cache(maxsize=4)
def resampling(side: int) -> tuple[Tensor, Tensor]:
    """Matrices that enlarge along one axis by two and reduce again: (2 side + 2, side) and (side, 2 side).

    The enlarged picture has a pixel more at either end. What lies outside is reflected. Filters along an axis as
    matrices: a tenth of the time of convolutions, which have three channels only.
    """
    taps = torch.tensor(SYM6) / sum(SYM6)
    margin = len(SYM6) // 2
    rows = F.pad(torch.eye(side)[None], [margin, margin], mode="reflect")[0]  # one picture of a row for each pixel
    grown = filtered(rows[:, None, None], taps[None], (2, 1), padding=(margin, margin - 1, 0, 0), gain=2)
    up = grown[:, 0, 0, 2 * margin - 1 : 2 * (margin + side) + 1]
    rows = F.pad(torch.eye(2 * side)[None], [margin, margin], mode="reflect")[0]
    small = filtered(rows[:, None, None], taps[None], down=(2, 1), padding=(-1, 0, 0, 0), flip=True)
    start = (small.shape[-1] - side) // 2
    return up.T.contiguous(), small[:, 0, 0, start : start + side].T.contiguous()


def _placed(scale: tuple[float, float], shift: tuple[float, float], like: Tensor) -> Tensor:
    """(3, 3): scaled, then shifted, across and down."""
    rows = [[scale[0], 0, shift[0]], [0, scale[1], shift[1]], [0, 0, 1]]
    return torch.tensor(rows, device=like.device, dtype=like.dtype)


def _coloured(image: Tensor, matrix: Tensor) -> Tensor:
    flat = image.flatten(2)
    changed = matrix[:, :, :3].to(flat.dtype) @ flat + matrix[:, :, 3:].to(flat.dtype)
    return changed.reshape(image.shape)
