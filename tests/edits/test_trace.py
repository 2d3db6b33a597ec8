import cv2
import numpy as np
import pytest

import retoucher
from portraits import portrait
from retoucher.edits.redrawing.squares import around
from retoucher.edits.trace import Trace
from retoucher.errors import UsageError
from retoucher.faces import Face, find
from retoucher.image import Image


def traced(image, **options):
    return Trace(**options).run(image)


def test_lines_and_colors_have_the_photos_size_and_lie_in_the_face_square():
    image = portrait((500, 700), ((200, 220, 150, 0),))
    result = traced(image)
    colors = result.views["colors"]
    assert result.images == ()
    assert result.mask.size == colors.size == image.size
    (face,) = find(image)
    assert result.report.faces == (face.box,)
    inside = around(face).covers((0, 0, 700, 500))
    assert not (result.mask.array & ~inside).any()
    assert np.array_equal(colors.samples[..., 3] > 0, inside)
    assert 0.002 < result.mask.array[inside].mean() < 0.15


def test_lines_lie_on_edges_and_colors_are_the_photos():
    image = portrait()
    result = traced(image)
    grey = cv2.GaussianBlur(image.samples.mean(2).astype(np.float32), (0, 0), 1.5)
    steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    assert np.median(steep[result.mask.array]) > 4 * np.median(steep)
    colors = result.views["colors"].samples
    painted = colors[..., 3] > 0
    assert np.median(np.abs(colors[..., :3].astype(int) - image.samples)[painted]) < 6
    assert len(np.unique(colors[painted], axis=0)) < 0.25 * painted.sum()


def test_detail_and_cell_say_how_much():
    image = portrait(noise=2)
    few, usual, many = (traced(image, detail=detail).mask.area for detail in (0, 0.5, 1))
    assert few <= usual <= many
    assert few < many

    def edges(cell):
        part = traced(image, cell=cell).views["colors"].samples[80:160, 60:160, :3].astype(int)
        return (np.abs(np.diff(part, axis=1)).sum(2) > 6).mean()

    assert edges(12) > edges(100)


@pytest.mark.parametrize("times", [1, 4])
def test_lines_are_one_or_two_pixels_wide_at_any_size(times):
    array = cv2.resize(portrait().samples, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    lines = traced(Image.from_array(array)).mask.array
    thick = cv2.distanceTransform(lines.astype(np.uint8), cv2.DIST_L2, 5)[lines]
    assert np.quantile(thick, 0.9) <= 2
    count = cv2.connectedComponents(lines.astype(np.uint8), connectivity=8)[0] - 1
    assert lines.sum() / count > 15  # no crumbs


def test_without_a_face_the_whole_picture_is_traced():
    result = traced(portrait((97, 133), faces=()))
    assert result.report.faces == ()
    assert result.report.notes == ("No face was found, so the whole picture was taken for one.",)
    assert (result.views["colors"].samples[..., 3] == 255).all()


def test_a_face_that_is_given_is_traced_and_need_not_be_one():
    image = portrait((120, 150), faces=())
    result = traced(image, face="10,10,40,40")
    assert result.report.faces == ((10, 10, 40, 40),)
    inside = around(Face((10, 10, 40, 40))).covers((0, 0, 150, 120))
    assert np.array_equal(result.views["colors"].samples[..., 3] > 0, inside)
    with pytest.raises(UsageError, match="does not lie on the photo"):
        traced(image, face="500,10,40,40")
    with pytest.raises(UsageError, match="'detail' should be less than or equal to 1"):
        Trace.parse({"detail": 2})


def test_the_same_photo_gives_the_same_lines_and_colors():
    one, two = (retoucher.trace(portrait(noise=3).samples) for _ in range(2))
    assert np.array_equal(one.mask.array, two.mask.array)
    assert np.array_equal(one.views["colors"].samples, two.views["colors"].samples)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (16, 16)])
def test_very_small_pictures_are_traced_too(size):
    assert traced(Image.from_array(np.full(size, 90, np.uint8))).mask.size == size
