"""WebP, AVIF, HEIC and BMP: what each keeps, what it says, and what it refuses."""

import io
import struct

import numpy as np
import pytest
import torch
from containers import source
from pictures import display_p3, exif, hole, photo
from PIL import Image as Pillow

from retoucher.errors import RetoucherError, UsageError
from retoucher.formats import webp
from retoucher.image import Image


def retouched(data):
    image = Image.open(data)
    return image.paste(torch.full((3, *image.size), 0.5), hole(*image.size), mark="algorithmicallyEnhanced")


def saved(samples, container, **options):
    file = io.BytesIO()
    Pillow.fromarray(samples).save(file, container, **options)
    return file.getvalue()


def test_lossless_webp_stays_lossless_inside_an_extended_file_too():
    plain = saved(photo(20, 30), "WEBP", lossless=True)
    extended = saved(photo(20, 30), "WEBP", lossless=True, icc_profile=display_p3())
    assert plain[12:16] == b"VP8L"
    assert extended[12:16] == b"VP8X"
    for data in (plain, extended):
        encoded = retouched(data).encode()
        assert webp.is_lossless(encoded.data)
        assert encoded.notes == ()


def test_lossy_webp_stays_lossy_and_says_so():
    encoded = retouched(saved(photo(20, 30), "WEBP", quality=70)).encode()
    assert not webp.is_lossless(encoded.data)
    assert "encoded again at quality 95" in encoded.notes[0]


def test_colours_under_full_transparency_stay():
    samples = photo(20, 30, 4)
    samples[5:15, :, 3] = 0
    result = retouched(saved(samples, "WEBP", lossless=True, exact=True))
    again = Image.open(result.encode().data)
    outside = ~hole(20, 30)
    assert np.array_equal(again.samples[outside], samples[outside])
    assert np.array_equal(again.samples, result.samples)


