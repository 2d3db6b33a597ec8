"""The partial convolution: a convolution of known pixels only (Liu et al. 2018, equations 1 and 2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Two = tuple[int, int]


def window_sums(x: Tensor, kernel: Two, stride: Two = (1, 1), padding: Two = (0, 0), dilation: Two = (1, 1)) -> Tensor:
    """The sum over every window of a convolution: (N, C, H, W) -> (N, C, H', W'); what lies outside counts as 0.

    Added up along columns, then along rows: whole numbers stay whole on every device. A convolution with ones may go by
    Winograd, Fourier or in ten bits on a GPU, and would then see a known pixel where there is none.

    >>> window_sums(torch.ones(1, 1, 2, 3), (3, 3), padding=(1, 1))[0, 0]
    tensor([[4., 6., 4.],
            [4., 6., 4.]])
    """
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    for axis in (0, 1):
        size, step, apart = kernel[axis], stride[axis], dilation[axis]
        count = (x.shape[axis + 2] - apart * (size - 1) - 1) // step + 1
        if count < 1:
            raise ValueError(f"a kernel of {kernel} does not fit into a padded picture of {tuple(x.shape[2:])}")
        every = torch.arange(count, device=x.device) * step
        parts = [x.index_select(axis + 2, every + apart * place) for place in range(size)]
        x = sum(parts[1:], parts[0])
    return x


def known_channels(valid: Tensor, channels: int) -> Tensor:
    """How many of the `channels` are known at each pixel: valid (N, 1 or channels, H, W) -> (N, 1, H, W) float32."""
    known = (valid > 0).float()  # half types cannot count to the size of a window
    return known.sum(1, keepdim=True) if valid.shape[1] == channels else known * channels


class PartialConv2d(nn.Conv2d):
    """Convolve the known pixels only and rescale by how many there were (eq. 1); what was seen is known (eq. 2).

    The bias is added after the rescaling; where a window holds no known pixel the result is 0, bias included. Zero
    padding counts as unknown. The tensors are those of an ordinary convolution; nothing else is kept between calls.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, bias=bias)
        self.pads: Two = (padding, padding)  # `padding` of the base class may be a word

    def forward(  # type: ignore[override]  # a convolution takes and gives no valid map
        self, x: Tensor, valid: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """x (N, C, H, W) -> y (N, out, H', W') and its valid map (N, 1, H', W'), 1 where y is known, else 0.

        `valid` is 1 where x is known and exactly 0 elsewhere: (N, C, H, W), or (N, 1, H, W) where all channels have
        the same; either may be one for the whole batch. What x holds where it is not known, NaN included, has no
        effect. Without `valid` all of x is known, and only the border differs from an ordinary convolution: "partial
        convolution based padding" (Liu et al. 2018b); the valid map is then (1, 1, H', W').
        """
        if valid is None:
            return self.renormalised(x, x.new_full((1, 1, *x.shape[2:]), self.in_channels, dtype=torch.float32))
        if valid.shape[1] not in (1, x.shape[1]) or valid.shape[2:] != x.shape[2:]:
            raise ValueError(f"a valid map of {tuple(valid.shape)} does not belong to features of {tuple(x.shape)}")
        return self.renormalised(x.masked_fill(valid == 0, 0), known_channels(valid, self.in_channels))

    def renormalised(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """The same for x (N, C, H, W) that is 0 where it is not known; `known` (N, 1, H, W): channels known there.

        The mask enters only through sums over windows, so groups of channels that share one (features from below and
        across in a U-Net) need no map for each channel.
        """
        kernel, stride, dilation = _two(self.kernel_size), _two(self.stride), _two(self.dilation)
        total = window_sums(known, kernel, stride, self.pads, dilation)  # (N, 1, H', W')
        seen = total > 0
        ratio = self.in_channels * kernel[0] * kernel[1] / total.clamp(min=1)
        y = F.conv2d(x, self.weight, None, stride, self.pads, dilation) * ratio.to(x.dtype)
        if self.bias is not None:
            y = y + self.bias.to(y.dtype)[:, None, None]
        return y.masked_fill(~seen, 0), seen.to(y.dtype)


class PaddingConv2d(PartialConv2d):
    """The padding variant alone, in place of any convolution with zero padding: x (N, C, H, W) -> y (N, out, H', W').

    Outputs at the border are scaled by window size / number of pixels inside; the tensors stay those of the
    convolution, but a network trained with zero padding changes a little at its borders.
    """

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # it takes no valid map and gives none
        """Convolve, with the border counted as unknown."""
        return super().forward(x)[0]


def _two(pair: tuple[int, ...]) -> Two:
    """Rows and columns."""
    return pair[0], pair[1]
