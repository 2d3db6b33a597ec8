"""TIFF: depths, photometric kinds, compressions, fields that stay, pages that are refused."""

import io

import numpy as np
import pytest
import tifffile
import torch
from pictures import exif, hole, photo
from PIL import Image as Pillow

from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image


def tiff(samples, **options):
    file = io.BytesIO()
    options = {"photometric": "rgb" if samples.ndim == 3 else "minisblack", "metadata": None, **options}
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def retouched(data):
    image = Image.open(data)
    mask = hole(*image.size)
    return image.paste(torch.full((3, *image.size), 0.5), mask, mark="algorithmicallyEnhanced"), mask


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd"])
def test_compression_predictor_and_byte_order_stay(compression, order, kind):
    data = tiff(photo(33, 47, 3, kind), compression=compression, predictor=compression is not None, byteorder=order)
    result, _ = retouched(data)
    encoded = result.encode()
    assert encoded.notes == ()
    with tifffile.TiffFile(io.BytesIO(data)) as one, tifffile.TiffFile(io.BytesIO(encoded.data)) as two:
        assert two.byteorder == order
        for name in ("compression", "predictor", "bitspersample", "photometric"):
            assert getattr(one.pages[0], name) == getattr(two.pages[0], name)
        assert np.array_equal(two.pages[0].asarray(), result.samples)
    if kind == np.uint8 and compression != "zstd":
        assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(encoded.data))), result.samples)


@pytest.mark.parametrize("options", [{"tile": (16, 16)}, {"planarconfig": "separate"}, {"bigtiff": True}])
def test_tiles_planes_and_large_files_are_read(options):
    samples = photo(33, 47)
    stored = np.moveaxis(samples, 2, 0) if "planarconfig" in options else samples
    result, mask = retouched(tiff(stored, **options))
    again = Image.open(result.encode().data)
    assert np.array_equal(again.samples[~mask], samples[~mask])


def test_white_is_zero_becomes_white_is_largest():
    samples = photo(9, 11, 1)[:, :, 0]
    image = Image.open(tiff(samples, photometric="miniswhite"))
    assert np.array_equal(image.samples[:, :, 0], 255 - samples)
    assert "White" in image.notes[0]


def test_bilevel_palette_twelve_bits_and_floats_are_converted_and_say_so():
    bits = photo(9, 16, 1)[:, :, 0] > 100
    image = Image.open(tiff(bits))
    assert np.array_equal(image.samples[:, :, 0], bits * 255)
    assert "1-bit" in image.notes[0]
    colors = np.random.default_rng(0).integers(0, 65536, (3, 256), dtype=np.uint16)
    places = photo(9, 11, 1)[:, :, 0]
    image = Image.open(tiff(places, photometric="palette", colormap=colors))
    assert np.array_equal(image.samples, (colors >> 8).T[places])
    assert "palette" in image.notes[0]
    values = np.linspace(-0.5, 1.5, 99, dtype=np.float32).reshape(9, 11)
    image = Image.open(tiff(values))
    assert image.samples.dtype == np.uint16
    assert np.array_equal(image.samples[:, :, 0], np.rint(np.clip(values, 0, 1) * 65535))
    assert "Floating-point" in image.notes[0]


@pytest.mark.parametrize("compression", ["jpeg", "packbits"])
def test_other_compressions_become_lossless_deflate(compression):
    data = tiff(photo(48, 64), compression=compression, photometric="ycbcr" if compression == "jpeg" else "rgb")
    result, _ = retouched(data)
    encoded = result.encode()
    again = Image.open(encoded.data)
    assert np.array_equal(again.samples, result.samples)
    assert bool(encoded.notes) is (compression == "jpeg")
    with tifffile.TiffFile(io.BytesIO(encoded.data)) as file:
        assert int(file.pages[0].compression) == 8


def test_camera_fields_and_directories_come_back():
    file = io.BytesIO()
    about = Pillow.Exif()
    about.load(b"Exif\0\0" + exif(1))
    Pillow.fromarray(photo(20, 30)).save(file, "TIFF", exif=about, dpi=(300, 300), description="a view", artist="Ann")
    result, _ = retouched(file.getvalue())
    again = Pillow.open(io.BytesIO(result.encode().data))
    assert again.tag_v2[270] == "a view"
    assert again.tag_v2[315] == "Ann"
    found = again.getexif()
    assert found.get_ifd(0x8769)[36867] == "2024:05:06 07:08:09"
    assert found.get_ifd(0x8825)[2] == (48.0, 8.0, 30.0)
    assert again.info["dpi"] == (300, 300)


