"""A result found small, at the painting's size: where things lie, how sharp they are, what is not touched."""

import tracemalloc

import cv2
import numpy as np
import pytest
import torch
from harmonization_fixtures import strokes

from retoucher.models.common.patchmatch import Field
from retoucher.models.harmonization.lift import REACH, lift
from retoucher.models.harmonization.masks import resized
from retoucher.models.harmonization.patches import in_place, near, planes
from retoucher.models.harmonization.strokes import BUSY, contrast, copied, finer_places
from retoucher.models.harmonization.views import View, octaves


def shrunk(size, *pictures):
    return [resized(picture, size) for picture in pictures]


def ramp(size):
    """Rows and columns of pixel centres as shares of the picture: (h, w, 2)."""
    y, x = np.indices(size)
    return np.stack([(y + 0.5) / size[0], (x + 0.5) / size[1]], -1).astype(np.float32)


def test_a_view_carries_what_it_holds_to_where_it_belongs():
    small, large = (40, 51), (137, 160)
    view = View(small, slice(9, 31), slice(12, 40))
    finer = view.at(large)
    assert (finer.rows, finer.columns) == (slice(30, 107), slice(37, 126))
    carried = view.carried(view.of(ramp(small)), finer)
    inside = slice(8, -8), slice(8, -8)  # the border repeats its last pixel
    assert np.abs(carried - finer.of(ramp(large)))[inside].max() < 2e-3  # a twelfth of a small pixel
    assert np.abs(View(small, slice(0, 40), slice(0, 51)).of(ramp(large)) - ramp(small)).max() < 1e-3


def test_octaves_end_at_the_full_size():
    assert octaves((50, 70), (60, 84)) == [(60, 84)]
    assert octaves((525, 700), (2250, 3000)) == [(1087, 1449), (2250, 3000)]
    assert len(octaves((100, 100), (800, 800))) == 3


def test_a_field_of_nothing_moved_stays_one_and_a_shift_grows_with_the_picture():
    view = View((20, 30), slice(3, 15), slice(5, 25))
    large = view.at((40, 60))
    own = in_place(view.shape, (3, 5))
    for shift in ((0, 0), (2, -3)):
        field = Field(own + np.int32(shift), np.zeros(view.shape, np.float32), np.ones(view.shape, bool))
        places = finer_places(field, view, large)
        assert (places == in_place(large.shape, (6, 10)) + 2 * np.array(shift)).all()


def test_strokes_are_copied_from_where_patches_found_their_like_and_tamed_where_they_are_loud():
    random = np.random.default_rng(0)
    strokes_ = random.normal(0, 0.05, (40, 50, 3)).astype(np.float32)
    strokes_[25:35, 30:45] *= 12
    wanted = np.zeros((20, 20), bool)
    wanted[3:17, 3:17] = True
    quiet, loud = (
        Field(in_place(wanted.shape, corner), np.zeros(wanted.shape, np.float32), wanted)
        for corner in ((2, 4), (20, 27))
    )
    found = copied(strokes_, wanted, quiet, 3)
    assert np.abs(found - strokes_[2:22, 4:24])[5:15, 5:15].max() < 0.03
    assert (found[~wanted] == 0).all()
    most = BUSY * np.median(contrast(strokes_))
    assert contrast(copied(strokes_, wanted, loud, 3)).max() < 1.6 * most
    assert contrast(strokes_).max() > 6 * most


@pytest.mark.parametrize("size", [(70, 100), (131, 97)])
@pytest.mark.parametrize("place", ["middle", "border", "dot", "everything"])
def test_far_from_the_object_the_paintings_very_pixels_stay(size, place):
    painting, other = strokes(*size), strokes(*size, seed=1)
    mask = torch.zeros(1, *size)
    boxes = {
        "middle": (30, 50, 40, 60),
        "border": (0, 20, 0, 30),
        "dot": (33, 35, 51, 53),
        "everything": (0, 999, 0, 999),
    }
    top, bottom, left, right = boxes[place]
    mask[:, top:bottom, left:right] = 1
    composite = torch.where(mask > 0, other, painting)
    small = size[0] // 3, size[1] // 3
    c, m = shrunk(small, composite, mask)
    result = lift(0.8 * c, c, composite, painting, mask, m)
    assert result.shape == painting.shape
    assert result.isfinite().all()
    assert 0 <= result.min() <= result.max() <= 1
    far = ~near(mask[0].numpy() > 0, 3 * (REACH + 3))
    assert torch.equal(result[:, far], painting[:, far])


