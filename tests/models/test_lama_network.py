"""What holds for any LaMa network, whatever its weights."""

from __future__ import annotations

import cmath
import math

import pytest
import torch
from lama_fixtures import fourier, gap, picture, regular, small
from torch import Tensor

from retoucher.models.lama.ffc import Split
from retoucher.models.lama.fourier import from_parts, quarters, to_parts
from retoucher.models.lama.fused import fused
from retoucher.models.lama.network import LaMa
from retoucher.models.lama.refine import halved, refine, sure_hole


def transform(x: list[list[float]]) -> list[list[complex]]:
    """The definition: every bin of the half spectrum as a sum over all pixels, divided by sqrt(H W)."""
    height, width = len(x), len(x[0])
    return [
        [
            sum(
                x[i][j] * cmath.exp(-2j * math.pi * (u * i / height + v * j / width))
                for i in range(height)
                for j in range(width)
            )
            / math.sqrt(height * width)
            for v in range(width // 2 + 1)
        ]
        for u in range(height)
    ]


def inverse(spectrum: list[list[complex]], width: int) -> list[list[float]]:
    """Down the columns first; then along the rows, every bin but the first (and last, if even) counted twice."""
    height = len(spectrum)
    out = []
    for i in range(height):
        row = [
            sum(spectrum[u][v] * cmath.exp(2j * math.pi * u * i / height) for u in range(height))
            for v in range(width // 2 + 1)
        ]
        bins = [(z if v == 0 or 2 * v == width else 2 * z, 2j * math.pi * v / width) for v, z in enumerate(row)]
        terms = [sum((z * cmath.exp(turn * j)).real for z, turn in bins) for j in range(width)]
        out.append([term / math.sqrt(height * width) for term in terms])
    return out


@pytest.mark.parametrize("size", [(5, 7), (4, 6), (6, 5), (1, 4)])
def test_the_fast_transforms_equal_the_definition(size: tuple[int, int]) -> None:
    x = torch.rand(1, 2, *size, dtype=torch.float64)
    parts = to_parts(x)
    for channel in range(2):
        expected = torch.tensor(transform(x[0, channel].tolist()), dtype=torch.complex128)
        assert gap(parts[0, 2 * channel], expected.real) < 1e-12
        assert gap(parts[0, 2 * channel + 1], expected.imag) < 1e-12
    parts = parts.relu()  # no longer the spectrum of a real picture
    back = from_parts(parts, size)
    for channel in range(2):
        spectrum = torch.complex(parts[0, 2 * channel], parts[0, 2 * channel + 1]).tolist()
        assert gap(back[0, channel], torch.tensor(inverse(spectrum, size[1]), dtype=torch.float64)) < 1e-12


MODELS = {
    "fourier": small,
    "regular": regular,
    "dilated": lambda: regular((8, 16), 1, 4),
    "local Fourier unit": lambda: fourier([Split(8), Split(8, 24)], lfu=True),
    "gated": lambda: fourier([Split(8), Split(8, 24)], gated=True),
    "fused": lambda: fused(small()),
}


@pytest.mark.parametrize("kind", MODELS)
def test_what_lies_under_the_hole_never_reaches_the_result(kind: str) -> None:
    model = MODELS[kind]()
    image, mask = picture(40, 56)
    before = model(image, mask)
    for other in (torch.rand(3, 40, 56), torch.tensor(float("nan")), torch.tensor(float("inf"))):
        assert torch.equal(model(torch.where(mask > 0, other, image), mask), before)
    assert not torch.equal(model(torch.where(mask > 0, image, 1 - image), mask), before)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (17, 33), (45, 24)])
def test_any_size_comes_back_as_it_was(kind: str, size: tuple[int, int]) -> None:
    out = MODELS[kind]()(*picture(*size))
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


