"""The layers of SC-FEGAN: gated convolutions and local response normalisation as the released graph has them.

Padding is TensorFlow's "SAME" throughout: with a stride, odd amounts put the larger half below and to the right.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2
"""Of the leaky ReLU."""
RADIUS, BIAS = 5, 5e-5
"""Of the normalisation: how many channels on either side count, and what keeps it from dividing by nothing."""
TRANSPOSED = 5
"""Side of the transposed convolutions' kernels."""


def response_norm(x: Tensor, bias: float = BIAS, radius: int = RADIUS) -> Tensor:
    """Divide by the length of the vector of the neighbouring channels: (N, C, H, W) -> the same.

    y[c] = x[c] / sqrt(bias + sum of x[k]^2 over k from c - radius to c + radius), the window cut at the ends. Always in
    float32: squares of small activations vanish in half precision, and 1/sqrt(bias) amplifies up to 141 times.
    """
    with torch.autocast(x.device.type, enabled=False):
        x = x.float()
        channels = torch.arange(x.shape[1], device=x.device)
        near = (channels[:, None] - channels).abs() <= radius
        squares = F.conv2d(x.square(), near.to(x.dtype)[:, :, None, None])
        return x / (squares + bias).sqrt()


def same_padding(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """What "SAME" puts before and after a side of this size.

    >>> same_padding(8, 7, 2), same_padding(9, 7, 2), same_padding(9, 3, 1, dilation=4)
    ((2, 3), (3, 3), (4, 4))
    """
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution whose output has ceil(side / stride) pixels: (N, C, H, W) -> (N, C', H', W')."""

    def forward(self, x: Tensor) -> Tensor:
        """Pad as TensorFlow would, and convolve."""
        sides = zip(x.shape[-2:], self.kernel_size, self.stride, self.dilation, strict=True)
        (top, bottom), (left, right) = (same_padding(*side) for side in sides)
        if top == bottom and left == right:
            return F.conv2d(x, self.weight, self.bias, self.stride, (top, left), self.dilation)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride, 0, self.dilation)


class GatedConv2d(nn.Module):
    """A convolution whose every output has a gate of its own: leaky_relu(norm(feature)) * sigmoid(gate).

    Feature and gate are one convolution with twice the outputs, features first. The order matters: normalise, activate,
    then gate; the gate is never normalised. `active`: the last layer has no leaky ReLU.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        *,
        norm: bool = False,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.conv = SameConv2d(inputs, 2 * outputs, kernel, stride, dilation=dilation)
        self.norm, self.active = norm, active

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', ceil(H / stride), ceil(W / stride))."""
        feature, gate = self.conv(x).chunk(2, 1)
        feature = response_norm(feature) if self.norm else feature
        feature = F.leaky_relu(feature, SLOPE) if self.active else feature
        return feature * torch.sigmoid(gate)


class GatedUpConv2d(nn.Module):
    """The released graph's transposed layer: 5x5, stride 2, and a gate that is the sigmoid of the feature itself.

    The graph computes a second branch for the gate and then ignores it; the weights were trained like that, so the dead
    branch is not built, and this is in effect a swish.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, TRANSPOSED, 2)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(N, C, H, W) -> (N, C', height, width), where H = ceil(height / 2) and W = ceil(width / 2)."""
        before = [_cut(side) for side in (height, width)]
        y = F.conv_transpose2d(x, self.conv.weight, self.conv.bias, 2, before)
        feature = F.leaky_relu(y[..., :height, :width], SLOPE)
        return feature * torch.sigmoid(feature)


def _cut(side: int) -> int:
    """How much "SAME" takes off before the first row of a transposed convolution that gives `side` pixels.

    >>> _cut(8), _cut(5), _cut(1)
    (1, 2, 2)
    """
    return same_padding(side, TRANSPOSED, 2)[0]
