"""The discriminator: spectrally normalised patches that see the guidance."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from retoucher.models.scfegan.discriminator import Discriminator


def test_every_number_of_the_last_layer_is_a_verdict() -> None:
    judge = Discriminator()
    with torch.no_grad():
        verdicts = judge(torch.rand(1, 3, 128, 64), torch.rand(1, 5, 128, 64))
    assert verdicts.shape == (1, 256, 2, 1)
    kernels = [layer.weight.shape for layer in judge.layers]
    assert [(shape[1], shape[0]) for shape in kernels] == [
        (8, 64), (64, 128), (128, 256), (256, 256), (256, 256), (256, 256),
    ]  # fmt: skip
    assert {tuple(shape[2:]) for shape in kernels} == {(3, 3)}
    assert sum(math.prod(shape) + shape[0] for shape in kernels) == pytest.approx(2.14e6, rel=0.01)


@pytest.mark.parametrize("size", [(64, 64), (65, 100), (7, 9)])
def test_pictures_of_any_size_are_judged(size: tuple[int, int]) -> None:
    verdicts = Discriminator.of_width(16)(torch.rand(2, 3, *size), torch.rand(2, 5, *size))
    assert verdicts.shape == (2, 64, *(math.ceil(side / 64) for side in size))


def test_a_verdict_sees_127_pixels() -> None:
    torch.manual_seed(0)
    judge = Discriminator.of_width(16).double()
    for layer in judge.layers:
        nn.init.zeros_(layer.bias)
    picture = torch.rand(1, 3, 384, 384).double().requires_grad_(True)
    with torch.autocast("cpu", enabled=False):
        x = picture
        x = torch.cat([x, torch.rand(1, 5, 384, 384).double()], 1)
        for i, layer in enumerate(judge.layers):
            x = layer(nn.functional.leaky_relu(x, 0.2) if i else x)
    x[0, :, 3, 3].sum().backward()
    rows = picture.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 127


def test_every_layer_is_held_to_a_spectral_norm_of_one() -> None:
    torch.manual_seed(0)
    judge = Discriminator.of_width(16)
    with torch.no_grad():
        for layer in judge.layers:
            layer.parametrizations.weight.original.mul_(50)
        for _ in range(50):
            judge(torch.rand(1, 3, 8, 8), torch.rand(1, 5, 8, 8))
    for layer in judge.eval().layers:
        norm = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
        assert float(norm) == pytest.approx(1, abs=0.04)


def test_the_guidance_is_judged_as_well_and_nothing_holds_the_last_layer() -> None:
    torch.manual_seed(0)
    judge = Discriminator.of_width(16).eval()
    picture, guide = torch.rand(1, 3, 64, 64), torch.rand(1, 5, 64, 64)
    verdicts = judge(picture, guide)
    for channel in range(5):
        other = guide.clone()
        other[:, channel] = 1 - other[:, channel]
        assert not torch.allclose(judge(picture, other), verdicts)
    assert bool((verdicts < 0).any())
    assert bool((verdicts > 0).any())


def test_it_computes_in_single_precision_whatever_goes_on_around_it() -> None:
    torch.manual_seed(0)
    judge = Discriminator.of_width(16).eval()
    picture, guide = torch.rand(1, 3, 64, 64), torch.rand(1, 5, 64, 64)
    expected = judge(picture, guide)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(judge(picture, guide), expected)
