"""LaMa's holes: the published program's very pixels for its seeds, its statistics for others."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from retoucher.errors import UsageError
from retoucher.training.holes import TRAINING, Boxes, Chains, Mixed

PARITY = Path(__file__).parent.parent / "parity" / "lama"
EXACT = dict(np.load(PARITY / "mask_exact_train.npz"))
STATISTICS = json.loads((PARITY / "mask_statistics_train.json").read_text())
DRAWS = 200


@pytest.mark.parametrize("name", EXACT)
def test_a_seed_gives_the_published_hole(name: str) -> None:
    published = np.unpackbits(EXACT[name], axis=1).astype(bool)
    config = TRAINING["places" if name.startswith("abl-04") else "thin"]
    hole = config.draw(*published.shape, np.random.RandomState(int(name.split("seed")[1])))
    assert hole.dtype == bool
    assert np.array_equal(hole, published)


def measured(generator: Mixed | Chains | Boxes) -> dict[str, list[float]]:
    random = np.random.RandomState(1)
    found: dict[str, list[float]] = {}
    for _ in range(DRAWS):
        hole = generator.draw(256, 256, random)
        depth = cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, 5)
        found.setdefault("hole_area", []).append(hole.mean())
        found.setdefault("largest_inscribed_radius_px", []).append(depth.max())
        found.setdefault("connected_components", []).append(cv2.connectedComponents(hole.astype(np.uint8))[0] - 1)
    return found


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize("kind", ["mixed", "irregular", "box"])
def test_statistics_are_the_published_ones_within_four_combined_standard_errors(name: str, kind: str) -> None:
    if kind not in STATISTICS["statistics"][name]:
        assert name == "big-lama"  # whose two kinds are those of others
        return
    published = STATISTICS["statistics"][name][kind]
    mixed = TRAINING[name]
    assert mixed.boxes is not None
    found = measured({"mixed": mixed, "irregular": mixed.chains, "box": mixed.boxes}[kind])
    found["hole_area_after_dropping_over_half"] = [area for area in found["hole_area"] if area <= 0.5]
    for what, values in found.items():
        error = np.hypot(np.std(values, ddof=1) / len(values) ** 0.5, published[what]["standard_error"])
        assert abs(np.mean(values) - published[what]["mean"]) <= 4 * error, what
    over, share = np.mean(np.array(found["hole_area"]) > 0.5), published["fraction_over_half"]
    assert abs(over - share) <= 4 * np.sqrt(max(share * (1 - share), 0.01) * (1 / DRAWS + 1 / STATISTICS["draws"]))


def test_there_may_be_one_chain_more_than_the_published_maximum() -> None:
    class Counting(np.random.RandomState):
        asked: list[tuple[int, int]] = []

        def randint(self, low: int, high: int | None = None) -> int:  # type: ignore[override]
            if high is not None:
                self.asked.append((low, high))
            return int(super().randint(low, high))

    random = Counting(0)
    Chains(least=1, most=5, width=10, length=10).draw(32, 32, random)
    assert random.asked == [(1, 7)]  # the upper bound is exclusive


def test_boxes_keep_their_margin_and_sizes() -> None:
    random = np.random.RandomState(0)
    sides = set()
    for _ in range(400):
        hole = Boxes(least=1, most=1, smallest=3, largest=6, margin=2).draw(14, 20, random)
        rows, columns = hole.any(1).sum(), hole.any(0).sum()
        assert hole.sum() == rows * columns
        assert not hole[:2].any()
        assert not hole[-2:].any()
        assert not hole[:, :2].any()
        assert not hole[:, -2:].any()
        sides |= {rows, columns}
    assert sides == {3, 4, 5, 6}


def test_boxes_that_do_not_fit_are_refused_with_the_size_that_would() -> None:
    with pytest.raises(UsageError, match="do not fit into 60x50: train with a size of at least 51"):
        TRAINING["places"].boxes.draw(50, 60, np.random.RandomState(0))  # type: ignore[union-attr]
    assert TRAINING["places"].boxes.draw(51, 60, np.random.RandomState(0)).any()  # type: ignore[union-attr]


def test_scaled_holes_cover_the_same_share_of_a_smaller_picture() -> None:
    half = TRAINING["places"].scaled(0.5)
    assert half.chains == Chains(least=1, most=5, width=50, length=100)
    assert half.boxes == Boxes(least=1, most=4, smallest=15, largest=75, margin=5)
    random = np.random.RandomState(0)
    mean = np.mean([half.draw(128, 128, random).mean() for _ in range(DRAWS)])
    assert abs(mean - 0.343) < 0.06
    assert Mixed(TRAINING["places"].chains).scaled(0.5).boxes is None
