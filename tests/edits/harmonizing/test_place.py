import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from painters import disc
from retoucher.edits.harmonizing import place as placing
from retoucher.edits.harmonizing import resample
from retoucher.edits.harmonizing.place import Placement, place
from retoucher.image import Image
from retoucher.mask import Mask

PAINTING = torch.rand(3, 120, 160, generator=torch.Generator().manual_seed(0))
some = settings(max_examples=25, deadline=None)
angles = st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(-360, 360))


def whole(thing):
    return 0, 0, thing.width, thing.height


def pasted(thing, where, mask=None, painting=PAINTING):
    return place(painting, thing, mask, where, whole(thing))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("middle", [(80, 60), (79.9, 60.2), (3, 118)])
def test_unscaled_and_turned_by_quarters_the_samples_are_pasted_as_they_are(flip, quarters, middle):
    thing = disc(31, 40)
    where = Placement(thing.size, *middle, degrees=90 * quarters, flip=flip).snapped()
    found = pasted(thing, where)
    array = np.rot90(thing.samples[:, ::-1] if flip else thing.samples, -quarters).astype(np.float32) / 255
    left, top, _, _ = map(int, where.area(whole(thing)))
    assert abs(where.x - middle[0]) <= 0.5
    assert abs(where.y - middle[1]) <= 0.5
    wanted = np.zeros((120 + 80, 160 + 80, 4), np.float32)
    wanted[top + 40 : top + 40 + array.shape[0], left + 40 : left + 40 + array.shape[1]] = array
    wanted = torch.from_numpy(wanted[40:160, 40:200].copy()).movedim(-1, 0)
    assert torch.equal(found.mask, wanted[3:])
    expected = PAINTING * (1 - wanted[3:]) + wanted[:3] * wanted[3:]
    assert torch.allclose(found.composite, expected, atol=1e-6)


@given(st.floats(0.1, 2.5), angles, st.booleans(), st.floats(50, 110), st.floats(45, 75))
@some
def test_the_middle_of_the_object_comes_to_lie_where_it_was_put(scale, degrees, flip, x, y):
    thing = disc(24, 30)
    where = Placement(thing.size, x, y, scale, degrees, flip).snapped()
    found = pasted(thing, where, painting=torch.zeros(3, 120, 160))
    rows, columns = torch.meshgrid(torch.arange(120) + 0.5, torch.arange(160) + 0.5, indexing="ij")
    weight = found.mask[0].double()
    assert float((weight * columns).sum() / weight.sum()) == pytest.approx(where.x, abs=0.1)
    assert float((weight * rows).sum() / weight.sum()) == pytest.approx(where.y, abs=0.1)


@given(st.floats(0.1, 2.5), angles, st.booleans())
@some
def test_the_area_that_an_object_covers_grows_with_the_square_of_its_scale(scale, degrees, flip):
    thing = disc(24, 30)
    found = pasted(thing, Placement(thing.size, 80, 60, scale, degrees, flip))
    assert float(found.mask.sum()) == pytest.approx(thing.opacity.sum() * scale**2, rel=0.01, abs=0.5)
    assert found.lost < 0.01 or scale < 0.2


@given(st.floats(0.1, 3), angles)
@some
def test_a_white_object_on_white_leaves_no_rim(scale, degrees):
    samples = disc(24, 30).samples.copy()
    samples[..., :3] = np.where(samples[..., 3:] > 0, 255, 0)  # black where nothing of it can be seen
    found = pasted(
        Image.from_array(samples), Placement((24, 30), 80.3, 60.8, scale, degrees), painting=PAINTING * 0 + 1
    )
    assert float(found.composite.min()) > 1 - 1e-5


@given(st.floats(0.1, 3), angles)
@some
def test_what_is_hidden_by_transparency_never_reaches_the_composite(scale, degrees):
    samples = disc(24, 30).samples
    other = np.where(samples[..., 3:] > 0, samples, np.array([255, 0, 255, 0], np.uint8))
    where = Placement((24, 30), 80.3, 60.8, scale, degrees)
    one, two = (pasted(Image.from_array(each), where) for each in (samples, other))
    assert torch.equal(one.composite, two.composite)
    assert torch.equal(one.composite[:, one.mask[0] == 0], PAINTING[:, one.mask[0] == 0])


