from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image
from retoucher.mask import Mask

small = arrays.arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


def squared_distance(array, to):
    """Squared distance of every pixel to the nearest pixel of `to`, by looking at all of them."""
    y, x = np.mgrid[: array.shape[0], : array.shape[1]]
    places = np.argwhere(to)
    if not len(places):
        return np.full(array.shape, np.iinfo(np.int64).max)
    return ((y[..., None] - places[:, 0]) ** 2 + (x[..., None] - places[:, 1]) ** 2).min(-1)


def file(picture, format="PNG", **options):
    data = BytesIO()
    picture.save(data, format, **options)
    return data.getvalue()


@given(small, st.integers(0, 12))
def test_growing_takes_in_exactly_what_is_within_the_distance(array, pixels):
    assert np.array_equal(Mask(array).grow(pixels).array, squared_distance(array, array) <= pixels**2)


@given(small, st.integers(1, 12))
def test_shrinking_keeps_exactly_what_is_further_than_the_distance(array, pixels):
    shrunk = array & (squared_distance(array, ~array) > pixels**2)
    assert np.array_equal(Mask(array).shrink(pixels).array, shrunk)
    assert np.array_equal(Mask(array).grow(-pixels).array, shrunk)


@given(small, st.integers(0, 12))
def test_feathering_stays_inside_and_rises_with_the_distance_to_the_edge(array, pixels):
    weights = Mask(array).feather(pixels)
    inside = np.sqrt(squared_distance(array, ~array).astype(float)) / (pixels + 1)
    np.testing.assert_allclose(weights, np.where(array, np.minimum(inside, 1), 0), atol=1e-6)


def test_growing_a_hundred_megapixel_mask_in_bands_is_the_same_as_in_one(monkeypatch):
    array = np.random.default_rng(0).random((300, 200)) > 0.997
    whole = Mask(array).grow(9).array
    monkeypatch.setattr("retoucher.distance.BAND", 200)
    assert np.array_equal(Mask(array).grow(9).array, whole)


def test_a_small_hole_in_a_huge_mask_costs_nothing():
    array = np.zeros((9000, 12_000), bool)
    array[5, 7] = True
    mask = Mask(array)
    assert mask.grow(2).area == 13
    assert mask.grow(2).box == (5, 3, 5, 5)


@pytest.mark.parametrize(("value", "white"), [(0, False), (127, False), (128, True), (255, True)])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_above_127_is_white_in_every_colour_mode(mode, value, white):
    picture = Pillow.new("RGB", (3, 2), (value,) * 3)
    picture = picture.quantize(4) if mode == "P" else picture.convert(mode)
    assert Mask.open(file(picture)).array.tolist() == [[white] * 3] * 2


@pytest.mark.parametrize(("value", "white"), [(32767, False), (32768, True)])
def test_above_half_is_white_at_16_bits(value, white):
    data = file(Pillow.fromarray(np.full((2, 3), value, np.uint16)))
    assert Mask.open(data).full == white
    assert Mask.open(data).empty != white


def test_a_one_bit_file_is_read_as_it_looks():
    array = np.eye(5, dtype=bool)
    assert np.array_equal(Mask.open(file(Pillow.fromarray(array))).array, array)


def test_floats_and_booleans_are_masks_too():
    assert Mask.from_array(np.array([[0.5, 0.51]])).array.tolist() == [[False, True]]
    assert Mask.from_array(np.array([[False, True]])).array.tolist() == [[False, True]]


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 0, 0), (255, 255, 255)])
def test_strokes_of_one_colour_on_a_transparent_layer_are_the_mask(colour):
    layer = np.zeros((4, 6, 4), np.uint8)
    layer[1, 2:5, :3] = colour
    layer[1, 2:5, 3] = 255, 128, 127
    assert np.argwhere(Mask.from_array(layer).array).tolist() == [[1, 2], [1, 3]]


