import cv2
import numpy as np
import pytest
import torch

from portraits import layer
from retoucher.alignment import Square
from retoucher.edits.redrawing.drawn import Drawn, ground, lines_of, painted_of, thin_lines
from retoucher.image import Image

LINES = np.zeros((60, 80), np.uint8)
cv2.line(LINES, (10, 10), (70, 50), 255, 2)
LINES = LINES > 0
ALL = np.ones((60, 80), bool)


def grey(where, on, off, kind=np.uint8):
    return Image.from_array(np.where(where, on, off).astype(kind))


@pytest.mark.parametrize(
    "sketch",
    [
        layer(LINES),
        layer(LINES, (255, 255, 255)),
        grey(LINES, 0, 255),
        grey(LINES, 255, 0),
        grey(LINES, 60, 190),
        grey(LINES, 0, 65535, np.uint16),
        Image.from_array(np.dstack([np.where(LINES, 0, 255)] * 3 + [np.full(LINES.shape, 255)]).astype(np.uint8)),
    ],
)
def test_a_line_is_what_is_opaque_or_else_the_rarer_of_dark_and_light(sketch):
    assert np.array_equal(lines_of(sketch), LINES)


@pytest.mark.parametrize("value", [0, 90, 255])
def test_a_picture_of_one_grey_level_has_no_lines(value):
    assert not lines_of(grey(LINES, value, value)).any()
    assert not lines_of(layer(np.zeros_like(LINES))).any()


def test_paint_is_what_is_opaque_black_too_or_else_all_but_the_ground():
    assert np.array_equal(painted_of(layer(LINES)), LINES)
    assert np.array_equal(painted_of(grey(LINES, 30, 0)), LINES)
    assert np.array_equal(painted_of(grey(LINES, 30, 255)), LINES)
    assert not painted_of(grey(LINES, 20, 3)).any()  # what JPEG makes of black
    assert painted_of(grey(ALL, 128, 128)).all()
    assert [ground(picture) for picture in (layer(LINES), grey(LINES, 30, 0), grey(LINES, 30, 255))] == [
        "",
        "black",
        "white",
    ]
    half = layer(LINES, (9, 9, 9)).samples.copy()
    half[..., 3] = np.where(LINES, 127, 0)
    assert not painted_of(Image.from_array(half)).any()


def test_what_is_outside_of_the_mask_is_counted_and_left_out():
    hole = np.zeros((60, 80), bool)
    hole[:, 40:] = True
    drawn = Drawn.of(layer(LINES), layer(ALL, (200, 10, 10)), hole)
    assert drawn.lines_left == np.count_nonzero(LINES[:, :40])
    assert drawn.colors_left == 60 * 40
    assert not drawn.lines[:, :40].any()
    assert not drawn.nothing
    assert Drawn.of(layer(LINES), None, ~ALL).nothing
    assert Drawn.of(None, None, ALL).nothing


@pytest.mark.parametrize("side", [20, 48, 61, 150])
@pytest.mark.parametrize("angle", [0, 25])
def test_lines_are_thin_and_none_is_lost_or_broken(side, angle):
    lines = np.zeros((200, 200), np.uint8)
    for width, (x, y) in zip((1, 2, 5, 9), ((20, 40), (30, 10), (60, 8), (100, 10)), strict=True):
        cv2.line(lines, (x, y), (x + 70, y + 90), 1, width)
    square = Square(100, 100, 160, angle)
    found = thin_lines(lines > 0, square, side)
    count = cv2.connectedComponents(lines, connectivity=8)[0]
    if side >= 48:
        assert cv2.connectedComponents(found.astype(np.uint8), connectivity=8)[0] == count
    assert not cv2.erode(found.astype(np.uint8), np.ones((2, 2))).sum() > 0.15 * found.sum()
    rows, columns = np.nonzero(lines)
    places = square.inside(np.stack([columns + 0.5, rows + 0.5], 1)) * side
    near = cv2.distanceTransform((~found).astype(np.uint8), cv2.DIST_L2, 5)
    inside = ((places > 1) & (places < side - 1)).all(1)
    reach = 2.5 + 6 * side / 160  # half of the widest line
    assert near[places[inside, 1].astype(int), places[inside, 0].astype(int)].max() <= reach


def test_a_dot_is_a_line_too():
    dot = np.zeros((500, 500), bool)
    dot[250, 250] = True
    assert thin_lines(dot, Square(250, 250, 480), 64).sum() == 1


def test_colors_come_as_they_were_painted():
    where = np.zeros((60, 80), bool)
    where[20:40, 30:60] = True
    colors, painted = Drawn.of(None, layer(where, (200, 100, 50)), ALL).colors_in(Square(40, 30, 60), 32)
    assert painted.shape == (1, 1, 32, 32)
    assert set(painted.unique().tolist()) == {0, 1}
    inside = colors[:, :, painted[0, 0] > 0]
    assert torch.allclose(inside * 255, torch.tensor([200.0, 100, 50])[None, :, None], atol=0.6)
    share = painted.mean().item() * 60 * 60
    assert abs(share - where.sum()) < 0.2 * where.sum()


def test_without_lines_and_colors_there_are_no_planes():
    drawn = Drawn.of(layer(~ALL), layer(~ALL), ALL)
    assert drawn.lines_in(Square(40, 30, 60), 32) is None
    assert drawn.colors_in(Square(40, 30, 60), 32) == (None, None)


def test_faint_lines_count_too_and_noise_does_not():
    faint = layer(LINES).samples.copy()
    faint[..., 3] = np.where(LINES, 90, 0)
    assert np.array_equal(lines_of(Image.from_array(faint)), LINES)
    assert np.array_equal(lines_of(grey(LINES, 200, 255)), LINES)
    assert np.array_equal(lines_of(grey(LINES, 160, 120)), LINES)
    assert not lines_of(grey(LINES, 250, 255)).any()


def test_how_much_of_the_mask_is_lines():
    assert Drawn.of(layer(LINES), None, ALL).share(ALL) == LINES.mean()
    assert Drawn.of(layer(LINES), None, LINES).share(LINES) == 1
    assert Drawn.of(None, None, ALL).share(ALL) == 0
