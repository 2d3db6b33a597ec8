"""The losses of SC-FEGAN, each against its equation by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from retoucher.models.scfegan import loss
from retoucher.models.scfegan.recipe import PAPER


def pictures(seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Generated, real and completed pictures (2, 3, 5, 6) in [-1, 1], and a hole."""
    chance = torch.Generator().manual_seed(seed)
    generated, real = (2 * torch.rand(2, 3, 5, 6, generator=chance) - 1 for _ in range(2))
    hole = torch.zeros(2, 1, 5, 6)
    hole[0, :, 1:4, 2:5] = 1
    hole[1, :, 2:, :3] = 1
    return generated, real, torch.where(hole > 0, generated, real), hole


def features(x: Tensor) -> list[Tensor]:
    """Two depths, the second half as large."""
    return [torch.cat([x, x**2], 1), torch.nn.functional.avg_pool2d(x, 2)]


def test_1_the_generator_wants_high_verdicts() -> None:
    assert float(loss.adversarial(torch.tensor([[1.0, 2.0], [3.0, -4.0]]))) == pytest.approx(-0.5)


def test_3_the_discriminator_has_no_hinge_but_ours_may() -> None:
    real, fake = torch.tensor([0.5, 3.0]), torch.tensor([-2.0, 1.0])
    assert float(loss.discriminator(real, fake)) == pytest.approx((0.5 - 2) / 2 + (-1 + 2) / 2)
    assert float(loss.hinge(real, fake)) == pytest.approx((0.5 + 0) / 2 + (0 + 2) / 2)
    assert float(loss.drift(real)) == pytest.approx((0.25 + 9) / 2)


def test_4_differences_in_the_hole_count_alpha_times_and_m_is_1_outside_it() -> None:
    generated, real, _, hole = pictures()
    total = 0.0
    for n in range(2):
        for c in range(3):
            for i in range(5):
                for j in range(6):
                    valid = 1 - float(hole[n, 0, i, j])
                    apart = abs(float(generated[n, c, i, j] - real[n, c, i, j]))
                    total += (valid + 6 * (1 - valid)) * apart
    assert float(loss.per_pixel(generated, real, hole, 6.0)) == pytest.approx(total / real.numel(), rel=1e-5)
    outside = torch.where(hole > 0, real, generated)
    assert float(loss.per_pixel(outside, real, hole, 6.0)) == pytest.approx(
        float(loss.per_pixel(outside, real, hole, 0.0))
    )


def test_5_features_are_compared_within_each_depth_for_both_pictures() -> None:
    generated, real, completed, _ = pictures()
    total = 0.0
    for picture in (generated, completed):
        for mine, theirs in zip(features(picture), features(real), strict=True):
            total += float((mine - theirs).abs().sum()) / theirs.numel()
    found = loss.perceptual(features(generated), features(completed), features(real))
    assert float(found) == pytest.approx(total, rel=1e-5)


def test_6_gram_matrices_are_divided_by_their_sizes_and_averaged_over_channels() -> None:
    generated, real, _, _ = pictures()
    total = 0.0
    for mine, theirs in zip(features(generated), features(real), strict=True):
        count, channels, height, width = mine.shape
        for n in range(count):
            for a in range(channels):
                for b in range(channels):
                    apart = float((mine[n, a] * mine[n, b]).sum() - (theirs[n, a] * theirs[n, b]).sum())
                    total += abs(apart / (channels * height * width)) / channels**2 / count
    assert float(loss.style(features(generated), features(real))) == pytest.approx(total, rel=1e-4)


def test_gram_does_not_overflow_in_half_precision() -> None:
    large = torch.full((1, 64, 32, 32), 40.0)
    assert loss.gram(large.half()).unique().tolist() == [40 * 40 / 64]


def test_7_and_8_neighbours_that_begin_in_the_hole() -> None:
    _, _, completed, hole = pictures()
    total = 0.0
    for n in range(2):
        for c in range(3):
            for i in range(5):
                for j in range(6):
                    if hole[n, 0, i, j]:
                        total += abs(float(completed[n, c, i, j + 1] - completed[n, c, i, j])) if j < 5 else 0
                        total += abs(float(completed[n, c, i + 1, j] - completed[n, c, i, j])) if i < 4 else 0
    assert float(loss.variation(completed, hole)) == pytest.approx(total / completed.numel(), rel=1e-5)
    assert float(loss.variation(completed, 0 * hole)) == 0


def judge(x: Tensor) -> Tensor:
    """A smooth judge of two verdicts for a picture."""
    return torch.stack([x.square().mean((1, 2, 3)) * 3, torch.sin(2 * x).sum((1, 2, 3)) / 5], 1)


def test_9_the_penalty_is_that_of_finite_differences_in_the_hole() -> None:
    real, completed, hole = (each.double() for each in (pictures()[1], pictures()[2], pictures()[3]))
    place = torch.tensor([0.3, 0.8]).double().view(2, 1, 1, 1)
    between = place * real + (1 - place) * completed
    step, penalties = 1e-5, []
    for n in range(2):
        squares = 0.0
        for c in range(3):
            for i in range(5):
                for j in range(6):
                    moved = torch.zeros_like(between[n : n + 1])
                    moved[0, c, i, j] = step
                    rise = judge(between[n : n + 1] + moved).mean() - judge(between[n : n + 1] - moved).mean()
                    squares += float(hole[n, 0, i, j] * rise / (2 * step)) ** 2
        penalties.append((squares**0.5 - 1) ** 2)
    found = loss.gradient_penalty(judge, real, completed, hole, place).detach()
    assert float(found) == pytest.approx(sum(penalties) / 2, rel=1e-6)


def test_9_the_penalty_teaches_the_judge() -> None:
    real, completed, hole = pictures()[1:]
    weight = torch.tensor(0.5, requires_grad=True)

    def of(value: float) -> Callable[[Tensor], Tensor]:
        return lambda x: (weight + value) * x.sum((1, 2, 3))[:, None]

    found = loss.gradient_penalty(of(0.0), real, completed, hole, torch.full((2, 1, 1, 1), 0.5))
    found.backward()
    length = (3 * hole.sum((1, 2, 3))).sqrt()  # of the slope of a sum, in the hole
    assert float(found.detach()) == pytest.approx(float((0.5 * length - 1).square().mean()), rel=1e-5)
    assert float(weight.grad) == pytest.approx(float((2 * (0.5 * length - 1) * length).mean()), rel=1e-5)


def test_the_papers_weights() -> None:
    numbers = PAPER.loss
    assert (numbers.alpha, numbers.perceptual, numbers.adversarial, numbers.style) == (6, 0.05, 0.001, 120)
    assert (numbers.variation, numbers.drift, numbers.penalty, numbers.distance) == (0.1, 0.001, 10, 0)
    assert not PAPER.hinge
    assert (PAPER.size, PAPER.features) == (512, "vgg16")
    with pytest.raises(ValueError, match="not negative"):
        type(numbers)(style=-1)


def test_a_perfect_prediction_costs_only_its_variation() -> None:
    _, real, _, hole = pictures()
    assert float(loss.per_pixel(real, real, hole, 6.0)) == 0
    assert float(loss.perceptual(features(real), features(real), features(real))) == 0
    assert float(loss.style(features(real), features(real))) == 0
    assert float(loss.variation(real, hole)) > 0
