"""Edges are Canny's by the stated thresholds, and F1 equals loops over pixels."""

import cv2
import numpy as np
import pytest
from evaluation_fakes import photo
from scipy import ndimage

from retoucher.evaluation.edges import agreement, edges

EVERYWHERE = np.ones((40, 50), bool)


def step(at=25, height=40, width=50):
    picture = np.full((height, width, 3), 60, np.uint8)
    picture[:, at:] = 200
    return picture


def column(*places):
    lines = np.zeros((40, 50), bool)
    lines[:, list(places)] = True
    return lines


def naive(found, wanted, hole, reach=2):
    def met(ours, theirs):
        pixels = [(y, x) for y, x in np.argwhere(ours & hole)]
        others = [(y, x) for y, x in np.argwhere(theirs & hole)]
        return np.mean([any((y - v) ** 2 + (x - u) ** 2 <= reach**2 for v, u in others) for y, x in pixels])

    precision, recall = met(found, wanted), met(wanted, found)
    return 2 * precision * recall / (precision + recall)


def test_a_step_is_one_line_where_it_is():
    found = edges(step())
    assert found[:, 23:27].any(1).all()
    assert not found[:, :22].any()
    assert not found[:, 28:].any()
    assert found.sum() <= 1.5 * 40


@pytest.mark.parametrize("value", [0, 77, 255])
def test_one_colour_has_no_edges(value):
    assert not edges(np.full((40, 50, 3), value, np.uint8)).any()


def test_a_faint_edge_beside_a_strong_one_is_none_and_alone_it_is_one():
    faint = step(10)
    faint[:, 10:] = 66
    both = faint.copy()
    both[:, 35:] = 255
    both[:, 37:] = 0
    assert edges(faint)[:, 8:12].any()
    assert edges(step(10))[:, 8:12].any()
    assert edges(both)[:, 33:40].any()
    assert not edges(both)[:, 5:15].any()


def test_the_thresholds_are_a_tenth_and_a_fifth_of_the_largest_gradient():
    picture = photo(64, 80)
    grey = cv2.createCLAHE(2.0, (8, 8)).apply(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0]).astype(float)
    grey = ndimage.gaussian_filter(grey, 1.4, mode="mirror", truncate=6 / 1.4)
    gradient = np.hypot(*(ndimage.sobel(grey, axis, mode="mirror") for axis in (0, 1)))
    share, found = gradient / gradient.max(), edges(picture)
    assert found.any()
    assert share[found].min() > 0.099
    labels, count = ndimage.label(found, np.ones((3, 3)))
    assert min(share[labels == number].max() for number in range(1, count + 1)) > 0.199


def test_the_same_picture_gives_the_same_edges():
    assert np.array_equal(edges(photo()), edges(photo().copy()))


@pytest.mark.parametrize("seed", range(4))
def test_f1_equals_loops_over_pixels(seed):
    random = np.random.RandomState(seed)
    found, wanted, hole = (random.uniform(size=(23, 31)) < share for share in (0.05, 0.08, 0.6))
    assert agreement(found, wanted, hole) == pytest.approx(naive(found, wanted, hole), abs=1e-12)
    assert agreement(wanted, found, hole) == pytest.approx(agreement(found, wanted, hole), abs=1e-12)


def test_lines_may_lie_two_pixels_apart_and_no_more():
    assert agreement(column(20), column(20), EVERYWHERE) == 1
    assert agreement(column(22), column(20), EVERYWHERE) == 1
    assert agreement(column(23), column(20), EVERYWHERE) == 0


def test_half_of_the_lines_has_all_precision_and_half_of_the_recall():
    assert agreement(column(10), column(10, 30), EVERYWHERE) == pytest.approx(2 * 0.5 / 1.5)
    assert agreement(column(10, 30), column(10), EVERYWHERE) == pytest.approx(2 * 0.5 / 1.5)


def test_only_what_lies_in_the_hole_counts():
    hole = EVERYWHERE.copy()
    hole[:, 25:] = False
    assert agreement(column(10, 40), column(10, 30), hole) == 1
    assert agreement(column(24), column(25), hole) == 0


def test_nothing_agrees_with_nothing_and_with_nothing_else():
    none = np.zeros((40, 50), bool)
    assert agreement(none, none, EVERYWHERE) == 1
    assert agreement(column(3), column(9), none) == 1
    assert agreement(none, column(3), EVERYWHERE) == 0
    assert agreement(column(3), none, EVERYWHERE) == 0
