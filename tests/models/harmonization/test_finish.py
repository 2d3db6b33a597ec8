"""Post-processing: the published steps, then what it promises on any picture."""

import numpy as np
import pytest
import torch
from harmonization_fixtures import parity, pasted, strokes

from retoucher.models.common.cielab import to_lab
from retoucher.models.common.patchmatch import Field
from retoucher.models.harmonization import finish as finishing
from retoucher.models.harmonization.finish import (
    blend_mask,
    denoised,
    detail,
    finish,
    rebuilt,
    softened,
    statistics,
    voted,
)
from retoucher.models.harmonization.patches import anywhere, centres, in_place, nearest, planes, tensor


@pytest.fixture(scope="module")
def published():
    tensors = {
        name: value.float() if value.is_floating_point() else value for name, value in parity("postprocess").items()
    }
    corners = tensors["input/field_xy"].numpy()  # (x, y) of upper-left corners, (16, 24, 2)
    centre = np.zeros((22, 30), bool)
    centre[3:-3, 3:-3] = True
    places = np.zeros((22, 30, 2), np.int32)
    places[3:-3, 3:-3] = corners[..., ::-1] + 3
    return tensors, Field(places, np.zeros((22, 30), np.float32), centre)


def gap(a, b):
    assert a.shape == b.shape
    return float((a - b).abs().max())


def test_each_step_computes_what_is_published(published):
    tensors, field = published
    image, guide, painting = (planes(tensors[f"input/{name}"]) for name in ("image", "guide", "painting"))
    assert gap(torch.from_numpy(to_lab(image).transpose(2, 0, 1)), tensors["output/lab"]) < 1e-4
    calm = denoised(image, guide)
    assert gap(tensor(calm), tensors["output/denoised"]) < 1e-5
    assert gap(detail(tensor(calm)), tensors["output/detail"]) < 1e-5
    everything = np.ones((22, 30), bool)
    assert gap(tensor(voted(image, painting, everything, field)), tensors["output/voted"]) < 1e-5
    assert gap(softened(tensors["input/mask"][None])[0], tensors["output/blend_mask"]) < 1e-5


def test_all_steps_together_are_the_published_result(published, monkeypatch):
    tensors, field = published

    def given(target, source, wanted, starts, **options):
        assert target.shape == source.shape == (22, 30, 3)  # the margin reaches all of so small a picture
        return Field(field.source, field.cost, wanted & field.target)

    monkeypatch.setattr(finishing, "nearest", given)
    image, guide, painting = (tensors[f"input/{name}"] for name in ("image", "guide", "painting"))
    mask = tensors["input/mask"][None]
    result, share = finish(image, guide, mask, painting), softened(mask)
    away = slice(6, -6)  # nearer to the border the published detail lights up and the painting shows through
    assert gap(result[:, away, away], tensors["output/final"][:, away, away]) < 1e-5
    together = (tensors["output/voted"] + tensors["output/detail"]) * share + painting * (1 - share)
    assert gap(together.clamp(0, 1), tensors["output/final"]) < 1e-5


