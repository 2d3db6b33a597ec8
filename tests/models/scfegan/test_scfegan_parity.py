"""SC-FEGAN computes what the released graph computes: the whole generator, and every operation by itself."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from scfegan_fixtures import PARITY, case, gap, parity, released_picture, released_weights
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from retoucher import bundle
from retoucher.models.scfegan import SCFEGAN, from_published
from retoucher.models.scfegan.inputs import published_planes
from retoucher.models.scfegan.layers import SLOPE, GatedConv2d, GatedUpConv2d, SameConv2d, response_norm


def cases(start: str) -> list[str]:
    return sorted({key.split("/")[0] for key in parity("ops_semantics") if key.startswith(start)})


def guided() -> tuple[Tensor, ...]:
    """The fixture's inputs in our convention: photo RGB in [0, 1], hole, lines, colours, paint, bits."""
    names = ("image", "mask", "sketch", "stroke", "noise")
    image, mask, sketch, stroke, noise = (released_picture(f"input/{name}") for name in names)
    return image.flip(1) / 255, mask, sketch, stroke.flip(1) / 255, stroke.any(1, keepdim=True).float(), noise


def released_planes() -> Tensor:
    """What the released program feeds its graph."""
    names = ("image", "mask", "sketch", "stroke", "noise")
    image, mask, sketch, stroke, noise = (released_picture(f"input/{name}") for name in names)
    signed = (image / 127.5 - 1) * (1 - mask), sketch * mask, (stroke / 127.5 - 1) * mask, mask, noise * mask
    return torch.cat(signed, 1)


def seen(model: SCFEGAN, x: Tensor) -> dict[str, Tensor]:
    """Every layer's output by the fixture's names."""
    core, found = model.core, {}
    groups = {"x": core.encoder, "d": core.dilated, "up": core.up, "dec": core.decoder}
    for start, layers in groups.items():
        for number, layer in enumerate(layers, 1):
            layer.register_forward_hook(lambda _, __, y, name=f"{start}{number}": found.update({name: y}))
    core.last.register_forward_hook(lambda _, __, y: found.update({"dec7": y}))
    with torch.inference_mode():
        found["generated"] = core(x)
    return found


def test_the_generator_predicts_what_the_released_one_does_in_every_layer() -> None:
    found = seen(from_published(released_weights()), released_planes())
    assert gap(found["generated"], released_picture("output/generated")) < 1e-5
    activations = [key for key in parity("generator_c2_128") if key.startswith("output/activation/")]
    assert len(activations) == 7 + 4 + 6 + 6
    for key in activations:
        assert gap(found[key.rpartition("/")[2]], released_picture(key)) < 1e-5, key


def test_layers_without_stored_activations_have_the_released_statistics() -> None:
    found = seen(from_published(released_weights()), released_planes())
    for key, expected in parity("generator_c2_128").items():
        if key.startswith("output/statistics/"):
            y = found[key.rpartition("/")[2]].double()
            mine = [float(y.mean()), float(y.std(correction=0)), float(y.abs().max())]
            assert mine == pytest.approx(expected.tolist(), abs=1e-5), key


def test_the_network_around_it_translates_colours_ranges_and_paint() -> None:
    image, mask, sketch, color, painted, noise = guided()
    model = from_published(released_weights())
    with torch.inference_mode():
        predicted = model(image, mask, sketch, color, painted, noise)
    pasted = torch.where(mask > 0, predicted, image)
    assert gap(2 * pasted.flip(1) - 1, released_picture("output/completed")) < 1e-5


def test_the_planes_are_the_released_ones_but_for_colours_darker_than_paint_can_be() -> None:
    image, mask, sketch, color, painted, noise = guided()
    mine = published_planes(image, mask, sketch * mask, color, painted * mask, noise * mask)
    theirs = released_planes()
    dark = (color.amax(1, keepdim=True) < 24 / 255) & (painted * mask > 0)
    assert gap(mine.masked_fill(dark, 0), theirs.masked_fill(dark, 0)) < 1e-6


@pytest.mark.parametrize("name", cases("lrn"))
def test_local_response_normalisation(name: str) -> None:
    tensors = case(name)
    assert gap(response_norm(tensors["input/x"]), tensors["output/bias_5e-5"]) < 2e-5
    assert gap(response_norm(tensors["input/x"], bias=1.0), tensors["output/default"]) < 2e-5
    torchs = F.local_response_norm(tensors["input/x"], 11, alpha=11.0, beta=0.5, k=5e-5)
    assert gap(torchs, tensors["output/bias_5e-5"]) < 2e-5


def test_leaky_relu() -> None:
    tensors = case("leaky")
    assert gap(F.leaky_relu(tensors["input/x"], SLOPE), tensors["output/y"]) < 2e-5


