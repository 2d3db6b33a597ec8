import numpy as np
import pytest

from portraits import portrait
from retoucher.edit import WrongInput
from retoucher.edits.boxes import parse_box
from retoucher.edits.redrawing.boxes import check_face, middle, near
from retoucher.edits.redrawing.squares import around, parts, touched
from retoucher.faces import Face, find
from retoucher.models.scfegan.template import BOX, EYES

LEFT, RIGHT = Face((20, 40, 60, 60)), Face((160, 40, 50, 50))


def hole(*boxes, size=(200, 300)):
    found = np.zeros(size, bool)
    for x, y, width, height in boxes:
        found[y : y + height, x : x + width] = True
    return found


@pytest.mark.parametrize("angle", [0, 10, -14])
def test_the_eyes_come_to_lie_where_the_template_has_them(angle):
    (face,) = find(portrait(faces=((110, 125, 110, angle),)))
    square = around(face)
    assert np.abs(square.inside(np.array(face.eyes)) - EYES).max() < 0.03
    assert abs(square.angle - angle) < 5


def test_without_eyes_the_box_is_in_the_middle():
    square = around(Face((100, 50, 80, 80)))
    assert (square.x, square.y, square.side, square.angle) == (140, 90, 80 * BOX, 0)


def test_each_piece_of_the_mask_goes_to_the_face_it_lies_on_or_else_to_the_nearest():
    mask = hole((30, 50, 10, 10), (170, 60, 8, 8), (150, 150, 10, 10), (60, 45, 30, 5))
    found = parts(mask, (LEFT, RIGHT))
    assert [part.face for part, _ in found] == [LEFT, RIGHT]
    whole = np.zeros_like(mask)
    for part, where in found:
        x, y, width, height = part.box
        assert where.shape == (height, width)
        assert not (whole[y : y + height, x : x + width] & where).any()
        whole[y : y + height, x : x + width] |= where
    assert np.array_equal(whole, mask)
    assert found[0][0].box == (30, 45, 60, 15)
    assert found[1][0].box == (150, 60, 28, 100)


def test_a_face_without_any_mask_is_left_out():
    ((part, where),) = parts(hole((170, 60, 8, 8)), (LEFT, RIGHT))
    assert part.face == RIGHT
    assert where.all()


def test_a_mask_larger_than_the_square_makes_it_grow():
    small, large = (parts(hole(box), (LEFT,))[0][0] for box in ((30, 50, 9, 9), (10, 10, 250, 180)))
    assert small.square == around(LEFT)
    assert large.square.side > 250
    assert large.square.covers((10, 10, 250, 180)).all()


def test_whether_a_mask_lies_on_any_face():
    assert touched(hole((100, 60, 4, 4)), (LEFT, RIGHT))
    assert not touched(hole((240, 150, 4, 4)), (LEFT, RIGHT))
    assert not touched(hole((240, 150, 4, 4)), ())


@pytest.mark.parametrize("text", ["300,10,50,50", "-60,10,50,50", "10,10,4,40", "10,10,900,10", "0,0,5000,5000"])
def test_a_box_that_is_no_face_on_the_photo_is_refused(text):
    with pytest.raises(WrongInput) as caught:
        check_face(text, (200, 300))
    assert caught.value.field == "face"
    assert str(caught.value).endswith(".")


def test_a_face_may_reach_over_the_edge():
    assert check_face("-20,-10,80,90", (200, 300)) == (-20, -10, 80, 90)
    assert check_face("", (200, 300)) is None
    assert parse_box("1,2,3") is None
    assert near((10, 10, 20, 20), (200, 300)) == (0, 0, 94, 94)
    assert middle((180, 300)) == (100, 40, 100, 100)
