"""LaMa computes what the published program computes, module by module and from bytes to bytes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from lama_fixtures import PARITY, gap, parity
from torch import Tensor, nn

from retoucher.fit import Fit
from retoucher.frame import pad
from retoucher.models.lama import from_published
from retoucher.models.lama.fourier import FourierUnit, SpectralTransform
from retoucher.models.lama.fused import fused
from retoucher.models.lama.network import FourierGenerator, Sizes
from retoucher.models.lama.predict import inpainted, padded, predict
from retoucher.models.lama.refine import pyramid, refine
from retoucher.models.lama.regular import RegularGenerator, RegularSizes

GENERATORS = ("generator_fourier_down3", "generator_fourier_down2", "generator_regular")


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("fourier_unit_even", FourierUnit(6, 6)),
        ("fourier_unit_odd", FourierUnit(5, 7)),
        ("spectral_transform_lfu", SpectralTransform(16, 16, lfu=True)),
        ("spectral_transform_stride2", SpectralTransform(12, 16, 2)),
    ],
)
def test_modules_compute_what_the_published_ones_do(name: str, module: nn.Module) -> None:
    weights, tensors = parity(name)
    module.load_state_dict(weights)
    assert gap(module.eval()(tensors["input/x"]), tensors["output/y"]) < 1e-5


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_predict_what_the_published_ones_do(name: str) -> None:
    weights, tensors = parity(name)
    for model in (from_published(weights), fused(from_published(weights))):
        assert gap(model.core(tensors["input/generator_input"]), tensors["output/predicted"]) < 1e-5


@pytest.mark.parametrize("name", GENERATORS[:2])
def test_the_house_convention_masks_and_joins_as_published(name: str) -> None:
    weights, tensors = parity(name)
    image, mask = tensors["input/image"], tensors["input/mask"]
    prediction = from_published(weights)(image, mask)
    assert gap(prediction, tensors["output/predicted"]) < 1e-5
    assert gap(torch.where(mask > 0, prediction, image), tensors["output/inpainted"]) < 1e-5


def test_every_stage_gives_the_published_local_and_global_features() -> None:
    weights, tensors = parity("generator_fourier_down3")
    core = from_published(weights).core
    seen: dict[str, Tensor | None] = {}
    for stage in (1, 4, 5):
        core.model[stage].register_forward_hook(
            lambda _, __, out, stage=stage: seen.update({f"{stage}.local": out[0], f"{stage}.global": out[1]})
        )
    core(tensors["input/generator_input"])
    assert seen.pop("1.global") is None
    for name, features in seen.items():
        assert features is not None
        assert gap(features[:1], tensors[f"output/model.{name}"]) < 1e-5, name


def test_the_whole_pipeline_gives_the_published_bytes() -> None:
    weights, tensors = parity("predict_pipeline_45x61")
    image, mask = tensors["input/image_u8"].numpy(), tensors["input/mask_u8"].numpy()
    expected = tensors["output/inpainted_u8"].numpy()
    for model in (from_published(weights), fused(from_published(weights))):
        pixels, hole = padded(model, image, mask)
        assert torch.equal(pixels, tensors["output/padded_image"])
        assert torch.equal(hole, tensors["output/padded_mask"].float())
        assert gap(model(pixels, hole), tensors["output/predicted_padded"]) < 1e-5
        assert gap(inpainted(model, image, mask), tensors["output/inpainted_cropped"]) < 1e-5
        difference = np.abs(predict(model, image, mask).astype(int) - expected)
        assert difference.max() <= 1
        assert np.count_nonzero(difference) <= 5
        assert np.array_equal(predict(model, image, mask)[mask == 0], image[mask == 0])


def test_padding_is_the_published_one() -> None:
    _, tensors = parity("pad_to_modulo")
    sources = {name: tensor for name, tensor in tensors.items() if name.startswith("input/")}
    assert len(sources) == 4
    for name, source in sources.items():
        case, multiple = name.removeprefix("input/").split(".mod")
        symmetric = pad(source, Fit(multiple=int(multiple)))
        assert torch.equal(symmetric, tensors[f"output/{case}.symmetric"])
        if f"output/{case}.reflect" in tensors:
            reflected = pad(source[None], Fit(multiple=int(multiple), padding="reflect"))
            assert torch.equal(reflected, tensors[f"output/{case}.reflect"])


def test_refinement_gives_the_published_result() -> None:
    weights, tensors = parity("refinement_two_scales")
    model, image, mask = from_published(weights), tensors["input/image"], tensors["input/mask"]
    for number, (pixels, hole) in enumerate(pyramid(image, mask, 40, 2, 1_800_000)):
        assert gap(pixels, tensors[f"output/pyramid.{number}.image"]) < 1e-6
        assert torch.equal(hole, tensors[f"output/pyramid.{number}.mask"])
    refined = refine(model, image, mask, min_side=40, max_scales=2)
    assert gap(refined, tensors["output/refined"]) < 3e-3
    assert float((refined - tensors["output/refined"]).abs().mean()) < 2e-4
    assert float((tensors["output/unrefined"] - tensors["output/refined"]).abs().mean()) > 5e-3  # so it says something


@pytest.mark.parametrize(
    ("name", "core", "sizes"),
    [
        ("big_lama", FourierGenerator, Sizes.published()),
        ("lama_fourier", FourierGenerator, Sizes.published(blocks=9)),
        ("lama_regular", RegularGenerator, RegularSizes.published()),
        ("big_lama_regular", RegularGenerator, RegularSizes.published(blocks=15)),
    ],
)
def test_full_size_networks_have_the_published_names_and_shapes(name: str, core: type, sizes: object) -> None:
    published = json.loads((PARITY / f"keys_{name}.json").read_text())
    with torch.device("meta"):
        network = core(sizes)
    assert {key: list(tensor.shape) for key, tensor in network.state_dict().items()} == published["keys"]
    assert list(network.state_dict()) == list(published["keys"])
    assert sum(parameter.numel() for parameter in network.parameters()) == published["parameters"]
