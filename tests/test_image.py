"""The Image: made, looked at, pasted into, saved; and what it says to input that is no photo."""

import io
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from retoucher.errors import RetoucherError, UsageError
from retoucher.image import MAX_PIXELS, Image, stronger


def grid(height, width, channels=3, kind=np.uint8):
    values = np.random.default_rng(height + width).integers(
        0, np.iinfo(kind).max, (height, width, channels), endpoint=True
    )
    return values.astype(kind)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("channels", "color", "alpha"), [(1, "L", False), (2, "L", True), (3, "RGB", False), (4, "RGB", True)]
)
def test_an_array_becomes_a_picture(channels, color, alpha, kind):
    array = grid(5, 7, channels, kind)
    image = Image.from_array(array)
    assert (image.size, image.height, image.width) == ((5, 7), 5, 7)
    assert (image.color, image.has_alpha, image.container, image.orientation) == (color, alpha, "", 1)
    assert image.maximum == np.iinfo(kind).max
    first = image.pixels[0].numpy()
    assert np.allclose(first, array[:, :, 0] / image.maximum, atol=1e-7)
    assert image.pixels.dtype == torch.float32
    array[:] = 0
    assert image.samples.any()  # the caller's array is not shared


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 4, 5)), np.zeros((3, 4), float), np.zeros((2, 3, 5), np.uint8), np.zeros((0, 3), np.uint8)]
)
def test_other_arrays_are_refused(wrong):
    with pytest.raises(UsageError, match="uint8 or uint16"):
        Image.from_array(wrong)


def test_a_tensor_becomes_eight_bits_rounded_and_clipped():
    image = Image.from_tensor(torch.tensor([-1.0, 0.5, 2.0]).reshape(3, 1, 1))
    assert image.samples.tolist() == [[[0, 128, 255]]]


def test_a_picture_is_never_changed():
    image = Image.from_array(grid(6, 6))
    with pytest.raises(ValueError, match="read-only"):
        image.samples[0, 0] = 0
    with pytest.raises(FrozenInstanceError):
        image.mark = "x"
    before = image.samples.copy()
    image.paste(torch.rand(3, 6, 6), np.ones((6, 6), bool))
    image.pixels.zero_()
    assert np.array_equal(image.samples, before)


def test_a_box_is_the_same_as_the_whole():
    image = Image.from_array(grid(20, 30))
    assert torch.equal(image.crop(3, 4, 10, 5), image.pixels[:, 4:9, 3:13])
    for box in ((-1, 0, 5, 5), (0, 0, 31, 5), (25, 18, 5, 3), (0, 0, 0, 5)):
        with pytest.raises(ValueError, match="does not lie inside"):
            image.crop(*box)


def test_a_box_of_a_huge_picture_costs_only_itself():
    import time

    image = Image.from_array(np.zeros((6000, 8000), np.uint8))
    start = time.perf_counter()
    image.crop(4000, 3000, 100, 100)
    assert time.perf_counter() - start < 0.05


def test_pasting_replaces_what_is_asked_and_remembers_it():
    image = Image.from_array(grid(12, 15, 4, np.uint16))
    where = np.zeros((4, 5), bool)
    where[1, 1:4] = True
    fill = torch.rand(3, 4, 5)
    one = image.paste(fill, where, x=6, y=7, mark="algorithmicallyEnhanced")
    changed = np.zeros((12, 15), bool)
    changed[8, 7:10] = True
    assert np.array_equal(one.changed, changed)
    assert np.array_equal(one.samples[~changed], image.samples[~changed])
    expected = np.rint(fill[:, 1, 1:4].numpy().T * 65535)
    assert np.array_equal(one.samples[8, 7:10, :3], expected)
    assert np.array_equal(one.samples[..., 3], image.samples[..., 3])
    two = one.paste(torch.zeros(3, 1, 1), np.ones((1, 1), bool), mark="compositeWithTrainedAlgorithmicMedia")
    assert two.changed.sum() == 4
    assert two.mark == "compositeWithTrainedAlgorithmicMedia"
    assert two.paste(torch.zeros(3, 1, 1), np.ones((1, 1), bool), mark="algorithmicallyEnhanced").mark == two.mark
    assert not image.is_changed


def test_pasting_what_does_not_fit_is_refused():
    image = Image.from_array(grid(8, 8))
    with pytest.raises(ValueError, match="belong together"):
        image.paste(torch.zeros(3, 4, 4), np.ones((4, 5), bool))
    with pytest.raises(ValueError, match="inside"):
        image.paste(torch.zeros(3, 4, 4), np.ones((4, 4), bool), x=5)


def test_opacity_is_the_alpha_channel():
    array = grid(5, 6, 4, np.uint16)
    assert np.allclose(Image.from_array(array).opacity, array[:, :, 3] / 65535)
    assert np.array_equal(Image.from_array(array[:, :, :3]).opacity, np.ones((5, 6)))


