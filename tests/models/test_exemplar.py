"""What a content-aware fill promises, on pictures small enough to know the answer."""

import numpy as np
import pytest
import torch

from retoucher.models.exemplar import Exemplar
from retoucher.models.exemplar.blend import Guide, diffused, solve
from retoucher.models.exemplar.fill import Effort, fill
from retoucher.models.exemplar.pyramid import pyramid
from retoucher.models.exemplar.seams import blended


def stripes(height, width, period=8):
    y, x = np.mgrid[:height, :width]
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * (x + y) / period)
    return np.stack([wave, 0.8 * wave, 1 - wave], -1).astype(np.float32)


def hole_in(height, width, top, bottom, left, right):
    hole = np.zeros((height, width), bool)
    hole[top:bottom, left:right] = True
    return hole


def test_a_periodic_texture_is_continued():
    image, hole = stripes(96, 96), hole_in(96, 96, 34, 62, 30, 60)
    filled = fill(image, hole)
    assert np.abs(filled - image)[hole].mean() < 0.03
    assert np.abs(filled - image).max(-1)[hole].max() < 0.25


def test_a_slope_is_met_without_a_seam():
    x = np.linspace(0.2, 0.8, 96, dtype=np.float32)
    image, hole = np.tile(x[None, :, None], (80, 1, 3)), hole_in(80, 96, 25, 50, 30, 60)
    filled = fill(image, hole)
    assert np.abs(np.diff(filled, axis=1)).max() < 0.03
    assert np.abs(filled - image)[hole].mean() < 0.02


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 5), (7, 7), (8, 61), (33, 17), (130, 70)])
@pytest.mark.parametrize("place", ["first corner", "last corner", "middle", "most"])
def test_every_size_is_filled_and_the_known_stays_bit_identical(size, place):
    height, width = size
    image = np.random.default_rng(1).random((height, width, 3), dtype=np.float32)
    hole = np.zeros(size, bool)
    if place == "first corner":
        hole[: height // 3 + 1, : width // 3 + 1] = True
    elif place == "last corner":
        hole[height // 2 :, width // 2 :] = True
    elif place == "middle":
        hole[height // 3 : height // 3 + 3, width // 3 : width // 3 + 3] = True
    else:
        hole[:] = True
        hole[-1, -1] = False
    if hole.all():
        hole[-1, -1] = False
    if not hole.any():
        return
    filled = fill(image, hole)
    assert np.array_equal(filled[~hole], image[~hole])
    assert np.isfinite(filled).all()
    assert filled.min() >= 0
    assert filled.max() <= 1


def test_what_lies_under_the_hole_never_reaches_the_result():
    image, hole = stripes(64, 72, 11), hole_in(64, 72, 20, 44, 25, 50)
    results = []
    for poison in (0.0, 1.0, np.nan):
        poisoned = image.copy()
        poisoned[hole] = poison
        results.append(fill(poisoned, hole)[hole])
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_fill():
    image = np.random.default_rng(2).random((60, 60, 3), dtype=np.float32)
    hole = hole_in(60, 60, 20, 42, 18, 40)
    first, again, other = (fill(image, hole, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_model_keeps_the_house_convention():
    image = torch.from_numpy(stripes(50, 40).transpose(2, 0, 1))[None]
    mask = torch.zeros(1, 1, 50, 40)
    mask[..., 20:30, 15:28] = 1
    told = []
    filled = Exemplar()(image, mask, tell=lambda fraction, message, preview=None: told.append(fraction))
    assert filled.shape == image.shape
    assert filled.dtype == torch.float32
    assert torch.equal(filled * (1 - mask), image * (1 - mask))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] < 1


def test_a_pyramid_ends_where_the_hole_is_thin_and_reads_no_hole_pixel():
    image, hole = stripes(256, 320), hole_in(256, 320, 60, 140, 80, 180)
    image[hole] = 0
    levels = pyramid(image, hole, 5.0, 3)
    assert levels[-1].thickness <= 5 < levels[-2].thickness
    assert [level.hole.shape for level in levels[:3]] == [(256, 320), (128, 160), (64, 80)]
    known = levels[1].appearance[~levels[1].hole][:, :3]
    by_hand = stripes(256, 320).reshape(128, 2, 160, 2, 3).mean((1, 3))[~levels[1].hole]
    assert np.abs(known - by_hand).max() < 1e-6


def test_the_seam_solver_agrees_with_dense_linear_algebra():
    random = np.random.default_rng(0)
    height, width, screen = 7, 8, 0.05
    start = random.random((height, width, 1), dtype=np.float32)
    hole = hole_in(height, width, 1, 6, 0, 7)
    guide = Guide(*(random.standard_normal((height, width, 1)).astype(np.float32) for _ in range(2)),
                  *(random.random((height, width), dtype=np.float32) for _ in range(2)))  # fmt: skip
    guide.trust_down[-1], guide.trust_right[:, -1] = 0, 0
    rows, wanted = [], []
    for y, x in np.ndindex(height, width):
        for dy, dx, values, trust in ((1, 0, guide.down, guide.trust_down), (0, 1, guide.right, guide.trust_right)):
            if y + dy < height and x + dx < width:
                row = np.zeros((height, width))
                row[y + dy, x + dx], row[y, x] = 1, -1
                rows.append(np.sqrt(trust[y, x]) * row.ravel())
                wanted.append(np.sqrt(trust[y, x]) * values[y, x, 0])
        row = np.zeros((height, width))
        row[y, x] = np.sqrt(screen) if hole[y, x] else 1e4  # known pixels are held
        rows.append(row.ravel())
        wanted.append(row[y, x] * start[y, x, 0])
    expected = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0].reshape(height, width)
    solved = solve(start, hole, guide, screen)
    assert np.abs(solved[..., 0] - expected).max() < 1e-3
    assert np.array_equal(solved[~hole], start[~hole])


def test_diffusion_of_a_plane_is_the_plane():
    y, x = np.mgrid[:30, :40].astype(np.float32)
    plane = np.stack([0.01 * x + 0.005 * y, 0.2 + 0 * x], -1).astype(np.float32)
    assert np.abs(diffused(plane, hole_in(30, 40, 8, 20, 9, 30)) - plane).max() < 2e-3


def test_an_edge_that_does_not_meet_stays_sharp_and_a_change_of_light_is_evened_out():
    image = np.full((40, 60, 3), 0.5, np.float32)
    hole = hole_in(40, 60, 10, 30, 20, 40)
    offsets = np.zeros((40, 60, 2), np.int32)
    offsets[hole] = (0, 20)
    for step, most, least in ((0.06, 0.02, 0.0), (0.5, 1.0, 0.4)):
        image[:, 40:] = 0.5 + step  # the source is lighter than the left border by this much
        filled = blended(image, hole, offsets, 1e-3, 0.1)
        jump = np.abs(np.diff(filled[20, 15:25, 0])).max()
        assert least <= jump <= most


def test_a_hole_too_large_for_the_full_search_is_still_filled_with_full_detail():
    image, hole = stripes(200, 220), hole_in(200, 220, 61, 140, 71, 150)
    filled = fill(image, hole, effort=Effort(most_pixels=2000))
    assert np.array_equal(filled[~hole], image[~hole])
    assert np.abs(filled - image)[hole].mean() < 0.06
    assert filled[hole].std() == pytest.approx(image[hole].std(), rel=0.1)
