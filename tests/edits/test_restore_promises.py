"""The promises of the README for repairing a face as a person, in every kind of file."""

import numpy as np
import pytest
from test_edit_promises import CAMERA, EVERY, HOLE, LOSSLESS, SIZE, every, samples

from people import Loads
from retoucher.edits.restore import Restore
from retoucher.image import Image
from retoucher.mask import Mask

FACE = "2,2,56,50"
URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture(scope="module")
def loads():
    return Loads()


def restored(loads, image, mask=HOLE, **options):
    return Restore(person="ada", face=FACE, steps=1, **options).run(image, mask, load=loads)


@every(EVERY)
def test_samples_outside_the_mask_are_identical_and_the_file_says_what_was_done(kind, loads):
    image = Image.open(EVERY[kind]())
    before = image.samples.copy()
    result = restored(loads, image)
    kept = ~result.changed.array
    assert result.image.samples.dtype == image.samples.dtype
    assert np.array_equal(result.image.samples[kept], image.samples[kept])
    assert np.array_equal(image.samples, before)
    if image.has_alpha:
        assert np.array_equal(result.image.samples[..., -1], image.samples[..., -1])
    back = Image.open(result.image.encode().data)
    assert back.size == SIZE
    assert (back.container, back.profile, back.dpi) == (image.container, image.profile, image.dpi)
    assert (CAMERA.encode() in (image.exif or b"")) == (CAMERA.encode() in (back.exif or b""))
    assert kind == "BMP" or URI in back.xmp
    if kind in LOSSLESS:
        assert np.array_equal(back.samples, result.image.samples)


@every(LOSSLESS)
def test_what_lies_under_the_mask_never_reaches_the_result(kind, loads):
    image = Image.open(LOSSLESS[kind]())
    poison = samples(image.samples.shape[2], image.samples.itemsize * 8, seed=9)
    if image.has_alpha:
        poison[..., -1] = image.samples[..., -1]
    other = Image.open(LOSSLESS[kind](np.where(HOLE.array[..., None], poison, image.samples)))
    first, second = (restored(loads, each).image for each in (image, other))
    assert np.array_equal(first.samples, second.samples)


@every(EVERY)
def test_an_empty_mask_returns_the_photo_to_the_byte(kind, loads):
    data = EVERY[kind]()
    assert restored(loads, Image.open(data), Mask.none(SIZE)).image.encode().data == data


@every({kind: EVERY[kind] for kind in list(EVERY)[::4]})
def test_an_enlarged_photo_keeps_what_its_file_knew(kind, loads):
    image = Image.open(EVERY[kind]())
    result = Restore(person="ada", face=FACE, steps=1, scale=2).run(image, load=loads).image
    back = Image.open(result.encode().data)
    assert back.size == (2 * SIZE[0], 2 * SIZE[1])
    assert (back.container, back.profile, back.has_alpha) == (image.container, image.profile, image.has_alpha)
    assert back.samples.dtype == image.samples.dtype
