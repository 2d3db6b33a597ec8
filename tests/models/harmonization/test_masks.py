"""Masks at every layer, and resizing as Torch7 did it."""

from __future__ import annotations

import pytest
import torch
from harmonization_fixtures import parity

from retoucher.models.harmonization.masks import dilated, feathered, gaussian, longest, nearest, pyramid, resized

LAYERS = [f"relu{i}_1" for i in range(1, 6)]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_mask_pyramid_is_the_published_one(layer):
    given = parity("masks")
    assert torch.allclose(pyramid(given["input/mask"][None], [layer])[layer][0], given[f"output/{layer}"], atol=1e-6)


def test_dilation_is_exact_and_the_feather_within_1e_6():
    given = parity("masks")
    mask = given["input/mask"][None]
    assert torch.equal(dilated(mask)[0], given["output/dilated"])
    assert torch.allclose(feathered(mask)[0], given["output/blurred_for_compositing"], atol=1e-6)


def test_dilation_grows_a_straight_edge_by_twelve_pixels_and_by_half_as_much_at_half_the_scale():
    mask = torch.zeros(1, 200, 200)
    mask[:, :, 100:] = 1
    assert int((dilated(mask)[0, 100] > 0).sum()) == 100 + 12
    assert int((dilated(mask, 0.5)[0, 100] > 0).sum()) in (105, 106, 107)


@pytest.mark.parametrize(("old", "new"), [((7, 11), (4, 6)), ((9, 5), (5, 3)), ((12, 8), (6, 4)), ((5, 4), (5, 4))])
def test_shrinking_averages_areas_with_fractional_ends(old, new):
    picture = torch.rand(2, *old, dtype=torch.float64)
    found = resized(picture, new)
    fine = picture.repeat_interleave(new[0], 1).repeat_interleave(new[1], 2)  # every cell whole on the common grid
    wanted = fine.view(2, new[0], old[0], new[1], old[1]).mean((2, 4))
    assert torch.allclose(found, wanted, atol=1e-12)


def test_growing_keeps_the_corners_and_straight_lines():
    line = torch.arange(5.0, dtype=torch.float64).expand(1, 3, 5)
    found = resized(line, (3, 9))
    assert torch.allclose(found[0, 0], torch.arange(9.0, dtype=torch.float64) / 2)


def test_nearest_takes_the_cell_below_the_fraction():
    row = torch.arange(5.0).expand(1, 1, 5)
    assert nearest(row, (1, 3))[0, 0].tolist() == [0, 1, 3]
    assert nearest(row, (1, 8))[0, 0].tolist() == [0, 0, 1, 1, 2, 3, 3, 4]


def test_a_kernel_sums_to_one_and_is_almost_a_box_where_it_is_wide():
    kernel = gaussian(7, 21.0)
    assert float(kernel.sum()) == pytest.approx(1)
    assert float(kernel.max() / kernel.min()) < 1.02


def test_the_longest_side_is_what_was_asked_for():
    assert longest(torch.zeros(3, 557, 700), 350) == (278, 350)
    assert longest(torch.zeros(3, 3000, 10), 700) == (700, 2)
