"""The three ways to VGG-19's layers: one interface, the same names, sizes and channels."""

from __future__ import annotations

import pytest
import torch

from retoucher.errors import RetoucherError
from retoucher.models.common.compressed_features import (
    MEDIAN,
    CompressedFeatures,
    JoinedFeatures,
    compressed_features_from_published,
)
from retoucher.models.common.features import VGG, WIDTHS
from retoucher.models.common.small_features import LAYERS, Sizes, SmallFeatures, small_features_from_published

SMALL = Sizes(8, (8, 8, 8, 8))


def networks():
    torch.manual_seed(0)
    full, short = VGG(19, 13, ceil=True), VGG(19, 8, ceil=True)
    return {
        "full": full,
        "small": SmallFeatures(SMALL),
        "compressed": CompressedFeatures(),
        "joined": JoinedFeatures(short, SmallFeatures(SMALL)),
    }


@pytest.mark.parametrize("name", ["full", "small", "compressed", "joined"])
@pytest.mark.parametrize("size", [(33, 50), (64, 17)])
def test_every_network_gives_the_same_layers(name, size):
    network = networks()[name].eval()
    found = network(torch.rand(1, 3, *size), LAYERS)
    height, width = size
    for features, channels in zip(found, WIDTHS, strict=True):
        assert features.shape == (1, channels, height, width)
        assert bool((features >= 0).all())
        height, width = -(-height // 2), -(-width // 2)
    some = network(torch.rand(1, 3, *size), ("relu2_1", "relu4_1"))
    assert [each.shape[1] for each in some] == [128, 512]


def test_layers_are_the_same_whether_asked_for_alone_or_together():
    for network in networks().values():
        picture = torch.rand(1, 3, 32, 48)
        together = network(picture, LAYERS)
        for layer, features in zip(LAYERS, together, strict=True):
            assert torch.equal(network(picture, (layer,))[0], features)


def test_joined_features_are_the_genuine_ones_as_far_as_they_go():
    torch.manual_seed(0)
    shallow, deep = VGG(19, 8, ceil=True), SmallFeatures(SMALL)
    picture = torch.rand(1, 3, 32, 32)
    found = JoinedFeatures(shallow, deep)(picture, LAYERS)
    for a, b in zip(found, [*shallow(picture, LAYERS[:3]), *deep(picture, LAYERS[3:])], strict=True):
        assert torch.equal(a, b)


def test_gradients_reach_the_picture_and_nothing_else():
    network = small_features_from_published(SmallFeatures(SMALL).state_dict())
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    sum(each.sum() for each in network(picture)).backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_sizes_are_read_off_the_tensors_and_what_is_wrong_is_named():
    tensors = SmallFeatures(Sizes(8, (8, 16, 24, 32))).half().state_dict()
    network = small_features_from_published(tensors)
    assert torch.equal(network.blocks[2][0].weight, tensors["blocks.2.0.weight"].float())
    with pytest.raises(RetoucherError, match=r"heads\.0\.bias"):
        small_features_from_published({name: each for name, each in tensors.items() if name != "heads.0.bias"})
    with pytest.raises(RetoucherError, match="no small feature network"):
        small_features_from_published({})
    with pytest.raises(ValueError, match="relu9_1"):
        network(torch.rand(1, 3, 16, 16), ("relu9_1",))


def test_a_compressed_file_without_the_scale_of_relu5_1_takes_its_median():
    tensors = CompressedFeatures().state_dict()
    del tensors["relu5_1_scale"]
    network = compressed_features_from_published(tensors)
    assert network.relu5_1_scale.unique().tolist() == [MEDIAN]
