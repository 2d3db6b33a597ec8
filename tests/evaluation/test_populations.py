"""FID and KID are torchmetrics' own, on features that were computed outside."""

from pathlib import Path

import pytest
import torch
from evaluation_fakes import case
from safetensors.torch import load_file

from retoucher.evaluation.measure import Record, pixels
from retoucher.evaluation.populations import Populations, combined, distances

FIXTURE = Path(__file__).parent.parent / "parity" / "lama" / "metrics.safetensors"


def kernel_distance(found, wanted):
    """The unbiased squared maximum mean discrepancy with the kernel (x·y / C + 1)³, by loops."""
    count, channels = found.shape

    def mean(a, b, same):
        pairs = [(i, j) for i in range(count) for j in range(count) if not (same and i == j)]
        return sum((float(a[i] @ b[j]) / channels + 1) ** 3 for i, j in pairs) / len(pairs)

    return mean(found, found, True) + mean(wanted, wanted, True) - 2 * mean(found, wanted, False)


def test_frechet_distance_is_the_published_program_s():
    fixture = load_file(FIXTURE)
    found = distances(fixture["input/fid_features_a"], fixture["input/fid_features_b"], 0)
    assert found["fid"] == pytest.approx(float(fixture["output/frechet_distance"]), rel=1e-5)


def test_combined_scores_are_the_published_program_s():
    fixture = load_file(FIXTURE)
    assert combined(0.9, 12.5) == pytest.approx(float(fixture["output/ssim_fid100_f1"]), rel=1e-9)
    assert combined(1 - 0.13, 12.5) == pytest.approx(float(fixture["output/lpips_fid100_f1"]), rel=1e-9)
    assert combined(0.9, 150) == 0


def test_kernel_distance_equals_loops_over_pairs():
    torch.manual_seed(0)
    a, b = torch.randn(12, 5).double(), torch.randn(12, 5).double() + 0.3
    assert distances(a, b, 0)["kid"] == pytest.approx(kernel_distance(a, b), rel=1e-9)


def test_equal_populations_are_at_distance_zero_and_the_seed_of_others_stays():
    torch.manual_seed(0)
    same = torch.randn(40, 6)
    before = torch.get_rng_state()
    found = distances(same, same.clone(), 3)
    assert found["fid"] == pytest.approx(0, abs=1e-5)
    assert torch.equal(torch.get_rng_state(), before)


def test_every_reference_is_looked_at_once_and_single_pictures_have_no_distance():
    seen = []

    def features(picture):
        seen.append(picture)
        return picture.mean((1, 2))[None]

    crowd = Populations(features)
    given = case()
    for photo in range(2):
        reference = pixels(given.picture) * (1 - photo / 4)
        for method in ("a", "b"):
            record = Record("narrow", str(photo), method, "", 0.2, 0.1, {})
            crowd.see(record, given, given.picture, reference * (0.9 if method == "a" else 1.0), reference)
    assert len(seen) == 6
    crowd.see(Record("wide", "0", "a", "", 0.2, 0.1, {}), given, given.picture, reference, reference)
    found = crowd.distances()
    assert set(found) == {("narrow", "a"), ("narrow", "b")}
    assert found["narrow", "b"]["fid"] == pytest.approx(0, abs=1e-6)
    assert found["narrow", "a"]["fid"] > 1e-4
