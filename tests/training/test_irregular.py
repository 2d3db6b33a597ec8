"""Irregular holes lie in their bucket and keep away from the border, or reach it."""

from __future__ import annotations

import numpy as np
import pytest

from retoucher.errors import UsageError
from retoucher.training.irregular import RATIOS, TRAINING, Walks


@pytest.mark.parametrize("size", [(12, 199), (64, 64), (128, 200), (512, 512)])
@pytest.mark.parametrize("border", [True, False])
@pytest.mark.parametrize("bucket", RATIOS)
def test_a_hole_lies_in_its_bucket_and_where_it_may(
    bucket: tuple[float, float], border: bool, size: tuple[int, int]
) -> None:
    random = np.random.RandomState(0)
    for _ in range(3):
        hole = Walks(*bucket, border=border).draw(*size, random)
        assert hole.shape == size
        assert hole.dtype == bool
        assert bucket[0] < hole.mean() <= bucket[1]
        edges = [np.flatnonzero(line) for line in (hole.any(0), hole[:, ::-1].any(0), hole.any(1), hole[::-1].any(1))]
        nearest = min(edge[0] for edge in edges)
        if border:
            assert nearest == 0
        else:
            assert nearest >= 50 / 512 * min(size)


def test_a_seed_gives_one_hole_and_another_seed_another() -> None:
    first, again, other = (Walks(0.2, 0.3).draw(96, 96, np.random.RandomState(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_holes_come_from_all_four_sides_and_the_bucket_is_filled_evenly() -> None:
    random = np.random.RandomState(0)
    holes = [Walks(0.1, 0.2).draw(64, 64, random) for _ in range(200)]
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        assert 30 < sum(bool(hole[side].any()) for hole in holes) < 170
    shares = [hole.mean() for hole in holes]
    assert np.mean(shares) == pytest.approx(0.15, abs=0.01)
    assert np.std(shares) == pytest.approx(0.09 / 12**0.5, abs=0.005)


def test_holes_for_training_cover_all_buckets() -> None:
    random = np.random.RandomState(0)
    shares = [TRAINING.draw(64, 64, random).mean() for _ in range(100)]
    assert all(any(low < share <= high for share in shares) for low, high in RATIOS)


@pytest.mark.parametrize(("side", "border"), [(10, True), (4, False), (16, False)])
def test_a_picture_too_small_for_the_bucket_is_refused(side: int, border: bool) -> None:
    with pytest.raises(UsageError, match=f"do not fit into {side}x{side}: use larger"):
        Walks(0.5, 0.6, border).draw(side, side, np.random.RandomState(0))
