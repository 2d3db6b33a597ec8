"""Filtering while the size changes: zeros inserted, padded, convolved with a small filter, every n-th pixel kept."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

TAPS = (1.0, 3.0, 3.0, 1.0)
"""The filter of StyleGAN2 in one dimension."""
Pair = tuple[int, int]
Padding = tuple[int, int, int, int]
"""Left, right, top, bottom; negative ones cut."""


def kernel(taps: tuple[float, ...] = TAPS) -> Tensor:
    """The filter in two dimensions, its sum 1.

    >>> kernel((1, 1))
    tensor([[0.2500, 0.2500],
            [0.2500, 0.2500]])
    """
    row = torch.tensor(taps, dtype=torch.float32)
    square = row[:, None] * row
    return square / square.sum()


def filtered(
    x: Tensor,
    taps: Tensor,
    up: int | Pair = 1,
    down: int | Pair = 1,
    padding: Padding = (0, 0, 0, 0),
    gain: float = 1.0,
    flip: bool = False,
) -> Tensor:
    """Raise by `up`, pad, convolve with `taps` times `gain`, and lower by `down`: (N, C, H, W) -> (N, C, H', W').

    `taps` (h, w), or (k,) for a filter that is applied along both axes in turn. `up` and `down`: across and down.
    A convolution, so that the filter is turned by half a turn, unless `flip`.
    """
    (up_x, up_y), (down_x, down_y) = (each if isinstance(each, tuple) else (each, each) for each in (up, down))
    x = _spread(x, up_x, up_y)
    left, right, top, bottom = padding
    x = F.pad(x, [max(side, 0) for side in padding])
    height, width = x.shape[-2:]
    x = x[..., max(-top, 0) : height - max(-bottom, 0), max(-left, 0) : width - max(-right, 0)]
    taps = taps.to(x.dtype)
    taps = taps if flip else taps.flip(list(range(taps.ndim)))
    taps = taps * gain ** (taps.ndim / 2)
    if taps.ndim == 2:
        return _each(x, taps, (down_y, down_x))
    return _each(_each(x, taps[None, :], (1, down_x)), taps[:, None], (down_y, 1))


def _each(x: Tensor, taps: Tensor, stride: Pair) -> Tensor:
    """Every channel alone convolved with (h, w), only what is kept computed."""
    return F.conv2d(x, taps.expand(x.shape[1], 1, *taps.shape), stride=stride, groups=x.shape[1])


def _spread(x: Tensor, across: int, down: int) -> Tensor:
    """Every pixel followed by zeros."""
    if across == down == 1:
        return x
    n, channels, height, width = x.shape
    wide = x.new_zeros(n, channels, height, down, width, across)
    wide[:, :, :, 0, :, 0] = x
    return wide.reshape(n, channels, height * down, width * across)


def doubled(x: Tensor, taps: Tensor) -> Tensor:
    """Twice the size: (N, C, H, W) -> (N, C, 2 H, 2 W)."""
    return filtered(x, taps, up=2, padding=(2, 1, 2, 1), gain=4)


def halved(x: Tensor, taps: Tensor) -> Tensor:
    """Half the size: (N, C, H, W) -> (N, C, H / 2, W / 2)."""
    return filtered(x, taps, down=2, padding=(1, 1, 1, 1))
