"""What is measured of a painting with something pasted on it: style, content and seam, and the baselines."""

import numpy as np
import pytest
import torch
from evaluation_fakes import painted_case, vgg
from PIL import Image

from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.harmonizing.cases import Case, find_cases, open_case
from retoucher.evaluation.harmonizing.likeness import Likeness, histogram_distance, style_distance
from retoucher.evaluation.harmonizing.methods import Numbers, open_methods, poisson
from retoucher.evaluation.harmonizing.seam import seam
from retoucher.evaluation.sight import Sight
from retoucher.jobs import silent


def likeness(case):
    return Likeness(Sight(vgg()), case)


def save(folder, name, case):
    for part in ("painting", "composite", "mask"):
        pixels = (getattr(case, part).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels.squeeze()).save(folder / f"{name}_{part}.png")


def test_equal_cells_have_no_distance_and_others_have():
    torch.manual_seed(0)
    features = [torch.rand(4, 10, 12), torch.rand(6, 5, 6)]
    left = [torch.zeros(1, 10, 12), torch.zeros(1, 5, 6)]
    for each in left:
        each[..., : each.shape[-1] // 2] = 1
    right = [1 - each for each in left]
    mirrored = [each.flip(-1) for each in features]
    for distance in (style_distance, histogram_distance):
        assert distance(features, left, features, left) == pytest.approx(0, abs=1e-6)
        assert distance(mirrored, left, features, right) == pytest.approx(0, abs=1e-6)
        assert distance(features, left, features, right) > 0.01


def test_style_is_relative_and_histograms_are_shares_of_the_mean():
    features, all_of_it = torch.rand(1, 4, 8, 8) + 0.5, [torch.ones(1, 8, 8)]
    assert style_distance([2 * features[0]], all_of_it, features, all_of_it) == pytest.approx(3, rel=1e-5)  # 2² - 1
    assert histogram_distance([2 * features[0]], all_of_it, features, all_of_it) == pytest.approx(1, rel=1e-5)


def test_how_many_cells_there_are_does_not_matter():
    features = torch.rand(1, 4, 6, 6)
    tiled = features.repeat(1, 1, 2, 2)
    ones = [torch.ones(1, 6, 6)], [torch.ones(1, 12, 12)]
    for distance in (style_distance, histogram_distance):
        assert distance(tiled, ones[1], features, ones[0]) == pytest.approx(0, abs=1e-5)


def test_the_painting_itself_is_in_style_and_the_object_keeps_its_content():
    case = painted_case()
    measured = likeness(case)
    areas = {"style": None}
    bare, pasted = measured.of(case.painting, areas), measured.of(case.composite, areas)
    assert bare["style"] < 0.5 * pasted["style"]
    assert bare["histogram"] < 0.5 * pasted["histogram"]
    assert pasted["content"] == 0
    assert bare["content"] > 0.1


def test_what_lies_outside_the_mask_does_not_count_much():
    case = painted_case()
    other = case.composite.clone()
    other[:, :, :10] = 0  # more than a receptive field from the object
    areas = {"style": None}
    assert likeness(case).of(other, areas) == pytest.approx(likeness(case).of(case.composite, areas))


def test_style_can_be_that_of_a_part():
    case = painted_case()
    there = torch.zeros(1, 12, 16)
    there[:, 3:9, 5:11] = 1  # where the mask is
    found = likeness(case).of(case.painting, {"style": there, "whole": None})
    assert found["style"] != found["whole"]


def test_an_object_too_thin_for_a_layer_still_has_cells():
    case = painted_case()
    mask = torch.zeros_like(case.mask)
    mask[:, 40, 60] = 1
    found = likeness(Case("dot", case.painting, case.composite, mask)).of(case.composite, {"style": None})
    assert np.isfinite(list(found.values())).all()


def test_the_seam_counts_steps_across_the_edge():
    painting = torch.rand(3, 60, 60, generator=torch.Generator().manual_seed(0)) * 0.1 + 0.45
    mask = torch.zeros(1, 60, 60)
    mask[:, 20:40, 20:40] = 1
    assert seam(painting, painting, mask) == pytest.approx(1, abs=0.15)
    pasted = torch.where(mask > 0, torch.tensor([0.9, 0.1, 0.1])[:, None, None], painting)
    soft = torch.nn.functional.avg_pool2d(mask[None], 7, 1, 3)[0]
    feathered = pasted * soft + painting * (1 - soft)
    assert 1 < seam(feathered, painting, mask) < 0.6 * seam(pasted, painting, mask)


def test_one_colour_and_a_mask_without_an_edge_have_a_seam_of_nothing():
    painting, mask = torch.full((3, 20, 30), 0.5), torch.ones(1, 20, 30)
    assert seam(painting, painting, mask) == 0
    mask[:, :, :15] = 0
    assert seam(painting, painting, mask) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    "box",
    [(20, 30, 50, 70), (0, 0, 96, 40), (0, 0, 30, 128), (60, 90, 96, 128), (0, 0, 96, 127), (40, 50, 41, 51)],
    ids=["inside", "left", "top", "corner", "all but a column", "one pixel"],
)
def test_poisson_works_wherever_the_mask_lies_and_leaves_the_rest(box):
    case = painted_case()
    top, left, bottom, right = box
    mask = torch.zeros_like(case.mask)
    mask[:, top:bottom, left:right] = 1
    case = Case("box", case.painting, torch.where(mask > 0, case.composite.flip(2), case.painting), mask)
    found = poisson(case, silent).pixels
    assert found.shape == case.painting.shape
    outside = (mask == 0).expand(3, -1, -1)
    if (bottom - top) * (right - left) > 1:
        assert torch.equal(found[outside], case.painting[outside])
        assert (found - case.composite)[~outside].abs().max() > 0.05
    else:
        assert ((found != case.painting).sum((1, 2)) <= 81).all()


