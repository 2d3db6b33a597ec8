"""Votes of patches against loops."""

import numpy as np
import pytest

from retoucher.models.common.patchmatch import Field
from retoucher.models.common.voting import offsets, vote

RADIUS = 2


def problem(height=13, width=17, seed=0):
    """A picture, a larger source, a field into it and where its patches are."""
    random = np.random.default_rng(seed)
    picture, source = random.random((height, width, 3), np.float32), random.random((20, 23, 3), np.float32)
    centres = np.zeros((height, width), bool)
    centres[RADIUS:-RADIUS, RADIUS:-RADIUS] = random.random((height - 2 * RADIUS, width - 2 * RADIUS)) > 0.3
    places = np.stack([random.integers(RADIUS, n - RADIUS, (height, width)) for n in (20, 23)], -1).astype(np.int32)
    return picture, source, Field(places, random.random((height, width), np.float32), centres)


@pytest.mark.parametrize("sharpness", [0.0, 2.0])
def test_every_covering_patch_has_its_say(sharpness):
    picture, source, field = problem()
    height, width = picture.shape[:2]
    wanted = np.random.default_rng(5).random((height, width)) > 0.2
    trust = np.random.default_rng(6).random((height, width), np.float32) + 0.1
    expected = picture.copy()
    for y, x in np.argwhere(wanted):
        covering = [
            (ny, nx)
            for ny in range(max(0, y - RADIUS), min(height, y + RADIUS + 1))
            for nx in range(max(0, x - RADIUS), min(width, x + RADIUS + 1))
            if field.target[ny, nx]
        ]
        if covering:
            usual = np.mean([field.cost[place] for place in covering])
            weights = np.array([trust[p] * np.exp(-sharpness * field.cost[p] / usual) for p in covering])
            says = np.array([source[tuple(field.source[p] + (y - p[0], x - p[1]))] for p in covering])
            expected[y, x] = (weights[:, None] * says).sum(0) / weights.sum()
    found = vote(picture, source, wanted, field, trust, RADIUS, sharpness)
    assert np.abs(found - expected).max() < 1e-5
    assert np.array_equal(found[~wanted], picture[~wanted])


def test_the_cheapest_covering_patch_decides_where_a_pixel_comes_from():
    picture, _, field = problem(seed=1)
    wanted = np.ones(picture.shape[:2], bool)
    shift = offsets(wanted, field, RADIUS)
    height, width = wanted.shape
    for y, x in np.ndindex(height, width):
        covering = [p for p in np.argwhere(field.target) if abs(p - (y, x)).max() <= RADIUS]
        if covering:
            best = min(covering, key=lambda p: field.cost[tuple(p)])
            assert shift[y, x].tolist() == (field.source[tuple(best)] - best).tolist()
        else:
            assert shift[y, x].tolist() == [0, 0]
