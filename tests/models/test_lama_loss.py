"""LaMa's losses are the published program's numbers, to 1e-5 of their size, and mean what their sentences say."""

from __future__ import annotations

import pytest
import torch
from lama_fixtures import gap, parity, published_draw
from torch import Tensor
from torch.nn.functional import interpolate, softplus

from retoucher.models.lama.discriminator import Discriminator, discriminator_from_published
from retoucher.models.lama.loss import (
    discriminator_adversarial,
    feature_matching,
    generator_adversarial,
    mask_at,
    masked_l1,
    perceptual,
    r1,
)

RELATIVE = 1e-5


def near(ours: Tensor, published: Tensor) -> bool:
    """Equal to 1e-5 of the largest value."""
    return gap(ours.detach().reshape(published.shape), published) <= RELATIVE * float(published.abs().max())


@pytest.fixture
def case() -> tuple[Discriminator, dict[str, Tensor]]:
    """The discriminator of the fixture, in eval mode, and the fixture's inputs and outputs."""
    _, tensors = parity("losses")
    tensors["input/mask"] = tensors["input/mask"].float()
    return discriminator_from_published(published_draw(Discriminator.published(8, 3), seed=1701)), tensors


def test_masked_l1_is_the_published_one(case: tuple[Discriminator, dict[str, Tensor]]) -> None:
    _, t = case
    pictures = t["input/predicted"], t["input/real"], t["input/mask"]
    assert near(masked_l1(*pictures), t["output/l1_known10_missing0"])
    assert near(masked_l1(*pictures, known=2, hole=3), t["output/l1_known2_missing3"])


def test_the_generators_terms_are_the_published_ones(case: tuple[Discriminator, dict[str, Tensor]]) -> None:
    discriminator, t = case
    fake_logits, fake = discriminator(t["input/predicted"])
    _, real = discriminator(t["input/real"])
    assert near(10 * generator_adversarial(fake_logits), t["output/gen_adv_weight10"])
    assert near(feature_matching(fake, real), t["output/feature_matching_unweighted"])
    assert near(feature_matching(fake, real, t["input/mask"]), t["output/feature_matching_masked_unweighted"])


def test_the_discriminators_loss_and_its_gradient_are_the_published_ones(
    case: tuple[Discriminator, dict[str, Tensor]],
) -> None:
    discriminator, t = case
    real = t["input/real"].requires_grad_()
    real_logits, _ = discriminator(real)
    fake_logits, _ = discriminator(t["input/predicted"])
    penalty = 0.001 * r1(real_logits, real)
    total = discriminator_adversarial(real_logits, fake_logits, t["input/mask"]) + penalty
    total.backward()
    assert near(penalty, t["output/discr_grad_penalty_times_coef"])
    assert near(total, t["output/discr_total"])
    gradient = discriminator.get_parameter("model0.0.weight").grad
    assert gradient is not None
    assert near(gradient, t["output/discr_total.grad.model0.0.weight"])
    assert torch.equal(mask_at(t["input/mask"], fake_logits), t["output/mask_at_logits_nearest"])


def test_patches_in_the_hole_are_fake_and_all_others_real() -> None:
    logits = torch.tensor([[[[2.0, -1.0], [0.5, 3.0]]]])
    mask = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    expected = (softplus(torch.tensor(2.0)) + softplus(torch.tensor([1.0, -0.5, -3.0])).sum()) / 4
    sure = torch.full_like(logits, 100.0)  # a photo that is surely one costs nothing
    assert gap(discriminator_adversarial(sure, logits, mask), expected) < 1e-6


def test_r1_is_the_squared_slope_of_a_plane() -> None:
    slope = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    real = torch.rand(4, 3, 5, 7, requires_grad=True)
    logits = (real * slope).sum((1, 2, 3)).reshape(4, 1, 1, 1)
    assert gap(r1(logits, real), slope.square().sum()) < 1e-4


def test_perceptual_sums_the_maps_and_feature_matching_averages_them() -> None:
    random = torch.Generator().manual_seed(0)
    a, b = ([torch.rand(2, c, s, s, generator=random) for c, s in ((4, 8), (6, 3))] for _ in range(2))
    each = [float((x - y).square().mean()) for x, y in zip(a, b, strict=True)]
    assert float(perceptual(a, b)) == pytest.approx(sum(each))
    assert float(feature_matching(a, b)) == pytest.approx(sum(each) / 2)
    hole = torch.ones(2, 1, 16, 16)
    assert float(feature_matching(a, b, hole)) == 0
    assert interpolate(hole, size=(3, 3), mode="bilinear").min() == 1