@pytest.mark.parametrize("name", [*cases("conv_"), *cases("dil_")])
def test_same_convolutions_of_even_and_odd_sizes_strides_and_rates(name: str) -> None:
    tensors = case(name)
    weight = tensors["weights/kernel_hwio"]
    numbers = {part[0]: int(part[1:]) for part in name.split("_")[1:]}
    mine = SameConv2d(
        weight.shape[1],
        weight.shape[0],
        weight.shape[-1],
        numbers.get("s", 1),
        dilation=numbers.get("r", 1),
        bias=False,
    )
    mine.load_state_dict({"weight": weight})
    assert gap(mine(tensors["input/x"]), tensors["output/y"]) < 2e-5


@pytest.mark.parametrize("name", cases("deconv_"))
def test_transposed_convolutions(name: str) -> None:
    tensors = case(name)
    weight, expected = tensors["weights/kernel_hwoi"], tensors["output/y"]
    mine = GatedUpConv2d(*weight.shape[:2])
    mine.load_state_dict({"conv.weight": weight, "conv.bias": torch.zeros(weight.shape[1])})
    feature = F.leaky_relu(expected, SLOPE)
    assert gap(mine(tensors["input/x"], *expected.shape[-2:]), feature * torch.sigmoid(feature)) < 2e-5


GATED = {
    "g_k7s2_nolrn": {"kernel": 7, "stride": 2},
    "g_k5s2": {"kernel": 5, "stride": 2, "norm": True},
    "g_k3s2": {"kernel": 3, "stride": 2, "norm": True},
    "g_k3r2": {"kernel": 3, "dilation": 2, "norm": True},
    "g_out": {"kernel": 3, "active": False},
}


@pytest.mark.parametrize("name", cases("g_"))
def test_gated_layers_of_every_kind(name: str) -> None:
    tensors = case(name)
    filters = torch.cat([tensors["weights/feat_kernel"], tensors["weights/gate_kernel"]])
    biases = torch.cat([tensors["weights/feat_bias"], tensors["weights/gate_bias"]])
    mine = GatedConv2d(filters.shape[1], len(filters) // 2, **GATED[name])
    mine.load_state_dict({"conv.weight": filters, "conv.bias": biases})
    assert gap(mine(tensors["input/x"]), tensors["output/y"]) < 2e-5
    gate = torch.sigmoid(mine.conv(tensors["input/x"]).chunk(2, 1)[1])
    assert gap(gate, tensors["output/gate"]) < 2e-5


def test_the_gated_transposed_layer_is_gated_by_itself() -> None:
    tensors = case("gdeconv")
    weight = tensors["weights/w"]
    mine = GatedUpConv2d(*weight.shape[:2])
    mine.load_state_dict({"conv.weight": weight, "conv.bias": tensors["weights/biases1"]})
    assert gap(mine(tensors["input/x"], 8, 8), tensors["output/y"]) < 2e-5


def test_nearest_doubling_is_what_our_own_decoder_does() -> None:
    small = case("nn_up2")["input/x"]
    for name in ("nn_up2_align0", "nn_up2_align1"):
        assert gap(F.interpolate(small, scale_factor=2.0, mode="nearest"), case(name)["output/y"]) == 0


def test_spectral_normalisation_after_one_step() -> None:
    tensors = case("sn")
    weight = tensors["weights/kernel_hwio"]
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, bias=False)
    layer.weight.data = weight
    mine = spectral_norm(layer).train()
    normal = mine.parametrizations.weight[0]
    matrix, u = weight.flatten(1), tensors["input/u"][0]
    normal._v.copy_(F.normalize(matrix.T @ u, dim=0))  # torch makes u of v, then v anew; the published step ends at u
    found = mine.weight
    assert gap(normal._u[None], tensors["output/u_next"]) < 2e-5
    sigma = normal._u @ matrix @ F.normalize(matrix.T @ u, dim=0)
    assert float(sigma) == pytest.approx(float(tensors["output/sigma"]), abs=2e-5)
    assert gap(weight / sigma, tensors["output/kernel_hwio"]) < 2e-5
    longer = float((weight / found).detach().mean())  # that further half step can only lengthen the norm
    assert float(sigma) <= longer <= float(torch.linalg.matrix_norm(matrix, 2)) + 1e-6


def test_a_checkpoint_written_by_tensorflow_is_read_number_by_number() -> None:
    expected = parity("tiny")
    found = bundle.read(PARITY / "tiny.ckpt.index", lambda names: {n: n for n in names if n in expected}, 1 << 20)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(torch.from_numpy(found[name]), tensor), name
