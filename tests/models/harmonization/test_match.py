"""Matching: fast sums against loops, and the tensors made from the definitions."""

from __future__ import annotations

import pytest
import torch
from harmonization_fixtures import parity

from retoucher.models.harmonization import match


def loops(source, painting, score):
    """Matches and scores by trying everything; `score` takes the lists of both patches' vectors."""
    (_, h, w), (_, height, width) = source.shape, painting.shape
    found, best = torch.zeros(h, w, 2, dtype=torch.long), torch.full((h, w), -torch.inf, dtype=source.dtype)
    for y in range(h):
        for x in range(w):
            for v in range(height):
                for u in range(width):
                    pairs = [
                        (source[:, y + dy, x + dx], painting[:, v + dy, u + dx])
                        for dy in (-1, 0, 1)
                        for dx in (-1, 0, 1)
                        if 0 <= y + dy < h and 0 <= x + dx < w and 0 <= v + dy < height and 0 <= u + dx < width
                    ]
                    value = score(torch.stack([a for a, _ in pairs]), torch.stack([b for _, b in pairs]))
                    if value > best[y, x] + 1e-12:
                        best[y, x], found[y, x] = value, torch.tensor([v, u])
    return found, best


def cosine(a, b):
    return (a * b).sum() / (a.norm() * b.norm() + 1e-9)


@pytest.mark.parametrize(("one", "other"), [((4, 5), (6, 3)), ((1, 4), (5, 5)), ((5, 2), (1, 6)), ((3, 3), (2, 2))])
def test_independent_matching_is_the_cosine_of_patches(one, other, monkeypatch):
    torch.manual_seed(0)
    source, painting = torch.rand(3, *one, dtype=torch.float64), torch.rand(3, *other, dtype=torch.float64)
    wanted, scores = loops(source, painting, cosine)
    monkeypatch.setattr(match, "AT_ONCE", 2 * other[0] * other[1])  # pieces of two cells
    found, best = match.independent(source, painting, torch.ones(one, dtype=torch.bool))
    assert torch.allclose(best, scores)
    assert torch.equal(found, wanted)


def test_independent_matching_of_the_published_definition():
    given = parity("matching")
    source, painting = given["input/independent.source"], given["input/independent.painting"]
    found, score = match.independent(source, painting, torch.ones(source.shape[1:], dtype=torch.bool))
    assert torch.equal(found.flip(-1), given["output/independent.xy"])
    assert torch.allclose(score, given["output/independent.score"], atol=1e-6)


def test_consistent_matching_of_the_published_definition():
    given = parity("matching")
    source, painting = given["input/consistent.source"], given["input/consistent.painting"]
    wanted = given["input/consistent.tight_mask"] > 0.1
    found = match.consistent(source, painting, torch.ones_like(wanted))
    assert torch.equal(found.flip(-1), given["output/consistent.initial_xy"])
    found = match.coherent(found, given["input/consistent.guide"], wanted)
    assert torch.equal(found.flip(-1), given["output/consistent.refined_xy"])
    area = match.footprint(found, wanted, tuple(wanted.shape))
    assert torch.equal(area[0].double(), given["output/consistent.ring"])
    finer = given["output/consistent.ring_at_finer_layer"]
    assert torch.equal(match.footprint_at(area, tuple(finer.shape))[0].double(), finer)


def test_only_wanted_cells_are_matched_and_only_to_candidates():
    torch.manual_seed(1)
    source, painting = torch.rand(4, 6, 7), torch.rand(4, 8, 9)
    wanted = torch.rand(6, 7) > 0.5
    candidates = torch.zeros(8, 9, dtype=torch.bool)
    candidates[2:4, 3:8] = True
    for found in (
        match.independent(source, painting, wanted, candidates)[0],
        match.consistent(source, painting, wanted, candidates),
    ):
        assert (found[~wanted] == -1).all()
        assert candidates[tuple(found[wanted].T)].all()


def test_candidates_at_the_border_alone_are_taken_by_every_cell():
    source, painting = torch.rand(4, 5, 5), torch.rand(4, 6, 6)
    candidates = torch.zeros(6, 6, dtype=torch.bool)
    candidates[0] = True
    found = match.consistent(source, painting, torch.ones(5, 5, dtype=torch.bool), candidates)
    assert (found[..., 0] == 0).all()


def test_an_object_finds_itself():
    torch.manual_seed(2)
    painting = torch.randn(8, 12, 14).relu()
    part = painting[:, 3:9, 4:11]
    found, _ = match.independent(part, painting, torch.ones(6, 7, dtype=torch.bool))
    y, x = torch.meshgrid(torch.arange(3, 9), torch.arange(4, 11), indexing="ij")
    inner = (slice(1, -1), slice(1, -1))
    assert torch.equal(found[inner], torch.stack([y, x], -1)[inner])


def test_one_outlier_among_coherent_matches_is_replaced():
    y, x = torch.meshgrid(torch.arange(12), torch.arange(12), indexing="ij")
    matches = torch.stack([y, x], -1)
    matches[6, 6] = torch.tensor([2, 2])
    guide = torch.stack([y, x, x]).float() / 12
    found = match.coherent(matches, guide, torch.ones(12, 12, dtype=torch.bool))
    assert (found[6, 6] - torch.tensor([6, 6])).abs().max() <= 1


def test_matched_vectors_are_the_paintings_own():
    painting = torch.rand(3, 4, 5)
    matches = torch.tensor([[[3, 4], [-1, -1]]])
    found = match.matched(painting, matches)
    assert torch.equal(found[:, 0, 0], painting[:, 3, 4])
    assert not found[:, 0, 1].any()
