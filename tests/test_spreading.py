import numpy as np
import pytest

from retoucher.spreading import spread


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (17, 33), (64, 64), (101, 30)])
def test_what_is_known_stays_and_the_rest_comes_from_it(size):
    random = np.random.default_rng(1)
    values = random.uniform(0.2, 0.8, (*size, 3)).astype(np.float32)
    known = random.uniform(size=size) < 0.3
    known[0, 0] = True
    found = spread(np.where(known[..., None], values, np.nan), known.astype(np.float32))
    assert np.allclose(found[known], values[known], atol=1e-6)
    assert found.min() >= values[known].min() - 1e-5
    assert found.max() <= values[known].max() + 1e-5


def test_one_color_spreads_as_that_color_and_nothing_as_black():
    known = np.zeros((40, 55), np.float32)
    known[3, 50] = 1
    assert np.allclose(spread(np.full((40, 55, 2), 0.7, np.float32), known), 0.7, atol=1e-5)
    assert (spread(np.ones((9, 9, 1), np.float32), np.zeros((9, 9), np.float32)) == 0).all()


def test_half_known_pixels_count_half():
    values = np.zeros((1, 2, 1), np.float32)
    values[0, 1] = 1
    found = spread(values, np.array([[1, 0.5]], np.float32))
    assert found[0, 0, 0] == 0
    assert 0.5 <= found[0, 1, 0] < 1


def test_a_slope_goes_on_smoothly_through_a_gap():
    slope = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(64, 0)
    known = np.ones((64, 64), np.float32)
    known[20:44, 20:44] = 0
    assert np.abs(spread(slope, known) - slope).max() < 0.15
