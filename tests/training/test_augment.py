"""Crops have the size asked for, the statistics stated, and come from the RandomState alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from retoucher.training.augment import Augmentation, Distortions, Plain, ResizedCrop, Scaled, padded, resized, square

ALL: dict[str, Augmentation] = {
    "scaled": Scaled(),
    "plain": Plain(flip=0.5),
    "resized crop": ResizedCrop(),
    "distortions": Distortions(),
}
STILL = Distortions(perspective=0, scale=(1, 1), turn=0, shear=0, optical=0, light=0, hue=0, saturation=0, value=0)
"""Nothing but the equalisation, which cannot be nothing."""


def ramp(height: int, width: int) -> np.ndarray:
    """Red tells the column, green the row, in 200 steps over the picture; blue is 80."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 200 / (width - 1), y * 200 / (height - 1), np.full((height, width), 80)], -1).astype(np.uint8)


def scene(height: int = 120, width: int = 160) -> np.ndarray:
    return cv2.resize(np.random.RandomState(0).randint(40, 216, (5, 7, 3)).astype(np.uint8), (width, height))


def drawn(augmentation: Augmentation, image: np.ndarray, size: int, count: int) -> list[np.ndarray]:
    return [augmentation.apply(image, size, np.random.RandomState(seed)) for seed in range(count)]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(64, 64), (65, 97), (301, 203), (128, 300)])
def test_crops_have_the_size_repeat_and_leave_the_photo_alone(name: str, shape: tuple[int, int]) -> None:
    image = ramp(*shape)
    image.setflags(write=False)
    before = image.copy()
    first, again = (drawn(ALL[name], image, 64, 20) for _ in range(2))
    for crop, repeated in zip(first, again, strict=True):
        assert (crop.shape, crop.dtype) == ((64, 64, 3), np.uint8)
        np.testing.assert_array_equal(crop, repeated)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(40, 100), (63, 63), (1, 9), (1, 1)])
def test_photos_smaller_than_the_crop_still_give_one(name: str, shape: tuple[int, int]) -> None:
    image = np.random.RandomState(1).randint(0, 256, (*shape, 3)).astype(np.uint8)
    for crop in drawn(ALL[name], image, 64, 10):
        assert crop.shape == (64, 64, 3)


@pytest.mark.parametrize("name", ["scaled", "plain", "resized crop"])
def test_every_other_crop_is_mirrored(name: str) -> None:
    mirrored = [crop[32, 0, 0] > crop[32, -1, 0] for crop in drawn(ALL[name], ramp(90, 130), 64, 1000)]
    assert 0.45 < np.mean(mirrored) < 0.55


def test_published_faces_are_never_mirrored_and_whole() -> None:
    assert Plain().flip == 0
    for crop in drawn(Plain(), ramp(256, 256), 128, 30):
        np.testing.assert_array_equal(crop, resized(ramp(256, 256), 128, 128))
    tops = {int(crop[0, 0, 1]) for crop in drawn(Plain(), ramp(400, 200), 100, 200)}
    assert min(tops) <= 1
    assert 98 <= max(tops) <= 100  # the second half begins there
    assert Plain().shorter(256) == 256


def sides(augmentation: Augmentation, image: np.ndarray, size: int, count: int) -> np.ndarray:
    """How much of the photo's width each crop shows, in pixels of it."""
    span = [abs(int(crop[0, -1, 0]) - int(crop[0, 0, 0])) for crop in drawn(augmentation, image, size, count)]
    return np.array(span) * image.shape[1] / 200 * size / (size - 1)


def test_sides_of_scaled_squares_are_even_on_a_logarithmic_scale() -> None:
    found = sides(Scaled(), ramp(480, 720), 64, 1500)
    assert 55 < found.min() < 72  # the ramp has steps of 3.6 px
    assert 230 < found.max() < 265  # 4 times 64
    shares = np.histogram(np.log2(found / 64).clip(0.001, 1.999), bins=4, range=(0, 2))[0] / 1500
    np.testing.assert_allclose(shares, 0.25, atol=0.06)
    assert 180 < sides(Scaled(), ramp(200, 200), 64, 300).max() < 208  # never above the shorter side
    assert Scaled().shorter(128) == 512


def test_a_scaled_square_of_the_whole_photo_is_reduced_by_area() -> None:
    image = np.zeros((128, 128, 3), np.uint8)
    image[::2, ::2] = 200  # a quarter of every 2x2
    crop = Scaled(most=2).apply(image, 64, np.random.RandomState(0))
    fixed = resized(image, 64, 64)
    assert crop.shape == (64, 64, 3)
    np.testing.assert_array_equal(fixed, np.full((64, 64, 3), 50))


def test_a_resized_crop_shows_one_and_a_half_sizes() -> None:
    found = sides(ResizedCrop(), ramp(400, 400), 128, 100)
    np.testing.assert_allclose(found, 192, atol=5)
    assert ResizedCrop().shorter(256) == 512


def test_squares_reach_every_corner_and_no_further() -> None:
    places = np.array([square(ramp(10, 12), 8, np.random.RandomState(seed))[0, 0, :2] for seed in range(300)])
    wanted = [[int(x * 200 / 11), int(y * 200 / 9)] for x in range(5) for y in range(3)]
    assert np.unique(places, axis=0).tolist() == sorted(wanted)


def test_padding_reflects_evenly_and_only_where_it_must() -> None:
    image = scene(10, 40)
    wide = padded(image, 33)
    assert wide.shape == (33, 40, 3)
    np.testing.assert_array_equal(wide[11:21], image)
    np.testing.assert_array_equal(wide[10], image[1])
    assert padded(image, 10) is image


