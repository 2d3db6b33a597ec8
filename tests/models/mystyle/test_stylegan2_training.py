"""`retoucher train stylegan2`: its schedule, what it remembers, and that it learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from retoucher.models.common.objective import Batch
from retoucher.models.mystyle.stylegan2 import objective as module
from retoucher.models.mystyle.stylegan2.objective import Judge, Objective
from retoucher.models.mystyle.stylegan2.recipe import CONFIG_F, SMALL, Recipe
from retoucher.models.mystyle.stylegan2.weights import discriminator_from_published, from_published
from retoucher.training.average import Average
from retoucher.training.fabric import fabric_for
from retoucher.training.loop import step
from retoucher.training.options import parse
from retoucher.training.run import Run, prepare, restore, save

TINY = Recipe(size=16, batch=4, steps=100, base=128, most=8, style=8, depth=2, r1_every=4, path_every=2, strength=0.3)


def running(folder: Path, recipe: Recipe = TINY, seed: int = 1) -> Run:
    options = parse(["stylegan2", "--photos", "none", "--output", "none", "--device", "cpu"], "train")
    torch.manual_seed(seed)
    return prepare(folder, fabric_for(options), Objective(recipe, {}), recipe.average, recipe.batch)


def batch(number: int, recipe: Recipe = TINY) -> Batch:
    image = torch.rand(recipe.batch, 3, recipe.size, recipe.size, generator=torch.Generator().manual_seed(number))
    return Batch(image, torch.zeros(recipe.batch, 1, recipe.size, recipe.size))


def go(run: Run, steps: int, recipe: Recipe = TINY) -> list[dict[str, float]]:
    told = []
    for _ in range(steps):
        told.append({name: float(value) for name, value in step(run, batch(run.step, recipe)).items()})
        run.step += 1
    return told


def judge(run: Run) -> Judge:
    found = module.inner(run.objective.networks["judge"])
    assert isinstance(found, Judge)
    return found


def test_regularisers_come_every_so_many_steps_and_rates_allow_for_them(tmp_path: Path) -> None:
    run = running(tmp_path)
    told = go(run, 9)
    assert [i for i, line in enumerate(told) if "path length" in line] == [0, 2, 4, 6, 8]
    assert [i for i, line in enumerate(told) if "r1" in line] == [0, 4, 8]
    generator, discriminator = run.objective.turns
    assert generator.rate(0) == pytest.approx(0.002 * 2 / 3)
    assert generator.betas == pytest.approx((0, 0.99 ** (2 / 3)))
    assert discriminator.rate(50) == pytest.approx(0.002 * 4 / 5)
    assert discriminator.betas == pytest.approx((0, 0.99**0.8))
    plain = Objective(replace(TINY, path=0.0, r1=0.0), {})
    assert [turn.rate(0) for turn in plain.turns] == [0.002, 0.002]
    assert [turn.betas for turn in plain.turns] == [(0.0, 0.99)] * 2


def test_regularisers_weigh_as_much_as_if_they_came_every_step() -> None:
    torch.manual_seed(0)
    objective = Objective(replace(TINY, strength=0.0, adapt=0, r1=3.0), {})
    objective.begin(1)
    objective.generator_loss(batch(0))
    objective.begin(1)
    without, _ = objective.discriminator_loss(batch(0))
    objective.step = 4
    torch.manual_seed((objective.seed + 1_000_003) % (1 << 63))
    with_it, figures = objective.discriminator_loss(batch(0))
    assert float((with_it - without).detach()) == pytest.approx(float(figures["r1"]) * 3.0 / 2 * 4, rel=1e-4)


def test_the_published_recipe_has_the_papers_numbers() -> None:
    assert (CONFIG_F.size, CONFIG_F.batch, CONFIG_F.rate, CONFIG_F.r1, CONFIG_F.path) == (1024, 32, 0.002, 10, 2)
    assert (CONFIG_F.r1_every, CONFIG_F.path_every, CONFIG_F.mixing) == (16, 4, 0.9)
    assert CONFIG_F.average == pytest.approx(0.5 ** (32 / 10_000))
    assert CONFIG_F.steps * CONFIG_F.batch == 25_000_000
    assert CONFIG_F.sizes.channels == (512, 512, 512, 512, 512, 256, 128, 64, 32)
    assert SMALL.sizes.resolution == 128
    assert SMALL.r1 == pytest.approx(0.0002 * 128**2 / SMALL.batch, rel=0.05)


@pytest.mark.parametrize(("sign", "expected"), [(1.0, 0.5), (-1.0, 0.1)])
def test_the_strength_rises_where_photos_are_told_too_surely_and_falls_where_not(sign: float, expected: float) -> None:
    network = Judge(replace(TINY, strength=0.3))
    for number in range(8):
        network.follow(torch.full((4, 1), sign), number, adapt=160)
        assert network.strength == pytest.approx(0.3 if number < 3 else 0.3 + sign * (0.1 if number < 7 else 0.2))
    assert float(network.strength) == pytest.approx(expected)
    for number in range(100):
        network.follow(torch.full((4, 1), sign), number, adapt=16)
    assert float(network.strength) == (1 if sign > 0 else 0)


def test_the_strength_stays_at_the_target_and_without_adaptation() -> None:
    network = Judge(replace(TINY, strength=0.3))
    signs = torch.tensor([[1.0]] * 4 + [[-1.0]])  # a mean of 0.6
    for number in range(8):
        network.follow(signs, number, adapt=100)
    assert float(network.strength) == pytest.approx(0.3, abs=1e-6)
    for number in range(8):
        network.follow(torch.ones(4, 1), number, adapt=0)
    assert float(network.strength) == pytest.approx(0.3)


def test_what_a_run_remembers_survives_a_stop(tmp_path: Path) -> None:
    whole = running(tmp_path / "whole")
    lines = go(whole, 11)
    stopped = running(tmp_path / "stopped")
    go(stopped, 5)
    save(stopped)
    again = running(tmp_path / "stopped")
    restore(again, tmp_path / "stopped" / "checkpoint-000000005")
    assert judge(again).length > 0
    for name in ("strength", "length", "signs"):
        assert torch.equal(getattr(judge(again), name), getattr(judge(stopped), name))
    assert go(again, 6) == lines[5:]
    assert float(judge(again).strength) != pytest.approx(0.3, abs=1e-7)
    for name, tensor in whole.average.network.state_dict().items():
        assert torch.equal(tensor, again.average.network.state_dict()[name])


def test_the_average_follows_weights_mean_style_and_keeps_the_noise(tmp_path: Path) -> None:
    run = running(tmp_path, replace(TINY, average=0.5))
    body = run.objective.body  # type: ignore[attr-defined]
    before: dict[str, Tensor] = {name: each.clone() for name, each in run.average.network.state_dict().items()}
    go(run, 1, replace(TINY, average=0.5))
    after, now = run.average.network.state_dict(), body.state_dict()
    keep = min(0.5, 2 / 11)
    for name in ("synthesis.b8.conv0.weight", "mapping.w_avg", "mapping.fc0.bias"):
        assert torch.allclose(after[name], before[name] * keep + now[name] * (1 - keep), atol=1e-6)
        assert not torch.equal(now[name], before[name])
    assert torch.equal(after["synthesis.b8.conv0.noise_const"], now["synthesis.b8.conv0.noise_const"])
    assert isinstance(run.average, Average)


def test_the_weights_of_a_run_are_a_network_of_the_house(tmp_path: Path) -> None:
    run = running(tmp_path)
    go(run, 1)
    save(run)
    model = from_published(load_file(tmp_path / "weights.safetensors"))
    assert model.core.sizes == TINY.sizes
    with torch.no_grad():
        shown = run.average.network(torch.ones(1, 8)).clamp(-1, 1)
        assert torch.allclose(2 * model(torch.ones(1, 8)) - 1, shown, atol=1e-5)
    network = load_file(tmp_path / "checkpoint-000000001" / "judge.safetensors")
    with torch.no_grad():
        image = batch(0).image
        assert torch.allclose(discriminator_from_published(network)(image), judge(run).network(image), atol=1e-5)


def test_the_generators_turn_leaves_the_discriminator_and_the_other_way_round() -> None:
    torch.manual_seed(0)
    objective = Objective(TINY, {})
    objective.begin(1)
    loss, _ = objective.generator_loss(batch(0))
    loss.backward()
    assert all(each.grad is None for each in objective.networks["judge"].parameters())
    assert all(each.grad is not None for each in objective.body.parameters())
    for each in objective.body.parameters():
        each.grad = None
    loss, _ = objective.discriminator_loss(batch(0))
    loss.backward()
    assert all(each.grad is None for each in objective.body.parameters())
    assert all(each.grad is not None for each in objective.networks["judge"].parameters())


@pytest.mark.parametrize("again", [True, False])
def test_the_discriminator_sees_new_pictures_or_those_of_the_generators_turn(again: bool) -> None:
    objective = Objective(replace(TINY, again=again, strength=0.0, r1=0.0), {})
    seen: list[Tensor] = []
    judge = objective.networks["judge"]
    judge.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    objective.begin(1)
    objective.generator_loss(batch(0))
    objective.discriminator_loss(batch(0))
    assert len(seen) == 3
    assert torch.equal(seen[0], seen[1]) is not again
    assert torch.equal(seen[2], 2 * batch(0).image - 1)


def test_the_shown_pictures_are_those_of_the_same_noise_each_time() -> None:
    objective = Objective(TINY, {})
    network = objective.body.eval()
    first = objective.fill(network, batch(0)).detach()
    torch.randn(5)
    assert torch.equal(first, objective.fill(network, batch(1)))
    assert first.shape == (4, 3, 16, 16)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


@pytest.mark.parametrize(
    "wrong", [{"batch": 6}, {"batch": 5}, {"size": 24}, {"mixing": 1.5}, {"base": 8}, {"steps": 0}]
)
def test_recipes_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"groups of 4|power of two|share|at least 1"):
        replace(TINY, **wrong)


def test_a_distribution_of_one_colour_is_learnt(tmp_path: Path) -> None:
    recipe = replace(TINY, size=8, base=64, rate=0.01, r1=0.1, strength=0.0, adapt=0, path=0.0, average=0.9)
    run = running(tmp_path, recipe)
    orange = torch.tensor([0.9, 0.5, 0.2])[None, :, None, None]
    photos = Batch(orange.expand(4, 3, 8, 8), torch.zeros(4, 1, 8, 8))

    def off() -> float:
        with torch.no_grad():
            return float((run.objective.fill(run.average.network, photos) - photos.image).abs().mean())

    before = off()
    for _ in range(100):
        step(run, photos)
        run.step += 1
    assert off() < 0.35 * before
