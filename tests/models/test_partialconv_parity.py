"""Partial convolutions compute what the published programs compute: layers, networks, losses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from partialconv_fixtures import PARITY, gap, parity, settings
from torch import Tensor

from retoucher.models.partialconv import from_published
from retoucher.models.partialconv.layer import PaddingConv2d, PartialConv2d
from retoucher.models.partialconv.loss import composite, gram, terms, variation
from retoucher.models.partialconv.network import IMAGENET, SIGNED_BGR, Sizes, UNet
from retoucher.models.partialconv.recipe import LossWeights, total
from retoucher.models.partialconv.weights import OPENMMLAB, PORT, published_shapes

LAYERS = ("multichannel_k3", "multichannel_k7_stride2_nobias", "singlechannel_k5_stride2", "padding_only")


def layer(config: dict[str, int], kind: type[PartialConv2d] = PartialConv2d) -> PartialConv2d:
    sizes = (config[name] for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding"))
    return kind(*sizes, bias=bool(config["bias"]))


@pytest.mark.parametrize("name", LAYERS)
def test_layers_compute_what_the_official_one_does(name: str) -> None:
    weights, tensors = parity(f"layer_{name}")
    mine = layer(settings(f"layer_{name}"))
    mine.load_state_dict(weights)
    y, valid = mine(tensors["input/x"], tensors.get("input/mask"))
    assert gap(y, tensors["output/y"]) < 1e-5
    assert torch.equal(valid.expand_as(tensors["output/mask"]), tensors["output/mask"])


def test_the_padding_variant_takes_the_place_of_a_convolution() -> None:
    weights, tensors = parity("layer_padding_only")
    mine = layer(settings("layer_padding_only"), PaddingConv2d)
    mine.load_state_dict(weights)
    assert gap(mine(tensors["input/x"]), tensors["output/y"]) < 1e-5


def test_the_port_divides_by_the_size_of_the_window() -> None:
    weights, tensors = parity("port_layer_k3")
    mine = layer(settings("port_layer_k3"))
    filters = weights["input_conv.weight"]
    mine.load_state_dict({"weight": filters / filters[0].numel(), "bias": weights["input_conv.bias"]})
    y, valid = mine(tensors["input/x"], tensors["input/mask"])
    assert gap(y, tensors["output/y"]) < 1e-5
    assert torch.equal(valid.expand_as(tensors["output/mask"]), tensors["output/mask"])


@pytest.mark.parametrize("name", ["port_unet_layers5", "mmagic_unet_layers5"])
def test_networks_predict_what_the_published_ones_do(name: str) -> None:
    weights, tensors = parity(name)
    core = from_published(weights).core
    x, valid = tensors["input/x"], tensors["input/mask"]
    with torch.inference_mode():
        y, known = core(x, valid)
        alone, _ = core(x, valid[:, :1])  # one map for three channels that share it
    assert gap(y, tensors["output/y"]) < 1e-4
    assert gap(alone, tensors["output/y"]) < 1e-4
    assert torch.equal(known, tensors["output/mask"])
    assert gap(torch.where(valid > 0, x, y), tensors["output/composite"]) < 1e-4


def test_every_stage_gives_the_published_features_and_masks() -> None:
    weights, tensors = parity("port_unet_layers5")
    core = from_published(weights).core
    seen: dict[int, tuple[Tensor, Tensor]] = {}
    for stage in (1, 2):
        core.encoder[stage - 1].register_forward_hook(lambda _, __, out, stage=stage: seen.update({stage: out}))
    core(tensors["input/x"], tensors["input/mask"])
    for stage, (features, valid) in seen.items():
        expected = tensors[f"output/enc_{stage}"]
        assert gap(features, expected) < 1e-4
        assert torch.equal(valid.expand_as(expected), tensors[f"output/enc_{stage}.mask"])


@pytest.mark.parametrize(("name", "colors"), [("port_unet_layers5", IMAGENET), ("mmagic_unet_layers5", SIGNED_BGR)])
def test_the_house_convention_translates_to_the_range_of_the_file(name: str, colors: object) -> None:
    weights, tensors = parity(name)
    model = from_published(weights).train()  # so that values beyond [0, 1] stay
    for module in model.core.modules():
        module.training = False
    hole = 1 - tensors["input/mask"][:, :1]
    image = model.colors.decode(tensors["input/x"])
    assert model.colors == colors
    assert gap(model.colors.encode(model(image, hole)), tensors["output/y"]) < 1e-4
    inside = model.eval()(image, hole)
    assert gap(inside, model.colors.decode(tensors["output/y"]).clamp(0, 1)) < 1e-4


def test_blue_is_first_and_the_range_is_signed_in_openmmlabs_networks() -> None:
    red = torch.tensor([1.0, 0.5, 0.0])[None, :, None, None]
    assert SIGNED_BGR.encode(red).flatten().tolist() == [-1, 0, 1]
    assert SIGNED_BGR.decode(torch.tensor([-1.0, 0, 1])[None, :, None, None]).flatten().tolist() == [1, 0.5, 0]
    middle = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None]
    assert IMAGENET.encode(middle).flatten().tolist() == [0, 0, 0]
    assert gap(IMAGENET.decode(IMAGENET.encode(red)), red) < 1e-6


def test_losses_are_the_ports_but_for_the_region_of_the_variation() -> None:
    weights, tensors = parity("port_losses")
    output, target, mask = (tensors[f"input/{name}"] for name in ("output", "gt", "mask"))
    hole = 1 - mask[:, :1]

    def features(x: Tensor) -> list[Tensor]:
        found = []
        for stage in range(3):
            x = F.relu(F.conv2d(x, weights[f"st.{stage}.0.weight"], weights[f"st.{stage}.0.bias"], padding=1))
            x = F.max_pool2d(x, 2)
            found.append(x)
        return found

    mine = terms(output, target, hole, features)
    for name, theirs in {"hole": "hole", "valid": "valid", "perceptual": "prc", "style": "style"}.items():
        assert float(getattr(mine, name)) == pytest.approx(float(tensors[f"output/{theirs}"]), abs=1e-6, rel=1e-5)
    whole = variation(composite(output, target, hole))
    assert float(whole) == pytest.approx(float(tensors["output/tv"]), rel=1e-5)
    loss = total(replace(mine, variation=whole), LossWeights())
    assert float(loss) == pytest.approx(float(tensors["output/total"]), rel=1e-5)
    grams = [gram(features(picture)[0]) for picture in (output, target, composite(output, target, hole))]
    assert min(gap(each, tensors["output/gram_first_stage"]) for each in grams) < 1e-6


@pytest.mark.parametrize(
    ("name", "naming", "first_bias"),
    [
        ("port", PORT, False),
        ("mmagic", replace(OPENMMLAB, encoder="generator.encoder.enc{}.", decoder="generator.decoder.dec{}."), True),
    ],
)
def test_full_size_networks_have_the_published_names_and_shapes(name: str, naming: object, first_bias: bool) -> None:
    published = json.loads((PARITY / f"keys_{name}_unet.json").read_text())
    with torch.device("meta"):
        core = UNet(replace(Sizes.published(), first_bias=first_bias))
    shapes = {key: list(shape) for key, shape in published_shapes(core, naming).items()}
    assert shapes == {key: shape for key, shape, *_ in published["entries"]}
    assert len(shapes) == published["keys"]
    trainable = published.get("trainable", published["parameters"])
    assert sum(parameter.numel() for parameter in core.parameters()) == trainable


def test_the_network_of_the_paper_has_its_size() -> None:
    with torch.device("meta"):
        core = UNet(replace(Sizes.published(levels=8), first_bias=False))
    assert sum(parameter.numel() for parameter in core.parameters()) == 32_859_732
