"""Drawings made of photos by fixed rules, cases that follow from the seed, and what the bench measures of them."""

import cv2
import numpy as np
import pytest
import torch
from evaluation_fakes import Album, photo

from retoucher.errors import UsageError
from retoucher.evaluation import metrics
from retoucher.evaluation.cases import Case
from retoucher.evaluation.measure import pixels
from retoucher.evaluation.methods import Filled, Method
from retoucher.evaluation.redrawing.bench import RedrawBench, samples
from retoucher.evaluation.redrawing.cases import LARGEST, SMALLEST, open_cases
from retoucher.evaluation.redrawing.drawings import LEAST, MOVED, brushed, drawings_of, half_of, turned
from retoucher.evaluation.redrawing.methods import GUIDANCE, Guided, on_the_square
from retoucher.jobs import silent
from retoucher.models.scfegan import sketch
from retoucher.models.scfegan.network import small

SIDE = 96


def portrait(seed=0, side=SIDE):
    """Something with outlines: discs of flat colour."""
    random = np.random.RandomState(seed)
    picture = np.full((side, side, 3), (90, 120, 160), np.uint8)
    for share in (0.4, 0.28, 0.17, 0.08):
        middle = tuple(int(side * (0.5 + random.uniform(-0.05, 0.05))) for _ in range(2))
        cv2.circle(picture, middle, int(side * share), random.randint(0, 256, 3).tolist(), -1)
    return picture


def drawings(seed=0, hole=None):
    hole = np.ones((SIDE, SIDE), bool) if hole is None else hole
    return drawings_of(portrait(), hole, np.random.RandomState(seed))


def network():
    torch.manual_seed(0)
    return small(width=8, deepest=16, finish=4).eval()


def test_the_photo_s_own_drawing_is_all_its_lines_and_flat_colours_over_the_hole():
    hole = np.zeros((SIDE, SIDE), bool)
    hole[20:70, 30:80] = True
    own = drawings(hole=hole)["own"]
    assert np.array_equal(own.lines, sketch.sketch(portrait(), SIDE / 512) & hole)
    assert own.lines.any()
    assert np.array_equal(own.painted, hole)
    assert len(np.unique(own.colors.reshape(-1, 3), axis=0)) <= 49


def test_the_same_seed_draws_the_same_and_another_does_not():
    for name, one in drawings(3).items():
        for part in ("lines", "colors", "painted"):
            assert np.array_equal(getattr(one, part), getattr(drawings(3)[name], part)), name
    assert not np.array_equal(drawings(3)["partial"].painted, drawings(4)["partial"].painted)
    assert not np.array_equal(drawings(3)["warped"].lines, drawings(4)["warped"].lines)
    assert not np.array_equal(drawings(3)["hues"].colors, drawings(4)["hues"].colors)
    assert np.array_equal(drawings(3)["own"].lines, drawings(4)["own"].lines)


def test_a_part_of_the_lines_is_half_of_the_connected_ones():
    lines = np.zeros((40, 40), bool)
    for place in range(2, 37, 5):
        lines[place, 3:30] = True
    for seed in range(5):
        kept = half_of(lines, np.random.RandomState(seed))
        assert kept.sum() == 4 * 27
        assert (kept <= lines).all()
    assert not half_of(lines & False, np.random.RandomState(0)).any()
    one = np.zeros((9, 9), bool)
    one[4] = True
    assert np.array_equal(half_of(one, np.random.RandomState(0)), one)


@pytest.mark.parametrize("seed", range(8))
def test_a_brush_paints_some_of_the_hole_and_nothing_else(seed):
    hole = np.zeros((SIDE, SIDE), bool)
    hole[5:25, 60:90] = True
    brush = brushed(hole, np.random.RandomState(seed))
    assert (brush <= hole).all()
    assert brush.sum() >= LEAST * hole.sum()


def test_where_no_brush_reaches_all_of_the_hole_is_painted():
    nothing = np.zeros((SIDE, SIDE), bool)
    assert np.array_equal(brushed(nothing, np.random.RandomState(0)), nothing)


def test_warped_lines_lie_near_their_old_places():
    found = drawings()
    reach = MOVED * SIDE / 256 + 1  # and rounding
    far = cv2.distanceTransform((~found["own"].lines).astype(np.uint8), cv2.DIST_L2, 5)
    assert far[found["warped"].lines].max() <= reach * 2**0.5
    assert (found["warped"].lines != found["own"].lines).any()
    assert found["warped"].lines.sum() > 0.6 * found["own"].lines.sum()


def test_other_hues_are_as_light_and_as_vivid():
    colors = np.array([[(150, 110, 100), (90, 100, 120), (128, 128, 128)]], np.uint8)
    found = turned(colors, 180)
    before, after = (cv2.cvtColor(np.float32(each) / 255, cv2.COLOR_RGB2LAB)[0] for each in (colors, found))
    assert np.abs(before[:, 0] - after[:, 0]).max() < 1
    assert np.abs(before[:, 1:] + after[:, 1:]).max() < 1.5
    assert np.array_equal(turned(colors, 0), colors)


def test_what_is_not_shown_is_still_what_obedience_is_measured_against():
    case = open_cases("face", SIDE, 0).next(portrait())
    none, full = GUIDANCE["none"], GUIDANCE["full"]
    assert not none.of(case).lines.any()
    assert not none.of(case).painted.any()
    assert none.wanted(case) is full.wanted(case)
    assert GUIDANCE["lines"].of(case).lines.any()
    assert not GUIDANCE["lines"].of(case).painted.any()


