"""CIELAB against its published definition, one colour at a time."""

import numpy as np
import pytest

from retoucher.models.common.cielab import to_lab, to_rgb


def lab_by_hand(rgb):
    """One colour, in steps as the standard has them."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
    to_rgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    x, y, z = np.linalg.solve(to_rgb, linear)

    def f(t):
        return t ** (1 / 3) if t > 0.008856 else 841 / 108 * t + 4 / 29

    x, y, z = f(x / 0.950456), f(y), f(z / 1.088754)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize(("kind", "most"), [(np.float64, 1e-9), (np.float32, 3e-4)])
def test_every_colour_is_where_the_definition_puts_it(kind, most):
    colours = np.random.default_rng(0).random((200, 3)) ** 2
    colours[:4] = [[0, 0, 0], [1, 1, 1], [0.04, 0.0401, 0.041], [1, 0, 0]]
    expected = np.array([lab_by_hand(colour) for colour in colours])
    found = to_lab(colours.astype(kind))
    assert found.dtype == kind
    assert np.abs(found - expected).max() < most


@pytest.mark.parametrize(("kind", "most"), [(np.float64, 1e-9), (np.float32, 1e-5)])
def test_there_and_back_is_the_same_colour(kind, most):
    colours = np.random.default_rng(1).random((31, 17, 3)).astype(kind)
    assert np.abs(to_rgb(to_lab(colours)) - colours).max() < most


def test_grey_has_no_colour_and_lightness_runs_to_100():
    greys = np.repeat(np.linspace(0, 1, 11)[:, None], 3, 1)
    lab = to_lab(greys)
    assert np.abs(lab[:, 1:]).max() < 0.02
    assert lab[0, 0] == pytest.approx(0, abs=1e-9)
    assert lab[-1, 0] == pytest.approx(100, abs=0.01)
    assert (np.diff(lab[:, 0]) > 0).all()


def test_colours_that_no_screen_has_come_back_as_ones_it_has():
    impossible = np.array([[50, 120, 0], [50, -120, 60], [100, 0, -100], [-5, 0, 0], [120, 5, 5]], np.float64)
    rgb = to_rgb(impossible)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    assert rgb[0, 1] == 0  # what was negative is lifted to 0, the other channels with it
    outside = np.array([[-0.2, 0.5, 1.3]], np.float32)
    assert np.isfinite(to_lab(outside)).all()
