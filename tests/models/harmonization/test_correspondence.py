"""The correspondence map: a place and what was matched to it wear the same colour."""

import numpy as np
import pytest
import torch
from harmonization_fixtures import strokes

from retoucher.models.common.cielab import to_lab
from retoucher.models.harmonization.correspondence import DIM, picture
from retoucher.models.harmonization.patches import planes


def matched(size=(10, 13)):
    """Two rows of cells of the object, each matched to its own part of the painting."""
    matches = torch.full((*size, 2), -1)
    matches[7, 5:8] = torch.tensor([2, 2])
    matches[8, 5:8] = torch.tensor([4, 10])
    return matches


def test_the_object_wears_the_colours_of_its_places():
    painting = torch.full((3, 80, 104), 0.6)
    mask = torch.zeros(1, 80, 104)
    mask[:, 56:72, 40:64] = 1
    lab = to_lab(planes(picture(painting, matched(), mask)))
    first, second = lab[60, 50, 1:], lab[68, 50, 1:]
    assert np.abs(first - second).max() > 40
    assert np.abs(lab[20, 20, 1:] - first).max() < 12
    assert np.abs(lab[36, 84, 1:] - second).max() < 12
    assert lab[2, 100, 0] == pytest.approx(DIM * to_lab(planes(painting))[2, 100, 0], abs=0.1)
    assert np.abs(lab[2, 100, 1:]).max() < 0.5
    assert lab[55, 50, 0] > 99  # the white frame
    rim = torch.zeros(1, 80, 104)
    rim[:, 56:72, 32:64] = 1  # a cell to the left has no match: it wears its neighbour's
    wider = to_lab(planes(picture(painting, matched(), rim)))
    assert np.abs(wider[60, 36, 1:] - first).max() < 1e-3


@pytest.mark.parametrize("size", [(80, 104), (77, 99), (160, 208), (8, 8), (1, 1)])
def test_any_painting_has_a_map(size):
    painting = strokes(*size)
    cells = max(1, -(-size[0] // 8)), max(1, -(-size[1] // 8))
    for matches in (torch.full((*cells, 2), -1), torch.zeros((*cells, 2), dtype=torch.int64)):
        shown = picture(painting, matches, torch.ones(1, *size))
        assert shown.shape == painting.shape
        assert shown.isfinite().all()
        assert 0 <= shown.min() <= shown.max() <= 1


def test_without_a_match_the_painting_is_only_dimmed():
    painting = strokes(40, 56)
    shown = picture(painting, torch.full((5, 7, 2), -1), torch.zeros(1, 40, 56))
    before, after = to_lab(planes(painting)), to_lab(planes(shown))
    assert np.abs(after[..., 0] - DIM * before[..., 0]).max() < 1
