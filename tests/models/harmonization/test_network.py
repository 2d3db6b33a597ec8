"""The whole model with a tiny random network: what changes, what must not, and inputs that are hard to paint."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from harmonization_fixtures import pasted, strokes, tiny_features

from retoucher.jobs import Cancelled
from retoucher.models.harmonization import loss
from retoucher.models.harmonization.network import Harmonization

STEPS = 4


@pytest.fixture(scope="module")
def model():
    return Harmonization(tiny_features(), reduced=False).eval()


@pytest.mark.parametrize(("size", "worked"), [((97, 131), 700), ((64, 60), 700), ((150, 111), 90)])
@pytest.mark.parametrize(("passes", "finish"), [(0, True), (1, False), (2, True), (2, False)])
def test_only_the_dilated_mask_changes_and_the_same_comes_twice(model, size, worked, passes, finish):
    painting = strokes(*size)
    composite, mask = pasted(painting)
    options = {"strength": 0.5, "passes": passes, "finish": finish, "size": worked, "steps": STEPS}
    one, other = (model(painting, composite, mask, **options) for _ in range(2))
    assert torch.equal(one.pixels, other.pixels)
    assert one.pixels.shape == painting.shape
    assert one.changed.shape == mask.shape
    assert bool(one.changed[mask > 0].all())
    outside = ~one.changed.expand_as(painting)
    assert torch.equal(one.pixels[outside], painting[outside])
    assert float(one.pixels.min()) >= 0
    assert float(one.pixels.max()) <= 1
    assert max(one.size) == min(worked, max(size))
    assert (one.matches is None) == (passes < 2)


def test_the_object_is_repainted_and_not_lost(model):
    painting = strokes(120, 120)
    composite, mask = pasted(painting)
    found = model(painting, composite, mask, strength=1.0, steps=30, finish=False).pixels
    inside = (mask > 0)[0]
    moved = (found - composite).abs()[:, inside].mean()
    assert float(moved) > 0.03
    assert float((found - composite).abs()[:, inside].mean()) < float((painting - composite).abs()[:, inside].mean())


def style_distance(features, picture, painting, mask):
    ours, theirs = (features(each[None], ["relu2_1"])[0][0] for each in (picture, painting))
    within = torch.nn.functional.interpolate(mask[None], size=ours.shape[1:], mode="area")[0]
    return float((loss.gram(ours, within) - loss.gram(theirs)).norm())


def test_style_comes_nearer_with_strength():
    features = tiny_features()
    model = Harmonization(features, reduced=False).eval()
    painting = strokes(80, 80)
    composite, mask = pasted(painting)
    apart = []
    for strength in (0.0, 0.1, 0.5, 1.0):
        found = model(painting, composite, mask, strength=strength, steps=40, finish=False).pixels
        apart.append(style_distance(features, found, painting, mask))
    assert all(stronger < 1.02 * weaker for weaker, stronger in pairwise(apart))
    assert apart[-1] < 0.7 * apart[0]


def test_matches_lie_in_the_part_of_the_painting_that_was_asked_for(model):
    painting = strokes(120, 160)
    composite, mask = pasted(painting)
    found = model(painting, composite, mask, strength=0.5, steps=STEPS, like=(0, 0, 48, 120)).matches
    columns = found[..., 1][found[..., 1] >= 0]
    assert len(columns)
    assert int(columns.max()) <= 48 // 8 + 1
    with pytest.raises(ValueError, match="does not lie"):
        model(painting, composite, mask, steps=STEPS, like=(500, 500, 9, 9))


@pytest.mark.parametrize("kind", ["one colour", "grey", "black object", "the very painting"])
def test_pictures_with_nothing_in_them_give_numbers(model, kind):
    painting = strokes(80, 90)
    if kind == "one colour":
        painting = torch.full_like(painting, 0.4)
    if kind == "grey":
        painting = painting.mean(0, keepdim=True).expand(3, -1, -1).contiguous()
    composite, mask = pasted(painting)
    if kind == "black object":
        composite = torch.where(mask > 0, 0.0, painting)
    if kind == "the very painting":
        composite = painting.clone()
    for strength in (None, 0.0, 1.0):
        found = model(painting, composite, mask, strength=strength, steps=STEPS)
        assert bool(found.pixels.isfinite().all())
        assert 0 <= found.strength <= 1


@pytest.mark.parametrize("place", [(0, 0, 5, 5), (31, 77, 2, 3), (0, 0, 80, 90)])
def test_tiny_objects_and_masks_that_touch_every_border_are_painted(model, place):
    y, x, height, width = place
    painting = strokes(80, 90)
    mask = torch.zeros(1, 80, 90)
    mask[:, y : y + height, x : x + width] = 1
    composite = torch.where(mask > 0, 1 - painting, painting)
    for size in (700, 40):
        for strength in (0.0, 0.5):
            found = model(painting, composite, mask, strength=strength, steps=STEPS, size=size)
            assert bool(found.pixels.isfinite().all())
            assert bool(found.changed[mask > 0].all())
            assert not torch.equal(found.pixels[:, mask[0] > 0], painting[:, mask[0] > 0])


def test_at_strength_0_only_the_object_itself_moves(model):
    painting = strokes(80, 90)
    composite, mask = pasted(painting)
    found = model(painting, composite, mask, strength=0.0)
    outside = (mask == 0).expand_as(painting)
    assert torch.equal(found.pixels[outside], painting[outside])


def test_strength_0_moves_colours_and_looks_at_nothing():
    painting = strokes(120, 90)
    composite, mask = pasted(painting)
    found = Harmonization(torch.nn.Identity(), reduced=False)(painting, composite, mask, strength=0.0)
    inside = (mask > 0)[0]
    assert found.matches is None
    before, after = ((each[:, inside].mean(1) - painting.mean((1, 2))).norm() for each in (composite, found.pixels))
    assert float(after) < 0.9 * float(before)


def test_an_empty_mask_is_refused(model):
    painting = strokes(40, 40)
    with pytest.raises(ValueError, match="empty"):
        model(painting, painting, torch.zeros(1, 40, 40))


def test_progress_rises_and_shows_pictures_and_a_cancel_ends_it(model):
    painting = strokes(64, 64)
    composite, mask = pasted(painting)
    told = []
    model(painting, composite, mask, strength=0.5, steps=12, tell=lambda *said: told.append((*said, None)[:3]))
    fractions = [said[0] for said in told]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    shown = [said[2] for said in told if said[2] is not None]
    assert shown
    assert all(len(each) == 3 and each.shape[1] == each.shape[2] for each in shown)

    def stop(fraction, message, preview=None):
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        model(painting, composite, mask, strength=0.5, steps=12, tell=stop)


def test_half_precision_comes_as_near_to_the_style():
    painting, features = strokes(96, 96), tiny_features()
    composite, mask = pasted(painting)
    apart = [
        style_distance(
            features,
            Harmonization(features, reduced=reduced)
            .eval()(painting, composite, mask, strength=0.5, steps=20, finish=False)
            .pixels,
            painting,
            mask,
        )
        for reduced in (False, True)
    ]
    assert apart[1] < 1.1 * apart[0]
