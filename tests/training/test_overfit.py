"""Every recipe, shrunk, learns one photo by heart: its losses, turns and stages pull the same way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_runs import narrow_features, photo_folder

from retoucher.models.common.features import VGG
from retoucher.models.common.objective import Batch, inner
from retoucher.models.common.small_features import Sizes, SmallFeatures
from retoucher.models.harmonization.features_objective import initialise
from retoucher.models.lama.encoder import Encoder
from retoucher.models.partialconv import recipe as partialconv
from retoucher.training.fabric import fabric_for
from retoucher.training.kinds import guide_named
from retoucher.training.log import Progress
from retoucher.training.loop import Pace, train
from retoucher.training.options import parse
from retoucher.training.papers import PAPERS
from retoucher.training.photos import Photos
from retoucher.training.run import Run, prepare

SIZE, STEPS = 32, 50
SHRUNK: dict[str, dict[str, Any]] = {
    "lama": {
        "width": 8, "blocks": 2, "downsamplings": 2, "discriminator_width": 8, "discriminator_layers": 2,
        "rate": 3e-3, "discriminator_rate": 1e-3, "cooldown": 10, "warmup": 5, "steps": STEPS,
    },
    "partialconv": {
        "width": 12, "levels": 3, "warmup": 5, "cooldown": 10, "average": 0.9,
        "stages": (partialconv.Stage(5e-3, 35, frozen=False), partialconv.Stage(2e-3, 15, frozen=True)),
    },
    "scfegan": {
        "width": 8, "deepest": 32, "finish": 8, "judge": 16, "rate": 6e-3, "judge_rate": 1e-3, "alone": 20,
        "warmup": 5, "cooldown": 10, "average": 0.9, "steps": 70,
    },
}  # fmt: skip


pytestmark = pytest.mark.usefixtures(narrow_features.__name__)


def features() -> dict[str, torch.nn.Module]:
    """Feature networks of random numbers: they tell pictures apart, if not as trained ones do."""
    torch.manual_seed(2)
    networks = {"vgg19": VGG(19, 8), "vgg16": VGG(16, 7, caffe=False), "ade20k-encoder": Encoder(8)}
    return {name: network.eval().requires_grad_(False) for name, network in networks.items()}


def batch(folder: Path, guide: str = "") -> Batch:
    """One photo, with a hole in the middle and one at the border, and lines and colours by that name."""
    picture = Photos.open([photo_folder(folder, 1)]).decode(0)[:SIZE, :SIZE].copy()
    photo = torch.from_numpy(picture)
    image = (photo.permute(2, 0, 1).float() / 255).expand(2, 3, SIZE, SIZE)
    mask = torch.zeros(2, 1, SIZE, SIZE)
    mask[0, :, 10:20, 8:20] = 1
    mask[1, :, :12, 20:] = 1
    drawn = guide_named(guide)
    if drawn is None:
        return Batch(image, mask)
    planes = torch.from_numpy(drawn.draw(picture, np.random.RandomState(2))).permute(2, 0, 1).float() / 255
    return Batch(image, mask, planes.expand(2, 5, SIZE, SIZE))


def error(run: Run, sample: Batch) -> float:
    """Mean of absolute differences in the hole."""
    network = inner(run.objective.networks["generator"]).eval()
    with torch.no_grad():
        filled = run.objective.fill(network, sample)
    network.train()
    return float(((filled - sample.image).abs() * sample.mask).sum() / sample.mask.sum() / 3)


def shrunk() -> dict[Any, str]:
    """Every recipe, shrunk, and its name; recipes that differ in nothing that is left are learnt from once."""
    found: dict[Any, str] = {}
    for method, numbers in SHRUNK.items():
        for name, whole in PAPERS[method].recipes.items():
            recipe = replace(whole, size=SIZE, batch=2, augment="", holes="", **numbers)
            found.setdefault((method, recipe), f"{method} {name}")
    return found


@pytest.mark.parametrize(("method", "recipe"), shrunk(), ids=shrunk().values())
def test_the_recipe_learns_a_photo_by_heart(method: str, recipe: Any, tmp_path: Path) -> None:
    needed = PAPERS[method].features(recipe)
    given = {each: network for each, network in features().items() if each in needed}
    options = parse([method, "--photos", "none", "--output", "none", "--device", "cpu"], "train")
    torch.manual_seed(1)
    objective = PAPERS[method].begin(recipe, given)
    run = prepare(tmp_path, fabric_for(options), objective, recipe.average, recipe.batch)
    sample = batch(tmp_path / "photos", PAPERS[method].guide(recipe))
    before = error(run, sample)
    train(run, iter([sample] * recipe.steps), sample, Pace(recipe.steps, checkpoint_minutes=9), Progress(quiet=True))
    assert error(run, sample) < 0.35 * before


def test_the_small_features_learn_their_teachers_by_heart(tmp_path: Path) -> None:
    recipe = replace(PAPERS["features"].recipes["small"], size=SIZE, batch=2, steps=STEPS, warmup=5, cooldown=10)
    recipe = replace(recipe, first=16, second=16, third=16, fourth=16, fifth=16, noise=0.0, average=0.9)
    torch.manual_seed(3)
    teachers = {"vgg19": VGG(19, 8, ceil=True), "vgg19-compressed": SmallFeatures(Sizes(8, (8, 8, 8, 8)))}
    teachers["vgg19-compressed"] = initialise(teachers["vgg19-compressed"])
    options = parse(["features", "--photos", "none", "--output", "none", "--device", "cpu"], "train")
    objective = PAPERS["features"].begin(recipe, {k: v.eval().requires_grad_(False) for k, v in teachers.items()})
    run = prepare(tmp_path, fabric_for(options), objective, recipe.average, recipe.batch)
    sample = batch(tmp_path / "photos")

    def figures() -> dict[str, float]:
        with torch.no_grad():
            return {name: float(value) for name, value in objective.turns[0].loss(sample)[1].items()}

    before = figures()
    train(run, iter([sample] * STEPS), sample, Pace(STEPS, checkpoint_minutes=9), Progress(quiet=True))
    after = figures()
    assert before.keys() == after.keys()
    assert all(after[name] < 0.5 * before[name] for name in before)
    assert objective.fill(run.average.network, sample).shape == sample.image.shape
