"""PatchMatch against a search through everything, and against itself with other threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from retoucher.models.common import patchmatch
from retoucher.models.common.patchmatch import Field, Search, finer_field, random_field


def problem(height=40, width=44, radius=2, seed=0, channels=3):
    random = np.random.default_rng(seed)
    coarse = random.random((height // 4 + 1, width // 4 + 1, channels), dtype=np.float32)
    picture = np.repeat(np.repeat(coarse, 4, 0), 4, 1)[:height, :width] + 0.02 * random.random(
        (height, width, channels)
    )
    inside = np.zeros((height, width), bool)
    inside[radius:-radius, radius:-radius] = True
    wanted = inside.copy()
    wanted[:, width // 2 - radius :] = False
    allowed = inside & ~np.roll(wanted, 2 * radius, 1) & (np.arange(width) > width // 2 + radius)
    return picture.astype(np.float32), wanted, allowed


def cost_by_hand(search, ty, tx, sy, sx):
    r = search.radius
    a = search.target[ty - r : ty + r + 1, tx - r : tx + r + 1]
    b = search.source[sy - r : sy + r + 1, sx - r : sx + r + 1]
    away = np.hypot(2 * (sy - ty), sx - tx)
    return ((a - b) ** 2).sum() + search.burden[sy, sx] + search.far * max(0, away - search.near)


def best_by_hand(search, wanted):
    places = np.argwhere(search.allowed)
    return np.array([min(cost_by_hand(search, ty, tx, sy, sx) for sy, sx in places) for ty, tx in np.argwhere(wanted)])


def search_for(picture, allowed, radius=2, **options):
    burden = np.zeros(allowed.shape, np.float32)
    return Search(picture, picture, allowed, radius, options.pop("burden", burden), **options)


def test_measured_costs_are_those_of_the_definition():
    picture, wanted, allowed = problem()
    burden = np.random.default_rng(3).random(allowed.shape, dtype=np.float32)
    search = search_for(picture, allowed, burden=burden, near=5.0, far=0.01)
    field = search.measured(random_field(wanted, allowed, 1))
    for y, x in np.argwhere(wanted)[::37]:
        assert field.cost[y, x] == pytest.approx(cost_by_hand(search, y, x, *field.source[y, x]), rel=1e-5)


def test_search_comes_within_three_percent_of_a_search_through_everything():
    picture, wanted, allowed = problem(28, 36)
    search = search_for(picture, allowed, near=8.0, far=0.002)
    field = search.improved(search.measured(random_field(wanted, allowed, 1)), rounds=16, seed=5)
    assert allowed[tuple(field.source[wanted].T)].all()
    assert field.cost[wanted].mean() <= 1.03 * best_by_hand(search, wanted).mean()


def test_a_small_picture_finds_its_place_in_a_large_one():
    random = np.random.default_rng(4)
    source = random.random((41, 67, 3), dtype=np.float32)
    target = source[11:30, 25:60].copy()
    wanted, allowed = (np.pad(np.ones((h - 4, w - 4), bool), 2) for h, w in (target.shape[:2], source.shape[:2]))
    search = Search(target, source, allowed, 2, np.zeros(allowed.shape, np.float32))
    start = Field(random_field(allowed, allowed, 1).source[:19, :35].copy(), np.zeros(wanted.shape, np.float32), wanted)
    field = search.improved(search.measured(start), rounds=12, seed=1)
    assert field.cost[wanted].max() == 0
    assert (field.source[wanted] - np.argwhere(wanted) == (11, 25)).all()


def test_a_search_of_no_reach_only_asks_the_neighbours():
    picture, wanted, allowed = problem()
    search = search_for(picture, allowed)
    start = search.measured(random_field(wanted, allowed, 1))
    field = search.improved(start, rounds=1, seed=5, reach=0)
    first = np.argwhere(wanted)[0]
    assert field.source[tuple(first)].tolist() == start.source[tuple(first)].tolist()
    assert field.cost[wanted].sum() < start.cost[wanted].sum()
    offered = {tuple(shift) for shift in (start.source[wanted] - np.argwhere(wanted)).tolist()}
    assert {tuple(shift) for shift in (field.source[wanted] - np.argwhere(wanted)).tolist()} <= offered


def test_more_rounds_never_make_a_patch_dearer():
    picture, wanted, allowed = problem()
    search = search_for(picture, allowed)
    field = search.measured(random_field(wanted, allowed, 1))
    for turn in range(4):
        better = search.improved(field, rounds=1, seed=turn)
        assert (better.cost[wanted] <= field.cost[wanted]).all()
        assert better.cost[wanted].sum() < field.cost[wanted].sum()
        field = better


def test_the_result_depends_on_the_seed_and_not_on_the_number_of_threads(monkeypatch):
    picture, wanted, allowed = problem()
    search = search_for(picture, allowed)
    start = search.measured(random_field(wanted, allowed, 1))
    with ThreadPoolExecutor(1) as one:
        usual = search.improved(start, rounds=2, seed=9)
        monkeypatch.setattr(patchmatch, "workers", lambda: one)
        alone = search.improved(start, rounds=2, seed=9)
        other = search.improved(start, rounds=2, seed=10)
    assert np.array_equal(usual.source, alone.source)
    assert not np.array_equal(usual.source, other.source)


@pytest.mark.parametrize("size", [(40, 44), (41, 43)])
def test_a_field_carried_to_the_finer_level_points_to_twice_the_place(size):
    _, wanted, allowed = problem(20, 22)
    field = random_field(wanted, allowed, 1)
    field = Field(field.source, np.zeros(wanted.shape, np.float32), wanted)
    height, width = size
    fine = np.repeat(np.repeat(wanted, 2, 0), 2, 1)
    fine = np.pad(fine, ((0, max(0, height - 40)), (0, 2)))[:height, :width]
    everywhere = np.ones(size, bool)
    carried = finer_field(field, fine, everywhere, 0)
    for y, x in np.argwhere(fine)[::29]:
        assert carried.source[y, x].tolist() == (2 * field.source[y // 2, x // 2] + [y % 2, x % 2]).tolist()
