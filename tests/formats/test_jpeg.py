"""JPEG: what the hole does not touch keeps its very coefficients, as an independent reader sees them."""

import io
import struct

import numpy as np
import pytest
import torch
from pictures import XMP, exif, hole, jpeg, photo
from PIL import Image as Pillow

from retoucher.errors import RetoucherError
from retoucher.formats import jpeg_blocks, jpeg_coefficients, jpeg_huffman, jpeg_segments, xmp
from retoucher.formats.orientation import stored
from retoucher.image import Image

MARK = "algorithmicallyEnhanced"
CODINGS = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "optimised": {"subsampling": 2, "optimize": True},
    "progressive": {"subsampling": 2, "progressive": True},
    "progressive 4:4:4": {"subsampling": 0, "progressive": True},
    "restarts": {"subsampling": 2, "restart_marker_blocks": 1},
    "restarts progressive": {"subsampling": 1, "progressive": True, "restart_marker_rows": 1},
    "RGB": {"keep_rgb": True},
    "coarse": {"quality": 30},
    "finest": {"quality": 100, "subsampling": 0},
}


def coefficients(data, tmp_path):
    """Components as jpeglib reads them, each (rows, columns, 8, 8); and the quantisation tables."""
    import jpeglib

    path = tmp_path / "read.jpg"
    path.write_bytes(data)
    dct = jpeglib.read_dct(str(path))
    parts = [dct.Y] + ([dct.Cb, dct.Cr] if dct.has_chrominance else [])
    return [np.array(part) for part in parts], np.array(dct.qt), np.array(dct.samp_factor)


def retouched(data, mask=None):
    image = Image.open(data)
    mask = hole(*image.size) if mask is None else mask
    fill = torch.rand(3, *image.size, generator=torch.Generator().manual_seed(3))
    return image.paste(fill, mask, mark=MARK), mask


def touched(mask, tall, broad):
    height, width = mask.shape
    rows, columns = -(-height // tall), -(-width // broad)
    blocks = [
        [mask[y * tall : (y + 1) * tall, x * broad : (x + 1) * broad].any() for x in range(columns)]
        for y in range(rows)
    ]
    return np.array(blocks)


@pytest.mark.parametrize("size", [(37, 53), (64, 48), (8, 8), (3, 5), (17, 16)])
@pytest.mark.parametrize("coding", CODINGS)
def test_untouched_blocks_keep_their_coefficients(coding, size, tmp_path):
    data = jpeg(photo(*size), **{"quality": 85, **CODINGS[coding]})
    mask = hole(*size)
    check(data, mask, mask, tmp_path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_untouched_blocks_keep_their_coefficients_however_the_photo_lies(orientation, tmp_path):
    rows = np.ascontiguousarray(stored(photo(37, 53), orientation))
    data = jpeg(rows, quality=85, subsampling=2, exif=b"Exif\0\0" + exif(orientation))
    mask = hole(37, 53)
    check(data, mask, stored(mask, orientation), tmp_path)


@pytest.mark.parametrize("progressive", [False, True])
def test_grey_blocks_keep_their_coefficients(progressive, tmp_path):
    mask = hole(37, 53)
    check(jpeg(photo(37, 53, 1), quality=80, progressive=progressive), mask, mask, tmp_path)


@pytest.mark.parametrize("chroma", ["440", "411"])
def test_rare_subsamplings_keep_their_coefficients(chroma, tmp_path):
    import imagecodecs

    mask = hole(37, 53)
    check(bytes(imagecodecs.jpeg8_encode(photo(37, 53), level=85, subsampling=chroma)), mask, mask, tmp_path)


def check(data, mask, lying, tmp_path):
    """Retouch under `mask` (upright; `lying` as stored) and compare every block with the source's."""
    result, _ = retouched(data, mask)
    encoded = result.encode()
    assert encoded.notes == ()
    before, tables, factors = coefficients(data, tmp_path)
    after, tables_after, factors_after = coefficients(encoded.data, tmp_path)
    assert np.array_equal(tables, tables_after)
    assert np.array_equal(factors, factors_after)
    for one, two, (down, across) in zip(before, after, factors, strict=True):
        blocks = touched(lying, 8 * factors[:, 0].max() // down, 8 * factors[:, 1].max() // across)
        blocks = blocks[: one.shape[0], : one.shape[1]]
        assert np.array_equal(one[~blocks], two[~blocks])
        if blocks.any() and one is before[0]:
            assert (one[blocks] != two[blocks]).any(axis=(1, 2)).mean() > 0.75
    kinds = [
        [s.code for s in jpeg_segments.split(d)[0] if not s.is_metadata and s.code != jpeg_segments.DHT]
        for d in (data, encoded.data)
    ]
    assert kinds[0] == kinds[1]  # same process, scans, restart interval


@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 80, "progressive": True}])
def test_cmyk_blocks_keep_their_coefficients(options):
    data = jpeg(photo(37, 53, 4), **options)
    result, mask = retouched(data)
    segments, _ = jpeg_segments.split(result.encode().data)
    frame = jpeg_segments.frame_of(segments)
    after = jpeg_coefficients.read(segments, frame)
    before = jpeg_coefficients.read(jpeg_segments.split(data)[0], frame)
    for place in jpeg_coefficients.layouts(frame):
        one, two = place.grid(before)[: place.high, : place.wide], place.grid(after)[: place.high, : place.wide]
        blocks = touched(mask, 8, 8)
        assert np.array_equal(one[~blocks], two[~blocks])
        assert (one[blocks] != two[blocks]).any(axis=1).mean() > 0.5
    again = Image.open(result.encode().data)
    assert np.abs(again.samples[mask].astype(float) - result.samples[mask]).mean() < 8


