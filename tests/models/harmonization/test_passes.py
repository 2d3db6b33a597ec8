"""The solver and both passes, with a tiny random network: what moves, what does not, and where it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from harmonization_fixtures import pasted, strokes, tiny_features

from retoucher.models.common.features import VGG
from retoucher.models.harmonization import loss, match
from retoucher.models.harmonization.descent import Descent
from retoucher.models.harmonization.masks import dilated
from retoucher.models.harmonization.passes import Repainting, Scene, object_cells
from retoucher.models.harmonization.recipe import PUBLISHED, QUICK
from retoucher.models.harmonization.solve import Box, Solver
from retoucher.models.harmonization.strength import Balance


def ignored(solver, box):
    """Watch nothing."""


def scene(height=96, width=120):
    painting = strokes(height, width)
    composite, tight = pasted(painting)
    return Scene(painting, composite, tight, dilated(tight, 0.2))


def style_distance(features, picture, area, painting, mask, layer="relu2_1"):
    ours, theirs = features(picture[None], [layer])[0][0], features(painting[None], [layer])[0][0]
    mask = torch.nn.functional.interpolate(mask[None], size=ours.shape[1:], mode="area")[0]
    return float((loss.gram(ours, mask) - loss.gram(theirs, match.footprint_at(area, ours.shape[1:]))).norm())


@pytest.mark.parametrize(("size", "margin"), [((97, 131), 20), ((60, 60), 200)])
def test_a_box_begins_at_whole_cells_of_every_layer_and_holds_the_margin(size, margin):
    mask = torch.zeros(1, *size)
    mask[0, 40:50, 33:41] = 1
    box = Box.around(mask, margin)
    assert box.rows.start % 16 == box.columns.start % 16 == 0
    assert box.rows.start <= max(0, 40 - margin)
    assert box.rows.stop >= min(size[0], 50 + margin)
    assert box.columns.stop >= min(size[1], 41 + margin)
    picture = torch.rand(3, *size)
    assert torch.equal(box.into(box.of(picture), picture), picture)
    vgg = VGG(19, 9, ceil=True)
    for layer, whole, part in zip(
        ("relu1_1", "relu4_1"),
        vgg(picture[None], ("relu1_1", "relu4_1")),
        vgg(box.of(picture)[None], ("relu1_1", "relu4_1")),
        strict=True,
    ):
        assert box.of(whole, layer).shape == part.shape


def test_the_box_gives_the_gradients_of_the_whole_picture():
    whole = scene(128, 160)
    repainting = Repainting(tiny_features(), replace(QUICK, first=replace(QUICK.first, margin=1000)))
    boxed = Repainting(tiny_features(), replace(QUICK, first=replace(QUICK.first, margin=78)))
    tight = torch.zeros(1, 128, 160)
    tight[0, 20:30, 20:30] = 1
    small = replace(whole, tight=tight, loose=tight)
    one, other = (each.first(small, small.composite, 1, ignored) for each in (repainting, boxed))
    assert torch.allclose(one, other, atol=2e-5)


def test_only_what_the_mask_covers_moves():
    whole = scene()
    repainting = Repainting(tiny_features(), QUICK)
    found = repainting.first(whole, whole.composite, 5, ignored)
    moved = (found - whole.composite).abs().sum(0) > 0
    assert not moved[whole.loose[0] == 0].any()
    assert moved[whole.tight[0] > 0].float().mean() > 0.9


def test_both_passes_bring_the_style_nearer():
    features, whole = tiny_features(), scene()
    repainting = Repainting(features, QUICK)
    coarse = repainting.first(whole, whole.composite, 30, ignored)
    found, cells = repainting.matches(whole, coarse)
    area = match.footprint(found, cells, found.shape[:2])
    fine = repainting.second(whole, whole.composite, area, Balance(10, 0, 1), 30, ignored)
    naive, first, second = (
        style_distance(features, each, area, whole.painting, whole.tight) for each in (whole.composite, coarse, fine)
    )
    assert second < 0.5 * naive
    assert first < naive


def test_the_histogram_loss_brings_the_values_nearer():
    features, whole = tiny_features(), scene()
    shallow = replace(QUICK.second, histogram=("relu1_1",))  # the deep one pulls harder at the pixels
    repainting = Repainting(features, replace(QUICK, remap=1, second=shallow))
    area = torch.ones(1, 12, 15)
    plain = repainting.second(whole, whole.composite, area, Balance(0.1, 0, 0), 20, ignored)
    spread = repainting.second(whole, whole.composite, area, Balance(0.1, 50, 0), 20, ignored)
    wanted = features(whole.painting[None], ["relu1_1"])[0][0]
    cells = whole.tight[0] > 0

    def apart(picture):
        ours, share = features(picture[None], ["relu1_1"])[0][0], torch.linspace(0.05, 0.95, 10)
        return float((ours[:, cells].quantile(share, 1) - wanted.flatten(1).quantile(share, 1)).abs().mean())

    assert apart(spread) < 0.7 * apart(plain)


def test_a_pass_that_stands_still_ends_early():
    whole, seen = scene(), []
    repainting = Repainting(tiny_features(), replace(QUICK, still=1e9))
    repainting.first(whole, whole.composite, 50, lambda solver, box: seen.append(solver.count))
    assert seen == list(range(1, 11))


def test_a_solver_that_is_gone_on_with_comes_to_the_same():
    def solver():
        torch.manual_seed(0)
        mask = torch.ones(1, 16, 16)
        pulls = {"relu1_1": [lambda f, _: f - 20]}
        return Solver(
            tiny_features(), torch.rand(3, 16, 16), mask, pulls, {"relu1_1": mask}, loss.variation, Descent(1, 5)
        )

    one, other = solver(), solver()
    for _ in range(12):
        one.step()
    for _ in range(7):
        other.step()
    assert not torch.equal(one.picture, other.picture)
    for _ in range(5):
        other.step()
    assert torch.equal(one.picture, other.picture)


def test_descent_takes_the_steps_of_torch_without_line_search():
    torch.manual_seed(0)
    matrix = torch.randn(6, 6, dtype=torch.float64)
    matrix = matrix @ matrix.T + torch.eye(6)
    ours, theirs = torch.ones(6, dtype=torch.float64), torch.ones(6, dtype=torch.float64, requires_grad=True)
    descent = Descent(0.5, history=3)
    same = torch.optim.LBFGS([theirs], lr=0.5, max_iter=1, history_size=3, tolerance_grad=-1, tolerance_change=-1)

    def closure():
        theirs.grad = matrix @ theirs.detach()
        return 0.0

    for _ in range(12):
        same.step(closure)
        ours = ours + descent.step(matrix @ ours)
        assert torch.allclose(ours, theirs.detach(), atol=1e-9)
    assert float((matrix @ ours).norm()) < 0.05 * float(matrix.sum(1).norm())


def test_a_step_is_no_longer_than_allowed_and_leaves_alone_what_has_no_gradient():
    descent = Descent(1.0, history=5, longest=2.0)
    gradient = torch.tensor([0.3, 0.0, -0.4])
    descent.step(gradient)
    moved = descent.step(gradient * (1 - 1e-9))
    for _ in range(5):
        moved = descent.step(gradient + 1e-9 * torch.randn(3) * (gradient != 0))
    assert float(moved[gradient != 0].square().mean().sqrt()) <= 2 + 1e-6
    assert float(moved[1]) == 0


def test_an_object_smaller_than_a_cell_has_a_cell():
    tight = torch.zeros(1, 64, 64)
    tight[0, 21:24, 37:39] = 1
    assert object_cells(tight, (8, 8)).nonzero().tolist() == [[2, 4]]


def test_steps_are_shared_among_the_levels():
    assert sum(count for _, count in QUICK.second.stretched(80)) == 80
    assert all(count >= 1 for _, count in QUICK.second.stretched(1))
    assert PUBLISHED.first.stretched(0) == ((1.0, 1000),)
