"""StyleGAN2's parts against what the paper says they are, written out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from stylegan2_fixtures import SIZES, discriminator, gap, generator

from retoucher.models.mystyle.stylegan2 import loss
from retoucher.models.mystyle.stylegan2.discriminator import StyleGAN2Discriminator, variation
from retoucher.models.mystyle.stylegan2.filters import filtered, kernel
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2
from retoucher.models.mystyle.stylegan2.layers import modulated


def test_a_modulated_convolution_is_one_with_filters_of_its_own_for_every_picture() -> None:
    torch.manual_seed(0)
    x, weight, styles = torch.randn(3, 4, 9, 7), torch.randn(5, 4, 3, 3), torch.randn(3, 4)
    for i in range(3):
        own = weight * styles[i, :, None, None]
        own = own / (own.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        expected = F.conv2d(x[i : i + 1], own, padding=1)
        assert gap(modulated(x, weight, styles)[i : i + 1], expected) < 1e-5
        up = F.conv_transpose2d(x[i : i + 1], own.transpose(0, 1), stride=2)
        up = filtered(up, kernel(), padding=(1, 1, 1, 1), gain=4)
        assert gap(modulated(x, weight, styles, kernel())[i : i + 1], up) < 1e-5


@pytest.mark.parametrize(("down", "padding"), [(1, (1, 2, 0, 3)), (2, (1, 1, 1, 1)), ((3, 2), (-1, 2, 0, 1))])
def test_filters_that_keep_every_nth_pixel_keep_the_same_pixels(down, padding) -> None:
    x, taps = torch.randn(2, 3, 11, 13), torch.randn(12)
    across, below = (down, down) if isinstance(down, int) else down
    for each in (taps, torch.outer(taps[:4], taps[4:7])):
        y = filtered(x, each, up=2, padding=padding)
        assert torch.allclose(filtered(x, each, 2, down, padding), y[..., ::below, ::across], atol=1e-6)


@pytest.mark.parametrize(("count", "group"), [(8, 4), (4, 4), (3, 3), (1, 1), (12, 4)])
def test_the_batchs_variation_is_that_of_strided_groups(count: int, group: int) -> None:
    x = torch.randn(count, 5, 3, 2, generator=torch.Generator().manual_seed(count))
    found = variation(x)
    groups = count // group
    for i in range(count):
        members = [x[j] for j in range(count) if j % groups == i % groups]
        mean = sum(members) / group
        spread = (sum((each - mean) ** 2 for each in members) / group + 1e-8).sqrt()
        assert torch.allclose(found[i], spread.mean().expand(1, 3, 2), atol=1e-6)


@pytest.mark.parametrize("count", [5, 6, 7, 9])
def test_batches_that_cannot_be_grouped_are_named(count: int) -> None:
    with pytest.raises(ValueError, match=f"a batch of {count} cannot be divided into groups of 4"):
        discriminator()(torch.zeros(count, 3, 16, 16))


def test_every_style_reaches_its_own_rows_of_the_network() -> None:
    core = generator()
    w = core.styles(torch.randn(1, SIZES.z)).detach()
    with torch.no_grad():
        whole = [features for features, _ in core.synthesis.steps(w)]
        for row in range(core.synthesis.rows):
            other = w.clone()
            other[:, row] += 1
            changed = [features for features, _ in core.synthesis.steps(other)]
            first = next((i for i in range(3) if not torch.equal(whole[i], changed[i])), 3)
            # Row 2 i is the first convolution above 4 pixels' and the picture's at the size below.
            assert first == (row + 1) // 2, row


def test_noise_is_the_stored_one_or_another_each_time_or_none() -> None:
    core = generator()
    w = core.styles(torch.randn(2, SIZES.z)).detach()
    with torch.no_grad():
        assert torch.equal(core.synthesis(w, "const"), core.synthesis(w, "const"))
        assert not torch.equal(core.synthesis(w, "random"), core.synthesis(w, "random"))
        none = core.synthesis(w, "none")
        for block in ("b4", "b8", "b16"):
            for conv in core.synthesis.get_submodule(block).children():
                if hasattr(conv, "noise_const"):
                    conv.noise_strength.zero_()
        assert torch.equal(none, core.synthesis(w, "random"))


def test_two_styles_meet_at_the_row_that_was_drawn() -> None:
    core = generator()
    z, other = torch.randn(2, 3, SIZES.z)
    cut = torch.tensor([1, 4, core.synthesis.rows])
    w = core.mixed(z, other, cut)
    first, second = core.mapping(z), core.mapping(other)
    for i in range(3):
        rows = [first[i] if row < cut[i] else second[i] for row in range(core.synthesis.rows)]
        assert torch.allclose(w[i], torch.stack(rows), atol=1e-6)
    with torch.no_grad():
        assert torch.equal(core(z, mix=(other, cut)), core.synthesis(w, "const"))


def test_the_mean_style_follows_while_training_only() -> None:
    core = generator()
    z = torch.randn(64, SIZES.z)
    before = core.mapping.w_avg.clone()
    w = core.mapping(z)
    assert torch.equal(core.mapping.w_avg, before)
    core.train().mapping(z)
    assert torch.allclose(core.mapping.w_avg, before + 0.005 * (w.mean(0) - before), atol=1e-6)


def test_the_first_logits_are_near_0_and_pictures_of_unit_variance() -> None:
    torch.manual_seed(1)
    sizes = Sizes.of(32, 1024, 64, 64, 4)
    core, judge = StyleGAN2(sizes), StyleGAN2Discriminator(sizes)
    with torch.no_grad():
        w = core.mapping(torch.randn(256, 64))
        assert float(w.square().mean()) == pytest.approx(1, abs=0.35)
        features = [x for x, _ in core.synthesis.steps(w[:8, None].expand(-1, core.synthesis.rows, -1))]
        assert all(0.2 < float(x.square().mean()) < 2 for x in features)
        assert float(judge(torch.randn(8, 3, 32, 32)).abs().max()) < 5


def test_r1_is_the_squared_slope_by_finite_differences() -> None:
    judge = discriminator()
    real = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(2)).requires_grad_(True)
    penalty = loss.r1(judge(real), real)
    (slope,) = torch.autograd.grad(judge(real).sum(), real)
    assert torch.allclose(penalty, slope.square().sum((1, 2, 3)), rtol=1e-4)
    along, step = slope / slope.norm(), 1e-2
    with torch.no_grad():
        rise = (judge(real + step * along).sum() - judge(real - step * along).sum()) / (2 * step)
    assert float(penalty.detach().sum().sqrt()) == pytest.approx(float(rise), rel=1e-2)


def test_path_lengths_are_those_of_the_jacobian() -> None:
    core = generator(replace(SIZES, channels=(5, 4)))
    w = core.styles(torch.randn(2, SIZES.z)).detach().requires_grad_(True)
    y = torch.randn(2, 3, 8, 8)
    lengths = loss.path_lengths(core.synthesis(w, "const"), w, y)
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda v: core.synthesis(v[None], "const")[0], w[i].detach())
        pulled = torch.einsum("chw,chwrk->rk", y[i], jacobian) / 8
        assert float(lengths[i].detach()) == pytest.approx(float(pulled.square().sum(1).mean().sqrt()), rel=1e-4)
    penalty, mean = loss.path_penalty(lengths, torch.tensor(2.0))
    assert float(mean) == pytest.approx(2 + 0.01 * (float(lengths.detach().mean()) - 2))
    assert torch.allclose(penalty, (lengths - mean).square())
    assert not mean.requires_grad


def test_logistic_losses_are_what_they_are_called() -> None:
    real, fake = torch.tensor([[2.0], [-1.0]]), torch.tensor([[0.5], [-3.0]])
    plus = [math.log1p(math.exp(v)) for v in (0.5, -3.0)]
    minus = [math.log1p(math.exp(-v)) for v in (2.0, -1.0)]
    assert float(loss.discriminator(real, fake)) == pytest.approx(sum(plus) / 2 + sum(minus) / 2)
    assert float(loss.generator(fake)) == pytest.approx(sum(math.log1p(math.exp(-v)) for v in (0.5, -3.0)) / 2)


@pytest.mark.parametrize("kind", ["channels_last", "bfloat16"])
def test_another_layout_or_half_precision_gives_the_same_pictures(kind: str) -> None:
    core, z = generator(), torch.randn(2, SIZES.z)
    with torch.no_grad():
        plain = core(z)
        if kind == "channels_last":
            assert gap(core.to(memory_format=torch.channels_last)(z), plain) < 1e-5
        else:
            with torch.autocast("cpu", torch.bfloat16):
                assert gap(core(z), plain) < 0.05
                assert core(z).dtype == torch.float32
