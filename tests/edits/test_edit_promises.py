"""The promises of the README, over every edit of a photo in every kind of file."""

from io import BytesIO

import cv2
import jpeglib
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from fakes import Lots, Nosy
from retoucher.edits.inpaint import Inpaint
from retoucher.image import Image
from retoucher.mask import Mask

pillow_heif.register_heif_opener()
SIZE = (45, 67)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CAMERA = "A camera of our own"
SUFFIX = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WEBP": ".webp",
    "AVIF": ".avif",
    "HEIC": ".heic",
    "BMP": ".bmp",
}


def samples(channels, depth=8, seed=0):
    """A smooth picture with noise on it: (H, W, C); an alpha channel goes from clear to opaque."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] / 70
    waves = np.stack([np.sin(x * (3 + k)) + np.cos(y * (5 - k)) for k in range(channels)], -1)
    top = 2**depth - 1
    array = ((waves / 4 + 0.5) * 0.9 + random.uniform(0, 0.1, waves.shape)) * top
    if channels in (2, 4):
        array[..., -1] = np.clip((x * 2 - 0.3) * top, 0, top)
    return array.round().clip(0, top).astype(np.uint8 if depth == 8 else np.uint16)


def pillow(mode, container, array=None, **options):
    """A file written by Pillow, with a profile and a camera's name where the container holds them."""
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    array = samples(channels) if array is None else array
    exif = Pillow.Exif()
    exif[0x010F] = CAMERA
    profile = PROFILE if mode in ("RGB", "RGBA") else None
    about = {} if container == "BMP" else {"exif": exif.tobytes(), "icc_profile": profile}
    data = BytesIO()
    squeezed = array[..., 0] if channels == 1 else array
    Pillow.fromarray(np.ascontiguousarray(squeezed), mode).save(data, container, **about, **options)
    return data.getvalue()


def palette(array=None, **options):
    """A palette PNG of 32 colours."""
    picture = Pillow.fromarray(samples(3) if array is None else array).quantize(32)
    data = BytesIO()
    picture.save(data, "PNG", **options)
    return data.getvalue()


def deep_png(channels, array=None):
    """A 16-bit PNG, which Pillow cannot write in colour."""
    array = samples(channels, 16) if array is None else array
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    return cv2.imencode(".png", array[..., order])[1].tobytes()


def tiff(channels, depth, array=None):
    """An uncompressed TIFF."""
    data = BytesIO()
    array = samples(channels, depth) if array is None else array
    kind = {
        "photometric": "minisblack" if channels < 3 else "rgb",
        "extrasamples": ["unassalpha"] * (channels in (2, 4)),
    }
    tifffile.imwrite(data, array.squeeze(), **kind)
    return data.getvalue()


