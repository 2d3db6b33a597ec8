import cv2
import numpy as np
import pytest

from retoucher.edits.redrawing.chains import chains, draw, smoothed
from retoucher.models.scfegan.sketch import thinned


def drawing(seed=0):
    canvas, random = np.zeros((80, 90), np.uint8), np.random.default_rng(seed)
    for _ in range(6):
        cv2.line(canvas, *(tuple(map(int, random.integers(5, 75, 2))) for _ in range(2)), 1)
    cv2.circle(canvas, (40, 40), 15, 1)
    return thinned(canvas > 0)


@pytest.mark.parametrize("seed", range(5))
def test_every_pixel_is_in_a_chain_of_neighbours(seed):
    lines = drawing(seed)
    found = np.zeros_like(lines)
    for chain in chains(lines):
        places = chain.astype(int)
        found[places[:, 1], places[:, 0]] = True
        assert (np.abs(np.diff(places, axis=0)).max(1, initial=0) <= 1).all()
    assert np.array_equal(found, lines)


def test_a_straight_line_is_one_chain_and_stays_straight():
    lines = np.zeros((20, 40), bool)
    lines[7, 5:35] = True
    (chain,) = chains(lines)
    assert np.allclose(smoothed(chain), chain)
    assert np.array_equal(chain, np.stack([np.arange(5, 35) + 0.5, np.full(30, 7.5)], 1))


def test_a_ring_is_closed():
    canvas = np.zeros((60, 60), np.uint8)
    cv2.circle(canvas, (30, 30), 20, 1)
    ring = max((smoothed(chain) for chain in chains(thinned(canvas > 0))), key=len)
    assert np.hypot(*(ring[0] - ring[-1])) < 1.5
    assert np.abs(np.hypot(*(ring - 30.5).T) - 20).max() < 1


@pytest.mark.parametrize("times", [1, 2.5, 6])
def test_enlarged_lines_are_thin_and_lie_where_they_were(times):
    lines = drawing()
    size = round(80 * times), round(90 * times)
    large = draw([smoothed(chain) * times for chain in chains(lines)], size, 2 if times > 1 else 1)
    thick = cv2.distanceTransform(large.astype(np.uint8), cv2.DIST_L2, 5)
    assert np.quantile(thick[large], 0.95) <= 2.0
    rows, columns = np.nonzero(lines)
    near = cv2.distanceTransform((~large).astype(np.uint8), cv2.DIST_L2, 5)
    places = (np.stack([rows, columns]) + 0.5) * times
    assert np.quantile(near[places[0].astype(int), places[1].astype(int)], 0.99) <= 1.2 * times


def test_a_speck_and_nothing_are_drawn_as_such():
    assert chains(np.zeros((5, 5), bool)) == []
    dot = np.zeros((5, 5), bool)
    dot[2, 3] = True
    assert np.array_equal(draw([smoothed(chain) for chain in chains(dot)], (5, 5), 1), dot)
