"""The space of a person: equal to the published program on its fixtures, and what it promises beyond them."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from retoucher.errors import RetoucherError
from retoucher.models.mystyle import space
from retoucher.models.mystyle.space import Codes

FIXTURE = Path(__file__).parents[2] / "parity" / "mystyle" / "latent_space.safetensors"
BETAS = {"beta_none": None, "beta_0.00": 0.0, "beta_0.02": 0.02, "beta_0.20": 0.2}


@pytest.fixture(scope="module")
def published():
    return load_file(FIXTURE)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("plus", [True, False])
def test_coefficients_and_styles_are_the_published_ones(published, beta, plus):
    offsets = published["input/deltas"]
    codes = Codes(published["input/alpha"], offsets if plus else torch.zeros_like(offsets))
    place = f"output/{beta}/{'P_plus' if plus else 'P'}"
    assert torch.allclose(codes.coefficients(BETAS[beta]), published[f"{place}/alpha_constrained"], rtol=0, atol=1e-6)
    styles = codes.styles(published["input/anchors"], BETAS[beta])
    assert torch.allclose(styles, published[f"{place}/w"], rtol=0, atol=1e-5)


def test_regularisers_are_the_published_ones(published):
    codes = Codes(published["input/alpha"], published["input/deltas"])
    offsets, sums = space.regularisers(codes)
    assert torch.allclose(offsets, published["output/reg/delta_only"], rtol=1e-6, atol=0)
    assert torch.allclose(sums, published["output/reg/sum_only"], rtol=1e-6, atol=0)
    assert torch.allclose(offsets + sums, published["output/reg/total"], rtol=1e-6, atol=0)


def test_a_search_begins_at_the_mean_anchor_and_its_slope_there_is_a_number(published):
    anchors = published["input/anchors"]
    codes = Codes.start(12, 8)
    assert torch.equal(codes.alpha, published["output/init/alpha"])
    assert torch.equal(codes.offsets, published["output/init/deltas"])
    assert torch.allclose(codes.styles(anchors, None), published["output/init/w"], rtol=0, atol=1e-6)
    moving = Codes(codes.alpha.requires_grad_(), codes.offsets.requires_grad_())
    torch.stack(space.regularisers(moving)).sum().backward()
    assert bool(moving.offsets.grad.isfinite().all())


def test_the_projected_direction_is_the_published_one(published):
    gamma, found, cosine = space.projected_direction(published["input/direction"][:, 0], published["input/anchors"])
    assert torch.allclose(gamma, published["output/direction/gamma"][:, 0], rtol=0, atol=1e-5)
    assert torch.allclose(found, published["output/direction/projected"][:, 0], rtol=0, atol=1e-5)
    assert cosine == pytest.approx(float(published["output/direction/cosine"]), abs=1e-5)


@pytest.mark.parametrize("count", [3, 12, 80])
def test_the_affine_direction_keeps_the_sum_for_any_number_of_anchors(count):
    torch.manual_seed(count)
    anchors, direction = torch.randn(count, 32), torch.nn.functional.normalize(torch.randn(32), dim=0)
    gamma, found, cosine = space.projected_direction(direction, anchors, affine=True)
    assert abs(float(gamma.sum())) < 1e-4
    assert torch.allclose(gamma @ anchors, found, atol=1e-4)
    assert 0 <= cosine <= 1 + 1e-6
    assert cosine == pytest.approx(1, abs=1e-4) or count < 33  # many anchors span everything


@settings(max_examples=40, deadline=None)
@given(count=st.integers(2, 70), rows=st.integers(1, 6), beta=st.floats(0, 0.5), seed=st.integers(0, 1000))
def test_the_exact_projection_obeys_its_bounds_and_returns_what_is_inside(count, rows, beta, seed):
    torch.manual_seed(seed)
    anchors = torch.randn(count, 24)
    found = space.projected(torch.randn(rows, 24) * 3, anchors, beta)
    assert torch.allclose(found.sum(1), torch.ones(rows), atol=1e-4)
    assert float(found.min()) >= -beta - 1e-5
    inside = -beta + space.dilation(beta, count) * torch.distributions.Dirichlet(torch.ones(count)).sample((rows,))
    again = space.projected(inside @ anchors, anchors, beta) @ anchors
    assert torch.allclose(again, inside @ anchors, atol=0.05 * float(anchors.norm(dim=1).mean()))


def test_the_exact_projection_is_the_nearest_of_many():
    torch.manual_seed(0)
    anchors, wanted = torch.randn(5, 8), torch.randn(1, 8)
    nearest = (space.projected(wanted, anchors, 0.1) @ anchors - wanted).norm()
    others = -0.1 + 1.5 * torch.distributions.Dirichlet(torch.full((5,), 0.5)).sample((20_000,))
    assert float(nearest) <= float((others @ anchors - wanted).norm(dim=1).min()) + 1e-5
    with pytest.raises(RetoucherError, match="beta of 0 or more"):
        space.projected(wanted, anchors, -0.1)


def test_the_hull_is_blown_up_around_the_mean_anchor():
    torch.manual_seed(1)
    anchors = torch.randn(6, 10)
    share = torch.distributions.Dirichlet(torch.ones(6)).sample((3,))
    beta = space.default_beta(6)
    mean = anchors.mean(0)
    assert torch.allclose(
        (-beta + space.dilation(beta, 6) * share) @ anchors, mean + 3 * (share @ anchors - mean), atol=1e-5
    )
    assert space.needed_beta(torch.tensor([[0.5, 0.7, -0.2]])) == pytest.approx(0.2)
    assert space.needed_beta(torch.tensor([[0.5, 0.5]])) == 0


@pytest.mark.parametrize("even", [False, True])
def test_imagined_codes_lie_between_three_anchors_and_follow_their_seed(even):
    anchors = torch.randn(20, 8)
    found = space.imagined(anchors, 50, torch.Generator().manual_seed(3), even=even)
    assert torch.allclose(found.sum(1), torch.ones(50), atol=1e-6)
    assert bool(((found > 0).sum(1) == 3).all())
    assert bool((found >= 0).all())
    assert torch.equal(found, space.imagined(anchors, 50, torch.Generator().manual_seed(3), even=even))
    assert not torch.equal(found, space.imagined(anchors, 50, torch.Generator().manual_seed(4), even=even))
