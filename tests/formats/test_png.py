"""PNG: palettes, colour keys, few bits, chunks that stay and chunks that go, and damage."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from pictures import exif, hole, photo, png, png_of
from PIL import Image as Pillow

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import png_chunks
from retoucher.image import Image


def retouched(data):
    image = Image.open(data)
    return image.paste(torch.full((3, *image.size), 0.5), hole(*image.size), mark="algorithmicallyEnhanced")


def names(data):
    return [chunk.name for chunk in png_chunks.split(data)]


def header(width, height, depth, kind, interlace=0):
    return struct.pack(">LLBBBBB", width, height, depth, kind, 0, 0, interlace)


def test_a_palette_becomes_rgb_and_says_so():
    colors = np.random.default_rng(0).integers(0, 256, (17, 3), dtype=np.uint8)
    places = np.random.default_rng(1).integers(0, 17, (9, 14), dtype=np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in places)
    image = Image.open(png_of(header(14, 9, 8, 3), rows, (b"PLTE", colors.tobytes())))
    assert np.array_equal(image.samples, colors[places])
    assert image.notes == ("The palette became 8-bit RGB.",)


def test_a_palette_with_transparency_becomes_rgba():
    colors = np.random.default_rng(0).integers(0, 256, (4, 3), dtype=np.uint8)
    places = np.random.default_rng(1).integers(0, 4, (6, 8), dtype=np.uint8)
    packed = (places[:, 0::4] << 6) | (places[:, 1::4] << 4) | (places[:, 2::4] << 2) | places[:, 3::4]  # 2 bits each
    rows = b"".join(b"\0" + row.tobytes() for row in packed)
    image = Image.open(png_of(header(8, 6, 2, 3), rows, (b"PLTE", colors.tobytes()), (b"tRNS", b"\0\x80")))
    assert np.array_equal(image.samples[:, :, :3], colors[places])
    assert np.array_equal(image.samples[:, :, 3], np.array([0, 128, 255, 255])[places])
    assert "RGBA" in image.notes[0]
    again = Image.open(retouched(image.source).encode().data)
    assert again.has_alpha
    assert b"PLTE" not in names(again.source)
    assert b"tRNS" not in names(again.source)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_colour_key_becomes_alpha(channels, kind):
    samples = photo(12, 15, channels, kind)
    key = samples[5, 6].astype(">u2").tobytes()
    image = Image.open(png(samples, (b"tRNS", key)))
    same = (samples == samples[5, 6]).all(axis=2)
    assert np.array_equal(image.samples[:, :, :-1], samples)
    assert np.array_equal(image.opacity, np.where(same, 0, 1))
    assert "colour key" in image.notes[-1]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_grey_of_few_bits_spreads_over_all_levels(depth):
    top = (1 << depth) - 1
    values = np.random.default_rng(depth).integers(0, top + 1, (5, 16), dtype=np.uint8)
    bits = np.unpackbits(values[:, :, None], axis=2)[:, :, -depth:].reshape(5, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in np.packbits(bits, axis=1))
    image = Image.open(png_of(header(16, 5, depth, 0), rows))
    assert np.array_equal(image.samples[:, :, 0], values.astype(int) * 255 // top)
    assert f"{depth}-bit" in image.notes[0]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_interlaced_pictures_are_read(kind):
    samples = photo(13, 11, 3, kind)
    if kind == np.uint8:
        file = io.BytesIO()
        Pillow.fromarray(samples).save(file, "PNG")
        assert np.array_equal(Image.open(file.getvalue()).samples, samples)
    rows = samples.astype(samples.dtype.newbyteorder(">"))
    raw = b""
    for y, x, dy, dx in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        part = rows[y::dy, x::dx]
        raw += b"".join(b"\0" + row.tobytes() for row in part) if part.size else b""
    data = png_of(header(11, 13, 8 * samples.dtype.itemsize, 2, 1), raw)
    assert np.array_equal(Image.open(data).samples, samples)


def test_chunks_on_the_whole_picture_stay_and_those_bound_to_the_bytes_go():
    kept = [
        (b"gAMA", struct.pack(">L", 45455)),
        (b"cHRM", struct.pack(">8L", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        (b"sRGB", b"\0"),
        (b"sBIT", b"\5\6\5"),
        (b"cICP", b"\1\x0d\0\1"),
        (b"tEXt", b"Title\0A day"),
        (b"zTXt", b"Story\0\0" + zlib.compress(b"long " * 50)),
        (b"iTXt", b"Title\0\0\0de\0Titel\0" + "Ein schöner Tag".encode()),
        (b"prVt", b"a private chunk that is safe to copy"),
    ]
    gone = [
        (b"bKGD", b"\0\1\0\1\0\1"),
        (b"iDOT", b"\0" * 28),
        (b"caBX", b"jumb"),
        (b"prVT", b"a private one that is not"),
    ]
    data = png(photo(20, 20), *kept, *gone)
    encoded = retouched(data).encode(mark=False)
    found = {(chunk.name, chunk.data) for chunk in png_chunks.split(encoded.data)}
    assert found >= set(kept)
    assert not {name for name, _ in found} & {name for name, _ in gone}
    assert any("Content Credentials" in note for note in encoded.notes)
    assert names(encoded.data)[0] == b"IHDR"
    assert names(encoded.data).index(b"cICP") < names(encoded.data).index(b"IDAT")


def test_metadata_hidden_in_text_by_older_programs_are_read_and_written_properly():
    body = b"Exif\0\0" + exif(6)
    text = b"\nexif\n%8d\n" % len(body) + body.hex().encode() + b"\n"
    image = Image.open(png(photo(8, 12), (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))))
    assert image.orientation == 6
    assert image.size == (12, 8)
    data = image.encode().data
    assert b"Raw profile" not in data
    assert Image.open(data).orientation == 1
    assert b"2024:05:06" in Image.open(data).exif


def test_an_exif_thumbnail_goes_when_the_picture_is_retouched():
    data = png(photo(20, 20), (b"eXIf", exif(1, thumbnail=True)))
    encoded = retouched(data).encode()
    assert b"\xff\xd8\xff" in data
    assert b"\xff\xd8\xff" not in encoded.data
    assert any("preview" in note for note in encoded.notes)


# Bad files


def test_a_small_file_that_claims_a_huge_picture_is_refused_by_its_header():
    data = png_of(header(60000, 60000, 8, 2), b"\0" * 20000)
    with pytest.raises(UsageError, match=r"60,000 x 60,000 pixels.*200,000,000.*--max-pixels"):
        Image.open(data)
    with pytest.raises(UsageError, match="--max-pixels"):
        Image.open(png(photo(20, 20)), max_pixels=399)
    assert Image.open(png(photo(20, 20)), max_pixels=400).size == (20, 20)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_png_is_refused(share):
    data = png(photo(40, 40))
    with pytest.raises(RetoucherError, match="damaged"):
        Image.open(data[: int(len(data) * share)])


def test_a_picture_with_too_few_rows_is_refused():
    raw = b"".join(b"\0" + row.tobytes() for row in photo(10, 10)[:6])
    with pytest.raises(RetoucherError, match="damaged"):
        Image.open(png_of(header(10, 10, 8, 2), raw))


def test_a_wrong_checksum_is_refused_in_the_picture_and_passed_over_in_the_margin():
    data = png(photo(20, 20), (b"tEXt", b"Title\0A day"))
    with pytest.raises(RetoucherError, match="checksum"):
        Image.open(data[:-30] + bytes([data[-30] ^ 1]) + data[-29:])
    assert Image.open(data.replace(b"A day", b"A dax")).size == (20, 20)


def test_texts_and_profiles_that_unfold_to_gigabytes_are_left_folded():
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    data = png(photo(8, 8), (b"zTXt", b"Raw profile type exif\0\0" + bomb), (b"iCCP", b"x\0\0" + bomb))
    image = Image.open(data)
    assert image.profile is None
    assert image.exif is None


def test_an_animation_is_refused():
    control = (b"acTL", struct.pack(">LL", 3, 0))
    with pytest.raises(UsageError, match="holds 3 pictures"):
        Image.open(png(photo(8, 8), control))


def test_random_damage_gives_one_sentence():
    said = []
    random = np.random.default_rng(2)
    data = png(photo(16, 16, 4), (b"eXIf", exif(5, thumbnail=True)), (b"iCCP", b"x\0\0" + zlib.compress(b"a" * 300)))
    for _ in range(300):
        bad = bytearray(data)
        bad[random.integers(8, len(data))] = random.integers(0, 256)
        try:
            retouched(bytes(bad)).encode()
        except RetoucherError as error:
            said.append(str(error))
    assert said
    assert not any("\n" in one for one in said)