def masks(height, width):
    yield "middle", (slice(height // 3, 2 * height // 3 + 1), slice(width // 3, 2 * width // 3 + 1))
    yield "corner", (slice(0, height // 4 + 1), slice(width // 2, width))
    yield "one pixel", (slice(height // 2, height // 2 + 1), slice(width // 2, width // 2 + 1))
    yield "everything", (slice(None), slice(None))


@pytest.mark.parametrize("rebuild", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (2, 9), (7, 7), (23, 41), (60, 37)])
def test_any_size_and_mask_gives_a_picture_that_is_the_painting_beyond_the_blend_mask(size, rebuild):
    painting, image, composite = (strokes(*size, seed=seed) for seed in range(3))
    for name, place in masks(*size):
        mask = torch.zeros(1, *size)
        mask[0][place] = 1
        result = finish(image, composite, mask, painting, rebuild=rebuild)
        keep = blend_mask(mask)[0] == 0
        assert torch.equal(result[:, keep], painting[:, keep]), name
        assert result.isfinite().all(), name
        assert 0 <= result.min() <= result.max() <= 1, name
    assert torch.equal(finish(image, composite, torch.zeros(1, *size), painting), painting)


def test_working_on_the_box_alone_changes_nothing():
    painting, image, composite = (strokes(61, 75, seed=seed) for seed in range(3))
    mask = torch.zeros(1, 61, 75)
    mask[:, 25:33, 40:52] = 1
    share = blend_mask(mask)
    whole = tensor(denoised(planes(image), planes(composite))) * share + painting * (1 - share)
    assert gap(finish(image, composite, mask, painting, rebuild=False), whole) < 1e-6


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_patches():
    painting = torch.rand(3, 50, 60, generator=torch.Generator().manual_seed(3))
    composite, mask = pasted(painting)
    first, again, other = (finish(composite, composite, mask, painting, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_picture_made_of_the_painting_is_rebuilt_as_it_is():
    painting = planes(strokes(60, 80))
    moved = np.roll(painting, (9, 17), (0, 1))[20:50, 25:70].copy()
    wanted = np.ones(moved.shape[:2], bool)
    assert np.abs(rebuilt(moved, painting, wanted, (20, 25)) - moved).max() < 1e-6


def test_patches_are_found_almost_as_well_as_by_looking_everywhere():
    painting, target = planes(strokes(40, 50)), planes(strokes(30, 34, seed=0).flip(2))
    wanted = centres(np.ones((30, 34), bool), 3)
    starts = in_place(wanted.shape, (5, 5)), anywhere(wanted.shape, painting.shape, 1)
    field = nearest(target, painting, wanted, starts, radius=3, rounds=finishing.ROUNDS, seed=1)
    small, large = np.rint(target * 255), np.rint(painting * 255)
    sources = np.lib.stride_tricks.sliding_window_view(large, (7, 7), (0, 1)).reshape(-1, 147)
    best = []
    for y, x in np.argwhere(wanted):
        patch = small[y - 3 : y + 4, x - 3 : x + 4].transpose(2, 0, 1).ravel()
        costs = ((sources - patch) ** 2).sum(1)
        best.append(costs.min())
        sy, sx = field.source[y, x]
        assert field.cost[y, x] == costs[(sy - 3) * 44 + sx - 3]
    assert field.cost[wanted].mean() <= 1.1 * np.mean(best)


@pytest.mark.parametrize("colour", [(0.5, 0.5, 0.5), (0.9, 0.1, 0.2), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
def test_one_colour_stays_that_colour_up_to_the_border(colour):
    painting = torch.tensor(colour)[:, None, None].expand(3, 40, 30).contiguous()
    mask = torch.zeros(1, 40, 30)
    mask[:, :, 10:] = 1  # touches three borders
    for result in (finish(painting, painting, mask, painting), statistics(painting, painting, mask)):
        assert gap(result, painting) < 1e-4


def test_an_object_cut_off_by_the_border_is_there_up_to_the_border():
    painting = torch.zeros(3, 40, 30)
    image = torch.full((3, 40, 30), 0.5)
    mask = torch.zeros(1, 40, 30)
    mask[:, 12:, 10:] = 1
    assert (blend_mask(mask)[:, 12:, 10:] > 0.999).all()
    assert (softened(mask)[:, -1, 10:-5] < 0.7).all()  # what we do not want
    assert gap(finish(image, image, mask, painting, rebuild=False)[:, 12:, 10:], image[:, 12:, 10:]) < 1e-3
    assert gap(statistics(image, image, mask)[:, 20:, 18:], image[:, 20:, 18:]) < 1e-3


def test_grey_stays_grey():
    painting, image = (strokes(40, 50, seed).mean(0, keepdim=True).expand(3, -1, -1) for seed in range(2))
    mask = torch.zeros(1, 40, 50)
    mask[:, 10:30, 10:30] = 1
    for result in (finish(image, image, mask, painting), statistics(image, painting, mask)):
        assert (result.amax(0) - result.amin(0)).max() < 2e-3


def test_coloured_noise_goes_and_lightness_stays():
    grey = strokes(60, 60).mean(0, keepdim=True).expand(3, -1, -1).contiguous()
    noisy = (grey + 0.1 * torch.randn(3, 60, 60, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    before, after = to_lab(planes(noisy)), to_lab(denoised(planes(noisy), planes(grey)))
    assert after[..., 1:].std() < 0.35 * before[..., 1:].std()
    assert np.abs(after[..., 0] - before[..., 0]).mean() < 1


def test_progress_is_told_in_order():
    told = []
    painting = strokes(40, 50)
    composite, mask = pasted(painting)
    finish(composite, composite, mask, painting, tell=lambda fraction, message, preview=None: told.append(fraction))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] < 1


def means(picture, mask):
    return to_lab(planes(picture))[mask[0].numpy() > 0.5].mean(0), to_lab(planes(picture))[mask[0].numpy() > 0.5].std(0)


def test_statistics_move_part_of_the_way_to_the_example():
    painting = strokes(80, 90, seed=5)
    composite, mask = pasted(painting)
    source = torch.zeros(1, 80, 90)
    source[:, :, :30] = 1
    moved = statistics(composite, painting, mask, source)
    inner = mask == 1
    (old, wide), (new, wider), (wanted, _) = means(composite, inner), means(moved, inner), means(painting, source)
    assert np.abs(new - old - finishing.SHARE * (wanted - old)).max() < 6
    assert (wider < finishing.MOST * 1.2 * wide + 1).all()
    keep = mask[0] == 0
    assert torch.equal(moved[:, keep], painting[:, keep])


def test_a_large_painting_is_measured_from_fewer_pixels(monkeypatch):
    painting = strokes(120, 150, seed=5)
    composite, mask = pasted(painting)
    dot = torch.zeros(1, 120, 150)
    dot[:, 61, 73] = 1  # a single pixel that a sample would miss
    whole, of_dot = statistics(composite, painting, mask), statistics(composite, painting, mask, dot)
    monkeypatch.setattr(finishing, "SAMPLES", 1500)
    assert 0 < gap(statistics(composite, painting, mask), whole) < 0.02
    assert torch.equal(statistics(composite, painting, mask, dot), of_dot)


def test_statistics_need_an_example_and_take_any_object():
    painting = strokes(30, 40)
    composite, mask = pasted(painting)
    with pytest.raises(ValueError, match="empty"):
        statistics(composite, painting, mask, torch.zeros(1, 30, 40))
    for some in (torch.ones(1, 30, 40), torch.zeros(1, 30, 40), 0.2 * mask):
        result = statistics(composite, painting, some)
        assert result.isfinite().all()
        assert 0 <= result.min() <= result.max() <= 1
