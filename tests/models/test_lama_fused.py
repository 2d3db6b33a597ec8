"""The fused network is the published one, only faster."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from lama_fixtures import fourier, gap, lively, picture, regular, small

from retoucher.models.lama import winograd
from retoucher.models.lama.ffc import Split
from retoucher.models.lama.fused import FusedGenerator, fused
from retoucher.models.lama.network import FourierGenerator, LaMa, Sizes

MODELS = {
    "published": small,
    "odd widths": lambda: fourier([Split(5), Split(10), Split(7, 13)]),
    "half global": lambda: fourier([Split(6), Split(6, 6)], blocks=3),
    "global from the stem on": lambda: fourier([Split(4, 4), Split(5, 11), Split(8, 24)]),
    "all local": lambda: fourier([Split(8), Split(16)]),
    "no downsampling": lambda: fourier([Split(4, 4)], blocks=1),
    "regular": regular,
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("size", [(16, 24), (48, 72), (70, 130)])
def test_fused_gives_the_same_picture(kind: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS[kind]()
    quick = fused(model)
    assert isinstance(quick.core, FusedGenerator)
    assert quick.fit == model.fit
    image, mask = picture(*size, count=2)
    for worth in (0, 1 << 30):  # by Winograd wherever possible; nowhere
        monkeypatch.setattr(winograd, "WORTH", worth)
        assert gap(quick(image, mask), model(image, mask)) < 1e-5


@pytest.mark.parametrize("kind", MODELS)
def test_folding_is_exact(kind: str) -> None:
    model = MODELS[kind]().double()
    image, mask = (tensor.double() for tensor in picture(48, 40))
    assert gap(fused(model)(image, mask), model(image, mask)) < 1e-12


def test_a_deep_network_stays_within_a_fraction_of_a_level() -> None:
    model = lively(LaMa(FourierGenerator(Sizes.published(width=16, blocks=18))))
    image, mask = picture(256, 256)
    with torch.inference_mode():
        assert gap(fused(model)(image, mask), model(image, mask)) < 1e-4


def test_the_original_is_not_changed_and_no_weights_are_shared() -> None:
    for model in (small(), regular()):
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        image, mask = picture(32, 32)
        expected = model(image, mask)
        for parameter in fused(model).parameters():
            parameter.data.zero_()
        assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
        assert torch.equal(model(image, mask), expected)


def test_what_has_no_fused_form_is_returned_as_it_is() -> None:
    plain = [Split(8), Split(8, 24)]
    others = (fourier(plain, lfu=True), fourier(plain, gated=True), regular((8, 16), 1, 4), fused(small()))
    for model in (*others, fourier([Split(8), Split(0, 24)])):
        assert fused(model) is model


def test_a_fused_network_has_parameters_and_needs_no_gradients() -> None:
    quick = fused(small())
    assert not any(parameter.requires_grad for parameter in quick.parameters())
    assert sum(parameter.numel() for parameter in quick.parameters()) > 10_000
    assert not quick(*picture(16, 16)).requires_grad


@pytest.mark.parametrize("size", [(2, 2), (2, 9), (4, 4), (7, 5), (13, 30)])
@pytest.mark.parametrize("chunk", [1, 5, 128])
def test_winograd_equals_direct_convolution(size: tuple[int, int], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, "CHUNK", chunk)
    x = torch.randn(2, 6, *size)
    weights = [torch.randn(3, 6, 3, 3), torch.randn(5, 4, 3, 3)]
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect").double()
    direct = torch.cat([F.conv2d(padded[:, : weight.shape[1]], weight.double()) for weight in weights], 1)
    made = winograd.convolve(x.permute(0, 2, 3, 1).contiguous(), weights).permute(0, 3, 1, 2)
    assert gap(made, direct) < 1e-4
    assert float((made - direct).square().mean().sqrt()) < 1e-5


def test_tiles_are_counted_as_they_are_cut() -> None:
    assert winograd.tiles(2, 9, 4) == 2 * 3 * 1