LOSSLESS = {
    "PNG grey": lambda array=None: pillow("L", "PNG", array),
    "PNG grey alpha": lambda array=None: pillow("LA", "PNG", array),
    "PNG RGB": lambda array=None: pillow("RGB", "PNG", array),
    "PNG RGBA": lambda array=None: pillow("RGBA", "PNG", array),
    "PNG grey 16": lambda array=None: deep_png(1, array),
    "PNG RGB 16": lambda array=None: deep_png(3, array),
    "PNG RGBA 16": lambda array=None: deep_png(4, array),
    "TIFF grey": lambda array=None: tiff(1, 8, array),
    "TIFF RGB": lambda array=None: pillow("RGB", "TIFF", array, compression="tiff_lzw"),
    "TIFF RGBA": lambda array=None: tiff(4, 8, array),
    "TIFF grey 16": lambda array=None: tiff(1, 16, array),
    "TIFF RGB 16": lambda array=None: tiff(3, 16, array),
    "TIFF RGBA 16": lambda array=None: tiff(4, 16, array),
    "TIFF CMYK": lambda array=None: pillow("CMYK", "TIFF", array),
    "WEBP lossless": lambda array=None: pillow("RGB", "WEBP", array, lossless=True),
    "WEBP lossless alpha": lambda array=None: pillow("RGBA", "WEBP", array, lossless=True, exact=True),
    "BMP": lambda array=None: pillow("RGB", "BMP", array),
}
PALETTES = {
    "PNG palette": palette,
    "PNG palette with transparency": lambda: palette(transparency=3),
}
JPEGS = {
    "JPEG 4:2:0": lambda: pillow("RGB", "JPEG", quality=85, subsampling=2),
    "JPEG 4:4:4": lambda: pillow("RGB", "JPEG", quality=95, subsampling=0),
    "JPEG progressive": lambda: pillow("RGB", "JPEG", quality=70, progressive=True),
    "JPEG grey": lambda: pillow("L", "JPEG"),
}
LOSSY = {
    "JPEG CMYK": lambda: pillow("CMYK", "JPEG"),
    "WEBP": lambda: pillow("RGB", "WEBP", quality=80),
    "WEBP alpha": lambda: pillow("RGBA", "WEBP", quality=80),
    "AVIF": lambda: pillow("RGB", "AVIF", quality=80),
    "HEIC": lambda: pillow("RGB", "HEIF", quality=80),
}
EVERY = LOSSLESS | PALETTES | JPEGS | LOSSY
holes = st.lists(
    st.tuples(st.integers(0, 66), st.integers(0, 44), st.integers(1, 30), st.integers(1, 20)), min_size=1, max_size=3
)
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HOLE = Mask.from_boxes(SIZE, [(20, 12, 14, 9), (60, 40, 7, 5)])


def nosy(name):
    return Nosy()


def every(kinds):
    return pytest.mark.parametrize("kind", kinds)


@every(EVERY)
@given(boxes=holes, grow=st.integers(0, 3))
@few
def test_samples_outside_the_mask_are_identical_in_memory(kind, boxes, grow):
    image = Image.open(EVERY[kind]())
    result = Inpaint(grow=grow).run(image, Mask.from_boxes(SIZE, boxes), load=nosy)
    kept = ~result.changed.array
    assert result.image.samples.dtype == image.samples.dtype
    assert result.image.samples.shape == image.samples.shape
    assert np.array_equal(result.image.samples[kept], image.samples[kept])
    if image.has_alpha:
        assert np.array_equal(result.image.samples[..., -1], image.samples[..., -1])


@every(LOSSLESS | PALETTES)
@given(boxes=holes)
@few
def test_samples_outside_the_mask_are_identical_in_lossless_files(kind, boxes):
    image = Image.open((LOSSLESS | PALETTES)[kind]())
    result = Inpaint(grow=2).run(image, Mask.from_boxes(SIZE, boxes), load=nosy)
    back = Image.open(result.image.encode().data)
    assert (back.container, back.color, back.has_alpha) == (image.container, image.color, image.has_alpha)
    assert back.samples.dtype == image.samples.dtype
    assert np.array_equal(back.samples, result.image.samples)


