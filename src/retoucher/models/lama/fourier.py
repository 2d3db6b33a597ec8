"""Convolving in the frequency domain: the global path of LaMa (Chi et al. 2020; Suvorov et al. 2022, section 2.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def to_parts(x: Tensor) -> Tensor:
    """Orthonormal real 2-D FFT as real channels: (N, C, H, W) -> (N, 2C, H, W // 2 + 1).

    Channel 2c is the real part of channel c, channel 2c + 1 its imaginary part. The transform runs in float32 whatever
    x is: half types have no FFT on most devices. The parts come back in x's type.
    """
    spectrum = torch.fft.rfft2(x.to(_wide(x)), norm="ortho")  # (N, C, H, W // 2 + 1) complex
    return torch.view_as_real(spectrum).movedim(-1, 2).flatten(1, 2).to(x.dtype)


def from_parts(parts: Tensor, size: tuple[int, int]) -> Tensor:
    """The way back from `to_parts`: (N, 2C, H, W // 2 + 1) -> (N, C, H, W), with `size` = (H, W).

    The parts need not be the spectrum of any real picture. What then happens is part of the method: a complex inverse
    along the columns, then a complex-to-real inverse along the rows that ignores the imaginary part of bin 0 (and of
    the last bin where W is even). The two steps are written out because not every device's `irfft2` does it this way.
    """
    count, channels, *spectrum = parts.shape
    pairs = (
        parts.to(_wide(parts)).reshape(count, channels // 2, 2, *spectrum).movedim(2, -1)
    )  # (N, C, H, W // 2 + 1, 2)
    columns = torch.fft.ifft(torch.view_as_complex(pairs.contiguous()), dim=-2, norm="ortho")
    rows: Tensor = torch.fft.irfft(columns, n=size[1], dim=-1, norm="ortho")
    return rows.to(parts.dtype)


def _wide(x: Tensor) -> torch.dtype:
    """float32, or float64 for float64."""
    return torch.promote_types(x.dtype, torch.float32)


class FourierUnit(nn.Module):
    """A 1x1 convolution, BatchNorm and ReLU on the spectrum: every output sees the whole picture.

    (N, inputs, H, W) -> (N, outputs, H, W), for any H and W. Nothing follows the inverse transform.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_layer = nn.Conv2d(2 * inputs, 2 * outputs, 1, bias=False)
        self.bn = nn.BatchNorm2d(2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Filter the spectrum of x."""
        parts = F.relu(self.bn(self.conv_layer(to_parts(x))))
        return from_parts(parts, (x.shape[-2], x.shape[-1]))


def quarters(x: Tensor) -> Tensor:
    """Rearrange the first quarter of the channels for the local Fourier unit: (N, C, S, S) -> (N, C, S/2, S/2).

    The upper half is stacked on the lower half, then left on right. The published code cuts columns at half the
    *height*, so that it is defined for even squares only; anything else is refused here.
    """
    channels, height, width = x.shape[1:]
    if height != width or height % 2:
        raise ValueError(f"the local Fourier unit needs an even square of features, not {height}x{width}")
    rows = torch.cat(torch.split(x[:, : channels // 4], height // 2, dim=-2), dim=1)
    return torch.cat(torch.split(rows, height // 2, dim=-1), dim=1)


class SpectralTransform(nn.Module):
    """The global-to-global path: 1x1 convolution down to half the channels, Fourier unit(s), 1x1 convolution up.

    (N, inputs, H, W) -> (N, outputs, H / stride, W / stride). With `lfu` a second Fourier unit looks at the four
    quarters of the picture; no published network uses it. Norm and activation after the last convolution belong to
    the enclosing layer.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, *, lfu: bool = False) -> None:
        super().__init__()
        inner = outputs // 2
        self.downsample = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
        self.conv1 = nn.Sequential(nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU())
        self.fu = FourierUnit(inner, inner)
        self.lfu = FourierUnit(inner, inner) if lfu else None
        self.conv2 = nn.Conv2d(inner, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """conv2(x + fu(x) + lfu(x)), with x the reduced input."""
        x = self.conv1(self.downsample(x))
        y = x + self.fu(x)
        if self.lfu is not None:
            y = y + self.lfu(quarters(x)).repeat(1, 1, 2, 2)
        out: Tensor = self.conv2(y)
        return out