def test_with_an_alpha_channel_and_several_colours_grey_times_alpha_counts():
    layer = np.array([[[255, 255], [255, 100], [0, 255], [200, 200]]], np.uint8)
    assert Mask.from_array(layer).array.tolist() == [[True, False, False, True]]


def test_a_mask_follows_its_orientation_tag():
    array = np.zeros((4, 6), np.uint8)
    array[0, 0] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise: top left comes to the top right
    mask = Mask.open(file(Pillow.fromarray(array), exif=exif))
    assert mask.size == (6, 4)
    assert mask.box == (3, 0, 1, 1)


def test_encoding_and_opening_gives_the_same_mask():
    array = np.random.default_rng(1).random((31, 17)) > 0.5
    assert np.array_equal(Mask.open(Mask(array).encode()).array, array)


def test_half_transparent_or_more_may_change():
    samples = np.zeros((1, 4, 4), np.uint8)
    samples[0, :, 3] = 0, 127, 128, 255
    assert Mask.from_alpha(Image.from_array(samples)).array.tolist() == [[True, True, False, False]]
    assert Mask.from_alpha(Image.from_array(samples[..., :3])).empty


def test_boxes_are_cut_at_the_edges_of_the_photo_and_refused_outside():
    mask = Mask.from_boxes((10, 20), [(-2, -3, 4, 5), (18, 8, 9, 9)])
    assert mask.area == 2 * 2 + 2 * 2
    assert mask.box == (0, 0, 20, 10)
    for box in [(20, 0, 5, 5), (0, 0, 0, 3), (-5, 0, 5, 5)]:
        with pytest.raises(UsageError, match="covers no pixel of this photo of 20×10"):
            Mask.from_boxes((10, 20), [box])


@given(
    st.lists(st.tuples(st.floats(-20, 60), st.floats(-20, 60)), min_size=1, max_size=5),
    st.floats(0.3, 25),
)
def test_a_stroke_covers_exactly_the_pixel_centres_within_half_its_width(points, width):
    y, x = np.mgrid[:30, :40] + 0.5
    nearest = np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in zip(points, points[1:] or points, strict=False):
        length = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-12)
        along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    array = Mask.from_strokes((30, 40), [(points, width)]).array
    clear = np.abs(nearest - width / 2) > 1e-6
    assert np.array_equal(array[clear], (nearest <= width / 2)[clear])


@pytest.mark.parametrize("stroke", [([(0, float("nan"))], 3), ([(0, 0)], 0), ([(0, 0)], -1), ([(1e9, 0)], 3)])
def test_a_stroke_that_is_no_stroke_is_refused(stroke):
    with pytest.raises(UsageError, match="A stroke needs"):
        Mask.from_strokes((10, 10), [stroke])


def test_the_views_of_a_mask_agree():
    mask = Mask.from_boxes((5, 7), [(1, 2, 3, 2)])
    assert mask.pixels.shape == (1, 5, 7)
    assert mask.pixels.dtype == torch.float32
    assert set(mask.pixels.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(mask.keep, mask.pixels[0] == 0)
    assert (mask.area, mask.box, mask.empty, mask.full) == (6, (1, 2, 3, 2), False, False)
    assert mask.invert().area == 35 - 6
    assert (mask | mask.invert()).full
    assert Mask.none((5, 7)).box is None


def test_masks_of_two_sizes_are_not_joined():
    with pytest.raises(UsageError, match="3×2 and 2×3"):
        Mask.none((2, 3)).union(Mask.none((3, 2)))


@pytest.mark.parametrize("array", [np.zeros((2, 3, 5), np.uint8), np.zeros(4, np.uint8), np.zeros((2, 2), complex)])
def test_what_is_no_picture_is_no_mask(array):
    with pytest.raises(UsageError, match="one to four channels"):
        Mask.from_array(array)


def test_the_pixel_cap_holds_for_masks():
    with pytest.raises(RetoucherError, match="pixels"):
        Mask.open(file(Pillow.new("L", (40, 50))), max_pixels=1999)
