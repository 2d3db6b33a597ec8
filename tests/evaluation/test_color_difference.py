"""Colour differences are CIEDE2000 by the published test data, under the paint alone, and medians."""

import sys

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from retoucher.evaluation import color_difference as under_test
from retoucher.evaluation.color_difference import color_difference

PAINTED = np.ones((6, 8), bool)

# Pairs 1, 4, 7, 11, 17, 25 and 34 of Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula" (2005), table 1:
# among them those where the mean hue is ambiguous, which wrong programs fail on.
PUBLISHED = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def flat(*rgb):
    return np.full((6, 8, 3), rgb, np.uint8)


@pytest.mark.parametrize(("one", "other", "wanted"), PUBLISHED)
def test_the_formula_gives_the_published_numbers(one, other, wanted):
    assert float(deltaE_ciede2000(np.array(one, float), np.array(other, float))) == pytest.approx(wanted, abs=5e-5)


def test_known_colours():
    assert color_difference(flat(10, 20, 30), flat(10, 20, 30), PAINTED) == 0
    assert color_difference(flat(0, 0, 0), flat(255, 255, 255), PAINTED) == pytest.approx(100, abs=0.01)
    assert color_difference(flat(128, 128, 128), flat(130, 130, 130), PAINTED) < 1
    assert 80 < color_difference(flat(255, 0, 0), flat(0, 255, 0), PAINTED) < 90


def test_it_is_the_median_of_a_loop_over_painted_pixels():
    random = np.random.RandomState(0)
    picture, colors = (random.randint(0, 256, (6, 8, 3)).astype(np.uint8) for _ in range(2))
    painted = random.uniform(size=(6, 8)) < 0.5
    apart = [
        float(deltaE_ciede2000(rgb2lab(picture[y, x][None, None]), rgb2lab(colors[y, x][None, None]))[0, 0])
        for y, x in np.argwhere(painted)
    ]
    assert color_difference(picture, colors, painted) == pytest.approx(float(np.median(apart)), abs=1e-9)


def test_what_is_not_painted_does_not_count():
    picture, painted = flat(200, 40, 40), PAINTED.copy()
    painted[:, 4:] = False
    picture[:, 4:] = 0
    assert color_difference(picture, flat(200, 40, 40), painted) == 0
    assert color_difference(picture, flat(200, 40, 40), ~PAINTED) == 0


def test_without_the_library_it_is_said_to_be_missing(monkeypatch):
    assert under_test.available()
    monkeypatch.setitem(sys.modules, "skimage", None)
    assert not under_test.available()
