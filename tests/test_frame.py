import resource
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from fakes import Nosy
from retoucher.fit import Fit
from retoucher.frame import LEAST_KNOWN, Frame, pad
from retoucher.image import Image
from retoucher.mask import Mask

TINY = Fit(multiple=8, minimum=16, best=24, context=0.5)
fits = st.builds(
    Fit,
    multiple=st.sampled_from([1, 3, 8]),
    minimum=st.sampled_from([1, 16]),
    best=st.sampled_from([0, 7, 24, 1024]),
    context=st.sampled_from([0.0, 0.5, 2.0]),
    padding=st.sampled_from(["symmetric", "reflect"]),
)
sides = st.one_of(st.integers(1, 12), st.sampled_from([47, 97, 180]))


@st.composite
def masks(draw):
    """A few boxes anywhere in a photo of any shape, corners and borders included."""
    height, width = draw(sides), draw(sides)
    array = np.zeros((height, width), bool)
    for _ in range(draw(st.integers(1, 4))):
        x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        array[y : y + draw(st.integers(1, 30)), x : x + draw(st.integers(1, 30))] = True
    return Mask(array)


def photo(height, width, seed=0):
    return Image.from_array(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@given(st.integers(1, 9), st.integers(1, 9), fits)
def test_padding_is_numpys_and_may_be_longer_than_the_side(height, width, fit):
    pixels = torch.arange(height * width).reshape(1, height, width).float()
    tall, wide = fit.padded(height, width)
    padded = np.pad(pixels[0].numpy(), ((0, tall - height), (0, wide - width)), fit.padding)
    assert np.array_equal(pad(pixels, fit)[0].numpy(), padded)
    assert tall % fit.multiple == wide % fit.multiple == 0
    assert min(tall, wide) >= fit.minimum


@given(masks(), fits)
def test_every_hole_is_in_a_frame_and_every_frame_in_the_photo(mask, fit):
    filled = np.zeros(mask.size, bool)
    for frame in Frame.around(mask, fit):
        x, y, width, height = frame.hole
        assert 0 <= frame.x <= x
        assert x + width <= frame.x + frame.width <= mask.width
        assert 0 <= frame.y <= y
        assert y + height <= frame.y + frame.height <= mask.height
        filled[y : y + height, x : x + width] = True
    assert filled[mask.array].all()


@given(masks(), fits)
def test_what_a_network_is_given_fits_it(mask, fit):
    image = photo(*mask.size)
    for frame in Frame.around(mask, fit):
        pixels, hole = frame.take(image, mask.array), frame.take_mask(mask.array)
        assert pixels.shape == (1, 3, *frame.padded)
        assert hole.shape == (1, 1, *frame.padded)
        assert min(frame.padded) >= fit.minimum
        assert all(side % fit.multiple == 0 for side in frame.padded)
        assert not fit.best or max(frame.resized) <= fit.best
        assert set(hole.unique().tolist()) <= {0.0, 1.0}
        assert 0 <= float(pixels.min()) <= float(pixels.max()) <= 1


@given(masks(), fits)
def test_what_lies_under_the_hole_never_reaches_the_network(mask, fit):
    image = photo(*mask.size)
    poisoned = Image.from_array(np.where(mask.array[..., None], np.uint8(255) - image.samples, image.samples))
    for frame in Frame.around(mask, fit):
        taken, hole = frame.take(image, mask.array), frame.take_mask(mask.array)
        assert torch.equal(taken, frame.take(poisoned, mask.array))
        assert float((taken * hole).max()) == 0


@given(masks(), fits)
def test_only_masked_pixels_are_pasted(mask, fit):
    image = Image.from_array(np.full((*mask.size, 3), 10, np.uint8))
    result = image
    for frame in Frame.around(mask, fit):
        result = frame.put(torch.ones(1, 3, *frame.padded), result, mask)
    assert np.array_equal(result.samples, np.where(mask.array[..., None], np.uint8(255), image.samples))


@given(masks(), fits.map(lambda fit: replace(fit, best=0)))
def test_without_resizing_there_and_back_is_the_identity(mask, fit):
    image = photo(*mask.size)
    result = image
    for frame in Frame.around(mask, fit):
        assert frame.scale == 1
        result = frame.put(frame.take(image), result, mask)
    assert np.array_equal(result.samples, image.samples)


@given(masks())
@settings(max_examples=30)
def test_resizing_there_and_back_keeps_things_where_they_are(mask):
    y, x = np.mgrid[: mask.height, : mask.width]
    ramp = np.stack([y * 240 // mask.height, x * 240 // mask.width, x * 0], -1).astype(np.uint8)
    image = Image.from_array(ramp)
    for frame in Frame.around(mask, TINY):
        result = frame.put(frame.take(image), image, mask)
        step = 240 / min(mask.size) / frame.scale  # one resized pixel's worth of the ramp
        assert np.abs(result.samples.astype(int) - ramp).max() <= 2 + 2 * step


def test_resized_bands_and_parts_are_those_of_the_whole(monkeypatch):
    image, mask = photo(131, 97), Mask.from_boxes((131, 97), [(11, 40, 70, 80)])
    (frame,) = Frame.around(mask, TINY)
    taken, hole = frame.take(image, mask.array), frame.take_mask(mask.array)
    filled = torch.rand(taken.shape, generator=torch.Generator().manual_seed(0))
    put = frame.put(filled, image, mask)
    monkeypatch.setattr("retoucher.frame.BAND", 97 * 10)
    torch.testing.assert_close(frame.take(image, mask.array), taken)
    assert torch.equal(frame.take_mask(mask.array), hole)
    assert np.array_equal(frame.put(filled, image, mask).samples, put.samples)
    small = filled[:, :, : frame.resized[0], : frame.resized[1]]
    back = interpolate(small, (frame.height, frame.width), mode="bicubic")[0].clamp(0, 1)
    masked = torch.from_numpy(mask.array[frame.place])
    shown = put.crop(frame.x, frame.y, frame.width, frame.height)
    assert float((shown - back).abs()[:, masked].max()) <= 0.5 / 255 + 1e-4


def test_a_resized_pixel_is_the_mean_of_the_known_pixels_alone():
    samples = np.full((40, 40, 3), 200, np.uint8)
    unknown = np.zeros((40, 40), bool)
    unknown[13:20, 17:25] = True
    samples[unknown] = 0
    (frame,) = Frame.around(Mask(unknown), replace(TINY, best=10))
    taken, hole = frame.take(Image.from_array(samples), unknown), frame.take_mask(unknown)
    assert float((taken - 200 / 255).abs()[(hole == 0).expand_as(taken)].max()) < 1e-6


@pytest.mark.parametrize("corner", [(0, 0), (0, 680), (480, 0), (480, 680), (240, 340)])
def test_a_hole_at_the_border_is_shown_with_as_much_context_as_one_in_the_middle(corner):
    y, x = corner
    (frame,) = Frame.around(Mask.from_boxes((500, 700), [(x, y, 20, 20)]), Fit())
    assert (frame.height, frame.width) == (20 + 2 * 64, 20 + 2 * 64)


def test_context_is_in_proportion_to_the_hole_and_halved_at_most_to_avoid_resizing():
    def frame(side):
        (only,) = Frame.around(Mask.from_boxes((4000, 4000), [(1500, 1500, side, side)]), Fit(best=1024))
        return only.width, only.scale

    assert frame(200) == (600, 1)
    assert frame(400) == (1024, 1)
    assert frame(512) == (1024, 1)
    assert frame(600) == (1200, 1024 / 1200)
    assert frame(2000) == (4000, 1024 / 4000)


def test_holes_are_filled_together_only_where_that_needs_no_resizing():
    near = [(100, 100, 40, 40), (220, 100, 40, 40)]
    far = [*near, (2000, 1500, 300, 300), (2700, 1500, 300, 300)]
    frames = Frame.around(Mask.from_boxes((3000, 4000), far), Fit(best=1024))
    assert [frame.hole for frame in frames] == [(100, 100, 160, 40), (2000, 1500, 300, 300), (2700, 1500, 300, 300)]
    together = Frame.around(Mask.from_boxes((3000, 4000), far), Fit(best=0))
    assert [frame.hole for frame in together] == [(100, 100, 160, 40), (2000, 1500, 1000, 300)]


def test_a_thousand_specks_of_dust_are_not_filled_at_a_quarter_of_the_size():
    array = np.random.default_rng(0).random((1500, 2000)) > 0.9997
    frames = Frame.around(Mask(array), Fit(best=512))
    assert {frame.scale for frame in frames} == {1.0}
    assert 6 <= len(frames) <= 60


def test_where_only_the_neighbourhood_helps_dust_and_wires_are_not_shown_with_half_the_photo():
    y, x = np.mgrid[:1500, :2000]
    wire = np.abs(y - 200 - x / 3) < 4
    dust = np.random.default_rng(0).random((1500, 2000)) > 0.9999
    for array in (wire, dust, wire | dust):
        frames = Frame.around(Mask(array), Fit(best=4096, local=True))
        assert sum(frame.width * frame.height for frame in frames) < 3.5 * array.size
        assert max(max(frame.width, frame.height) for frame in frames) <= 1000
    (only,) = Frame.around(Mask.from_boxes((1500, 2000), [(500, 500, 400, 300)]), Fit(best=4096, local=True))
    assert only.hole == (500, 500, 400, 300)


def test_a_long_wire_is_filled_at_full_size_but_a_long_wall_is_seen_whole():
    y, x = np.mgrid[:3000, :4000]
    wire = Mask(np.abs(y - x * 0.7) < 6)
    frames = Frame.around(wire, Fit(best=1024))
    assert {frame.scale for frame in frames} == {1.0}
    assert 6 <= len(frames) <= 12
    covered = np.zeros(wire.size, bool)
    for frame in frames:
        left, top, width, height = frame.hole
        covered[top : top + height, left : left + width] = True
    assert covered[wire.array].all()
    (wall,) = Frame.around(Mask(np.abs(y - x * 0.7) < 200), Fit(best=1024))
    assert wall.scale == 1024 / 4000


def test_a_frame_grows_until_it_shows_something_known():
    mask = Mask.from_boxes((2000, 2000), [(1000, 1000, 50, 50)])
    unknown = np.ones((2000, 2000), bool)
    unknown[:, :900] = False
    (frame,) = Frame.around(mask, Fit(), unknown)
    known = 1 - unknown[frame.place].mean()
    assert known >= LEAST_KNOWN
    unknown[:] = True
    (frame,) = Frame.around(mask, Fit(), unknown)
    assert (frame.height, frame.width) == (2000, 2000)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 20_000), (20_000, 1), (17, 33)])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_odd_sizes_make_the_round_trip(size, share):
    height, width = (max(1, round(side * share)) for side in size)
    mask = Mask.from_boxes(size, [(0, 0, width, height)])
    result = image = photo(*size)
    for frame in Frame.around(mask, Fit(multiple=8, minimum=16, best=1024)):
        filled = Nosy()(frame.take(image, mask.array), frame.take_mask(mask.array))
        result = frame.put(filled, result, mask)
    assert result.size == size
    assert np.array_equal(result.samples[~mask.array], image.samples[~mask.array])


def test_a_hundred_megapixels_take_no_gigabytes():
    image = Image(np.zeros((9000, 12_000, 1), np.uint8), "L")
    mask = Mask.from_boxes(image.size, [(100, 200, 11_000, 500)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (frame,) = Frame.around(mask, Fit(multiple=8, minimum=16, best=256, context=0))
    assert frame.padded == (24, 256)  # mostly hole: the margin was doubled
    taken = frame.take(image, mask.array)
    result = frame.put(torch.ones_like(taken) * frame.take_mask(mask.array), image, mask)
    assert result.samples[400, 5000, 0] == 255
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kilobytes
