"""The layer is the loop over windows that the paper writes down."""

from __future__ import annotations

import pytest
import torch
from partialconv_fixtures import gap
from torch import Tensor

from retoucher.models.partialconv.layer import PaddingConv2d, PartialConv2d, window_sums

CASES = [  # kernel, stride, padding, dilation, bias
    (3, 1, 1, 1, True),
    (3, 2, 1, 1, False),
    (5, 2, 2, 1, True),
    (7, 2, 3, 1, False),
    (3, 3, 0, 1, True),
    (3, 1, 2, 2, True),
    (1, 1, 0, 1, False),
    (2, 2, 0, 1, True),
]


def by_loop(layer: PartialConv2d, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Equations 1 and 2, window by window, in double precision. valid has all channels."""
    size, (step, _), (pad, _), (apart, _) = layer.kernel_size[0], layer.stride, layer.pads, layer.dilation
    weight = layer.weight.detach().double()
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias.detach()
    count, channels, height, width = x.shape
    tall, wide = ((side + 2 * pad - apart * (size - 1) - 1) // step + 1 for side in (height, width))
    y = torch.zeros(count, len(weight), tall, wide, dtype=torch.float64)
    grown = torch.zeros(count, 1, tall, wide)
    for n in range(count):
        for i in range(tall):
            for j in range(wide):
                known, total = 0.0, torch.zeros(len(weight), dtype=torch.float64)
                for a in range(size):
                    for b in range(size):
                        row, column = i * step - pad + a * apart, j * step - pad + b * apart
                        if 0 <= row < height and 0 <= column < width:
                            here = valid[n, :, row, column].double()
                            known += float(here.sum())
                            total += weight[:, :, a, b] @ (x[n, :, row, column].double() * here)
                if known:
                    y[n, :, i, j] = total * channels * size * size / known + bias
                    grown[n, 0, i, j] = 1
    return y, grown


def random_case(case: tuple[int, int, int, int, bool]) -> tuple[PartialConv2d, Tensor, Tensor]:
    torch.manual_seed(sum(case))
    kernel, stride, padding, dilation, bias = case
    layer = PartialConv2d(3, 4, kernel, stride, padding, dilation, bias=bias)
    valid = (torch.rand(2, 3, 13, 11) > 0.6).float()
    valid[:, :, 3:12, 2:9] = 0  # some windows hold nothing that is known
    return layer, torch.randn(2, 3, 13, 11), valid


@pytest.mark.parametrize("case", CASES)
def test_the_layer_equals_a_loop_over_windows(case: tuple[int, int, int, int, bool]) -> None:
    layer, x, valid = random_case(case)
    for known in (valid, valid[:, :1], valid[:1], valid[:1, :1], torch.ones_like(valid), torch.zeros_like(valid)):
        y, grown = layer(x, known)
        expected, seen = by_loop(layer, x, known.expand_as(x))
        assert gap(y.double(), expected) < 1e-5
        assert torch.equal(grown.expand_as(seen), seen)


@pytest.mark.parametrize("case", CASES)
def test_without_a_map_only_the_border_differs_from_a_convolution(case: tuple[int, int, int, int, bool]) -> None:
    layer, x, _ = random_case(case)
    y, grown = layer(x)
    assert gap(y.double(), by_loop(layer, x, torch.ones_like(x))[0]) < 1e-5
    assert bool((grown == 1).all())
    assert grown.shape == (1, 1, *y.shape[2:])
    if case[2] == 0:
        assert gap(y, torch.nn.Conv2d.forward(layer, x)) < 1e-5
    drop_in = PaddingConv2d(3, 4, *case[:4], bias=case[4])
    drop_in.load_state_dict(layer.state_dict())
    assert torch.equal(drop_in(x), y)


def test_calls_do_not_know_each_other() -> None:
    layer, x, valid = random_case(CASES[0])
    before = layer(x)[0]
    layer(x, valid)
    assert torch.equal(layer(x)[0], before)
    assert set(layer.state_dict()) == {"weight", "bias"}


def test_what_is_not_known_has_no_effect_whatever_it_is() -> None:
    layer, x, valid = random_case(CASES[0])
    expected, _ = layer(x, valid)
    for poison in (float("nan"), float("inf"), 1e30):
        assert torch.equal(layer(torch.where(valid > 0, x, poison), valid)[0], expected)


def test_a_window_without_anything_known_gives_zero_bias_included() -> None:
    layer = PartialConv2d(2, 3, 3, padding=1)
    y, grown = layer(torch.randn(1, 2, 5, 5), torch.zeros(1, 2, 5, 5))
    assert not y.any()
    assert not grown.any()


def test_groups_of_channels_count_with_their_width() -> None:
    layer, x, _ = random_case(CASES[0])
    one, two = (torch.rand(2, 1, 13, 11) > 0.5).float(), (torch.rand(2, 1, 13, 11) > 0.5).float()
    valid = torch.cat([one, two, two], 1)
    y, grown = layer.renormalised(x * valid, one + 2 * two)
    expected, seen = layer(x, valid)
    assert torch.equal(y, expected)
    assert torch.equal(grown, seen)
    assert gap(layer(x * valid, (one + two).clamp(max=1))[0], expected) > 0.1  # a single map would be another network


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_count_exactly(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = PartialConv2d(600, 2, 3, padding=1, bias=False)  # 5400 pixels in a window: beyond what half types can count
    x, valid = torch.rand(1, 600, 6, 6), torch.ones(1, 600, 6, 6)
    valid[..., 2:, 2:] = 0
    valid[:, 0, 5, 5] = 1
    with torch.no_grad():
        expected, seen = layer(x, valid)
        y, grown = layer.to(dtype)(x.to(dtype), valid.to(dtype))
    assert torch.equal(grown.float(), seen)
    assert bool(seen[0, 0, 5, 5])
    assert gap(y.float(), expected) < 0.02 * float(expected.abs().max())


def test_the_map_takes_no_gradient_and_the_rest_does() -> None:
    layer, x, valid = random_case(CASES[0])
    x.requires_grad_()
    layer(x, valid)[0].square().sum().backward()
    assert x.grad is not None
    assert not x.grad[valid == 0].any()
    assert bool(x.grad[valid > 0].any())
    assert layer.weight.grad is not None
    assert layer.bias is not None
    assert layer.bias.grad is not None


def test_maps_and_windows_that_do_not_belong_are_refused() -> None:
    layer, x, valid = random_case(CASES[0])
    for wrong in (valid[:, :2], valid[..., 1:]):
        with pytest.raises(ValueError, match="does not belong"):
            layer(x, wrong)
    with pytest.raises(ValueError, match="does not fit"):
        window_sums(torch.ones(1, 1, 2, 9), (3, 3))