@pytest.mark.parametrize(
    ("size", "small"), [((9, 14), (3, 5)), ((5, 3), (1, 1)), ((40, 61), (40, 61)), ((300, 7), (50, 1))]
)
def test_the_smallest_pictures_are_lifted_too(size, small):
    painting, composite, mask = strokes(*size), strokes(*size, seed=1), torch.zeros(1, *size)
    mask[:, : size[0] // 2 + 1, : size[1] // 2 + 1] = 1
    p, c, m = shrunk(small, painting, composite, mask)
    result = lift(torch.where(m > 0, c, p), c, composite, painting, mask, m)
    assert result.shape == painting.shape
    assert result.isfinite().all()


def test_an_empty_mask_gives_the_painting():
    painting = strokes(60, 60)
    (p,) = shrunk((20, 20), painting)
    nothing = torch.zeros(1, 60, 60)
    assert torch.equal(lift(p, p, painting, painting, nothing, nothing[:, :20, :20]), painting)


def disc(size, radius):
    y, x = np.indices(size)
    away = np.hypot(y - size[0] / 2, x - size[1] / 2)
    return torch.from_numpy(np.clip(radius + 0.5 - away, 0, 1).astype(np.float32))[None]


def test_what_did_not_change_comes_back_with_its_own_edges():
    size, small = (240, 300), (60, 75)
    painting = torch.full((3, *size), 0.5)  # no strokes to add
    thing = torch.where(torch.arange(300) < 151, 0.2, 0.8).expand(3, *size)  # its edge lies within a small pixel
    mask = disc(size, 80)
    composite = thing * mask + painting * (1 - mask)
    c, m = shrunk(small, composite, mask)
    result = lift(c, c, composite, painting, mask, m)
    inner = disc(size, 72)[0] == 1
    assert (result - composite)[:, inner].abs().mean() < 0.01
    interpolated = cv2.resize(planes(c), size[::-1], interpolation=cv2.INTER_CUBIC)
    steepest = (result[0, 100:140, 1:] - result[0, 100:140, :-1]).abs().amax(1).mean()
    assert steepest > 0.45  # of 0.6
    assert np.abs(np.diff(interpolated[100:140, :, 0], axis=1)).max() < 0.25


def test_beyond_a_soft_edge_the_ground_is_the_paintings_own():
    size, small = (160, 200), (40, 50)
    painting, mask = strokes(*size), disc(size, 30)
    composite = 0.9 * mask + painting * (1 - mask)
    p, c, m = shrunk(small, painting, composite, mask)
    result = lift(torch.where(m > 0, c, p + 0.1), c, composite, painting, mask, m).double()
    ring = (disc(size, 52)[0] == 1) & (disc(size, 36)[0] == 0)
    assert (result - painting)[:, ring].abs().max() < 1e-3


def test_an_even_object_gets_strokes_as_strong_as_the_paintings():
    size, small = (240, 300), (60, 75)
    random = torch.Generator().manual_seed(0)
    fine = torch.nn.functional.interpolate(torch.rand(1, 1, 120, 150, generator=random), scale_factor=2)[0]
    painting = (0.3 + 0.3 * fine).expand(3, -1, -1).contiguous()  # squares of two pixels
    mask = disc(size, 80)
    composite = 0.45 * mask + painting * (1 - mask)
    c, m = shrunk(small, composite, mask)
    result = lift(c, c, composite, painting, mask, m)
    inner = disc(size, 70)[0] == 1
    assert result[0, inner].mean() == pytest.approx(0.45, abs=0.02)
    assert 0.5 < result[0, inner].std() / painting.std() < 1.5
    assert composite[0, inner].std() < 1e-6


def test_one_colour_and_grey_stay_what_they_are():
    size, small = (90, 120), (30, 40)
    mask = disc(size, 25)
    even = torch.tensor([0.8, 0.3, 0.1])[:, None, None].expand(3, *size).contiguous()
    p, m = shrunk(small, even, mask)
    assert (lift(p, p, even, even, mask, m) - even).abs().max() < 1e-4
    painting, other = (strokes(*size, seed).mean(0, keepdim=True).expand(3, -1, -1).contiguous() for seed in range(2))
    p, c = shrunk(small, painting, other)
    result = lift(c, c, other, painting, mask, m)
    assert (result.amax(0) - result.amin(0)).max() < 1e-4


def test_the_same_seed_gives_the_same_bytes():
    size, small = (120, 100), (40, 33)
    painting, mask = torch.rand(3, *size, generator=torch.Generator().manual_seed(1)), disc(size, 30)
    composite = 0.5 * mask + painting * (1 - mask)
    c, m = shrunk(small, composite, mask)
    first, again, other = (lift(c, c, composite, painting, mask, m, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_memory_stays_within_a_few_paintings():
    size, small = (600, 800), (150, 200)
    painting, mask = strokes(*size), disc(size, 150)
    composite = 0.5 * mask + painting * (1 - mask)
    c, m = shrunk(small, composite, mask)
    tracemalloc.start()
    lift(c, c, composite, painting, mask, m)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 9 * painting.numel() * 4