@pytest.mark.parametrize("container", ["WEBP", "PNG", "AVIF"])
def test_animations_are_refused_with_advice(container):
    frames = [Pillow.fromarray(photo(32, 32) // np.uint8(i + 1)) for i in range(3)]
    file = io.BytesIO()
    frames[0].save(file, container, save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(UsageError, match=r"holds 3 pictures.*save the one you want"):
        Image.open(file.getvalue())


@pytest.mark.parametrize("kind", ["WEBP 8 RGB", "lossy WEBP 8 RGBA", "AVIF 8 RGB", "HEIC 8 RGB", "BMP 8 RGB"])
def test_truncated_files_are_refused(kind):
    data = source(kind, size=(64, 64))
    for share in (0.1, 0.4, 0.7, 0.97):
        with pytest.raises(RetoucherError):
            Image.open(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["WEBP 8 RGB", "lossy WEBP 8 RGB", "AVIF 8 RGB", "HEIC 8 RGB", "BMP 8 RGB"])
def test_a_claim_of_too_many_pixels_is_refused_before_decoding(kind):
    data = source(kind, size=(64, 64), plain=True)
    with pytest.raises(UsageError, match=r"64 x 64 pixels.*--max-pixels"):
        Image.open(data, max_pixels=4095)
    assert Image.open(data, max_pixels=4096).size == (64, 64)


def test_a_webp_that_claims_its_largest_size_is_refused_by_its_header():
    body = b"\x2f" + struct.pack("<L", 16382 | 16382 << 14) + b"\0" * 40
    data = b"RIFF" + struct.pack("<L", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<L", len(body)) + body
    with pytest.raises(UsageError, match="--max-pixels"):
        Image.open(data)


@pytest.mark.parametrize("kind", ["WEBP 8 RGB", "lossy WEBP 8 RGBA", "AVIF 8 RGBA", "HEIC 8 RGB", "BMP 8 RGBA"])
def test_random_damage_gives_one_sentence(kind):
    said = []
    random = np.random.default_rng(5)
    data = source(kind, size=(24, 24))
    for _ in range(80):
        bad = bytearray(data)
        for place in random.integers(0, len(data), 3):
            bad[place] = random.integers(0, 256)
        try:
            retouched(bytes(bad)).encode()
        except RetoucherError as error:
            said.append(str(error))
    assert said
    assert not any("\n" in one for one in said)


@pytest.mark.parametrize(("chroma", "box"), [("4:2:0", 12), ("4:2:2", 8), ("4:4:4", 0)])
def test_avif_keeps_its_chroma_subsampling(chroma, box):
    data = saved(photo(32, 32), "AVIF", subsampling=chroma, speed=10)
    encoded = retouched(data).encode()
    place = encoded.data.index(b"av1C")
    assert encoded.data[place + 6] & 12 == box


def test_deep_avif_is_read_as_eight_bits_and_says_so():
    import imagecodecs

    samples = photo(32, 32, 3, np.uint16) >> 6
    image = Image.open(bytes(imagecodecs.avif_encode(samples, level=95, bitspersample=10)))
    assert "10 bits" in image.notes[0]
    assert np.abs(image.samples.astype(float) - samples / 1023 * 255).mean() < 4


@pytest.mark.parametrize("bits", [10, 12])
def test_deep_heic_keeps_its_bits(bits):
    import pillow_heif

    samples = photo(64, 64, 3, np.uint16)
    file = io.BytesIO()
    made = pillow_heif.from_bytes("RGB;16", (64, 64), samples.tobytes())
    made.save(file, quality=-1, chroma=444, matrix_coefficients=0, bit_depth=bits, format="HEIF")
    image = Image.open(file.getvalue())
    assert image.samples.dtype == np.uint16
    assert np.abs(image.samples.astype(int) - samples).max() <= 65535 / ((1 << bits) - 1)
    encoded = retouched(file.getvalue()).encode()
    again = pillow_heif.open_heif(encoded.data, convert_hdr_to_8bit=False)
    assert again.info["bit_depth"] == bits


def test_heic_extras_show_the_old_picture_and_go():
    import pillow_heif

    file = io.BytesIO()
    made = pillow_heif.from_bytes("RGB", (128, 96), photo(96, 128).tobytes())
    made[0].info["thumbnails"] = [64]
    made[0].info["exif"] = b"Exif\0\0" + exif(1, thumbnail=True)
    made.save(file, quality=80, format="HEIF")
    assert pillow_heif.open_heif(file.getvalue()).info["thumbnails"]
    encoded = retouched(file.getvalue()).encode()
    again = pillow_heif.open_heif(encoded.data)
    assert not again.info["thumbnails"]
    assert b"\xff\xd8\xff" not in encoded.data
    assert any("dropped" in note for note in encoded.notes)


def test_heic_without_an_encoder_asks_for_another_name(monkeypatch):
    import pillow_heif

    image = retouched(source("HEIC 8 RGB"))
    monkeypatch.setattr(pillow_heif, "libheif_info", lambda: {"HEIF": ""})
    with pytest.raises(RetoucherError, match=r"\.png"):
        image.encode()


def test_bmp_says_that_it_cannot_be_marked_and_keeps_its_resolution():
    encoded = retouched(source("BMP 8 RGB")).encode()
    assert "holds no metadata" in encoded.notes[0]
    assert np.allclose(Image.open(encoded.data).dpi, 300, atol=0.02)
    assert Pillow.open(io.BytesIO(encoded.data)).mode == "RGB"


def test_bmp_with_palette_one_bit_or_sixteen_is_read():
    picture = Pillow.fromarray(photo(10, 12)).quantize(16)
    file = io.BytesIO()
    picture.save(file, "BMP")
    image = Image.open(file.getvalue())
    assert np.array_equal(image.samples, np.asarray(picture.convert("RGB")))
    assert "palette" in image.notes[0]
    bits = Pillow.fromarray(photo(10, 12, 1)[:, :, 0] > 100)
    file = io.BytesIO()
    bits.save(file, "BMP")
    assert np.array_equal(Image.open(file.getvalue()).samples[:, :, 0], np.asarray(bits) * 255)
    body = np.arange(16, dtype="<u2").reshape(4, 4).tobytes()
    head = struct.pack("<LllHHLLllLL", 40, 4, 4, 1, 16, 0, len(body), 0, 0, 0, 0)
    image = Image.open(struct.pack("<2sLLL", b"BM", 54 + len(body), 0, 54) + head + body)
    assert "16-bit" in image.notes[0]


def test_bmp_keeps_a_profile():
    image = Image.from_array(photo(10, 12))
    data = image.encode("BMP").data
    with_profile = Image.open(Image.open(source("PNG 8 RGB")).encode("BMP").data)
    assert with_profile.profile == display_p3()
    assert Image.open(data).profile is None
