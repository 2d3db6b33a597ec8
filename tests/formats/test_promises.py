"""Promises 1, 3, 4 and 7 for every container, depth, colour and alpha, and all eight orientations."""

import io

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from containers import BLOCKWISE, KINDS, LOSSLESS, source, upright_samples
from hypothesis import given, settings
from pictures import hole

from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp
from retoucher.image import Image

SUFFIX = {
    "PNG": ".png",
    "TIFF": ".tif",
    "JPEG": ".jpg",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "AVIF": ".avif",
    "HEIC": ".heic",
}
NETWORK = "compositeWithTrainedAlgorithmicMedia"


def retouched(image, mark=NETWORK):
    """The photo with other pixels in its hole, and the hole."""
    mask = hole(*image.size)
    slope = torch.linspace(0.1, 0.8, image.width).expand(image.size)
    fill = torch.stack([slope, slope.flip(1), slope / 2])
    return image.paste(fill, mask, mark=mark), mask


def fits(image):
    """How a reopened file is told apart: everything that must come back."""
    return image.size, image.samples.dtype, image.color, image.has_alpha, image.container, image.profile


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [(kind, turn) for kind in LOSSLESS for turn in range(1, 9) if turn == 1 or not kind.startswith("BMP")],
)
def test_a_lossless_file_changes_only_under_the_mask(kind, orientation, tmp_path):
    data = source(kind, orientation)
    image = Image.open(data)
    assert np.array_equal(image.samples, upright_samples(kind))
    result, mask = retouched(image)
    assert np.array_equal(result.samples[~mask], image.samples[~mask])
    assert (result.samples[mask] != image.samples[mask]).any(axis=1).mean() > 0.9
    path = tmp_path / f"result{SUFFIX[image.container]}"
    result.save(path)
    again = Image.open(path)
    assert np.array_equal(again.samples, result.samples)
    assert fits(again) == fits(image)
    assert again.orientation == 1
    assert again.dpi == pytest.approx(image.dpi, abs=0.02)


@pytest.mark.parametrize("kind", LOSSLESS + BLOCKWISE)
def test_alpha_is_kept_or_made_full_where_asked(kind):
    image = Image.open(source(kind))
    mask = hole(*image.size)
    kept = image.paste(torch.rand(3, *image.size), mask)
    full = image.paste(torch.rand(3, *image.size), mask, opaque=True)
    assert np.array_equal(kept.opacity, image.opacity)
    assert (full.opacity[mask] == 1).all()
    assert np.array_equal(full.opacity[~mask], image.opacity[~mask])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", BLOCKWISE)
def test_a_jpeg_keeps_its_layout_and_its_tag(kind, orientation, tmp_path):
    image = Image.open(source(kind, orientation))
    assert image.size == (37, 53)
    result, mask = retouched(image)
    path = tmp_path / "result.jpg"
    result.save(path)
    again = Image.open(path)
    assert fits(again) == fits(image)
    assert (again.orientation, again.dpi, again.exif) == (orientation, image.dpi, image.exif)
    far = ~grown(mask, 17)
    assert np.array_equal(again.samples[far], image.samples[far])


def grown(mask, pixels):
    """The mask grown by a square."""
    padded = np.pad(mask, pixels)
    height, width = mask.shape
    steps = range(2 * pixels + 1)
    return np.any([padded[y : y + height, x : x + width] for y in steps for x in steps], axis=0)


@pytest.mark.parametrize("orientation", [1, 6, 7])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LOSSLESS + BLOCKWISE])
def test_a_lossy_file_comes_back_upright_alike_and_says_so(kind, orientation, tmp_path):
    image = Image.open(source(kind, orientation, size=(64, 80)))
    assert image.size == (64, 80)
    plain = upright_samples(kind, (64, 80)).astype(float)
    assert np.abs(image.samples[:, :, :3].astype(float) - plain[:, :, :3]).mean() < 0.02 * image.maximum
    result, mask = retouched(image)
    path = tmp_path / f"result{SUFFIX[image.container]}"
    notes = result.save(path)
    assert any("encoded again" in note for note in notes)
    again = Image.open(path)
    assert fits(again) == fits(image)
    assert again.orientation == 1
    assert np.abs(again.samples[~mask].astype(float) - image.samples[~mask]).mean() < 0.02 * image.maximum


