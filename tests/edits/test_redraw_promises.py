"""The promises of the README for redrawing, in every kind of file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_edit_promises import CAMERA, EVERY, HOLE, LOSSLESS, LOSSY, PALETTES, SIZE, every, few, holes, samples

from portraits import SCFEGAN, layer
from retoucher.edits.redraw import Redraw
from retoucher.errors import RetoucherError
from retoucher.image import Image
from retoucher.mask import Mask

FACE = "14,8,36,30"
LINES = layer(np.eye(*SIZE, dtype=bool))
COLORS = layer(np.arange(SIZE[1])[None] % 9 + np.zeros((SIZE[0], 1)) < 4, (200, 40, 90))
URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def redrawn(image, mask=HOLE, sketch=LINES, color=COLORS, **options):
    return Redraw(face=FACE, **options).run(image, mask, sketch, color, load=lambda name: SCFEGAN(32))


@every(EVERY)
@given(boxes=holes, grow=st.integers(0, 3), grain=st.booleans())
@few
def test_samples_outside_the_mask_are_identical_in_memory(kind, boxes, grow, grain):
    image = Image.open(EVERY[kind]())
    result = redrawn(image, Mask.from_boxes(SIZE, boxes), grow=grow, grain=grain)
    kept = ~result.changed.array
    assert result.image.samples.dtype == image.samples.dtype
    assert np.array_equal(result.image.samples[kept], image.samples[kept])
    if image.has_alpha:
        assert np.array_equal(result.image.samples[..., -1], image.samples[..., -1])


@every(LOSSLESS | PALETTES)
def test_samples_outside_the_mask_are_identical_in_lossless_files(kind):
    image = Image.open((LOSSLESS | PALETTES)[kind]())
    result = redrawn(image).image
    back = Image.open(result.encode().data)
    assert (back.container, back.color, back.has_alpha) == (image.container, image.color, image.has_alpha)
    assert back.samples.dtype == image.samples.dtype
    assert np.array_equal(back.samples, result.samples)


@every(LOSSLESS)
@given(boxes=holes, grow=st.integers(0, 3))
@few
def test_what_lies_under_the_mask_never_reaches_the_result(kind, boxes, grow):
    image, mask = Image.open(LOSSLESS[kind]()), Mask.from_boxes(SIZE, boxes)
    poison = samples(image.samples.shape[2], image.samples.itemsize * 8, seed=9)
    if image.has_alpha:
        poison[..., -1] = image.samples[..., -1]
    other = Image.open(LOSSLESS[kind](np.where(mask.grow(grow).array[..., None], poison, image.samples)))
    first, second = (redrawn(each, mask, grow=grow).image for each in (image, other))
    assert np.array_equal(first.samples, second.samples)


@every(EVERY)
def test_an_empty_mask_returns_the_photo_to_the_byte(kind):
    data = EVERY[kind]()
    assert redrawn(Image.open(data), Mask.none(SIZE)).image.encode().data == data


@every(EVERY)
def test_what_the_file_knows_comes_back_and_it_says_what_was_done(kind):
    image = Image.open(EVERY[kind]())
    result = redrawn(image).image
    back = Image.open(result.encode().data)
    assert back.size == SIZE
    assert (back.container, back.profile, back.dpi) == (image.container, image.profile, image.dpi)
    assert (CAMERA.encode() in (image.exif or b"")) == (CAMERA.encode() in (back.exif or b""))
    if kind == "BMP":
        return
    assert URI in back.xmp
    assert b"digitalsourcetype" not in (Image.open(result.encode(mark=False).data).xmp or b"")


@every({"WEBP": 0, "WEBP alpha": 0, "AVIF": 0, "HEIC": 0})
def test_lossy_files_say_that_they_were_encoded_again(kind):
    assert any("encode" in note.lower() for note in redrawn(Image.open(LOSSY[kind]())).image.encode().notes)


@every(EVERY)
def test_the_original_is_never_changed_and_a_result_is_whole_or_not_there(kind, tmp_path, monkeypatch):
    data = EVERY[kind]()
    path = tmp_path / f"photo.{kind.split()[0].lower()}"
    path.write_bytes(data)
    image = Image.open(path)
    before = image.samples.copy(), LINES.samples.copy(), COLORS.samples.copy()
    result = redrawn(image).image
    result.save(tmp_path / f"result{path.suffix}")
    assert path.read_bytes() == data
    assert all(map(np.array_equal, before, (image.samples, LINES.samples, COLORS.samples)))

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RetoucherError, match=r"(?i)space left"):
        result.save(tmp_path / f"other{path.suffix}")
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, f"result{path.suffix}"])


@every(EVERY)
def test_the_same_input_options_and_seed_give_the_same_bytes(kind):
    data = EVERY[kind]()
    one, two = (redrawn(Image.open(data), seed=5).image.encode().data for _ in range(2))
    assert one == two


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_written_in_full(channels):
    image = Image.from_array(samples(channels, 16))
    changed = redrawn(image, grain=False).image.samples[HOLE.array]
    values = changed[..., : 1 if channels < 3 else 3]
    assert (values % 257 != 0).mean() > 0.5
