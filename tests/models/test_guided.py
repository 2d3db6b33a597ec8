"""The guided filter against loops over its windows, and what it is for."""

import numpy as np
import pytest

from retoucher.models.common.guided import along, coefficients, filtered, lines


def filtered_by_hand(guide, target, radius, epsilon):
    """He, Sun and Tang, equations 19 to 21, window by window; windows are cut off at the picture's edge."""
    height, width = target.shape
    slopes = np.zeros((height, width, 4))
    for y, x in np.ndindex(height, width):
        window = slice(max(0, y - radius), y + radius + 1), slice(max(0, x - radius), x + radius + 1)
        colours, values = guide[window].reshape(-1, 3).astype(float), target[window].ravel().astype(float)
        own = np.cov(colours.T, bias=True) + epsilon * np.eye(3)
        slope = np.linalg.solve(own, ((colours - colours.mean(0)) * (values - values.mean())[:, None]).mean(0))
        slopes[y, x] = *slope, values.mean() - slope @ colours.mean(0)
    result = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        window = slice(max(0, y - radius), y + radius + 1), slice(max(0, x - radius), x + radius + 1)
        mean = slopes[window].reshape(-1, 4).mean(0)
        result[y, x] = mean[:3] @ guide[y, x] + mean[3]
    return result


@pytest.mark.parametrize(("size", "radius"), [((9, 12), 1), ((13, 7), 2), ((5, 4), 4), ((1, 6), 2), ((1, 1), 2)])
def test_the_filter_is_the_published_one_up_to_the_border(size, radius):
    random = np.random.default_rng(1)
    guide, target = random.random((*size, 3)), random.random(size)
    expected = filtered_by_hand(guide, target, radius, 0.01)
    assert np.abs(filtered(guide, target, radius, 0.01) - expected).max() < 1e-9
    single = filtered(guide.astype(np.float32), target.astype(np.float32), radius, 0.01)
    assert single.dtype == np.float32
    assert np.abs(single - expected).max() < 1e-4


def test_every_channel_is_filtered_alone():
    random = np.random.default_rng(2)
    guide, targets = random.random((11, 9, 3), np.float32), random.random((11, 9, 2), np.float32)
    both = filtered(guide, targets, 2, 0.01)
    for channel, line in enumerate(lines(guide, targets, 2, 0.01)):
        alone = coefficients(guide, np.ascontiguousarray(targets[..., channel]), 2, 0.01)
        assert np.array_equal(line, alone)
        assert np.array_equal(both[..., channel], along(alone, guide))


def test_an_even_guide_only_blurs_and_an_even_target_stays():
    target = np.random.default_rng(3).random((12, 15), np.float32)
    even = np.full((12, 15, 3), 0.4, np.float32)
    assert np.abs(filtered(even, np.full_like(target, 0.7), 2, 0.01) - 0.7).max() < 1e-6
    blurred = filtered(even, target, 2, 0.01)
    assert np.abs(blurred - filtered(even + 0.2, target, 2, 0.01)).max() < 1e-5
    assert blurred.std() < 0.5 * target.std()


def test_noise_goes_and_an_edge_of_the_guide_stays():
    guide = np.zeros((30, 40, 3), np.float32)
    guide[:, 20:] = 1
    clean = np.where(np.arange(40) < 20, 0.2, 0.6) * np.ones((30, 1))
    noisy = clean + np.random.default_rng(4).normal(0, 0.1, clean.shape)
    calm = filtered(guide, noisy.astype(np.float32), 2, 0.01)
    assert np.abs(calm - clean).std() < 0.04
    assert calm[:, 20].mean() - calm[:, 19].mean() == pytest.approx(0.4, abs=0.05)
