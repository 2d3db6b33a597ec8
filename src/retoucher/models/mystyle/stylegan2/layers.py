"""StyleGAN2's layers. Weights are stored at unit scale and scaled when used ("equalised learning rate")."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.mystyle.stylegan2.filters import filtered, kernel

SLOPE, GAIN = 0.2, math.sqrt(2)
"""Of the leaky ReLU, which is followed by a gain that keeps the variance."""
EPSILON = 1e-8


def activated(x: Tensor, bias: Tensor, gain: float = 1.0, clamp: float = 0.0) -> Tensor:
    """Bias, leaky ReLU, gain, clamp, in this order: (N, C, …) -> the same. `clamp` 0 is none."""
    x = F.leaky_relu(x + bias.to(x.dtype).reshape(-1, *[1] * (x.ndim - 2)), SLOPE) * (GAIN * gain)
    return x.clamp(-clamp * gain, clamp * gain) if clamp else x


def normalised(z: Tensor) -> Tensor:
    """Vectors (N, C) of a mean square of 1."""
    return z * (z.square().mean(1, keepdim=True) + EPSILON).rsqrt()


class Linear(nn.Module):
    """A fully connected layer: (N, C) -> (N, C'). `rate` scales weight and bias, and so how fast they learn."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.rate = rate
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias))

    def forward(self, x: Tensor, active: bool = False) -> Tensor:
        """With `active` followed by leaky ReLU and gain."""
        x = F.linear(x, self.weight * (self.rate / math.sqrt(self.weight.shape[1])))
        bias = self.bias * self.rate
        return activated(x, bias) if active else x + bias.to(x.dtype)


def modulated(
    x: Tensor, weight: Tensor, styles: Tensor, taps: Tensor | None = None, *, demodulate: bool = True
) -> Tensor:
    """A convolution whose filters are scaled by styles, picture by picture: (N, C, H, W) -> (N, C', H', W').

    weight (C', C, k, k), styles (N, C). Scaling what comes in and what goes out gives the same as scaling filters, and
    is one convolution for the whole batch. `demodulate`: filters are then scaled to unit length (section 2.2). With
    `taps` the size is doubled: transposed convolution with the stored kernel, then the filter.
    """
    dtype = x.dtype
    scale: Tensor | None = None
    if demodulate:
        with torch.autocast(x.device.type, enabled=False):
            energy = weight.float().square().sum((2, 3))  # (C', C)
            scale = (styles.float().square() @ energy.mT + EPSILON).rsqrt()
    x = x * styles.to(dtype)[:, :, None, None]
    if taps is None:
        x = F.conv2d(x, weight.to(dtype), padding=weight.shape[-1] // 2)
    else:
        x = F.conv_transpose2d(x, weight.to(dtype).transpose(0, 1), stride=2)
        x = filtered(x, taps, padding=(1, 1, 1, 1), gain=4)
    return x if scale is None else x * scale.to(x.dtype)[:, :, None, None]


class StyledConv(nn.Module):
    """Modulated convolution 3x3, noise, bias, leaky ReLU; with `up` it doubles the size.

    Noise comes after demodulation and before the bias: one picture for all channels, times one learnt strength.
    """

    noise_const: Tensor
    resample_filter: Tensor

    def __init__(self, inputs: int, outputs: int, styles: int, size: int, up: bool = False, clamp: float = 0.0) -> None:
        super().__init__()
        self.up, self.clamp, self.size = up, clamp, size
        self.affine = Linear(styles, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(size, size))
        self.register_buffer("resample_filter", kernel(), persistent=False)

    def forward(self, x: Tensor, w: Tensor, noise: str = "random", gain: float = 1.0) -> Tensor:
        """x (N, C, H, W), w (N, styles). `noise`: "random", "const" (the stored one) or "none"."""
        y = modulated(x, self.weight, self.affine(w), self.resample_filter if self.up else None)
        if noise == "random":
            drawn = torch.randn(len(y), 1, *y.shape[-2:], device=y.device, dtype=y.dtype)
            y = y + drawn * self.noise_strength.to(y.dtype)
        elif noise == "const":
            y = y + (self.noise_const * self.noise_strength).to(y.dtype)
        return activated(y, self.bias, gain, self.clamp)


class ToRGB(nn.Module):
    """Features to a picture: a modulated 1x1 convolution without demodulation, linear."""

    def __init__(self, inputs: int, styles: int, clamp: float = 0.0) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = Linear(styles, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 3, H, W)."""
        styles = self.affine(w) / math.sqrt(self.weight.shape[1])
        y = modulated(x, self.weight, styles, demodulate=False) + self.bias.to(x.dtype)[:, None, None]
        return y.clamp(-self.clamp, self.clamp) if self.clamp else y


class Conv(nn.Module):
    """A convolution of the discriminator: equalised, filtered first where it halves the size; (N, C, H, W)."""

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        side: int = 3,
        *,
        down: bool = False,
        active: bool = True,
        bias: bool = True,
        clamp: float = 0.0,
    ) -> None:
        super().__init__()
        self.down, self.active, self.clamp = down, active, clamp
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.register_buffer("resample_filter", kernel(), persistent=False)

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """Convolve, then bias, leaky ReLU and gain where they are asked for."""
        side = self.weight.shape[-1]
        weight = (self.weight / math.sqrt(self.weight[0].numel())).to(x.dtype)
        if not self.down:
            x = F.conv2d(x, weight, padding=side // 2)
        elif side == 1:
            x = F.conv2d(filtered(x, self.resample_filter, down=2, padding=(1, 1, 1, 1)), weight)
        else:
            x = F.conv2d(filtered(x, self.resample_filter, padding=(2, 2, 2, 2)), weight, stride=2)
        if self.active and self.bias is not None:
            return activated(x, self.bias, gain, self.clamp)
        x = x if self.bias is None else x + self.bias.to(x.dtype)[:, None, None]
        return x * gain
