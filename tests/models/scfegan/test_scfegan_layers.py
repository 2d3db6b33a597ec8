"""The layers of SC-FEGAN by their definitions, and what must not depend on what."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from scfegan_fixtures import gap
from torch import Tensor

from retoucher.models.scfegan.layers import GatedConv2d, GatedUpConv2d, SameConv2d, response_norm, same_padding


def same_convolution(x: Tensor, weight: Tensor, stride: int, rate: int) -> Tensor:
    """By TensorFlow's definition, window by window: what lies outside counts as 0."""
    height, width = x.shape[-2:]
    side = weight.shape[-1]
    rows, columns = math.ceil(height / stride), math.ceil(width / stride)
    top = max((rows - 1) * stride + (side - 1) * rate + 1 - height, 0) // 2
    left = max((columns - 1) * stride + (side - 1) * rate + 1 - width, 0) // 2
    y = torch.zeros(len(x), len(weight), rows, columns, dtype=x.dtype)
    for row in range(rows):
        for column in range(columns):
            for i in range(side):
                for j in range(side):
                    r, c = row * stride + i * rate - top, column * stride + j * rate - left
                    if 0 <= r < height and 0 <= c < width:
                        y[..., row, column] += x[..., r, c] @ weight[..., i, j].T
    return y


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (8, 5), (7, 7)])
@pytest.mark.parametrize(("side", "stride", "rate"), [(7, 2, 1), (5, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 4), (4, 2, 1)])
def test_same_padding_is_tensorflows(size: tuple[int, int], side: int, stride: int, rate: int) -> None:
    torch.manual_seed(0)
    layer = SameConv2d(2, 3, side, stride, dilation=rate, bias=False).double()
    x = torch.randn(2, 2, *size).double()
    assert gap(layer(x), same_convolution(x, layer.weight.detach(), stride, rate)) < 1e-12


def test_same_padding_leaves_nothing_out() -> None:
    for size in range(1, 20):
        for kernel, stride, rate in ((7, 2, 1), (5, 2, 1), (3, 2, 1), (3, 1, 16)):
            before, after = same_padding(size, kernel, stride, rate)
            assert 0 <= after - before <= 1
            assert (size + before + after - (kernel - 1) * rate - 1) // stride + 1 == math.ceil(size / stride)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 1), (5, 6), (8, 7)])
def test_the_transposed_layer_is_the_gradient_of_a_same_convolution(height: int, width: int) -> None:
    torch.manual_seed(0)
    layer = GatedUpConv2d(3, 2).double()
    torch.nn.init.zeros_(layer.conv.bias)
    x = torch.randn(1, 3, math.ceil(height / 2), math.ceil(width / 2)).double()
    picture = torch.randn(1, 2, height, width).double().requires_grad_(True)
    down = same_convolution(picture, layer.conv.weight.detach(), 2, 1)
    (up,) = torch.autograd.grad((down * x).sum(), picture)
    feature = F.leaky_relu(up, 0.2)
    assert gap(layer(x, height, width), feature * feature.sigmoid()) < 1e-12


def test_the_norm_is_the_length_of_eleven_channels_cut_at_the_ends() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 20, 2, 3).double().float()
    y = response_norm(x)
    for channel in range(20):
        near = range(max(channel - 5, 0), min(channel + 6, 20))
        length = torch.sqrt(5e-5 + sum(x[:, k] ** 2 for k in near))
        assert gap(y[:, channel], x[:, channel] / length) < 1e-6


def test_the_norm_keeps_small_numbers_in_half_precision() -> None:
    x = torch.full((1, 8, 2, 2), 1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        y = response_norm(x.bfloat16())
    assert y.dtype == torch.float32
    assert float(y[0, 4, 0, 0]) == pytest.approx(1e-4 / math.sqrt(5e-5 + 8e-8), rel=1e-2)
    assert float(response_norm(torch.full((1, 1, 1, 1), 1e-9))) == pytest.approx(1e-9 * 141.42, rel=1e-3)


def test_a_layer_normalises_activates_and_then_gates() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 4, 6, 7)
    for norm in (False, True):
        for active in (False, True):
            layer = GatedConv2d(4, 13, 3, norm=norm, active=active)
            feature, gate = layer.conv(x)[:, :13], layer.conv(x)[:, 13:]
            feature = response_norm(feature) if norm else feature
            feature = torch.where(feature < 0, 0.2 * feature, feature) if active else feature
            assert gap(layer(x), feature / (1 + torch.exp(-gate))) < 1e-6


def test_a_closed_gate_lets_nothing_through() -> None:
    layer = GatedConv2d(2, 3, norm=True)
    layer.conv.bias.data[3:] = -1e4
    assert not layer(torch.randn(1, 2, 5, 5)).any()