@pytest.mark.parametrize("kind", ["face", "zigzags", "irregular"])
def test_a_case_depends_on_the_seed_and_its_number_alone(kind):
    first, second = open_cases(kind, SIDE, 5), open_cases(kind, SIDE, 5)
    for seed in range(4):
        case, again = first.next(portrait(seed)), second.next(portrait())
        assert np.array_equal(case.hole, again.hole)
        assert SMALLEST <= case.hole.mean() <= LARGEST
    assert not np.array_equal(case.hole, open_cases(kind, SIDE, 6).next(portrait()).hole)


def test_portraits_are_cut_to_their_middle_square():
    wide = np.concatenate([np.zeros((SIDE, 20, 3), np.uint8), portrait(), np.zeros((SIDE, 20, 3), np.uint8)], 1)
    assert np.array_equal(open_cases("face", SIDE, 0).next(wide).picture, portrait())


def test_holes_that_nobody_knows_are_refused():
    with pytest.raises(UsageError, match=r"no holes called 'faces' \(did you mean 'face'\?\)"):
        open_cases("faces", SIDE, 0)


def test_the_network_changes_only_the_hole_and_sees_neither_what_lies_under_it_nor_lines_beside_it():
    case, model = open_cases("face", SIDE, 1).next(portrait()), network()
    drawing, random = case.drawings["own"], np.random.RandomState(0)
    found = on_the_square(model, case.picture, case.hole, drawing)
    assert np.array_equal(found[~case.hole], case.picture[~case.hole])
    noise = random.randint(0, 256, case.picture.shape).astype(np.uint8)
    other = np.where(case.hole[..., None], noise, case.picture)
    assert np.array_equal(on_the_square(model, other, case.hole, drawing), found)
    all_over = type(drawing)(
        drawing.lines | ~case.hole, np.where(case.hole[..., None], drawing.colors, noise), drawing.painted | ~case.hole
    )
    assert np.array_equal(on_the_square(model, case.picture, case.hole, all_over), found)
    bare = on_the_square(model, case.picture, case.hole, drawing.shown(False, False))
    assert (bare != found).any()


def test_pictures_and_tensors_go_both_ways():
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(samples(pixels(every)), every)


def perfect(name, guidance="full"):
    return Guided(name, "model", GUIDANCE[guidance], lambda picture, hole, drawing: picture.copy())


def flat(name, guidance="full"):
    def work(picture, hole, drawing):
        return np.where(hole[..., None], np.uint8(128), picture)

    return Guided(name, "model", GUIDANCE[guidance], work)


def painter(name, guidance):
    """Obeys colours to the letter."""

    def work(picture, hole, drawing):
        return np.where((hole & drawing.painted)[..., None], drawing.colors, picture)

    return Guided(name, "model", GUIDANCE[guidance], work)


def measured(*methods):
    bench = RedrawBench(methods, [open_cases("face", SIDE, 0)], {"psnr_hole": metrics.psnr_hole})
    bench.run(Album(portrait(0), portrait(1)), None, silent)
    return bench


def test_the_photo_itself_has_its_own_edges_and_what_the_ceilings_say():
    bench = measured(perfect("perfect"), flat("flat"))
    for record in bench.records[::2]:
        assert record.figures["edge_f1"] == 1
        assert record.figures["psnr_hole"] == np.inf
        own = next(each for each in bench.originals if (each.photo, each.method) == (record.photo, "own"))
        assert own.figures["line_f1"] == record.figures["line_f1"] > 0.5
        assert own.figures["delta_e"] == record.figures["delta_e"] < 5
    for good, bad in zip(bench.records[::2], bench.records[1::2], strict=True):
        assert bad.figures["line_f1"] < good.figures["line_f1"]
        assert bad.figures["delta_e"] > good.figures["delta_e"]


def test_obedience_is_measured_against_what_was_asked_for():
    bench = measured(painter("painter", "hues"), perfect("memory", "hues"), painter("partial", "partial"))
    for painted, remembered, partial in zip(*(bench.records[start::3] for start in range(3)), strict=True):
        assert painted.figures["delta_e"] == partial.figures["delta_e"] == 0
        assert remembered.figures["delta_e"] > 5
        assert "psnr_hole" not in painted.figures
        assert "edge_f1" not in remembered.figures
        assert "psnr_hole" in partial.figures


def test_pixels_changed_outside_of_the_mask_are_counted():
    def work(picture, hole, drawing):
        changed = picture.copy()
        place = np.argwhere(~hole)[:3]
        changed[tuple(place.T)] ^= 1
        return changed

    bench = measured(Guided("careless", "model", GUIDANCE["full"], work), perfect("perfect"))
    assert [record.figures["outside"] for record in bench.records] == [3, 0, 3, 0]


def test_fills_that_take_no_drawing_are_measured_as_unguided_ones():
    grey = Method("grey", "grey", lambda picture, hole: Filled(np.full_like(picture, 128)))
    bench = measured(flat("none", "none"), grey)
    for one, other in zip(bench.records[::2], bench.records[1::2], strict=True):
        assert one.figures == other.figures


def test_a_portrait_of_one_colour_can_be_measured():
    bench = RedrawBench([flat("none", "none"), perfect("full")], [open_cases("face", SIDE, 0)], {})
    bench.run(Album(np.full((SIDE, SIDE, 3), 128, np.uint8)), None, silent)
    for record in bench.records:
        assert record.figures == {"edge_f1": 1, "line_f1": 1, "delta_e": 0, "outside": 0}


def test_small_photos_are_enlarged():
    case = open_cases("face", SIDE, 0).next(photo(30, 40))
    assert isinstance(case, Case)
    assert case.picture.shape == (SIDE, SIDE, 3)
