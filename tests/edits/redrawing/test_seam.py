import cv2
import numpy as np

from retoucher.edits.redrawing.seam import met

HOLE = np.zeros((90, 120), bool)
HOLE[20:70, 30:90] = True
PHOTO = np.full((90, 120, 3), (0.8, 0.6, 0.5), np.float32)


def step(result, photo=PHOTO):
    """The largest jump from the photo into the hole."""
    edge = cv2.dilate((~HOLE).astype(np.uint8), np.ones((3, 3))).astype(bool) & HOLE
    return float(np.abs(result - photo)[edge].max())


def test_a_tint_of_the_network_goes():
    drawn = PHOTO + np.float32([0.05, -0.04, 0.03])
    found = met(PHOTO, drawn, HOLE, ~HOLE, None, 1.0)
    assert np.abs(found - PHOTO)[HOLE].max() < 2 / 255


def test_a_larger_difference_is_gone_at_the_edge_only():
    drawn = PHOTO - np.float32(0.25)
    found = met(PHOTO, drawn, HOLE, ~HOLE, None, 1.0)
    assert step(found) < 0.04
    assert found[45, 60, 0] < PHOTO[45, 60, 0] - 0.12


def test_painted_colors_stay_but_for_a_few_pixels():
    drawn = np.where(HOLE[..., None], np.float32([0.2, 0.3, 0.7]), PHOTO + 0.05).astype(np.float32)
    found = met(PHOTO, drawn, HOLE, ~HOLE, HOLE, 1.0)
    deep = cv2.erode(HOLE.astype(np.uint8), np.ones((21, 21))) > 0
    assert np.abs(found - drawn)[deep].max() < 2 / 255


def test_nothing_under_the_mask_and_nothing_unknown_is_looked_at():
    drawn = PHOTO + np.float32(0.04)
    known = ~HOLE
    known[:, 95:] = False
    other = PHOTO.copy()
    other[~known] = np.nan
    assert np.array_equal(met(PHOTO, drawn, HOLE, known, None, 2.0), met(other, drawn, HOLE, known, None, 2.0))


def test_where_nothing_is_known_the_drawing_is_left_alone():
    drawn = PHOTO * 0.5
    assert met(PHOTO, drawn, HOLE, np.zeros_like(HOLE), None, 1.0) is drawn