@pytest.mark.parametrize("degrees", [0, 90, 30])
@pytest.mark.parametrize("scale", [0.5, 0.25, 0.1])
def test_a_fine_pattern_becomes_an_even_grey_when_it_is_made_smaller(scale, degrees):
    board = np.full((300, 300, 4), 255, np.uint8)
    board[..., :3] = 255 * (np.indices((300, 300)).sum(0) % 2)[..., None]
    found = pasted(Image.from_array(board), Placement((300, 300), 80, 60, scale, degrees))
    inside = Mask((found.mask[0] > 0.999).numpy()).shrink(2).array
    assert inside.sum() > 300
    assert float((found.composite[:, inside] - 0.5).abs().max()) < 0.02


def test_made_larger_a_slope_stays_a_slope():
    slope = np.tile(np.linspace(0, 255, 52).astype(np.uint8)[None, :, None], (40, 1, 4))
    slope[..., 3] = 255
    found = pasted(Image.from_array(slope), Placement((40, 52), 80, 60, 3.0))
    row = found.composite[0, 60, 10:150]
    assert float((row[2:] - 2 * row[1:-1] + row[:-2]).abs().max()) < 0.004
    assert torch.all(row[1:] >= row[:-1] - 1e-6)


@pytest.mark.parametrize(("x", "lost"), [(80, 0.0), (0, 0.5), (160, 0.5), (-7.5, 0.75)])
def test_how_much_is_cut_off_at_the_border_is_known(x, lost):
    samples = np.full((20, 30, 4), 255, np.uint8)
    found = pasted(Image.from_array(samples), Placement((20, 30), x, 60, 1.0))
    assert found.lost == pytest.approx(lost, abs=0.001)


def test_a_mask_takes_away_what_it_does_not_cover():
    thing = disc(24, 30)
    mask = Mask.from_boxes(thing.size, [(0, 0, 15, 24)])
    cut = Image.from_array(np.where(mask.array[..., None], thing.samples, 0).astype(np.uint8))
    for degrees, scale in ((0, 1), (17, 0.7)):
        where = Placement(thing.size, 80, 60, scale, degrees)
        assert torch.equal(pasted(thing, where, mask).composite, pasted(cut, where).composite)


@pytest.mark.parametrize(("scale", "degrees"), [(1, 0), (0.3, 0), (1.7, 180), (0.3, 20), (1.4, 20), (6, 33)])
def test_a_large_object_is_read_in_parts_without_a_difference(monkeypatch, scale, degrees):
    thing = disc(70, 90)
    where = Placement(thing.size, 80, 60, scale, degrees)
    first = pasted(thing, where)
    monkeypatch.setattr(placing, "BAND", 300)
    monkeypatch.setattr(placing, "TILE", 23)
    second = pasted(thing, where)
    assert torch.allclose(first.composite, second.composite, atol=1e-5 if degrees in (0, 180) else 0.02)
    assert torch.allclose(first.mask, second.mask, atol=1e-5 if degrees in (0, 180) else 0.02)


def test_a_step_of_one_cell_from_a_whole_place_gives_the_very_samples():
    layer = np.random.default_rng(0).random((9, 7, 4), np.float32)
    layer[..., :3] *= layer[..., 3:]
    assert np.array_equal(resample.resampled(layer, 0, 0, 1, 9), layer)
    assert np.array_equal(resample.resampled(layer, 0, 9, -1, 9), layer[::-1])
    assert np.array_equal(resample.resampled(layer, 1, -2, 1, 7)[:, 2:], layer[:, :5])
    thirds = layer.reshape(3, 3, 7, 4).mean(1)
    assert np.allclose(resample.resampled(layer, 0, 0, 3, 3), thirds, atol=1e-6)
    assert np.allclose(resample.resampled(layer, 0, 9, -3, 3), thirds[::-1], atol=1e-6)
    outside = resample.resampled(layer, 0, -3, 3, 5)
    assert np.allclose(outside[1:4], thirds, atol=1e-6)
    assert not outside[[0, 4]].any()
    half = resample.resampled(layer, 0, -1.5, 3, 2)
    assert np.allclose(half[0], (layer[0] + layer[1] / 2) / 3, atol=1e-6)
