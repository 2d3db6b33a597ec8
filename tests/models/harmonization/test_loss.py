"""Losses: the tensors made from the definitions, and autograd against the gradients written out."""

from __future__ import annotations

import pytest
import torch
from harmonization_fixtures import parity

from retoucher.models.harmonization import loss


def test_gram_style_and_content_of_the_published_definition():
    given = parity("losses")
    features, mask = given["input/features"], given["input/soft_mask"][None]
    painting, area = given["input/painting_features"], given["input/painting_mask"][None]
    target = loss.gram(painting, area)
    assert torch.allclose(target, given["output/target_gram"], rtol=1e-6)
    assert torch.allclose(loss.gram(features, mask), given["output/gram"], rtol=1e-6)
    value, gradient = loss.style(features, target, mask)
    assert float(value) == pytest.approx(float(given["output/gram_mse"]), rel=1e-6)
    assert torch.allclose(loss.unit(gradient), given["output/gram_unit_gradient"], atol=1e-7)
    _, gradient = loss.masked_content(features, painting, mask)
    assert torch.allclose(loss.unit(gradient), given["output/content_unit_gradient"], atol=1e-7)


def test_total_variation_of_the_published_definition():
    given = parity("losses")
    assert torch.allclose(loss.variation(given["input/image_bgr"]), given["output/tv_gradient"], atol=1e-4)


def test_histograms_of_the_published_definition():
    given = parity("histogram")
    wanted = loss.Histogram.of(given["input/painting_features"], given["input/painting_mask"] > 0)
    assert torch.equal(wanted.counts, given["output/counts"])
    assert torch.equal(wanted.low, given["output/minimum"])
    assert torch.equal(wanted.high, given["output/maximum"])
    features = given["input/features"]
    remapped = wanted.remapped(features, given["input/mask"] > loss.COUNTED)
    assert torch.allclose(remapped, given["output/remapped"], atol=1e-6)
    value, _ = loss.histogram(features, remapped)
    assert float(value) == pytest.approx(float(given["output/loss_weight1"]), rel=1e-6)


def test_the_gradients_are_those_of_the_losses():
    torch.manual_seed(0)
    target = loss.gram(torch.rand(5, 4, 6, dtype=torch.float64))
    features = torch.rand(5, 7, 8, dtype=torch.float64, requires_grad=True)
    mask = (torch.rand(1, 7, 8, dtype=torch.float64) > 0.5).double()  # hard: as released, a soft one enters once less
    value, gradient = loss.style(features.detach(), target, mask)
    other = (loss.gram(features, mask) - target).square().mean()
    assert float(value) == pytest.approx(other.item())
    assert torch.allclose(torch.autograd.grad(other, features)[0], gradient)

    naive = torch.rand(5, 7, 8, dtype=torch.float64)
    value, gradient = loss.masked_content(features.detach(), naive, mask)
    other = ((features - naive) * mask).square().mean()
    assert torch.allclose(torch.autograd.grad(other, features)[0], gradient)
    assert torch.allclose(loss.content(features.detach(), naive, mask)[1] * mask, gradient)

    picture = torch.rand(3, 6, 5, dtype=torch.float64, requires_grad=True)
    corner = picture[:, :-1, :-1]
    other = ((corner - picture[:, :-1, 1:]).square() + (corner - picture[:, 1:, :-1]).square()).sum() / 2
    assert torch.allclose(torch.autograd.grad(other, picture)[0], loss.variation(picture.detach()))


def test_a_gram_matrix_forgets_the_order_and_counts_repeats():
    features = torch.rand(4, 3, 5)
    shuffled = features.flatten(1)[:, torch.randperm(15)].view(4, 3, 5)
    assert torch.allclose(loss.gram(features), loss.gram(shuffled), atol=1e-6)
    assert torch.allclose(loss.gram(features), loss.gram(features.repeat(1, 2, 1)), atol=1e-6)


def test_an_empty_mask_and_constant_features_give_numbers():
    features, nothing = torch.full((3, 4, 4), 2.0), torch.zeros(1, 4, 4)
    assert not loss.gram(features, nothing).any()
    assert not loss.style(features, torch.zeros(3, 3), nothing)[1].any()
    assert not loss.unit(torch.zeros(3, 4, 4)).any()
    wanted = loss.Histogram.of(features, torch.ones(4, 4, dtype=torch.bool))
    assert torch.equal(wanted.remapped(torch.rand(3, 4, 4), torch.ones(4, 4, dtype=torch.bool)), features)
    with pytest.raises(ValueError, match="cell"):
        loss.Histogram.of(features, torch.zeros(4, 4, dtype=torch.bool))


@pytest.mark.parametrize("size", [(13, 31), (16, 16)])
def test_remapped_values_keep_their_order_and_are_spread_like_the_target(size):
    torch.manual_seed(3)
    painting, features = torch.randn(2, 20, 20).exp(), torch.rand(2, *size)
    wanted = loss.Histogram.of(painting, torch.ones(20, 20, dtype=torch.bool))
    cells = torch.rand(size) > 0.3
    found = wanted.remapped(features, cells)
    assert torch.equal(found[:, ~cells], features[:, ~cells])
    for before, after, target in zip(features[:, cells], found[:, cells], painting, strict=True):
        order = before.argsort()
        assert (after[order].diff() >= 0).all()
        share = torch.linspace(0.1, 0.9, 5)
        width = float(target.max() - target.min()) / loss.BINS
        apart = (after.quantile(share) - target.flatten().quantile(share)).abs().max()
        assert float(apart) < 0.2 * float(target.std()) + width