def test_ycck_is_read_and_changed_in_place():
    data = ycck(photo(40, 48, 4))
    image = Image.open(data)
    assert image.color == "CMYK"
    mask = np.zeros(image.size, bool)
    mask[8:24, 16:32] = True
    result = image.paste(torch.full((3, 40, 48), 0.25), mask)
    encoded = result.encode()
    assert encoded.notes == ()
    again = Image.open(encoded.data)
    assert np.array_equal(again.samples[~mask], image.samples[~mask])
    assert np.abs(again.samples[mask].astype(int) - result.samples[mask]).max() <= 3


def ycck(samples):
    """A YCCK JPEG: CMYK coded as three colour differences and black, so named in Adobe's marker."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    values = samples[:, :, :3] @ matrix.T + [0, 128, 128]
    planes = np.concatenate([values, 255.0 - samples[:, :, 3:]], axis=2)
    plain = jpeg(np.rint(255 - np.clip(planes, 0, 255)).astype(np.uint8), quality=98)  # Pillow inverts what it writes
    segments, _ = jpeg_segments.split(plain)
    for place, part in enumerate(segments):
        if part.code == jpeg_segments.APP14:
            segments[place] = jpeg_segments.Segment(part.code, part.payload[:-1] + b"\2")
    return jpeg_segments.join(segments)


def test_unchanged_pixels_of_touched_blocks_stay_closer_than_by_encoding_again():
    y, x = np.mgrid[0:160, 0:160]
    texture = photo(160, 160).astype(float) + 25 * np.sin(x / 2.1)[:, :, None] * np.sin(y / 1.7)[:, :, None]
    data = jpeg(np.clip(texture, 0, 255).astype(np.uint8), quality=75, subsampling=2)
    mask = (y - 80) ** 2 + (x - 75) ** 2 < 40**2
    result, _ = retouched(data, mask)
    own = np.asarray(Pillow.open(io.BytesIO(result.encode().data))).astype(float)
    plain = jpeg(
        np.ascontiguousarray(result.samples), qtables=Pillow.open(io.BytesIO(data)).quantization, subsampling=2
    )
    plain = np.asarray(Pillow.open(io.BytesIO(plain))).astype(float)
    near = touched(mask, 16, 16).repeat(16, 0).repeat(16, 1) & ~mask
    errors = [np.sqrt(np.mean((one - result.samples)[near] ** 2)) for one in (own, plain)]
    assert errors[0] < 0.9 * errors[1]
    assert np.array_equal(own[:30], result.samples[:30])


def test_what_lay_under_the_hole_does_not_reach_the_file():
    one, two = photo(48, 64), photo(48, 64)
    two[16:32, 16:48] = np.random.default_rng(9).integers(0, 256, (16, 32, 3))
    mask = np.zeros((48, 64), bool)
    mask[16:32, 16:48] = True  # whole blocks: nothing of them is in any other
    results = [retouched(jpeg(data, quality=90, subsampling=2), mask)[0].encode().data for data in (one, two)]
    assert np.array_equal(*(np.asarray(Pillow.open(io.BytesIO(data))) for data in results))


def test_a_full_mask_makes_every_block_anew():
    data = jpeg(photo(37, 53), quality=90, subsampling=2)
    result, _ = retouched(data, np.ones((37, 53), bool))
    smooth = Image.open(data).paste(torch.full((3, 37, 53), 0.5), np.ones((37, 53), bool))
    assert np.abs(Image.open(smooth.encode().data).samples.astype(int) - 128).max() <= 1
    assert Image.open(result.encode().data).size == (37, 53)


def test_arithmetic_coding_is_encoded_again_with_its_tables_and_says_so(monkeypatch):
    data = jpeg(photo(37, 53), quality=80, subsampling=2)
    monkeypatch.setattr(jpeg_coefficients, "read", lambda segments, frame: None)
    result, mask = retouched(data)
    encoded = result.encode()
    assert "encoded again" in encoded.notes[0]
    assert Pillow.open(io.BytesIO(encoded.data)).quantization == Pillow.open(io.BytesIO(data)).quantization
    assert np.abs(Image.open(encoded.data).samples[~mask].astype(int) - result.samples[~mask]).mean() < 4


def test_every_segment_comes_back_where_it_was():
    data = jpeg(photo(24, 24), quality=80, comment=b"a comment", exif=b"Exif\0\0" + exif(3), dpi=(200, 100))
    own = jpeg_segments.Segment(0xEC, b"Ducky\0\1\2")
    data = data[:2] + own.data + data[2:]
    segments = [jpeg_segments.split(d)[0] for d in (data, retouched(data)[0].encode(mark=False).data)]
    assert [s for s in segments[0] if s.is_metadata] == [s for s in segments[1] if s.is_metadata]


# What must not stay behind


SECRET = b"\xff\xd8\xff\xe0the thing that was removed\xff\xd9"


def hiding(name):
    """A JPEG that holds a copy of the old picture in one of the usual places."""
    plain = jpeg(photo(24, 24), quality=80)
    segment = jpeg_segments.Segment
    parts = {
        "EXIF thumbnail": segment(0xE1, b"Exif\0\0" + exif(1, thumbnail=True)),
        "maker's note": segment(0xE1, b"Exif\0\0" + exif(1, note=SECRET)),
        "JFXX": segment(0xE0, b"JFXX\0\x10" + SECRET),
        "maker's segment": segment(0xE4, b"Preview\0" + SECRET),
        "Photoshop": segment(0xED, b"Photoshop 3.0\0" + irb(1028, b"iptc fields") + irb(1036, b"\0" * 28 + SECRET)),
        "XMP thumbnail": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_with_picture()),
        "further XMP": segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + b"<a>/9j/4AAQ</a>"),
        "C2PA": segment(0xEB, b"JP\0\1\0\0\0\1jumb" + SECRET),
    }
    if name in parts:
        return plain[:2] + parts[name].data + plain[2:]
    return plain[:2] + segment(0xE2, b"MPF\0II*\0").data + plain[2:] + SECRET  # a second picture behind the first


def irb(number, data):
    return b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">L", len(data)) + data + b"\0" * (len(data) % 2)


def xmp_with_picture():
    extra = b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:g="http://ns.adobe.com/xap/1.0/g/img/">'
    thumb = (
        b"<xmp:Thumbnails><rdf:Alt><rdf:li><g:image>/9j/4AAQSkZJRgABAQ</g:image></rdf:li></rdf:Alt></xmp:Thumbnails>"
    )
    return (XMP % 1).replace(b">", extra, 3).replace(extra, b">", 2).replace(b"<dc:creator>", thumb + b"<dc:creator>")


@pytest.mark.parametrize(
    "name",
    [
        "EXIF thumbnail",
        "maker's note",
        "JFXX",
        "maker's segment",
        "Photoshop",
        "XMP thumbnail",
        "further XMP",
        "C2PA",
        "MPF",
    ],
)
def test_copies_of_the_old_picture_go_when_it_is_retouched(name):
    data = hiding(name)
    result, _ = retouched(data)
    encoded = result.encode()
    assert len(encoded.data) > 300
    assert any("dropped" in note for note in encoded.notes)
    after = encoded.data[2:]
    assert b"\xff\xd8\xff" not in after
    assert b"removed" not in after
    assert b"/9j/" not in after
    assert Image.open(data).encode().data == data  # untouched, everything stays
    if name == "Photoshop":
        assert b"iptc fields" in after
    if name in ("EXIF thumbnail", "maker's note"):
        assert b"maker's own" in after
        assert b"2024:05:06" in after


def test_an_overlong_packet_gives_up_its_padding_and_then_the_mark():
    for blank, marked in ((64000, True), (0, False)):
        tail = b" " * blank + b'<?xpacket end="w"?>'
        body = (XMP % 1).replace(b"Bo", b"Bo" + b"o" * (0 if blank else 64900))
        packet = b"http://ns.adobe.com/xap/1.0/\0" + b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>' + body + tail
        plain = jpeg(photo(24, 24), quality=80)
        data = plain[:2] + jpeg_segments.Segment(0xE1, packet).data + plain[2:]
        encoded = retouched(data)[0].encode()
        again = Image.open(encoded.data)
        assert (xmp.source_type(again.xmp) == MARK) is marked
        assert b"Ann" in again.xmp
        assert any("too large" in note for note in encoded.notes) is not marked


# Damage


@pytest.mark.parametrize("coding", ["4:2:0", "progressive"])
def test_a_truncated_jpeg_is_refused(coding):
    data = jpeg(photo(64, 64), quality=90, **CODINGS[coding])
    for share in (0.1, 0.3, 0.6, 0.9, 0.99):
        with pytest.raises(RetoucherError, match="damaged"):
            Image.open(data[: int(len(data) * share)])


def test_damaged_scans_never_bring_the_program_down():
    random = np.random.default_rng(0)
    for coding in ("4:2:0", "progressive", "restarts", "optimised"):
        data = jpeg(photo(64, 64), quality=85, **CODINGS[coding])
        start = data.index(b"\xff\xda")
        for _ in range(60):
            bad = bytearray(data)
            for place in random.integers(start + 14, len(data) - 2, 6):
                bad[place] = random.integers(0, 256)
            try:
                image = Image.open(bytes(bad))
                again = Image.open(retouched(bytes(bad))[0].encode().data)
            except RetoucherError:
                continue
            assert again.size == image.size


def test_damaged_headers_are_refused_in_a_sentence():
    random, said = np.random.default_rng(1), []
    data = jpeg(photo(32, 32), quality=85)
    for _ in range(300):
        bad = bytearray(data)
        bad[random.integers(3, data.index(b"\xff\xda") + 12)] = random.integers(0, 256)
        try:
            retouched(bytes(bad))[0].encode()
        except RetoucherError as error:
            said.append(str(error))
    assert said
    assert all(one.startswith("The input") for one in said)


# Huffman tables


@pytest.mark.parametrize("seed", range(5))
def test_best_tables_are_complete_prefix_codes_and_optimal(seed):
    random = np.random.default_rng(seed)
    counts = np.zeros(256, np.int64)
    used = random.permutation(256)[: 2 + 60 * seed]
    counts[used] = random.zipf(1.3, len(used)).clip(max=10**6)
    codes = jpeg_huffman.codes_of(jpeg_huffman.best_table(counts))
    assert {symbol for symbol, _, _ in codes} == set(used.tolist())
    words = [format(code, f"0{length}b") for _, code, length in codes]
    assert all(not two.startswith(one) for one in words for two in words if one is not two)
    assert all("0" in word and len(word) <= 16 for word in words)
    spent = sum(counts[symbol] * length for symbol, _, length in codes) / counts.sum()
    share = counts[counts > 0] / counts.sum()
    assert spent < -(share * np.log2(share)).sum() + 1.01


def test_best_tables_survive_counts_that_would_need_very_long_codes():
    counts = np.zeros(256, np.int64)
    counts[:30] = [int(1.618**n) + 1 for n in range(30)]
    codes = jpeg_huffman.codes_of(jpeg_huffman.best_table(counts))
    assert len(codes) == 30
    assert max(length for *_, length in codes) == 16


def test_the_basis_is_orthonormal():
    assert np.allclose(jpeg_blocks.BASIS @ jpeg_blocks.BASIS.T, np.eye(64), atol=1e-6)


@pytest.mark.parametrize("size", [(300, 400), (64, 8)])
def test_noise_can_be_saved(size):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    again = Image.open(Image.from_array(noise).encode("JPEG", quality=100).data)
    assert np.abs(again.samples.astype(int) - noise).mean() < 3
