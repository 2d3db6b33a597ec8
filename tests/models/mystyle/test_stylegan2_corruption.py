"""The optional sets of the augmentation: bands, noise, cutout."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from retoucher.models.mystyle.stylegan2.augment import SETS, _Draw, augmented
from retoucher.models.mystyle.stylegan2.corruption import BANDS, POWER, bank, cut_out, filtered_bands, noisy
from retoucher.models.mystyle.stylegan2.recipe import Recipe


def draws(count: int, strength: float = 1.0) -> _Draw:
    return _Draw(count, strength, torch.device("cpu"), torch.Generator().manual_seed(3))


def responses() -> Tensor:
    """Of each band's filter at frequencies from 0 to half a pixel: (BANDS, 129)."""
    return torch.fft.rfft(bank().double(), 256).abs()


def test_the_bands_together_change_nothing_and_each_is_an_octave() -> None:
    taps = bank()
    assert len(taps) == BANDS
    assert torch.allclose(taps, taps.flip(1), atol=1e-6)  # symmetric, so that nothing moves
    whole = torch.zeros(taps.shape[1])
    whole[taps.shape[1] // 2] = 1
    assert torch.allclose(taps.sum(0), whole, atol=1e-6)
    found = responses()
    assert torch.allclose(found[:, 0], torch.tensor([1.0, 0, 0, 0]).double(), atol=1e-6)
    for band, middle in enumerate((4, 24, 48, 112)):  # of 128, which is half a cycle in a pixel
        assert int(found[:, middle].argmax()) == band
    assert float(found[3, 128]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("shape", [(17, 23), (64, 64), (5, 40)])
def test_filtering_that_is_never_done_leaves_pictures_alone(shape: tuple[int, int]) -> None:
    image = torch.rand(3, 3, *shape)
    assert torch.allclose(filtered_bands(image, draws(3, 0.0)), image, atol=1e-5)
    assert torch.equal(noisy(image, draws(3, 0.0)), image)
    assert torch.equal(cut_out(image, draws(3, 0.0)), image)


def test_filtering_makes_bands_stronger_and_weaker_but_not_all_of_them() -> None:
    torch.manual_seed(0)
    image = torch.randn(1, 1, 128, 128).expand(400, -1, -1, -1)
    changed = filtered_bands(image, draws(400))
    power = torch.fft.rfft2(changed).abs().square().mean((1, 2, 3)) / torch.fft.rfft2(image[:1]).abs().square().mean()
    assert float(power.log2().std()) > 0.5
    shares = image.new_tensor(POWER)
    one = torch.stack([torch.ones(400), *([2 ** torch.randn(400)] * 3)], 1)
    gains = one / (shares * one.square()).sum(1, keepdim=True).sqrt()
    assert torch.allclose((shares * gains.square()).sum(1), torch.ones(400), atol=1e-5)
    flat = filtered_bands(torch.full((50, 1, 32, 32), 0.5), draws(50))
    assert torch.allclose(flat, flat[:, :, :1, :1].expand_as(flat), atol=1e-5)


def test_noise_has_its_spread_and_each_picture_its_own() -> None:
    noise = noisy(torch.zeros(3000, 1, 16, 16), draws(3000))
    spreads = noise.std((1, 2, 3))
    assert float(spreads.mean()) == pytest.approx(0.1 * (2 / torch.pi) ** 0.5, rel=0.05)
    assert float(noise.mean()) == pytest.approx(0, abs=1e-3)


def test_a_square_of_half_the_size_is_cut_out() -> None:
    image = cut_out(torch.ones(2000, 1, 32, 32), draws(2000))
    missing = 1 - image
    assert float(missing.sum((1, 2, 3)).max()) == 16 * 16
    # its middle lies anywhere, so that a part of it is often outside: of half a side 7/8 are left, each way
    assert float(missing.mean()) == pytest.approx((7 / 16) ** 2, rel=0.05)
    inner = missing[:, 0]
    filled = inner.amax(1).sum(1) * inner.amax(2).sum(1)
    assert torch.equal(filled, inner.sum((1, 2)))  # a rectangle


def test_sets_are_chosen_by_their_published_names() -> None:
    image = torch.rand(4, 3, 32, 32)
    made = {name: augmented(image, 0.8, torch.Generator().manual_seed(1), name) for name in SETS}
    assert list(SETS) == ["bgc", "bgcf", "bgcfn", "bgcfnc"]
    assert torch.equal(made["bgc"], augmented(image, 0.8, torch.Generator().manual_seed(1)))
    names = list(made)
    assert all(not torch.equal(made[a], made[b]) for a, b in pairwise(names))
    picture = image.clone().requires_grad_()
    augmented(picture, 0.8, sets="bgcfnc").sum().backward()
    assert picture.grad is not None
    assert float(picture.grad.abs().sum()) > 0
    with pytest.raises(ValueError, match="bgc, bgcf, bgcfn, bgcfnc"):
        Recipe(size=8, batch=4, steps=1, sets="bg")
