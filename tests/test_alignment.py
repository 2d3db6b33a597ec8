import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retoucher.alignment import ALL, Square
from retoucher.image import Image

squares = st.builds(Square, st.floats(5, 95), st.floats(5, 75), st.floats(9, 160), st.floats(-180, 180))
few = settings(max_examples=25, deadline=None)


def smooth(height, width, seed=0):
    """A soft random picture: (H, W, 3) uint8."""
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 6)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    return (40 + 170 * soft).round().astype(np.uint8)


def as_array(picture):
    return picture[0].numpy().transpose(1, 2, 0)


@given(squares)
@few
def test_there_and_back_is_the_same_place(square):
    places = np.array([(0.0, 0.0), (33.3, 71.5), (-20.0, 200.0)])
    assert np.allclose(square.outside(square.inside(places)), places, atol=1e-6)


def test_a_square_turned_clockwise_has_its_corner_up_and_right():
    square = Square(50, 40, 20, 45)
    ((x, y),) = square.outside(np.array([(0.0, 0.0)]))
    assert (round(x, 3), round(y, 3)) == (50.0, round(40 - 20 / 2**0.5, 3))
    assert np.allclose(square.inside(np.array([(50.0, 40.0)])), 0.5)


@pytest.mark.parametrize(("x", "y", "side"), [(20, 30, 16), (40.5, 33.5, 31), (8, 8, 16), (92.5, 72.5, 15)])
def test_upright_at_its_own_size_nothing_is_resampled(x, y, side):
    array = smooth(80, 100)
    pixels, known = Square(x, y, side).take(Image.from_array(array), None, side)
    left, top = int(x - side / 2), int(y - side / 2)
    assert np.array_equal(np.rint(as_array(pixels) * 255), array[top : top + side, left : left + side])
    assert (known == 1).all()


@pytest.mark.parametrize("size", [(80, 100), (81, 63), (300, 217)])
@pytest.mark.parametrize("angle", [0, 7.5, -30, 90])
@pytest.mark.parametrize("side", [48, 64, 97, 150])
def test_what_is_taken_and_put_back_is_the_photo(size, angle, side):
    array = smooth(*size)
    square = Square(size[1] / 2 - 0.3, size[0] / 2 + 0.7, 50.5, angle)
    pixels, _ = square.take(Image.from_array(array), None, side)
    box = square.bounds(size)
    x, y, width, height = box
    back = square.put(pixels, box).numpy().transpose(1, 2, 0)
    inner = cv2.erode(square.covers(box).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    assert inner.sum() > 0.6 * 50.5**2
    off = np.abs(back - array[y : y + height, x : x + width] / 255)[inner]
    assert off.max() < 0.035
    assert abs(off.mean()) < 0.006


@pytest.mark.parametrize("angle", [0, 20])
def test_a_reduced_square_lies_where_it_should(angle):
    """Half a pixel off would show as a shift of the bright spot."""
    y, x = np.mgrid[:400, :500] + 0.5
    spot = 255 * np.exp(-((x - 260) ** 2 + (y - 210) ** 2) / (2 * 20**2))
    image = Image.from_array(np.repeat(spot[..., None], 3, 2).round().astype(np.uint8))
    square = Square(240, 200, 333, angle)
    pixels, _ = square.take(image, None, 64)
    weight = pixels[0, 0].numpy().astype(np.float64)
    rows, columns = np.mgrid[:64, :64] + 0.5
    found = np.array([[(columns * weight).sum(), (rows * weight).sum()]]) / weight.sum() / 64
    assert np.abs(square.outside(found) - (260, 210)).max() < 0.15


@given(squares, st.integers(0, 9), st.sampled_from([16, 33, 64]))
@few
def test_what_is_unknown_never_shows(square, seed, side):
    array, random = smooth(80, 100), np.random.default_rng(seed)
    unknown = cv2.GaussianBlur(random.normal(size=(80, 100)), (0, 0), 4) > 0.02
    other = np.where(unknown[..., None], random.integers(0, 256, array.shape, dtype=np.uint8), array)
    one, two = (square.take(Image.from_array(each), unknown, side) for each in (array, other))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])
    assert one[0].shape == (1, 3, side, side)
    assert one[1].shape == (1, 1, side, side)
    assert one[0].min() >= 0
    assert one[0].max() <= 1


def test_the_known_share_is_that_of_the_pixels_area():
    unknown = np.zeros((64, 64), bool)
    unknown[:, 33:] = True
    _, known = Square(32, 32, 64).take(Image.from_array(smooth(64, 64)), unknown, 16)
    assert (known[0, 0, :, :8] > ALL).all()
    assert np.allclose(known[0, 0, :, 8], 0.25, atol=1e-3)
    assert (known[0, 0, :, 9:] == 0).all()


def test_a_photo_of_one_color_stays_so_over_its_edges():
    image = Image.from_array(np.full((30, 41, 3), (200, 100, 50), np.uint8))
    for square in (Square(0, 0, 50, 10), Square(41, 30, 90), Square(20, 15, 200, 33), Square(20.5, 15, 5, 45)):
        for side in (7, 32, 64):
            pixels, known = square.take(image, None, side)
            assert np.allclose(as_array(pixels) * 255, (200, 100, 50), atol=0.01)
            assert (known > ALL).all()


def test_beyond_the_edge_the_photo_is_reflected():
    array = smooth(40, 40)
    pixels, _ = Square(0, 20, 20).take(Image.from_array(array), None, 20)
    taken = np.rint(as_array(pixels) * 255)
    assert np.array_equal(taken[:, 10:], array[10:30, :10])
    assert np.array_equal(taken[:, :10], array[10:30, :10][:, ::-1])


def test_a_square_off_the_photo_is_an_error():
    with pytest.raises(ValueError, match="outside"):
        Square(-50, 20, 40).bounds((40, 40))


@given(
    squares, st.integers(0, 90), st.integers(0, 70), st.integers(1, 60), st.integers(1, 60), st.sampled_from([0, 0.06])
)
@few
def test_a_grown_square_holds_the_box_and_what_it_held(square, x, y, width, height, margin):
    grown = square.holding((x, y, width, height), margin)
    corners = np.array([(x, y), (x + width, y), (x, y + height), (x + width, y + height)], float)
    own = square.outside(np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float))
    for places in (corners, own):
        shares = grown.inside(places)
        assert shares.min() > -1e-6
        assert shares.max() < 1 + 1e-6
    assert grown.angle == square.angle
    if (np.abs(square.inside(corners) - 0.5) <= 0.5).all():
        assert grown == square


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kind_of_photo_is_taken(kind, channels):
    top = np.iinfo(kind).max
    array = np.full((20, 30, channels), top // 2, kind)
    pixels, _ = Square(15, 10, 12, 5).take(Image.from_array(array), None, 8)
    assert np.allclose(pixels.numpy(), 0.5, atol=0.01)