@every(JPEGS)
@given(boxes=holes)
@few
def test_blocks_that_the_mask_does_not_touch_keep_their_coefficients(kind, boxes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("jpeg")
    image = Image.open(JPEGS[kind]())
    result = Inpaint(grow=0).run(image, Mask.from_boxes(SIZE, boxes), load=nosy)
    result.image.save(folder / "after.jpg")
    (folder / "before.jpg").write_bytes(image.source)
    before, after = (jpeglib.read_dct(str(folder / f"{name}.jpg")) for name in ("before", "after"))
    for part in ("Y", "Cb", "Cr"):
        one, two = getattr(before, part), getattr(after, part)
        if one is None:
            continue
        assert one.shape == two.shape
        rows, columns = (-(-SIZE[i] // (8 * one.shape[i])) for i in (0, 1))  # pixels of the photo for each sample
        tall, wide = 8 * rows, 8 * columns
        padded = np.zeros((one.shape[0] * tall, one.shape[1] * wide), bool)
        padded[: SIZE[0], : SIZE[1]] = result.changed.array[: padded.shape[0], : padded.shape[1]]
        touched = padded.reshape(one.shape[0], tall, one.shape[1], wide).any((1, 3))
        assert np.array_equal(one[~touched], two[~touched])
    assert np.array_equal(before.qt, after.qt)


@every({"WEBP": 0, "WEBP alpha": 0, "AVIF": 0, "HEIC": 0})
def test_lossy_files_say_that_they_were_encoded_again(kind):
    result = Inpaint().run(Image.open(LOSSY[kind]()), HOLE, load=nosy)
    assert any("encode" in note.lower() for note in result.image.encode().notes)


@every(EVERY)
def test_what_the_file_knows_comes_back(kind):
    image = Image.open(EVERY[kind]())
    result = Inpaint().run(image, HOLE, load=nosy)
    back = Image.open(result.image.encode().data)
    assert back.size == image.size
    assert back.container == image.container
    assert back.profile == image.profile
    assert back.has_alpha == image.has_alpha
    assert (CAMERA.encode() in (image.exif or b"")) == (CAMERA.encode() in (back.exif or b""))
    if "RGB" in kind and "16" not in kind and "RGBA" not in kind:
        assert image.profile == PROFILE
        assert CAMERA.encode() in image.exif


@every(LOSSLESS)
@given(boxes=holes, grow=st.integers(0, 3))
@few
def test_what_lies_under_the_hole_never_reaches_the_result(kind, boxes, grow):
    image, mask = Image.open(LOSSLESS[kind]()), Mask.from_boxes(SIZE, boxes)
    poison = samples(image.samples.shape[2], image.samples.itemsize * 8, seed=9)
    if image.has_alpha:
        poison[..., -1] = image.samples[..., -1]
    other = Image.open(LOSSLESS[kind](np.where(mask.grow(grow).array[..., None], poison, image.samples)))
    edit = Inpaint(grow=grow)
    first, second = (edit.run(each, mask, load=nosy).image for each in (image, other))
    assert np.array_equal(first.samples, second.samples)
    assert Image.open(second.encode().data).samples.tobytes() == Image.open(first.encode().data).samples.tobytes()


@every(EVERY)
def test_an_empty_mask_returns_the_photo_to_the_byte(kind):
    data = EVERY[kind]()
    result = Inpaint().run(Image.open(data), Mask.none(SIZE), load=nosy)
    assert result.image.encode().data == data


@every(EVERY)
def test_the_original_is_never_changed_and_a_result_is_whole_or_not_there(kind, tmp_path, monkeypatch):
    data = EVERY[kind]()
    path = tmp_path / f"photo.{kind.split()[0].lower()}"
    path.write_bytes(data)
    image = Image.open(path)
    before = image.samples.copy()
    result = Inpaint().run(image, HOLE, load=nosy).image
    result.save(tmp_path / f"result{path.suffix}")
    assert path.read_bytes() == data
    assert np.array_equal(image.samples, before)

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match=r"(?i)space left"):
        result.save(tmp_path / f"other{path.suffix}")
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, f"result{path.suffix}"])


@every(EVERY)
@pytest.mark.parametrize("model", [Nosy, Lots])
def test_the_same_input_options_and_seed_give_the_same_bytes(kind, model):
    def once():
        result = Inpaint(seed=5).run(Image.open(EVERY[kind]()), HOLE, load=lambda name: model())
        return result.image.encode().data

    assert once() == once()


@every(EVERY)
@pytest.mark.parametrize(
    ("model", "code"), [(Nosy, b"compositeWithTrainedAlgorithmicMedia"), (Lots, b"algorithmicallyEnhanced")]
)
def test_a_changed_photo_says_so_unless_told_not_to(kind, model, code):
    image = Image.open(EVERY[kind]())
    result = Inpaint().run(image, HOLE, load=lambda name: model()).image
    if kind == "BMP":
        assert any("holds no metadata" in note for note in result.encode().notes)
        return
    uri = b"http://cv.iptc.org/newscodes/digitalsourcetype/" + code
    assert uri in Image.open(result.encode().data).xmp
    plain = Image.open(result.encode(mark=False).data)
    assert b"digitalsourcetype" not in (plain.xmp or b"")
    assert (CAMERA.encode() in (plain.exif or b"")) == (CAMERA.encode() in (image.exif or b""))
