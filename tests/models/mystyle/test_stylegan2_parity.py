"""StyleGAN2 computes what the two published programs compute: operations, layers, networks, losses."""

from __future__ import annotations

import pytest
import torch
from stylegan2_fixtures import gap, parity, settings
from torch import Tensor

from retoucher.models.mystyle.stylegan2 import loss
from retoucher.models.mystyle.stylegan2.filters import doubled, filtered, halved, kernel
from retoucher.models.mystyle.stylegan2.layers import GAIN, activated, modulated, normalised
from retoucher.models.mystyle.stylegan2.weights import discriminator_from_published, from_published

OPS, IMAGES = 1e-5, 1e-4
"""Allowed differences, absolute and relative together."""
_, TENSORS = parity("ops")


def given(name: str) -> Tensor:
    return TENSORS[f"input/{name}"]


def pair(value: int | list[int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


@pytest.mark.parametrize("name", settings("ops", "cases"))
def test_filtering_computes_what_upfirdn_does(name: str) -> None:
    case = settings("ops", "cases")[name]
    up, down, (left, right, top, bottom) = pair(case["up"]), pair(case["down"]), case["padding"]
    y = filtered(
        given("x"), given(case["f"]), up, down, (left, right, top, bottom), case["gain"], flip=case["flip_filter"]
    )
    assert gap(y, TENSORS[f"output/upfirdn2d/{name}"]) < OPS


def test_pictures_are_doubled_and_halved_as_published() -> None:
    assert gap(kernel(), given("f_sym")) < 1e-7
    assert gap(doubled(given("x"), kernel()), TENSORS["output/upsample2d"]) < OPS
    assert gap(halved(given("x"), kernel()), TENSORS["output/downsample2d"]) < OPS


def test_activation_is_the_published_one() -> None:
    assert gap(activated(given("x"), given("bias")), TENSORS["output/bias_act/lrelu"]) < OPS
    gain = 0.7 / GAIN  # the fixture's gain is 0.7 in all, its clamp 0.4; a layer's grows with its gain
    clamped = activated(given("x"), given("bias"), gain, 0.4 / gain)
    assert gap(clamped, TENSORS["output/bias_act/lrelu_gain_clamp"]) < OPS


def test_noise_is_normalised_as_published() -> None:
    assert gap(normalised(given("v")), TENSORS["output/normalize_2nd_moment"]) < OPS


def test_modulated_convolutions_are_the_published_ones() -> None:
    x, weight, styles = given("x"), given("conv_weight"), given("styles")
    plain = modulated(x, weight, styles) + given("noise")
    assert gap(plain, TENSORS["output/modconv/plain"]) < OPS
    assert gap(modulated(x, weight, styles, given("f_sym")), TENSORS["output/modconv/up2"]) < OPS
    turned = modulated(x, weight.flip(2, 3), styles, given("f_sym"))
    assert gap(turned, TENSORS["output/modconv/up2_flipweight_true"]) < OPS
    single = modulated(x, given("conv_weight_1x1"), styles, demodulate=False)
    assert gap(single, TENSORS["output/modconv/nodemod_1x1"]) < OPS


@pytest.mark.parametrize("name", ["nvlabs_generator_r32", "rosinality_generator_r32"])
def test_generators_make_the_published_pictures(name: str) -> None:
    weights, tensors = parity(name)
    model = from_published(weights)
    core = model.core
    z, w = tensors["input/z"], tensors["output/w"]
    with torch.inference_mode():
        assert gap(core.styles(z), w) < OPS
        assert gap(core(z), tensors["output/image"]) < IMAGES
        assert gap(core.synthesis(tensors["input/w_plus"], "const"), tensors["output/image_wplus"]) < IMAGES
        if "output/image_no_noise" in tensors:
            assert gap(core(z, noise="none"), tensors["output/image_no_noise"]) < IMAGES
        house = model(z)
        assert gap(house, ((tensors["output/image"] + 1) / 2).clamp(0, 1)) < IMAGES
        assert gap(model(tensors["input/w_plus"]), ((tensors["output/image_wplus"] + 1) / 2).clamp(0, 1)) < IMAGES


def test_every_block_gives_the_published_features_and_picture() -> None:
    weights, tensors = parity("nvlabs_generator_r32")
    core = from_published(weights).core
    with torch.inference_mode():
        steps = list(core.synthesis.steps(tensors["output/w"]))
    assert len(steps) == 4
    for i, (features, image) in enumerate(steps):
        assert gap(features, tensors[f"output/block/b{4 << i}/x"]) < IMAGES
        assert gap(image, tensors[f"output/block/b{4 << i}/img"]) < IMAGES
        assert torch.equal(core.synthesis(tensors["output/w"], "const", 4 << i), image)


def test_both_namings_are_the_same_networks() -> None:
    z = parity("nvlabs_generator_r32")[1]["input/z"]
    states, pictures = [], []
    for name in ("nvlabs", "rosinality"):
        model = from_published(parity(f"{name}_generator_r32")[0])
        model.core.mapping.w_avg.zero_()  # in rosinality's file it lies beside the network
        states.append(model.state_dict())
        with torch.inference_mode():
            pictures.append(model(z))
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert torch.equal(*pictures)
    judges = [discriminator_from_published(parity(f"{name}_discriminator_r32")[0]) for name in ("nvlabs", "rosinality")]
    states = [judge.state_dict() for judge in judges]
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())


@pytest.mark.parametrize("name", ["nvlabs_discriminator_r32", "rosinality_discriminator_r32"])
def test_discriminators_give_the_published_logits(name: str) -> None:
    weights, tensors = parity(name)
    judge = discriminator_from_published(weights)
    seen: dict[int, Tensor] = {}
    for side in judge.sides:
        judge.get_submodule(f"b{side}").register_forward_hook(lambda _, __, y, side=side: seen.update({side: y}))
    with torch.inference_mode():
        assert gap(judge(tensors["input/image"]), tensors["output/logits"]) < OPS * 10
    published = [key for key in tensors if key.startswith("output/block/")]
    for key in published:
        side = int(key.split("/")[2].removeprefix("b"))
        if side in seen:
            assert gap(seen[side][:2], tensors[key]) < IMAGES


def test_losses_and_regularisers_are_the_published_ones() -> None:
    _, tensors = parity("regularizers_r32")
    core = from_published(parity("nvlabs_generator_r32")[0]).core
    judge = discriminator_from_published(parity("nvlabs_discriminator_r32")[0])
    expected = {key.removeprefix("output/"): value for key, value in tensors.items() if key.startswith("output/")}
    real = tensors["input/real"].clone().requires_grad_(True)
    logits, fake = judge(real), tensors["input/fake_logits"]
    assert gap(loss.generator(fake), expected["g_loss"]) < OPS
    assert gap(loss.discriminator(logits, fake), expected["d_loss_real"] + expected["d_loss_fake"]) < OPS
    penalty = loss.r1(logits, real)
    assert gap(penalty, expected["r1_penalty"]) < IMAGES
    assert gap(5 * penalty.mean(), expected["r1_loss_gamma10"].mean()) < IMAGES
    w = tensors["input/w"].clone().requires_grad_(True)
    image = core.synthesis(w, "const")
    noise = tensors["input/pl_noise_standard_normal"]
    lengths = loss.path_lengths(image, w, noise)
    assert gap(lengths, expected["pl_lengths"]) < IMAGES
    punished, mean = loss.path_penalty(lengths, torch.zeros(()))
    assert gap(mean, expected["pl_mean_after_one_update_from_zero"]) < IMAGES
    assert gap(punished, expected["pl_penalty"]) < IMAGES
    assert gap(2 * punished.mean(), expected["pl_loss"].mean()) < IMAGES
    (slope,) = torch.autograd.grad((image * noise / 32).sum(), w)
    assert gap(slope, expected["pl_grad_w"]) < IMAGES
