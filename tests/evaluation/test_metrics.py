"""The metrics equal loops over their definitions and the published program's numbers."""

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from retoucher.evaluation.metrics import l1, l1_hole, psnr, psnr_hole, ssim, ssim_hole

FIXTURE = Path(__file__).parent.parent / "parity" / "lama" / "metrics.safetensors"
ALL = [l1, l1_hole, psnr, psnr_hole, ssim, ssim_hole]


def pictures(height=13, width=9, seed=0):
    torch.manual_seed(seed)
    mask = torch.zeros(1, height, width)
    mask[:, 2:6, 3:8] = 1
    reference = torch.rand(3, height, width)
    return reference + mask * (torch.rand(3, height, width) - reference) * 0.7, reference, mask


def test_ssim_is_the_published_program_s():
    fixture = load_file(FIXTURE)
    predicted, target, wanted = (fixture[name] for name in ("input/predicted", "input/target", "output/ssim_per_image"))
    for result, reference, figure in zip(predicted, target, wanted, strict=True):
        assert ssim(result, reference, torch.ones(1, 40, 52)) == pytest.approx(float(figure), rel=1e-5)


@pytest.mark.parametrize("size", [(13, 9), (3, 17), (1, 1), (12, 12)])
def test_ssim_equals_a_loop_over_windows(size):
    result, reference, mask = (each.double() for each in pictures(*size))
    bell = [math.exp(-((i - 5) ** 2) / (2 * 1.5**2)) for i in range(11)]
    total = sum(bell)
    height, width = size
    found = []
    for a, b in zip(result, reference, strict=True):
        for y in range(height):
            for x in range(width):
                sums = dict.fromkeys(("a", "b", "aa", "bb", "ab"), 0.0)
                for i in range(11):
                    for j in range(11):
                        row, column = y + i - 5, x + j - 5
                        if 0 <= row < height and 0 <= column < width:  # outside are zeros
                            weight = bell[i] * bell[j] / total**2
                            p, q = float(a[row, column]), float(b[row, column])
                            for name, value in (("a", p), ("b", q), ("aa", p * p), ("bb", q * q), ("ab", p * q)):
                                sums[name] += weight * value
                up = (2 * sums["a"] * sums["b"] + 1e-4) * (2 * (sums["ab"] - sums["a"] * sums["b"]) + 9e-4)
                apart = sums["aa"] - sums["a"] ** 2 + sums["bb"] - sums["b"] ** 2 + 9e-4
                found.append(up / ((sums["a"] ** 2 + sums["b"] ** 2 + 1e-4) * apart))
    assert ssim(result, reference, mask) == pytest.approx(sum(found) / len(found), abs=1e-12)


def test_differences_equal_loops_over_samples():
    result, reference, mask = pictures()
    apart, inside = [], []
    for c in range(3):
        for y in range(13):
            for x in range(9):
                difference = float(result[c, y, x] - reference[c, y, x])
                apart.append(difference)
                if mask[0, y, x]:
                    inside.append(difference)

    def decibels(values):
        return 10 * math.log10(1 / (sum(each**2 for each in values) / len(values)))

    assert l1(result, reference, mask) == pytest.approx(sum(map(abs, apart)) / len(apart), rel=1e-5)
    assert l1_hole(result, reference, mask) == pytest.approx(sum(map(abs, inside)) / len(inside), rel=1e-5)
    assert psnr(result, reference, mask) == pytest.approx(decibels(apart), rel=1e-5)
    assert psnr_hole(result, reference, mask) == pytest.approx(decibels(inside), rel=1e-5)


def test_known_values():
    black, grey = torch.zeros(3, 8, 10), torch.full((3, 8, 10), 0.1)
    everything = torch.ones(1, 8, 10)
    assert l1(grey, black, everything) == pytest.approx(0.1)
    assert psnr(grey, black, everything) == pytest.approx(20, abs=1e-4)
    assert psnr_hole(grey, black, everything) == pytest.approx(20, abs=1e-4)
    quarter = torch.zeros(1, 8, 10)
    quarter[:, :4, :5] = 1
    pasted = grey * quarter
    assert l1(pasted, black, quarter) == pytest.approx(0.025)
    assert l1_hole(pasted, black, quarter) == pytest.approx(0.1)
    assert psnr(pasted, black, quarter) == pytest.approx(20 + 10 * math.log10(4), abs=1e-4)
    assert psnr_hole(pasted, black, quarter) == pytest.approx(20, abs=1e-4)


@pytest.mark.parametrize("metric", ALL)
def test_equal_pictures_are_perfect_and_swapping_them_changes_nothing(metric):
    result, reference, mask = pictures(31, 20)
    perfect = {l1: 0, l1_hole: 0, psnr: math.inf, psnr_hole: math.inf, ssim: 1, ssim_hole: 1}[metric]
    assert metric(reference, reference, mask) == pytest.approx(perfect, abs=1e-6)
    assert metric(result, reference, mask) == pytest.approx(metric(reference, result, mask), abs=1e-6)


def test_an_empty_hole_has_no_difference():
    result, reference, mask = pictures()
    assert l1_hole(result, reference, mask * 0) == 0
    assert psnr_hole(result, reference, mask * 0) == math.inf


def test_ssim_over_the_hole_is_the_mean_of_a_loop_over_its_pixels():
    result, reference, mask = pictures(16, 14)
    everything = torch.ones_like(mask)
    assert ssim_hole(result, reference, everything) == pytest.approx(ssim(result, reference, everything), abs=1e-6)
    found = []
    for y, x in mask[0].nonzero().tolist():
        one = torch.zeros_like(mask)
        one[0, y, x] = 1
        found.append(ssim_hole(result, reference, one))
    assert ssim_hole(result, reference, mask) == pytest.approx(sum(found) / len(found), abs=1e-6)
    assert ssim_hole(result, reference, mask * 0) == 1
    assert ssim_hole(result, reference, mask) < ssim(result, reference, mask)
