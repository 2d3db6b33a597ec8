"""LaMa's discriminator and the encoder of its perceptual loss are the published ones, name for name and number."""

from __future__ import annotations

import hashlib
import json

import pytest
import torch
from lama_fixtures import PARITY, gap, parity, published_draw
from safetensors import safe_open
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.lama.discriminator import Discriminator, discriminator_from_published
from retoucher.models.lama.encoder import MEAN, STD, Bottleneck, Encoder, encoder_from_published


@pytest.fixture
def drawn() -> dict[str, Tensor]:
    return published_draw(Discriminator.published(width=8, layers=4), seed=1601)


@pytest.mark.parametrize(("name", "layers", "seed"), [("discriminator_nlayer4", 4, 1601), ("losses", 3, 1701)])
def test_the_weights_left_out_of_the_fixtures_are_drawn_again_bit_for_bit(name: str, layers: int, seed: int) -> None:
    drawn = published_draw(Discriminator.published(width=8, layers=layers), seed)
    digest = hashlib.sha256()
    for key in sorted(key for key in drawn if "num_batches" not in key):
        digest.update(drawn[key].numpy().tobytes())
    with safe_open(PARITY / f"{name}.safetensors", "pt") as file:
        assert file.metadata()["weights_sha256"] == digest.hexdigest()


def test_logits_and_features_are_the_published_ones(drawn: dict[str, Tensor]) -> None:
    _, tensors = parity("discriminator_nlayer4")
    network = discriminator_from_published(drawn)
    assert not network.training
    logits, features = network(tensors["input/image"])
    assert gap(logits, tensors["output/eval.logits"]) < 1e-5
    assert len(features) == 5
    for i, feature in enumerate(features):
        assert gap(feature[:1], tensors[f"output/eval.feature{i}"]) < 1e-5


def test_in_training_it_uses_and_learns_the_statistics_of_the_batch(drawn: dict[str, Tensor]) -> None:
    _, tensors = parity("discriminator_nlayer4")
    network = discriminator_from_published(drawn).train()
    logits, _ = network(tensors["input/image"])
    assert gap(logits, tensors["output/train.logits"]) < 1e-5
    norm = network.get_submodule("model1.1")
    assert gap(norm.running_mean, tensors["output/train.after.model1.1.running_mean"]) < 1e-6
    assert gap(norm.running_var, tensors["output/train.after.model1.1.running_var"]) < 1e-6
    assert gap(tensors["output/train.logits"], tensors["output/eval.logits"]) > 0.1  # so the two say something


def test_the_full_size_has_the_published_names_shapes_and_maps() -> None:
    published = json.loads((PARITY / "keys_discriminator.json").read_text())
    with torch.device("meta"):
        network = Discriminator.published()
        logits, features = network(torch.empty(1, 3, 256, 256))
    assert {key: list(tensor.shape) for key, tensor in network.state_dict().items()} == published["keys"]
    assert list(network.state_dict()) == list(published["keys"])
    assert sum(parameter.numel() for parameter in network.parameters()) == published["parameters"]
    assert logits.shape == (1, 1, 19, 19)
    assert [feature.shape[-1] for feature in features] == [129, 65, 33, 17, 18]


@pytest.mark.parametrize("before", ["", "discriminator.", "trainer.discriminator."])
def test_names_may_stand_behind_a_prefix_among_a_checkpoints_other_tensors(
    drawn: dict[str, Tensor], before: str
) -> None:
    others = {"generator.model.1.weight": torch.zeros(1)} if before else {}
    network = discriminator_from_published({**others, **{before + key: tensor for key, tensor in drawn.items()}})
    assert all(torch.equal(tensor, drawn[key]) for key, tensor in network.state_dict().items())


def test_tensors_that_do_not_fit_are_named(drawn: dict[str, Tensor]) -> None:
    with pytest.raises(RetoucherError, match=r"discriminator \(missing: model3\.1\.bias\)"):
        discriminator_from_published({key: tensor for key, tensor in drawn.items() if key != "model3.1.bias"})
    with pytest.raises(RetoucherError, match=r"not part of it: model9\.x\)"):
        discriminator_from_published({**drawn, "model9.x": torch.zeros(1)})
    with pytest.raises(RetoucherError, match=r"of another shape: model0\.0\.bias is \(7,\) instead of \(8,\)"):
        discriminator_from_published({**drawn, "model0.0.bias": torch.zeros(7)})
    with pytest.raises(RetoucherError, match="no LaMa discriminator"):
        discriminator_from_published({"conv.weight": torch.zeros(1)})


def test_the_encoder_has_the_published_names_shapes_and_scales() -> None:
    published = json.loads((PARITY / "keys_hrf_resnet50dilated_encoder.json").read_text())
    with torch.device("meta"):
        encoder = Encoder()
        shapes = [tuple(feature.shape) for feature in encoder(torch.empty(1, 3, 256, 192))]
    assert {key: list(tensor.shape) for key, tensor in encoder.state_dict().items()} == published["keys"]
    assert list(encoder.state_dict()) == list(published["keys"])
    assert sum(parameter.numel() for parameter in encoder.parameters()) == published["parameters"]
    assert shapes == [(1, 256, 64, 48), (1, 512, 32, 24), (1, 1024, 32, 24), (1, 2048, 32, 24)]


def test_the_encoders_strides_became_dilations() -> None:
    convolutions = [
        [(block.conv2.stride[0], block.conv2.dilation[0], block.conv2.padding[0]) for block in layer]
        for layer in (Encoder(2).layer1, Encoder(2).layer2, Encoder(2).layer3, Encoder(2).layer4)
    ]
    assert convolutions == [
        [(1, 1, 1)] * 3,
        [(2, 1, 1)] + [(1, 1, 1)] * 3,
        [(1, 1, 1)] + [(1, 2, 2)] * 5,
        [(1, 2, 2)] + [(1, 4, 4)] * 2,
    ]
    shortcuts = [block.downsample[0].stride[0] for block in Encoder(2).modules() if _has_shortcut(block)]
    assert shortcuts == [1, 2, 1, 1]


def _has_shortcut(module: nn.Module) -> bool:
    return isinstance(module, Bottleneck) and isinstance(module.downsample, nn.Sequential)


def test_the_encoder_is_frozen_sees_normalised_pixels_and_lets_gradients_reach_the_picture() -> None:
    torch.manual_seed(0)
    tensors = Encoder(2).state_dict()
    encoder = encoder_from_published(tensors)
    assert not encoder.training
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    seen: list[Tensor] = []
    encoder.conv1.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    encoder(image)[-1].sum().backward()
    expected = torch.stack([(image[:, i] - MEAN[i]) / STD[i] for i in range(3)], dim=1)
    assert gap(seen[0], expected) < 1e-6
    assert image.grad is not None
    assert float(image.grad.abs().sum()) > 0
    with pytest.raises(RetoucherError, match=r"missing: layer4\.2\.bn3\.bias"):
        encoder_from_published({key: tensor for key, tensor in tensors.items() if key != "layer4.2.bn3.bias"})
