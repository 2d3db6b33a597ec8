"""The published weights come out as published, and the strength that is measured suits the painting."""

import csv
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from retoucher.models.harmonization.strength import balance, level, measured, noise, roughness

FIXTURE = Path(__file__).parents[2] / "parity" / "painterly-harmonization" / "losses.safetensors"
PUBLISHED = """level,noise,style,histogram,variation
5.498,0.001000,5.498,0.000,54.984
5.106,0.007459,5.106,51.063,0.000
1.001,0.000062,1.001,0.000,10.015
1.000,0.000038,1.000,0.000,10.004
"""


def strokes(amount, height=300, width=400, seed=0):
    """A painting of soft colours with strokes all over it, which deviate by `amount` of the range: (3, H, W)."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    soft = np.stack([np.sin(x / 90), np.cos(y / 70), np.sin((x + y) / 110)]) * 0.15 + 0.5
    grain = cv2.GaussianBlur(random.normal(size=(height, width)), (0, 0), sigmaX=4, sigmaY=1.2)
    return torch.from_numpy((soft + amount * grain / grain.std()).clip(0, 1)).float()


def test_noise_is_the_fixtures():
    tensors = load_file(FIXTURE)
    assert noise(tensors["input/painting_rgb01"]) == pytest.approx(float(tensors["output/noise"]), rel=1e-5)


def test_the_weights_are_the_fixtures():
    for tau, speckle, style, histogram, variation in load_file(FIXTURE)["output/weights_tau_noise_style_hist_tv"]:
        found = balance(float(tau), float(speckle))
        assert found.style == pytest.approx(float(style), rel=1e-6)
        assert found.histogram == pytest.approx(float(histogram), rel=2e-3, abs=1e-7)
        assert found.variation == pytest.approx(float(variation), rel=2e-3, abs=1e-7)


@pytest.mark.parametrize("row", list(csv.DictReader(StringIO(PUBLISHED))), ids=lambda row: row["level"])
def test_the_weights_are_the_published_ones(row):
    found = balance(float(row["level"]), float(row["noise"]))
    assert found.style == pytest.approx(float(row["style"]), abs=1e-3)
    assert found.histogram == pytest.approx(float(row["histogram"]), abs=6e-3)
    assert found.variation == pytest.approx(float(row["variation"]), abs=1e-2)


def test_a_level_multiplies_all_weights():
    once, twice = balance(2, 0.0025), balance(4, 0.0025)
    assert (twice.style, twice.histogram, twice.variation) == (4, 2 * once.histogram, 2 * once.variation)
    assert once.histogram == once.variation == 10


def test_any_noise_has_weights():
    assert balance(10, 1.0).variation == pytest.approx(0, abs=1e-200)
    assert balance(10, 1.0).histogram == pytest.approx(100)
    assert noise(torch.rand(3, 1, 40)) == 0


def test_strengths_are_tenths_of_levels():
    assert [level(strength) for strength in (0, 0.1, 0.5, 1)] == [0, 1, 5, 10]


def test_the_strength_rises_with_the_strokes():
    found = [measured(strokes(amount)) for amount in (0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.1, abs=0.02)
    assert 0.2 < found[3] < 0.4 < found[4] < 0.7
    assert 0.8 < found[-1] < 1


def test_calm_places_decide_and_not_the_busiest():
    calm = strokes(0)
    half = torch.cat([calm[:, :, :200], strokes(0.1)[:, :, 200:]], 2)
    assert roughness(half) < 0.2 < 2 < roughness(strokes(0.1))


@pytest.mark.parametrize("amount", [0.02, 0.08])
def test_jpeg_and_size_hardly_move_it(amount):
    painting = strokes(amount, 600, 800)
    there = measured(painting)
    picture = (painting.permute(1, 2, 0).numpy()[..., ::-1] * 255).round().astype(np.uint8)
    packed = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)
    assert measured(torch.from_numpy(packed[..., ::-1].transpose(2, 0, 1) / 255.0)) == pytest.approx(there, abs=0.05)
    for size in ((400, 300), (1600, 1200)):
        other = cv2.resize(painting.permute(1, 2, 0).numpy(), size, interpolation=cv2.INTER_AREA)
        assert measured(torch.from_numpy(other).permute(2, 0, 1)) == pytest.approx(there, abs=0.1)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 500), (40, 60), (257, 90)])
def test_one_colour_of_any_size_is_as_smooth_as_can_be(size):
    for value in (0.0, 0.37, 1.0):
        assert measured(torch.full((3, *size), value)) == pytest.approx(0.1, abs=1e-6)


def test_a_grey_painting_is_measured_like_a_coloured_one_of_its_lightness():
    painting = strokes(0.03)
    grey = (painting * torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]).sum(0, keepdim=True).expand(3, -1, -1)
    assert measured(grey) == pytest.approx(measured(painting), abs=0.05)