def test_every_pixel_sees_the_whole_picture() -> None:
    model = small()
    image, mask = picture(64, 64)
    changed = image.clone()
    changed[..., -1, -1] = 1 - changed[..., -1, -1]
    assert bool((model(image, mask) != model(changed, mask))[..., 0, 0].all())


@pytest.mark.parametrize("kind", ["fourier", "regular", "fused"])
@pytest.mark.parametrize(("dtype", "limit"), [(torch.bfloat16, 0.2), (torch.float16, 0.03), (torch.float64, 1e-5)])
def test_other_number_types_give_the_same_picture_more_or_less(kind: str, dtype: torch.dtype, limit: float) -> None:
    model = MODELS[kind]()
    image, mask = picture(32, 48)
    single = model(image, mask)
    other = model.to(dtype)(image.to(dtype), mask.to(dtype))
    assert other.dtype == dtype
    assert gap(other.float(), single) < limit


def test_training_reaches_every_parameter() -> None:
    for model in (small().train(), fourier([Split(8), Split(8, 24)], lfu=True, gated=True).train()):
        model(*picture(32, 32, count=2)).sum().backward()
        assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_local_fourier_unit_refuses_what_it_is_not_defined_for() -> None:
    for size in ((4, 6), (5, 5)):
        with pytest.raises(ValueError, match="even square"):
            quarters(torch.rand(1, 4, *size))


def erosion_by_loop(hole: Tensor) -> Tensor:
    """A pixel stays if all under the element are hole; outside of the picture counts as hole."""
    height, width = hole.shape
    rows = (1, 9, 11, 13, 13, 15, 15, 15, 15, 15, 13, 13, 11, 9, 1)
    out = torch.zeros(height, width, dtype=torch.bool)
    for y in range(height):
        for x in range(width):
            out[y, x] = all(
                bool(hole[y + dy - 7, x + dx])
                for dy, count in enumerate(rows)
                for dx in range(-(count // 2), count // 2 + 1)
                if 0 <= y + dy - 7 < height and 0 <= x + dx < width
            )
    return out


def test_the_hole_is_eroded_as_the_definition_says() -> None:
    mask = torch.zeros(1, 1, 48, 60)
    mask[..., 4:44, 6:50] = 1
    mask[..., :20, 40:] = 1
    half = torch.nn.functional.interpolate(mask, (24, 30), mode="bilinear")[0, 0] == 1
    assert torch.equal(sure_hole(mask)[0, 0], erosion_by_loop(half))
    assert 0 < int(sure_hole(mask).sum()) < int(half.sum())


def test_halving_keeps_a_constant_picture() -> None:
    assert gap(halved(torch.full((1, 3, 21, 30), 0.3)), torch.full((1, 3, 10, 15), 0.3)) < 1e-6


@pytest.mark.parametrize("kind", ["fourier", "regular"])
def test_refinement_changes_the_hole_alone_and_never_looks_under_it(kind: str) -> None:
    model = MODELS[kind]()
    image, mask = picture(48, 64)
    options = {"iterations": 3, "min_side": 24, "rate": 0.01}
    refined = refine(model, image, mask, **options)
    known = (mask == 0).expand_as(image)
    assert torch.equal(refined[known], image[known])
    assert gap(refined, torch.where(mask > 0, model(image, mask), image)) > 1e-4
    unseen = torch.where(mask > 0, torch.tensor(float("nan")), image)
    assert torch.equal(refine(model, unseen, mask, **options), refined)


def test_refinement_wants_the_network_as_published_and_keeps_to_its_budget() -> None:
    image, mask = picture(40, 40)
    with pytest.raises(TypeError, match="as published"):
        refine(fused(small()), image, mask)
    assert refine(small(), image, mask, budget=1000, iterations=1).shape == (1, 3, 31, 31)


def test_the_same_input_gives_the_same_bytes() -> None:
    image, mask = picture(64, 80)
    for model in (small(), fused(small())):
        assert isinstance(model, LaMa)
        assert torch.equal(model(image, mask), model(image.clone(), mask.clone()))