def test_distortions_of_no_strength_cut_the_photo_and_mirror_it() -> None:
    still = replace(STILL, often=0.0)
    image = ramp(96, 128)
    windows = {image[y : y + 64, x : x + 64].tobytes() for y in range(33) for x in range(65)}
    mirrored = 0
    for crop in drawn(still, image, 64, 200):
        back = np.ascontiguousarray(crop[:, ::-1]) if crop[0, 0, 0] > crop[0, -1, 0] else crop
        mirrored += back is not crop
        assert back.tobytes() in windows
    assert 70 < mirrored < 130


def apart(name: str, strength: Distortions, image: np.ndarray, count: int) -> list[np.ndarray]:
    step = getattr(strength, name)
    return [step(image, np.random.RandomState(seed)).astype(int) for seed in range(count)]


def test_perspective_moves_corners_inwards_by_the_shares_stated() -> None:
    corners = []
    for crop in apart("_perspective", Distortions(), ramp(201, 201), 300):
        x, y = crop[..., 0] / 200, crop[..., 1] / 200  # where from, in shares of the photo
        corners += [x[0, 0], y[0, 0], 1 - x[0, -1], y[0, -1], 1 - x[-1, -1], 1 - y[-1, -1]]
    assert min(corners) >= 0
    # |normal| of a deviation drawn evenly up to 0.06 has the mean 0.03 * sqrt(2 / pi)
    assert np.mean(corners) == pytest.approx(0.03 * np.sqrt(2 / np.pi), abs=0.003)
    assert 0.08 < max(corners) < 0.3


def test_the_affine_step_turns_and_scales_about_the_middle() -> None:
    turns, across, down = [], [], []
    for crop in apart("_affine", Distortions(), ramp(201, 201), 300):
        x, y = crop[..., 0] / 200, crop[..., 1] / 200
        assert abs(x[100, 100] - 0.5) < 0.02
        assert abs(y[100, 100] - 0.5) < 0.02
        matrix = [[part[100, 115] - part[100, 85], part[115, 100] - part[85, 100]] for part in (x, y)]
        back = np.linalg.inv(np.array(matrix) * 200 / 30)  # photo to crop
        across.append(np.hypot(*back[:, 0]))
        down.append(np.hypot(*back[:, 1]))
        turns.append(np.rad2deg(np.arctan2(back[1, 0], back[0, 0])))
    for scales in (across, down):
        assert 0.65 < min(scales) < 0.75
        assert 1.25 < max(scales) < 1.38
        assert np.mean(scales) == pytest.approx(1, abs=0.03)
    assert np.corrcoef(across, down)[0, 1] == pytest.approx(0, abs=0.15)
    assert -43 < min(turns) < -36
    assert 36 < max(turns) < 43
    assert np.mean(turns) == pytest.approx(0, abs=3)


def test_the_optical_step_bends_the_edges_and_not_the_middle() -> None:
    shifts = []
    for crop in apart("_optical", Distortions(), ramp(201, 201), 100):
        x, y = crop[..., 0] / 200, crop[..., 1] / 200
        assert abs(x[100, 100] - 0.5) <= 0.01
        assert abs(y[100, 100] - 0.5) <= 0.01
        shifts.append(x[100, 150] - 0.75)  # a quarter of the width from the middle: k (1/16 + 1/256) / 4
    assert np.abs(shifts).max() <= 0.05 * (1 / 16 + 1 / 256) / 4 + 0.006


def test_light_keeps_within_the_strength_stated() -> None:
    grey = np.full((8, 8, 3), 128, np.uint8)
    levels = np.array([crop[0, 0, 0] for crop in apart("_lit", Distortions(), grey, 600)])
    assert 128 * 0.8 - 51 - 1 <= levels.min() < 70
    assert 186 < levels.max() <= 128 * 1.2 + 51
    assert levels.mean() == pytest.approx(127.5, abs=4)


def test_colours_shift_by_hue_saturation_and_value() -> None:
    image = np.full((8, 8, 3), (180, 90, 60), np.uint8)
    hue, saturation, value = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[0, 0].astype(int)
    shifts = []
    for crop in apart("_coloured", Distortions(), image, 600):
        shifts.append(cv2.cvtColor(crop.astype(np.uint8), cv2.COLOR_RGB2HSV)[0, 0] - [hue, saturation, value])
    lowest, highest = np.min(shifts, axis=0), np.max(shifts, axis=0)
    np.testing.assert_allclose(lowest, [-5, -30, -5], atol=2)
    np.testing.assert_allclose(highest, [5, 30, 5], atol=2)
    red = np.full((1, 1, 3), (200, 0, 3), np.uint8)  # the hues before 180 go on at 0
    assert np.ptp([crop[0, 0, 0] for crop in apart("_coloured", Distortions(), red, 100)]) < 12


def test_equalisation_spreads_a_dull_photo_and_keeps_its_colour() -> None:
    dull = (100 + scene() // 16).astype(np.uint8)
    spread = [crop.std(axis=(0, 1)).mean() for crop in apart("_equalised", Distortions(), dull, 50)]
    assert min(spread) > 1.0 * dull.std(axis=(0, 1)).mean()
    assert max(spread) > 1.5 * dull.std(axis=(0, 1)).mean()


def test_each_distortion_comes_every_other_time() -> None:
    image = scene()
    for name, step in {"turn": 40.0, "light": 0.2, "saturation": 30.0, "optical": 0.05}.items():
        still = replace(STILL, clip=(1e-9, 1e-9), **{name: step})
        plain = replace(still, **{name: 0.0})
        differ = []
        for seed in range(200):
            one, other = (each.apply(image, 64, np.random.RandomState(seed)) for each in (plain, still))
            differ.append(not np.array_equal(one, other))
        assert 0.4 < np.mean(differ) < 0.6, name
