import cv2
import numpy as np
import pytest

from retoucher.edits.redrawing.grain import grained

HOLE = np.zeros((160, 200), bool)
HOLE[50:110, 60:140] = True
FLAT = np.full((160, 200, 3), 0.5, np.float32)


def noisy(spread, coarse=0.0, seed=1):
    noise = np.random.default_rng(seed).normal(0, 1, FLAT.shape).astype(np.float32)
    if coarse:
        noise = cv2.GaussianBlur(noise, (0, 0), coarse)
    return FLAT + noise / noise.std() * np.float32(spread)


@pytest.mark.parametrize("spread", [0.008, 0.02, 0.05])
@pytest.mark.parametrize("coarse", [0, 0.8])
def test_the_grain_is_as_strong_and_as_coarse_as_the_photos(spread, coarse):
    photo = noisy(spread, coarse)
    found = grained(photo, FLAT, HOLE, ~HOLE, 0)
    assert 0.75 * spread < found[HOLE].std() < 1.15 * spread

    def next_to(picture):
        part = picture[52:108, 62:138, 0] - 0.5
        return (part[:, 1:] * part[:, :-1]).mean() / (part**2).mean()

    assert abs(next_to(found) - next_to(photo)) < 0.15


def test_a_clean_photo_gets_none():
    slope = np.linspace(0.3, 0.6, 200, dtype=np.float32)[None, :, None] * np.ones((160, 1, 3), np.float32)
    assert np.abs(grained(slope, FLAT, HOLE, ~HOLE, 0) - FLAT).max() < 1 / 255


def test_what_is_rough_already_gets_none():
    photo = noisy(0.02)
    assert np.abs(grained(photo, noisy(0.02, seed=7), HOLE, ~HOLE, 0) - noisy(0.02, seed=7))[HOLE].std() < 0.009


def test_hair_beside_skin_is_no_grain():
    photo = noisy(0.01)
    photo[:100] += np.random.default_rng(3).normal(0, 0.15, (100, 200, 1)).astype(np.float32)
    assert grained(photo, FLAT, HOLE, ~HOLE, 0)[HOLE].std() < 0.02


def test_a_seed_gives_the_same_grain_again_and_another_seed_another():
    photo = noisy(0.02)
    one, two, three = (grained(photo, FLAT, HOLE, ~HOLE, seed) for seed in (4, 4, 5))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, three)


def test_nothing_under_the_mask_is_looked_at():
    photo = noisy(0.02)
    other = photo.copy()
    other[HOLE] = np.nan
    assert np.array_equal(grained(photo, FLAT, HOLE, ~HOLE, 1), grained(other, FLAT, HOLE, ~HOLE, 1))


def test_with_little_to_measure_nothing_is_added():
    known = np.zeros_like(HOLE)
    known[:3, :3] = True
    assert grained(noisy(0.02), FLAT, HOLE, known, 0) is FLAT
