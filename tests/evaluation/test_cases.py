"""Holes follow from the seed and the photos' order alone; given holes go round."""

import numpy as np
import pytest
from evaluation_fakes import photo
from PIL import Image

from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation import cases as module
from retoucher.evaluation.cases import Drawn, fitted, open_cases, resized
from retoucher.training.hole_sets import EVALUATION


@pytest.mark.parametrize("kind", ["narrow", "medium", "wide"])
def test_a_set_is_one_stream_of_the_published_draws(kind):
    photos = [photo(300, 256, seed) for seed in range(3)]
    cases, random = open_cases(kind, 256, 7), np.random.RandomState(7)
    for each in photos:
        case = cases.next(each)
        while (cut := EVALUATION[kind, 256].draw(300, 256, random)) is None:
            pass
        assert np.array_equal(case.hole, cut.hole)
        assert np.array_equal(case.picture, each[cut.y : cut.y + 256, cut.x : cut.x + 256])


def test_another_seed_draws_other_holes():
    one, other = (open_cases("medium", 256, seed).next(photo(256, 256)).hole for seed in (0, 1))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("size", [(40, 31), (700, 600), (256, 257), (99, 1000)])
def test_photos_of_any_size_are_cut_to_the_set_s_square(size):
    case = open_cases("wide", 256, 0).next(photo(*size))
    assert case.picture.shape == (256, 256, 3)
    assert case.hole.shape == (256, 256)
    assert 0 < case.hole.mean() <= 0.5


def test_a_photo_whose_holes_all_cover_too_much_is_drawn_anew_and_then_left_out(monkeypatch):
    class Never:
        tried = 0

        def resized(self, height, width):
            return height, width

        def draw(self, height, width, random):
            Never.tried += 1

    assert Drawn("never", Never(), 0).next(photo()) is None
    assert Never.tried == module.TRIES


def test_given_holes_go_round_in_the_order_of_their_names(tmp_path):
    for number, side in enumerate((20, 30, 40)):
        array = np.zeros((side, 50), np.uint8)
        array[5:10, 5 + number : 20] = 255
        Image.fromarray(array).save(tmp_path / f"hole_{number}.png")
    (tmp_path / "notes.txt").write_text("not a hole")
    cases = open_cases(str(tmp_path), 512, 0)
    assert cases.name == tmp_path.name
    found = [cases.next(photo(90, 70)) for _ in range(4)]
    assert [case.hole.shape for case in found] == [(20, 50), (30, 50), (40, 50), (20, 50)]
    assert [int(case.hole.sum()) for case in found] == [75, 70, 65, 75]
    assert all(case.picture.shape == (*case.hole.shape, 3) for case in found)


def test_a_photo_is_cut_to_the_hole_s_shape_in_its_middle():
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255
    assert np.array_equal(fitted(wide, (100, 100)), np.full((100, 100, 3), 255, np.uint8))
    assert fitted(wide, (37, 11)).shape == (37, 11, 3)
    assert fitted(wide, (400, 100)).min() == 255


def test_a_photo_of_the_right_size_is_not_touched():
    original = photo()
    assert resized(original, original.shape[:2]) is original


@pytest.mark.parametrize(
    ("asked", "size", "said"),
    [
        ("narow", 512, "did you mean 'narrow'"),
        ("nothing", 512, "give a folder of hole pictures"),
        ("narrow", 300, "choose 256 or 512"),
    ],
)
def test_what_is_no_set_of_holes_is_said(asked, size, said):
    with pytest.raises(UsageError, match=said):
        open_cases(asked, size, 0)


def test_folders_without_usable_holes_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no pictures in"):
        open_cases(str(tmp_path), 512, 0)
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(RetoucherError, match=r"a\.png is all black"):
        open_cases(str(tmp_path), 512, 0)
    Image.new("L", (8, 8), 255).save(tmp_path / "a.png")
    with pytest.raises(RetoucherError, match=r"a\.png is all white"):
        open_cases(str(tmp_path), 512, 0)