def test_poisson_has_less_of_a_seam_than_the_naive_paste():
    case = painted_case()
    found = poisson(case, silent).pixels
    assert seam(found, case.painting, case.mask) < 0.5 * seam(case.composite, case.painting, case.mask)


def test_poisson_keeps_the_steps_within_the_object():
    case = painted_case()
    found, inner = poisson(case, silent).pixels, (slice(None), slice(40, 60), slice(54, 74))
    wanted, bare = case.composite[inner].diff(dim=2), case.painting[inner].diff(dim=2)
    assert (found[inner].diff(dim=2) - wanted).abs().mean() < 0.01 < 0.08 < (bare - wanted).abs().mean()


def test_a_case_is_three_pictures_of_one_size(tmp_path):
    case = painted_case()
    save(tmp_path, "a_b", case)
    (tmp_path / "a_b_mask_dilated.jpg").write_bytes(b"passed over")
    (tmp_path / "notes.txt").write_text("passed over")
    found = open_case("a_b", find_cases(tmp_path)["a_b"], 700)
    assert torch.allclose(found.painting, case.painting, atol=0.51 / 255)
    assert torch.equal(found.mask, case.mask)
    small = found.at(64)
    assert small.painting.shape == (3, 48, 64)
    assert small.mask.mean() == pytest.approx(float(case.mask.mean()), rel=1e-3)


def test_what_is_no_case_says_why(tmp_path):
    with pytest.raises(UsageError, match="There is no folder"):
        find_cases(tmp_path / "gone")
    with pytest.raises(UsageError, match="There are no cases"):
        find_cases(tmp_path)
    case = painted_case()
    save(tmp_path, "one", case)
    (tmp_path / "one_composite.png").unlink()
    with pytest.raises(RetoucherError, match="one: there is no one_composite"):
        open_case("one", find_cases(tmp_path)["one"], 700)
    save(tmp_path, "two", Case("two", case.painting, case.composite[:, :-1], case.mask))
    with pytest.raises(RetoucherError, match=r"two: its pictures have different sizes .*composite 128×95"):
        open_case("two", find_cases(tmp_path)["two"], 700)
    save(tmp_path, "three", Case("three", case.painting, case.composite, torch.zeros_like(case.mask)))
    with pytest.raises(RetoucherError, match="three: the mask is all black"):
        open_case("three", find_cases(tmp_path)["three"], 700)
    dot = torch.zeros_like(case.mask)
    dot[:, 40, 60] = 1
    save(tmp_path, "four", Case("four", case.painting, case.composite, dot))
    with pytest.raises(RetoucherError, match="four: the object is too small to be seen at 64 pixels"):
        open_case("four", find_cases(tmp_path)["four"], 64)


@pytest.mark.parametrize(
    ("names", "models", "strengths", "said"),
    [
        (["naiv"], ["auto"], ["auto"], "no method 'naiv' (did you mean 'naive'?)"),
        (["finish"], ["auto"], ["strong"], "no strength 'strong'"),
        (["finish"], ["auto"], ["1.5"], "no strength '1.5'"),
        (["finish"], ["vgg91"], ["auto"], "no features called 'vgg91' (did you mean 'vgg19'?)"),
        (["finish"], ["vgg19=gone.pth"], ["auto"], "no file at gone.pth"),
    ],
)
def test_what_is_asked_wrongly_is_said(names, models, strengths, said):
    with pytest.raises(UsageError) as error:
        open_methods(names, models, strengths, Numbers())
    assert said in str(error.value)
