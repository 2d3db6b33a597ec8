"""The losses by their definitions, and the two stages of training."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
import torch
from partialconv_fixtures import picture, small
from torch import Tensor

from retoucher.models.partialconv import loss
from retoucher.models.partialconv.recipe import PAPER, LossWeights, freeze, initialise, total


def features(x: Tensor) -> list[Tensor]:
    """Two depths, the second half as large."""
    return [torch.cat([x, x**2], 1), torch.nn.functional.avg_pool2d(x, 2)]


def test_the_terms_count_what_they_should() -> None:
    target, mask = picture(12, 16)
    output = target + 0.25
    terms = loss.terms(output, target, mask, features)
    share = float(mask.mean())
    assert float(terms.hole) == pytest.approx(0.25 * share)
    assert float(terms.valid) == pytest.approx(0.25 * (1 - share))
    pasted = loss.composite(output, target, mask)
    assert torch.equal(pasted, torch.where(mask.bool(), output, target))
    expected = sum(
        (a - b).abs().mean() for x in (output, pasted) for a, b in zip(features(x), features(target), strict=True)
    )
    assert float(terms.perceptual) == pytest.approx(float(expected))
    expected = sum(
        (loss.gram(a) - loss.gram(b)).abs().mean()
        for x in (output, pasted)
        for a, b in zip(features(x), features(target), strict=True)
    )
    assert float(terms.style) == pytest.approx(float(expected))


def test_a_perfect_prediction_costs_only_its_variation() -> None:
    target, mask = picture(12, 16)
    terms = loss.terms(target, target, mask, features)
    costs = {name: float(term) for name, term in asdict(terms).items()}
    assert costs.pop("variation") > 0
    assert set(costs.values()) == {0}


def test_gram_is_the_sum_over_positions() -> None:
    x = torch.randn(2, 3, 4, 5)
    grams = loss.gram(x)
    for n in range(2):
        for a in range(3):
            for b in range(3):
                products = sum(float(x[n, a, i, j] * x[n, b, i, j]) for i in range(4) for j in range(5))
                assert float(grams[n, a, b]) == pytest.approx(products / (3 * 4 * 5), abs=1e-6)
    large = torch.full((1, 64, 32, 32), 40.0)
    assert loss.gram(large.half()).unique().tolist() == loss.gram(large).unique().tolist() == [40 * 40 / 64]


def test_variation_counts_pairs_inside_the_hole_grown_by_one() -> None:
    x, mask = picture(9, 11)
    region = loss.grown(mask)[0, 0]
    near = [
        [
            max(
                float(mask[0, 0, r, c])
                for r in range(max(i - 1, 0), min(i + 2, 9))
                for c in range(max(j - 1, 0), min(j + 2, 11))
            )
            for j in range(11)
        ]
        for i in range(9)
    ]
    assert region.tolist() == near
    across = down = 0.0
    for c in range(3):
        for i in range(9):
            for j in range(11):
                if j < 10 and near[i][j] and near[i][j + 1]:
                    across += abs(float(x[0, c, i, j + 1] - x[0, c, i, j]))
                if i < 8 and near[i][j] and near[i + 1][j]:
                    down += abs(float(x[0, c, i + 1, j] - x[0, c, i, j]))
    expected = across / (3 * 9 * 10) + down / (3 * 8 * 11)
    assert float(loss.variation(x, loss.grown(mask))) == pytest.approx(expected, rel=1e-5)


def test_the_published_numbers() -> None:
    assert asdict(PAPER.loss) == {"hole": 6, "valid": 1, "perceptual": 0.05, "style": 120, "variation": 0.1}
    assert [(stage.learning_rate, stage.frozen) for stage in PAPER.stages] == [(2e-4, False), (5e-5, True)]
    ones = loss.Terms(*(torch.tensor(1.0) for _ in range(5)))
    assert float(total(ones, LossWeights())) == pytest.approx(127.15)
    with pytest.raises(ValueError, match="not negative"):
        LossWeights(hole=-1)


def test_frozen_statistics_stay_however_often_training_is_switched_on() -> None:
    model = freeze(small().train())
    model.eval().train()
    before = {name: tensor.clone() for name, tensor in model.core.state_dict().items()}
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 1e-2)
    model(*picture(32, 32, count=2)).square().mean().backward()
    optimiser.step()
    changed = {name for name, tensor in model.core.state_dict().items() if not torch.equal(tensor, before[name])}
    norms = {name for name in before if ".norm." in name}
    assert changed == {name for name in before if name not in norms or name.startswith("decoder")}
    freeze(model, frozen=False).train()
    model(*picture(32, 32, count=2))
    statistics = model.core.state_dict()["encoder.1.norm.running_mean"]
    assert not torch.equal(statistics, before["encoder.1.norm.running_mean"])
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_filters_begin_with_the_variance_of_he() -> None:
    model = initialise(small(4, 32))
    for layer in model.core.encoder:
        window = layer.conv.weight[0].numel()
        assert float(layer.conv.weight.detach().std()) == pytest.approx(math.sqrt(2 / window), rel=0.1)
    last = model.core.decoder[-1].conv.bias
    assert not last.any()


def test_a_few_steps_on_one_picture_bring_the_loss_down() -> None:
    torch.manual_seed(0)
    model = initialise(small(3, 8)).train()
    smooth = torch.nn.functional.interpolate(picture(4, 4)[0], (32, 32), mode="bilinear")
    mask = picture(32, 32)[1]
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    costs = []
    for _ in range(60):
        cost = total(loss.terms(model(smooth, mask), smooth, mask, features), PAPER.loss)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(float(cost.detach()))
    assert costs[-1] < 0.25 * costs[0]