def test_fields_on_the_place_stay_and_layers_and_previews_go():
    secret = b"8BIM\x04\x0c\0\0\0\0\0\x08\xff\xd8\xff\xe0pict" + b"8BIM\x04\x04\0\0\0\0\0\x04iptc"
    tags = [
        (33550, 12, 3, (1.0, 1.0, 0.0), True),
        (33723, 7, 6, b"\x1c\x02\x50\0\x01A", True),
        (34377, 7, len(secret), secret, True),
        (37724, 7, 12, b"old layers..", True),
    ]
    encoded = retouched(tiff(photo(20, 30), extratags=tags))[0].encode()
    with tifffile.TiffFile(io.BytesIO(encoded.data)) as file:
        found = {tag.code: tag.value for tag in file.pages[0].tags}
    assert found[33550] == (1.0, 1.0, 0.0)
    assert bytes(found[33723]) == b"\x1c\x02\x50\0\x01A"
    assert b"iptc" in encoded.data
    assert b"pict" not in encoded.data
    assert b"old layers" not in encoded.data
    assert sum("dropped" in note for note in encoded.notes) == 2


def test_several_pages_are_refused_and_a_preview_page_is_dropped():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(3):
            writer.write(photo(20, 30), photometric="rgb", metadata=None)
    with pytest.raises(UsageError, match="holds 3 pictures"):
        Image.open(file.getvalue())
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(photo(20, 30), photometric="rgb", metadata=None)
        writer.write(photo(10, 15), photometric="rgb", subfiletype=1, metadata=None)
    image = Image.open(file.getvalue())
    assert image.size == (20, 30)
    assert "preview" in image.notes[0]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_truncated_tiff_is_refused(share):
    data = tiff(photo(40, 40), compression="zlib", rowsperstrip=8)
    with pytest.raises(RetoucherError):
        Image.open(data[: int(len(data) * share)])


def test_a_claim_of_too_many_pixels_is_refused():
    with pytest.raises(UsageError, match="--max-pixels"):
        Image.open(tiff(photo(40, 40)), max_pixels=1599)


def test_strange_colours_are_refused_with_advice():
    lab = tiff(photo(8, 8), photometric="cielab")
    with pytest.raises(UsageError, match="save it as"):
        Image.open(lab)
    signed = tiff(photo(8, 8, 1)[:, :, 0].astype(np.int16))
    with pytest.raises(UsageError, match="signed"):
        Image.open(signed)


def test_random_damage_gives_one_sentence():
    said = []
    random = np.random.default_rng(3)
    data = tiff(photo(16, 16), compression="zlib", resolution=(300, 300))
    for _ in range(150):
        bad = bytearray(data)
        bad[random.integers(4, len(data))] = random.integers(0, 256)
        try:
            image = Image.open(bytes(bad), max_pixels=10**6)
            image.paste(torch.full((3, *image.size), 0.5), np.ones(image.size, bool)).encode()
        except RetoucherError as error:
            said.append(str(error))
    assert said
    assert not any("\n" in one for one in said)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_colours_stored_multiplied_by_alpha_are_seen_as_they_are_and_come_back_to_the_bit(depth):
    random, top = np.random.default_rng(0), np.iinfo(depth).max
    alpha = random.integers(0, top + 1, (40, 50, 1))
    stored = np.concatenate([(random.random((40, 50, 3)) * (alpha + 0.999)).astype(int), alpha], -1).astype(depth)
    file = io.BytesIO()
    tifffile.imwrite(file, stored, photometric="rgb", extrasamples=["assocalpha"])
    image = Image.open(file.getvalue())
    visible = alpha[..., 0] > 0
    expected = stored[..., :3] / np.maximum(alpha, 1)
    assert np.abs(image.pixels.numpy().transpose(1, 2, 0) - expected)[visible].max() <= 0.5 / top + 1e-6
    where = np.zeros((40, 50), bool)
    where[10:20, 10:20] = True
    result = image.paste(torch.full((3, 40, 50), 0.5), where)
    with tifffile.TiffFile(io.BytesIO(result.encode("TIFF").data)) as again:
        assert int(again.pages[0].extrasamples[0]) == 1
        assert np.array_equal(again.asarray()[~where], stored[~where])
        assert (again.asarray()[..., :3] <= again.asarray()[..., 3:]).all()
    png = Image.open(result.encode("PNG").data)
    assert np.array_equal(png.samples[~where], image.samples[~where])