def test_the_stronger_mark_wins():
    network, plain = "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced"
    assert stronger(None, None) is None
    assert stronger(network, plain) == stronger(plain, network) == network
    assert stronger(None, plain) == plain


# Saving


def test_a_picture_made_in_memory_is_saved_by_its_suffix(tmp_path):
    image = Image.from_array(grid(9, 9))
    assert Image.open(image.encode().data).container == "PNG"
    for suffix, container in ((".PNG", "PNG"), (".tif", "TIFF"), (".TIFF", "TIFF"), (".webp", "WEBP"), (".bmp", "BMP")):
        image.save(tmp_path / f"a{suffix}")
        again = Image.open(tmp_path / f"a{suffix}")
        assert again.container == container
        assert np.array_equal(again.samples, image.samples)
    for suffix in (".jpg", ".jpeg", ".avif", ".heic", ".HEIF"):
        notes = image.save(tmp_path / f"b{suffix}")
        assert "quality" in notes[-1]


@pytest.mark.parametrize("name", ["a", "a.gif", "a.txt", "a.png.part"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(name, tmp_path):
    with pytest.raises(UsageError, match=r"\.jpg.*\.png.*\.tiff.*\.webp.*\.avif.*\.heic.*\.bmp"):
        Image.from_array(grid(4, 4)).save(tmp_path / name)
    with pytest.raises(UsageError, match="GIF"):
        Image.from_array(grid(4, 4)).encode("GIF")
    assert not list(tmp_path.iterdir())


def test_the_photo_itself_is_never_written_over(tmp_path):
    path, link = tmp_path / "photo.png", tmp_path / "link.png"
    Image.from_array(grid(8, 8)).save(path)
    link.symlink_to(path)
    before = path.read_bytes()
    image = Image.open(path).paste(torch.zeros(3, 8, 8), np.ones((8, 8), bool))
    for target in (path, link, tmp_path / "." / "photo.png"):
        with pytest.raises(UsageError, match="never changed"):
            image.save(target, overwrite=True)
    assert path.read_bytes() == before


def test_saving_refuses_before_it_encodes(tmp_path, monkeypatch):
    path = tmp_path / "there.png"
    path.write_bytes(b"old")
    image = Image.from_array(grid(8, 8))
    with pytest.raises(UsageError, match="--overwrite"):
        image.save(path)
    assert path.read_bytes() == b"old"
    image.save(path, overwrite=True)
    assert Image.open(path).size == (8, 8)
    with pytest.raises(UsageError, match="does not exist"):
        image.save(tmp_path / "missing" / "a.png")
    assert [one.name for one in tmp_path.iterdir()] == ["there.png"]


# Input that is no photo


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty; give a photo"),
        (b"hello, this is a text", "no photo of a kind that is known; save it as PNG"),
        (b"GIF89a" + b"\0" * 50, "is a GIF; save it as PNG"),
        (b"%PDF-1.7 ", "is a PDF"),
        (b"8BPS\0\1", "Photoshop document"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a film"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"II*\0", "damaged"),
        (b"RIFF\0\0\0\0WEBP", "damaged"),
        (b"BM" + b"\0" * 60, "damaged"),
        (b"\0\0\0\x14ftypavif\0\0\0\0avif", "damaged"),
        (b"\0\0\0\x14ftypheic\0\0\0\0heic", "damaged"),
    ],
)
def test_what_is_no_photo_gets_one_sentence(data, words, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(RetoucherError, match=words) as caught:
        Image.open(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(RetoucherError, match="The input"):
        Image.open(io.BytesIO(data))


def test_a_missing_file_and_a_folder_get_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="no file at"):
        Image.open(tmp_path / "missing.jpg")
    with pytest.raises(UsageError, match="is a folder"):
        Image.open(tmp_path)


def test_the_kind_of_a_file_is_what_it_holds_not_what_it_is_called(tmp_path):
    Pillow.fromarray(grid(5, 5)).save(tmp_path / "photo.jpg", "PNG")
    assert Image.open(tmp_path / "photo.jpg").container == "PNG"


def test_the_cap_is_stated():
    assert MAX_PIXELS == 200_000_000


def test_importing_the_image_is_cheap():
    heavy = "{'torch', 'imagecodecs', 'tifffile', 'pillow_heif', 'numba', 'jpeglib', 'cv2', 'PIL'}"
    code = f"import sys, retoucher.image, retoucher.formats; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_is_no_file_at_all_is_refused_by_its_kind():
    for nothing in (None, 7):
        with pytest.raises(UsageError, match=r"not (NoneType|int)"):
            Image.open(nothing)


def test_a_photo_is_shown_in_one_short_line():
    image = Image.open(Image.from_array(np.zeros((4, 5, 4), np.uint8)).encode("PNG").data)
    assert repr(image) == "<Image 5×4, RGBA, 8 bits, PNG>"
