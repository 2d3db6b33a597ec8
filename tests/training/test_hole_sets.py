"""LaMa's evaluation holes: a square of the resized photo with at most half of it gone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from retoucher.training.hole_sets import EVALUATION, HoleSet
from retoucher.training.holes import Boxes, Chains, Mixed


@pytest.mark.parametrize("name", EVALUATION, ids=lambda name: f"{name[0]}-{name[1]}")
def test_a_square_of_the_photo_has_a_hole_of_at_most_half(name: tuple[str, int]) -> None:
    holes = EVALUATION[name]
    size = holes.size
    assert size == name[1]
    for height, width in ((size, size), (size, size * 3 // 2), (size + 40, size)):
        random = np.random.RandomState(0)
        for _ in range(4):
            cut = holes.draw(height, width, random)
            assert cut is not None
            assert cut.hole.shape == (size, size)
            assert cut.hole.dtype == bool
            assert 0 < cut.hole.mean() <= 0.5
            assert 0 <= cut.x <= width - size
            assert 0 <= cut.y <= height - size


def test_the_same_seed_gives_the_same_square_and_hole() -> None:
    first, again, other = (EVALUATION["medium", 256].draw(256, 400, np.random.RandomState(seed)) for seed in (5, 5, 6))
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.x, first.y) == (again.x, again.y)
    assert np.array_equal(first.hole, again.hole)
    assert not np.array_equal(first.hole, other.hole)


def test_narrow_holes_are_narrower_than_medium_ones_and_these_than_wide_ones() -> None:
    depths = []
    for name in ("narrow", "medium", "wide"):
        random = np.random.RandomState(0)
        cuts = [EVALUATION[name, 256].draw(256, 256, random) for _ in range(30)]
        maps = [(cv2.distanceTransform(c.hole.astype(np.uint8), cv2.DIST_L2, 5), c.hole) for c in cuts if c is not None]
        depths.append(np.mean([depth[hole].mean() for depth, hole in maps]))
    assert depths[0] * 2 < depths[1]
    assert depths[1] * 1.3 < depths[2]


def test_the_square_holds_the_middle_of_the_hole_wherever_it_lies() -> None:
    holes = HoleSet(32, Mixed(Chains(1, 1, 1, 1), Boxes(1, 1, 4, 6), boxes_weight=1e9), variants=1)
    random = np.random.RandomState(0)
    starts = set()
    for _ in range(200):
        cut = holes.draw(32, 100, random)
        assert cut is not None
        assert cut.hole.any()
        starts.add(cut.x)
    assert min(starts) <= 3
    assert max(starts) >= 65


def test_a_photo_whose_holes_all_cover_too_much_gets_none() -> None:
    all_of_it = Mixed(Chains(1, 1, 1, 1), Boxes(1, 1, 30, 32), boxes_weight=1e9)
    assert HoleSet(32, all_of_it).draw(32, 32, np.random.RandomState(0)) is None


def test_the_shorter_side_becomes_the_size() -> None:
    assert EVALUATION["wide", 512].resized(1000, 1500) == (512, 768)
    assert EVALUATION["wide", 256].resized(200, 100) == (512, 256)
