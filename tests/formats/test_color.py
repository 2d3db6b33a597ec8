"""Colours: by profile and back, at 8 and 16 bits, and what happens to profiles that cannot be used."""

import numpy as np
import pytest
import torch
from pictures import cmyk_profile, display_p3, grey_profile, photo, png

from retoucher.formats import color
from retoucher.image import Image


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(("space", "profile"), [("RGB", display_p3), ("L", grey_profile), ("RGB", None), ("L", None)])
def test_srgb_through_a_profile_and_back_is_the_same(space, profile, kind):
    values = np.random.default_rng(0).random((4000, 3)).astype(np.float32)
    values = values.mean(axis=1, keepdims=True).repeat(3, axis=1) if space == "L" else values
    icc = profile() if profile else None
    samples = color.from_srgb(values, space, icc, np.dtype(kind))
    back = color.to_srgb(samples[None], space, icc)[0]
    again = color.from_srgb(back, space, icc, np.dtype(kind))
    assert np.abs(again.astype(int) - samples).max() <= 1
    off = np.abs(back - values).max(axis=1) * 255
    step = 1 if kind == np.uint8 else 1 / 100
    assert np.quantile(off, 0.95) < 2 * step  # beyond: deep colours, where one step of the profile is many of sRGB
    assert off.max() < 13 * step


def test_a_wide_profile_is_honoured():
    """Display P3 red lies outside sRGB; P3 grey is the same grey."""
    samples = np.array([[[255, 0, 0], [128, 128, 128], [180, 140, 120]]], np.uint8)
    view = color.to_srgb(samples, "RGB", display_p3())
    assert view[0, 0].tolist() == [1, 0, 0]  # clipped
    assert np.ptp(view[0, 1]) < 1e-3
    assert view[0, 2, 0] > 185 / 255  # less saturated in numbers, so more in sRGB


def test_ink_by_profile_and_by_formula():
    values = np.random.default_rng(1).random((2000, 3)).astype(np.float32)
    for profile, most, mean in ((None, 1.0, 0.5), (cmyk_profile(), 40, 1.5)):
        inks = color.from_srgb(values, "CMYK", profile, np.dtype(np.uint8))
        back = color.to_srgb(inks[None], "CMYK", profile)[0]
        assert inks.shape == (2000, 4)
        assert np.abs(back - values).max() * 255 < most
        assert np.abs(back - values).mean() * 255 < mean
    white, black = np.ones((1, 3), np.float32), np.zeros((1, 3), np.float32)
    assert color.from_srgb(white, "CMYK", None, np.dtype(np.uint8)).tolist() == [[0, 0, 0, 0]]
    assert color.from_srgb(black, "CMYK", None, np.dtype(np.uint8)).tolist() == [[0, 0, 0, 255]]


def test_srgb_by_another_name_is_passed_through_exactly():
    samples = photo(20, 20)
    assert color.way(color.srgb(), "RGB") == "as sRGB"
    assert np.array_equal(color.to_srgb(samples, "RGB", color.srgb()), samples.astype(np.float32) / 255)


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
def test_bands_of_a_large_picture_meet_without_a_seam(bits, monkeypatch):
    samples = photo(40, 30, 3, bits)
    whole = color.to_srgb(samples, "RGB", display_p3())
    monkeypatch.setattr(color, "BAND", 77)
    assert np.array_equal(color.to_srgb(samples, "RGB", display_p3()), whole)


@pytest.mark.parametrize(
    "profile",
    [b"junk", b"\0" * 300, display_p3()[:200], display_p3()[:200] + b"\xff" * 200 + display_p3()[400:], grey_profile()],
)
def test_a_profile_that_cannot_be_used_is_kept_and_said(profile):
    import zlib

    image = Image.open(png(photo(20, 20), (b"iCCP", b"x\0\0" + zlib.compress(profile))))
    assert "profile cannot be used" in image.notes[-1]
    assert torch.equal(image.pixels, Image.from_array(photo(20, 20)).pixels)
    assert Image.open(image.paste(image.pixels, np.ones((20, 20), bool)).encode().data).profile == profile


def test_grey_takes_the_luma_of_colours():
    grey = color.from_srgb(np.eye(3, dtype=np.float32), "L", None, np.dtype(np.uint16))
    assert grey[:, 0].tolist() == [13933, 46871, 4732]
