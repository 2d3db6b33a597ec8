"""What holds for any U-Net of partial convolutions, whatever its weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from partialconv_fixtures import gap, lively, picture, small
from torch import Tensor

from retoucher.edits.inpaint import Inpaint
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.models.partialconv.network import SIGNED_BGR, Sizes, Step

MODELS = {
    "published": small,
    "blue first": lambda: lively(Sizes.published(4, 8), SIGNED_BGR),
    "no first bias": lambda: lively(replace(Sizes.published(3, 6), first_bias=False)),
    "one level": lambda: lively(Sizes((Step(5, 7),), (Step(3),))),
    "odd widths": lambda: lively(Sizes((Step(5, 3), Step(7, 5), Step(4, 1)), (Step(9, 5), Step(6), Step(3, 7)))),
}


@pytest.mark.parametrize("kind", MODELS)
def test_what_lies_under_the_hole_never_reaches_the_result(kind: str) -> None:
    model = MODELS[kind]().train()  # values are not clamped then, and nothing can hide
    for module in model.core.modules():
        module.training = False
    image, mask = picture(40, 56)
    before = model(image, mask)
    for other in (torch.rand(3, 40, 56), torch.tensor(float("nan")), torch.tensor(float("inf"))):
        assert torch.equal(model(torch.where(mask > 0, other, image), mask), before)
    assert not torch.equal(model(torch.where(mask > 0, image, 1 - image), mask), before)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (17, 33), (45, 24)])
def test_any_size_comes_back_as_it_was(kind: str, size: tuple[int, int]) -> None:
    for mask in (torch.zeros(1, 1, *size), torch.ones(1, 1, *size), picture(*size)[1]):
        out = MODELS[kind]()(picture(*size)[0], mask)
        assert out.shape == (1, 3, *size)
        assert bool(((out >= 0) & (out <= 1)).all())


@pytest.mark.parametrize("kind", MODELS)
def test_pictures_of_a_batch_do_not_know_each_other(kind: str) -> None:
    model = MODELS[kind]()
    image, mask = picture(40, 48, count=3)
    mask[1] = 0
    mask[2] = mask[2].flip(-1)
    together = model(image, mask)
    apart = torch.cat([model(image[i : i + 1], mask[i : i + 1]) for i in range(3)])
    assert gap(together, apart) < 1e-5


def test_the_fit_follows_from_the_depth() -> None:
    for levels, multiple in ((3, 8), (7, 128), (8, 256)):
        fit = small(levels, 1).fit
        assert (fit.multiple, fit.minimum, fit.best) == (multiple, multiple, 512)


def test_the_last_map_says_what_no_layer_has_seen() -> None:
    core = small(2).core  # two levels see about twenty pixels
    x = torch.rand(1, 3, 128, 128)
    valid = torch.zeros(1, 1, 128, 128)
    valid[..., :20, :20] = 1
    y, known = core(x, valid)
    assert known.shape == y.shape
    assert bool(known[..., :20, :20].all())
    assert not known[..., 64:, 64:].any()
    assert not y[..., 64:, 64:].any()
    deep = small(5).core
    assert bool(deep(x, valid)[1][..., :64, :64].all())


def test_the_network_agrees_with_maps_for_every_channel() -> None:
    """The definition: features and maps side by side, as many maps as features, concatenated at each skip."""
    model = small(3)
    core, (image, mask) = model.core, picture(32, 48)
    x, valid = image, 1 - mask

    def step(layer: torch.nn.Module, x: Tensor, valid: Tensor, slope: float) -> tuple[Tensor, Tensor]:
        y, seen = layer.conv(x, valid)
        y = y if layer.norm is None else layer.norm(y)
        return torch.nn.functional.leaky_relu(y, slope), seen.expand_as(y)

    levels = [(x, valid.expand_as(x))]
    for layer in core.encoder:
        levels.append(step(layer, *levels[-1], 0.0))
    y, known = levels.pop()
    for number, layer in enumerate(core.decoder):
        across, seen = levels.pop()
        y, known = (part.repeat_interleave(2, -1).repeat_interleave(2, -2) for part in (y, known))
        last = number == len(core.decoder) - 1
        y, known = step(layer, torch.cat([y, across], 1), torch.cat([known, seen], 1), 1.0 if last else 0.2)
    mine, grown = core(x, valid)
    assert gap(mine, y) < 1e-5
    assert torch.equal(grown, known)


@pytest.mark.parametrize(("dtype", "limit"), [(torch.bfloat16, 0.1), (torch.float16, 0.02), (torch.float64, 1e-5)])
def test_other_number_types_give_the_same_picture_more_or_less(dtype: torch.dtype, limit: float) -> None:
    model = small()
    image, mask = picture(32, 48)
    single = model(image, mask)
    other = model.to(dtype)(image.to(dtype), mask.to(dtype))
    assert other.dtype == dtype
    assert gap(other.float(), single) < limit


def test_training_reaches_every_parameter_also_beyond_the_range() -> None:
    model = small().train()
    out = model(*picture(32, 32, count=2))
    assert bool((out < 0).any() | (out > 1).any())
    out.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_it_fills_a_photo_through_the_edit_and_changes_nothing_else() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    image, mask = Image.from_array(pixels), Mask.from_boxes((70, 90), [(30, 20, 25, 18)])
    result = Inpaint(model="partialconv").run(image, mask, load=lambda name: small())
    assert result.report.method == "partialconv"
    assert result.image.mark == "compositeWithTrainedAlgorithmicMedia"
    assert np.array_equal(result.image.samples[result.changed.array == 0], pixels[result.changed.array == 0])
    assert (result.image.samples[25:35, 35:50] != pixels[25:35, 35:50]).any()
