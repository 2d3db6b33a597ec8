"""The promises of the README for harmonizing, in every kind of file."""

import jpeglib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_edit_promises import CAMERA, EVERY, JPEGS, LOSSLESS, LOSSY, PALETTES, SIZE, every, few

from painters import Harmonization, disc, painting
from retoucher.edits.harmonize import Harmonize
from retoucher.errors import RetoucherError
from retoucher.image import Image
from retoucher.mask import Mask

URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
places = st.fixed_dictionaries(
    {
        "x": st.floats(5, 60),
        "y": st.floats(5, 40),
        "scale": st.floats(0.6, 1.2),
        "rotate": st.sampled_from([0, 90, 33.3]),
        "flip": st.booleans(),
        "passes": st.integers(0, 2),
    }
)


def painter(name):
    return Harmonization()


def painted(image, **options):
    return Harmonize(**options).run(image, disc(), load=painter)


@every(EVERY)
@given(options=places)
@few
def test_samples_outside_the_effective_mask_are_identical_in_memory(kind, options):
    image = Image.open(EVERY[kind]())
    result = painted(image, **options)
    kept = ~result.changed.array
    assert 0 < kept.sum() < kept.size
    assert result.image.samples.dtype == image.samples.dtype
    assert np.array_equal(result.image.samples[kept], image.samples[kept])
    if image.has_alpha:
        assert np.array_equal(result.image.samples[..., -1], image.samples[..., -1])


@every(LOSSLESS | PALETTES)
@given(options=places)
@few
def test_samples_outside_the_effective_mask_are_identical_in_lossless_files(kind, options):
    image = Image.open((LOSSLESS | PALETTES)[kind]())
    result = painted(image, **options).image
    back = Image.open(result.encode().data)
    assert (back.container, back.color, back.has_alpha) == (image.container, image.color, image.has_alpha)
    assert back.samples.dtype == image.samples.dtype
    assert np.array_equal(back.samples, result.samples)


@every(JPEGS)
@given(options=places)
@few
def test_blocks_that_the_object_does_not_touch_keep_their_coefficients(kind, options, tmp_path_factory):
    folder = tmp_path_factory.mktemp("jpeg")
    image = Image.open(JPEGS[kind]())
    result = painted(image, **options)
    result.image.save(folder / "after.jpg")
    (folder / "before.jpg").write_bytes(image.source)
    before, after = (jpeglib.read_dct(str(folder / f"{name}.jpg")) for name in ("before", "after"))
    step = 16 if "4:2:0" in kind or "progressive" in kind else 8
    for part, one_pixel in (("Y", 8), ("Cb", step), ("Cr", step)):
        one, two = getattr(before, part), getattr(after, part)
        if one is None:
            continue
        rows, columns = one.shape[:2]
        padded = np.zeros((rows * one_pixel, columns * one_pixel), bool)
        part_of = result.changed.array[: padded.shape[0], : padded.shape[1]]
        padded[: part_of.shape[0], : part_of.shape[1]] = part_of
        touched = padded.reshape(rows, one_pixel, columns, one_pixel).any((1, 3))
        assert not touched.all()
        assert np.array_equal(one[~touched], two[~touched])
    assert np.array_equal(before.qt, after.qt)


@every({"WEBP": 0, "WEBP alpha": 0, "AVIF": 0, "HEIC": 0})
def test_lossy_files_say_that_they_were_encoded_again(kind):
    result = painted(Image.open(LOSSY[kind]()))
    assert any("encode" in note.lower() for note in result.image.encode().notes)


@every(EVERY)
def test_what_the_file_knows_comes_back(kind):
    image = Image.open(EVERY[kind]())
    back = Image.open(painted(image).image.encode().data)
    assert back.size == image.size == SIZE
    assert (back.container, back.profile, back.dpi) == (image.container, image.profile, image.dpi)
    assert back.has_alpha == image.has_alpha
    assert (CAMERA.encode() in (image.exif or b"")) == (CAMERA.encode() in (back.exif or b""))


@every(EVERY)
def test_the_original_is_never_changed_and_a_result_is_whole_or_not_there(kind, tmp_path, monkeypatch):
    data = EVERY[kind]()
    path = tmp_path / f"painting.{kind.split()[0].lower()}"
    path.write_bytes(data)
    image, thing = Image.open(path), disc()
    before = image.samples.copy(), thing.samples.copy()
    result = Harmonize().run(image, thing, load=painter).image
    result.save(tmp_path / f"result{path.suffix}")
    assert path.read_bytes() == data
    assert np.array_equal(image.samples, before[0])
    assert np.array_equal(thing.samples, before[1])

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RetoucherError, match=r"(?i)space left"):
        result.save(tmp_path / f"other{path.suffix}")
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, f"result{path.suffix}"])


@every(EVERY)
def test_the_same_input_options_and_seed_give_the_same_bytes_and_another_seed_does_not(kind):
    def once(seed):
        edit = Harmonize(seed=seed, rotate=20, scale=0.8)
        return edit.run(Image.open(EVERY[kind]()), disc(), load=painter).image.encode().data

    assert once(5) == once(5) != once(6)


@every(EVERY)
@pytest.mark.parametrize(
    ("options", "code"), [({}, b"compositeWithTrainedAlgorithmicMedia"), ({"strength": 0}, b"algorithmicallyEnhanced")]
)
def test_a_changed_painting_says_so_unless_told_not_to(kind, options, code):
    image = Image.open(EVERY[kind]())
    result = painted(image, **options).image
    if kind == "BMP":
        assert any("holds no metadata" in note for note in result.encode().notes)
        return
    assert URI + code in Image.open(result.encode().data).xmp
    plain = Image.open(result.encode(mark=False).data)
    assert b"digitalsourcetype" not in (plain.xmp or b"")


@pytest.mark.parametrize("deep", [False, True])
def test_both_depths_of_an_object_and_of_a_composite_are_read_in_full(deep):
    kind, model = np.uint16 if deep else np.uint8, Harmonization()
    naive = painting(seed=4, kind=kind)
    Harmonize().run(
        painting(), composite=naive, mask=Mask.from_boxes((48, 64), [(9, 9, 20, 20)]), load=lambda name: model
    )
    top = np.iinfo(kind).max
    assert np.array_equal(
        model.asked[0]["composite"].numpy(), np.moveaxis(naive.samples.astype(np.float32) / top, -1, 0)
    )
