"""A recipe's numbers are changed by name, and nothing that is misspelt passes."""

from __future__ import annotations

from dataclasses import fields

import pytest

from retoucher.errors import UsageError
from retoucher.models.lama import recipe as lama
from retoucher.models.partialconv import recipe as partialconv
from retoucher.training.kinds import AUGMENTATIONS, HOLES, holes_named
from retoucher.training.papers import PAPERS
from retoucher.training.plan import with_steps
from retoucher.training.settings import changed, differences, flat


def test_the_published_numbers_of_lama() -> None:
    numbers = flat(lama.FOURIER)
    assert (numbers["size"], numbers["batch"], numbers["steps"]) == (256, 30, 1_000_000)
    assert (numbers["rate"], numbers["discriminator_rate"], numbers["clip"]) == (1e-3, 1e-4, 1)
    terms = {
        name: numbers[f"loss.{name}"] for name in ("known", "hole", "adversarial", "feature_matching", "perceptual")
    }
    assert terms == {"known": 10, "hole": 0, "adversarial": 10, "feature_matching": 100, "perceptual": 30}
    assert (numbers["loss.r1"], numbers["again"], numbers["pasted"], numbers["average"]) == (0.001, True, False, 0)
    assert (lama.BIG.blocks, lama.BIG.batch, lama.BIG.holes) == (18, 120, "big-lama")
    assert not lama.REGULAR.fourier
    assert lama.CELEBA.augment == "plain"


def test_the_published_numbers_of_partial_convolutions() -> None:
    numbers = flat(partialconv.PAPER)
    assert [numbers[f"loss.{name}"] for name in ("hole", "valid", "perceptual", "style", "variation")] == [
        6, 1, 0.05, 120, 0.1,
    ]  # fmt: skip
    assert (numbers["stages.0.learning_rate"], numbers["stages.1.learning_rate"]) == (2e-4, 5e-5)
    assert (numbers["stages.0.frozen"], numbers["stages.1.frozen"]) == (False, True)
    assert (numbers["size"], numbers["batch"], numbers["features"]) == (512, 6, "vgg16")


@pytest.mark.parametrize("method", PAPERS)
def test_every_recipe_names_holes_augmentations_and_a_size_that_exist(method: str) -> None:
    for recipe in PAPERS[method].recipes.values():
        assert recipe.holes in HOLES
        assert recipe.augment in AUGMENTATIONS
        assert recipe.size % recipe.multiple == 0
        holes_named(recipe.holes, recipe.size)


@pytest.mark.parametrize("method", PAPERS)
def test_every_number_can_be_set_to_what_it_is(method: str) -> None:
    for recipe in PAPERS[method].recipes.values():
        settings = [f"{name}={value}" for name, value in flat(recipe).items()]
        assert len(settings) >= len(fields(recipe))
        assert changed(recipe, settings) == recipe


def test_a_number_is_set_where_it_belongs() -> None:
    recipe = changed(lama.SMALL, ["loss.adversarial=0.25", "width=12", "again=TRUE", "holes=thin"])
    assert (recipe.loss.adversarial, recipe.width, recipe.again, recipe.holes) == (0.25, 12, True, "thin")
    assert recipe.loss.distance == lama.SMALL.loss.distance
    staged = changed(partialconv.SMALL, ["stages.1.learning_rate=0.125"])
    assert staged.stages[1].learning_rate == 0.125
    assert staged.stages[0] == partialconv.SMALL.stages[0]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("learning_rat=1", "has no 'learning_rat'"),
        ("loss.adversarail=1", "did you mean loss.adversarial"),
        ("loss=1", "has no 'loss'"),
        ("rate", "sets nothing"),
        ("rate=high", "give a number"),
        ("batch=1.5", "give a whole number"),
        ("again=perhaps", "give true or false"),
        ("width=0", "at least 1"),
        ("stages.0.steps=4", "has no 'stages.0.steps'"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_what_would(setting: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        changed(lama.SMALL, [setting])
    assert said in str(caught.value)


def test_differences_are_named_with_both_values() -> None:
    other = changed(lama.SMALL, ["rate=0.5", "steps=7"])
    assert differences(flat(lama.SMALL), flat(other), ["steps"]) == ["rate was 0.002 and is 0.5"]
    assert differences(flat(lama.SMALL), flat(lama.SMALL)) == []


def test_steps_are_shared_by_the_stages_as_before() -> None:
    stages = with_steps(partialconv.PAPER, 11).stages
    assert sum(stage.steps for stage in stages) == 11
    assert abs(stages[0].steps - 5.5) < 1
    assert with_steps(lama.SMALL, 11).steps == 11
    with pytest.raises(UsageError, match="0 steps"):
        with_steps(lama.SMALL, 0)
