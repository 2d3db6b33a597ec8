import cv2
import numpy as np
import pytest

from portraits import portrait
from retoucher import faces
from retoucher.errors import UsageError
from retoucher.faces import find
from retoucher.image import Image


def middle(box):
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def test_a_face_and_its_eyes_are_found():
    (found,) = find(portrait())
    assert np.abs(np.subtract(middle(found.box), (110, 127))).max() < 8
    assert 100 < found.box[2] < 160
    assert not found.profile
    assert np.abs(np.subtract(found.eyes, ((87, 114), (133, 114)))).max() < 6


@pytest.mark.parametrize("angle", [-12, 12])
def test_the_eyes_of_a_tilted_face_say_how_far_it_is_tilted(angle):
    (found,) = find(portrait(faces=((110, 125, 110, angle),)))
    (left, top), (right, bottom) = found.eyes
    assert abs(np.degrees(np.arctan2(bottom - top, right - left)) - angle) < 5


@pytest.mark.parametrize("times", [3, 4, 6])
def test_the_eyes_of_a_small_face_are_found_in_a_larger_copy(times):
    samples = portrait(noise=2).samples
    small = Image.from_array(cv2.resize(samples, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA))
    box = tuple(round(each / times) for each in find(portrait())[0].box)
    assert np.abs(np.array(faces.eyes(small, box)) - np.divide(((87, 114), (133, 114)), times)).max() < 2


def test_several_faces_come_largest_first():
    found = find(portrait((500, 700), ((520, 240, 110, -8), (180, 200, 160, 0))))
    assert [round(middle(each.box)[0], -2) for each in found] == [200, 500]
    assert found[0].box[2] > found[1].box[2]


def test_where_there_is_no_face_none_is_found():
    assert find(portrait(faces=())) == ()
    assert find(Image.from_array(np.zeros((5, 3), np.uint8))) == ()


def test_a_small_face_in_a_large_photo_is_found_where_one_looks():
    image = portrait((2400, 3000), ((2000, 700, 40, 0),))
    (found,) = find(image, within=(1850, 560, 300, 300))
    assert np.abs(np.subtract(middle(found.box), (2000, 702))).max() < 8


@pytest.mark.parametrize("kind", ["L", "LA", "RGBA", "16 bit"])
def test_faces_are_found_in_every_kind_of_photo(kind):
    array = portrait().samples
    grey, clear = array.mean(2).astype(np.uint8), np.full(array.shape[:2], 255, np.uint8)
    array = {
        "L": grey,
        "LA": np.dstack([grey, clear]),
        "RGBA": np.dstack([array, clear]),
        "16 bit": array.astype(np.uint16) * 257,
    }[kind]
    assert len(find(Image.from_array(array))) == 1


def test_the_same_photo_gives_the_same_faces():
    image = portrait((500, 700), ((520, 240, 110, -8), (180, 200, 160, 0)), noise=4)
    assert find(image) == find(image)


def test_without_the_detectors_files_a_sentence_says_what_to_do(monkeypatch, tmp_path):
    faces._cascade.cache_clear()
    monkeypatch.setattr(cv2.data, "haarcascades", str(tmp_path))
    try:
        with pytest.raises(UsageError, match=r"OpenCV 5 comes without them.*--face X,Y,WIDTH,HEIGHT"):
            find(portrait())
        assert faces.eyes(portrait(), (42, 60, 136, 136)) is None
    finally:
        faces._cascade.cache_clear()


@pytest.mark.parametrize("box", [(-40, -30, 120, 120), (200, 220, 90, 90), (500, 10, 50, 50), (3, 3, 2, 2)])
def test_eyes_are_looked_for_in_any_box(box):
    assert faces.eyes(portrait(), box) is None
