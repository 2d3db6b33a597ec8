import jpeglib
import numpy as np
import pytest
from pictures import MADE, exif, hole, jpeg, photo

from retoucher.errors import UsageError
from retoucher.image import Image

LOSSY = ("JPEG", "WEBP", "AVIF", "HEIC")
SIZE = (72, 96)


def changed(image):
    pixels = image.pixels.clone()
    return image.paste(1 - pixels, hole(*image.size), mark=MADE)


def error(image, data):
    return float(np.abs(Image.open(data).pixels.numpy() - image.pixels.numpy()).mean())


@pytest.mark.parametrize("container", LOSSY)
@pytest.mark.parametrize("source", ["memory", "own file"])
def test_more_quality_means_more_bytes_and_less_error(container, source):
    image = Image.from_array(photo(*SIZE))
    if source == "own file":
        image = changed(Image.open(image.encode(container).data))
    files = [image.encode(container, quality=quality) for quality in (10, 50, 95)]
    sizes, errors = [len(file.data) for file in files], [error(image, file.data) for file in files]
    assert sizes[0] < sizes[1] < sizes[2]
    assert errors[0] > errors[1] > errors[2]
    for quality, file in zip((10, 50, 95), files, strict=True):
        assert any(f"quality {quality}" in note for note in file.notes)
        assert Image.open(file.data).container == container


@pytest.mark.parametrize("container", LOSSY)
def test_a_photo_that_did_not_change_is_encoded_anew_only_where_a_quality_is_asked(container):
    data = Image.from_array(photo(*SIZE)).encode(container).data
    image = Image.open(data)
    assert image.encode().data == image.encode(quality=None).data == data
    assert len(image.encode(quality=20).data) < len(data)


def test_a_jpeg_of_another_quality_keeps_its_metadata_subsampling_and_orientation(tmp_path):
    data = jpeg(photo(*SIZE), quality=97, subsampling=1, exif=b"Exif\0\0" + exif(orientation=6), dpi=(200, 200))
    image = changed(Image.open(data))
    encoded = image.encode(quality=40)
    back = Image.open(encoded.data)
    assert (back.exif, back.orientation, back.dpi, back.size) == (image.exif, 6, (200, 200), image.size)
    assert MADE.encode() in back.xmp
    assert encoded.notes == ("The whole picture was encoded again at quality 40, as was asked for.",)
    (tmp_path / "new.jpg").write_bytes(encoded.data)
    (tmp_path / "standard.jpg").write_bytes(jpeg(photo(*SIZE), quality=40, subsampling=1))
    one, two = (jpeglib.read_dct(str(tmp_path / name)) for name in ("new.jpg", "standard.jpg"))
    assert np.array_equal(one.qt, two.qt)
    assert one.Cb.shape == two.Cb.shape
    assert MADE.encode() not in image.encode(quality=40, mark=False).data


def test_colours_have_full_resolution_from_quality_90_on(tmp_path):
    image = Image.from_array(photo(*SIZE))
    for quality, share in [(90, 1), (100, 1), (89, 4)]:
        (tmp_path / "new.jpg").write_bytes(image.encode("JPEG", quality=quality).data)
        blocks = jpeglib.read_dct(str(tmp_path / "new.jpg"))
        assert blocks.Y.size // blocks.Cb.size in (share, share - 1)


def test_a_lossless_webp_becomes_lossy_only_where_a_quality_is_asked():
    image = changed(Image.open(Image.from_array(photo(*SIZE, 4)).encode("WEBP").data))
    assert np.array_equal(Image.open(image.encode().data).samples, image.samples)
    lossy = Image.open(image.encode(quality=30).data)
    assert not np.array_equal(lossy.samples[..., :3], image.samples[..., :3])
    assert np.array_equal(lossy.samples[..., 3], image.samples[..., 3])


@pytest.mark.parametrize("container", ["PNG", "TIFF", "BMP"])
def test_what_loses_nothing_has_no_quality(container):
    with pytest.raises(UsageError, match=f"{container} keeps every pixel and has no quality"):
        Image.from_array(photo(*SIZE)).encode(container, quality=80)


@pytest.mark.parametrize("quality", [0, -1, 101])
def test_a_quality_is_a_number_from_1_to_100(quality, tmp_path):
    with pytest.raises(UsageError, match=f"1 to 100, not {quality}"):
        Image.from_array(photo(*SIZE)).save(tmp_path / "photo.jpg", quality=quality)
    assert list(tmp_path.iterdir()) == []


def test_saving_takes_a_quality(tmp_path):
    image = Image.from_array(photo(*SIZE))
    notes = image.save(tmp_path / "photo.jpg", quality=30)
    assert (tmp_path / "photo.jpg").read_bytes() == image.encode("JPEG", quality=30).data
    assert notes == ("JPEG loses a little: the picture was encoded at quality 30.",)