@pytest.mark.parametrize("orientation", [1, 5, 8])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("BMP")])
def test_metadata_come_back_with_the_mark_and_without_it(kind, orientation, tmp_path):
    image = Image.open(source(kind, orientation))
    result, _ = retouched(image)
    for mark in (True, False):
        again = Image.open(result.encode(mark=mark).data)
        assert xmp.source_type(again.xmp) == (NETWORK if mark else None)
        assert again.xmp.count(b"Ann\xc3\xa4 &amp; Bo") == 1
        stays = kind.startswith("JPEG")
        assert f'tiff:Orientation="{orientation if stays else 1}"'.encode() in again.xmp
        if kind.startswith("TIFF"):
            assert {field[3] for field in exif_fields.fields(again.exif)[0]} >= {b"Ann\0", b"Bo\0"}
        else:
            assert b"2024:05:06 07:08:09" in again.exif
            assert b"maker's own" in again.exif
            assert exif_fields.first(again.exif, 0x0002, exif_fields.GPS_IFD) == 48
        assert exif_fields.dpi(again.exif) == (300, 300)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_photo_gives_the_same_bytes_and_the_original_stays(kind, tmp_path):
    data = source(kind)
    path = tmp_path / "photo"
    path.write_bytes(data)
    first, second = (retouched(Image.open(path))[0].encode().data for _ in range(2))
    assert first == second
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unchanged_photo_is_its_own_bytes(kind):
    data = source(kind)
    image = Image.open(data)
    assert image.encode().data == data
    untouched = image.paste(torch.rand(3, *image.size), np.zeros(image.size, bool), mark=NETWORK)
    assert untouched.encode().data == data


@pytest.mark.parametrize("kind", [kind for kind in LOSSLESS if not kind.startswith("BMP")])
def test_an_unchanged_photo_that_lay_on_its_side_is_written_upright(kind):
    image = Image.open(source(kind, 6))
    again = Image.open(image.encode().data)
    assert again.orientation == 1
    assert np.array_equal(again.samples, image.samples)
    assert xmp.source_type(again.xmp) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_is_srgb_whatever_box_is_asked_for(kind):
    image = Image.open(source(kind))
    assert image.pixels.shape == (3, *image.size)
    assert torch.equal(image.crop(5, 7, 11, 9), image.pixels[:, 7:16, 5:16])
    assert 0 <= float(image.pixels.min()) <= float(image.pixels.max()) <= 1


@pytest.mark.parametrize("kind", LOSSLESS + BLOCKWISE)
def test_pasting_the_view_back_changes_nothing_that_can_be_seen(kind):
    image = Image.open(source(kind))
    back = image.paste(image.pixels, np.ones(image.size, bool))
    if image.color == "CMYK":  # other inks can make the same colour
        assert float((back.pixels - image.pixels).abs().mean()) < 4 / 255
        return
    step = 1 if image.samples.dtype == np.uint8 else 2
    assert int(np.abs(back.samples.astype(int) - image.samples).max()) <= step


@pytest.mark.parametrize("kind", KINDS)
def test_any_container_can_be_written_as_any_other(kind):
    image = retouched(Image.open(source(kind, size=(24, 32))))[0]
    for container in SUFFIX:
        again = Image.open(image.encode(container).data)
        assert again.size == image.size
        assert again.container == container
        difference = (again.pixels - image.pixels).abs()
        if not (image.has_alpha and container == "JPEG"):
            assert float(difference.mean()) < 0.02
        if container not in ("BMP",):
            assert xmp.source_type(again.xmp) == NETWORK


def test_files_from_open_streams_and_bytes_are_the_same(tmp_path):
    data = source("PNG 8 RGB")
    (tmp_path / "péché 照片.png").write_bytes(data)
    paths = [str(tmp_path / "péché 照片.png"), tmp_path / "péché 照片.png", data, io.BytesIO(data)]
    first, *others = (Image.open(one).samples for one in paths)
    assert all(np.array_equal(first, other) for other in others)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LOSSLESS), st.integers(1, 33), st.integers(1, 33), st.integers(0, 2**32 - 1), st.booleans())
def test_any_size_and_any_mask_changes_only_under_the_mask(kind, height, width, seed, opaque):
    random = np.random.default_rng(seed)
    image = Image.open(source(kind, size=(height, width)))
    y, x = random.integers(0, height), random.integers(0, width)
    mask = random.random((random.integers(1, height - y + 1), random.integers(1, width - x + 1))) < random.random()
    fill = torch.from_numpy(random.random((3, *mask.shape), np.float32))
    result = image.paste(fill, mask, x=int(x), y=int(y), mark=NETWORK, opaque=opaque)
    keep = np.ones(image.size, bool)
    keep[y : y + mask.shape[0], x : x + mask.shape[1]] = ~mask
    assert np.array_equal(result.samples[keep], image.samples[keep])
    again = Image.open(result.encode().data)
    assert np.array_equal(again.samples, result.samples)
    assert fits(again) == fits(image)


def test_a_lossless_webp_keeps_an_alpha_channel_that_became_opaque():
    image = Image.open(source("WEBP 8 RGBA", size=(5, 7)))
    result = image.paste(torch.zeros(3, 5, 7), np.ones((5, 7), bool), opaque=True)
    again = Image.open(result.encode(mark=False).data)
    assert again.samples.shape == (5, 7, 4)
    assert (again.samples == [0, 0, 0, 255]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_pictures_work_too(kind):
    for size in ((1, 1), (1, 9), (3, 5)):
        image = Image.open(source(kind, size=size))
        result = image.paste(torch.zeros(3, *size), np.ones(size, bool), mark=NETWORK)
        for container in SUFFIX:
            assert Image.open(result.encode(container).data).size == size
