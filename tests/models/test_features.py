"""VGG as a measure: its layers are those of the published networks, the feature distance is what it is said to be."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from retoucher.errors import RetoucherError
from retoucher.models.common.features import (
    CAFFE_MEAN,
    DISTANCE_LAYERS,
    VGG,
    feature_distances,
    layer_names,
    vgg16_from_published,
    vgg19_from_published,
)


@pytest.fixture(scope="module")
def vgg() -> VGG:
    torch.manual_seed(3)
    return vgg19_from_published(VGG(19, 8).state_dict())


def test_the_convolutions_have_torchvisions_numbers() -> None:
    at = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    assert [int(name.split(".")[1]) for name in VGG(19, 16).state_dict() if name.endswith("weight")] == at
    at = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert [int(name.split(".")[1]) for name in VGG(16, 13).state_dict() if name.endswith("weight")] == at
    assert layer_names(19, 8)[-1] == "relu3_4"


def test_the_picture_reaches_the_first_layer_as_blue_green_red_around_the_mean(vgg: VGG) -> None:
    image = torch.rand(1, 3, 6, 5)
    first = vgg.features[0]
    assert isinstance(first, torch.nn.Conv2d)
    channels = [image[0, c] * 255 - CAFFE_MEAN[c] for c in (2, 1, 0)]
    wanted = F.relu(F.conv2d(torch.stack(channels)[None], first.weight, first.bias, padding=1))
    assert torch.allclose(vgg(image, ["relu1_1"])[0], wanted, atol=1e-4)


def test_torchvisions_own_network_sees_normalised_red_green_blue() -> None:
    torch.manual_seed(4)
    network = vgg16_from_published(VGG(16, 7, caffe=False).state_dict())
    image = torch.rand(2, 3, 8, 8)
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (image - mean[:, None, None]) / spread[:, None, None]
    for layer in network.features[:5]:
        x = layer(x)
    assert torch.allclose(network.pooled(image)[0], x, atol=1e-5)


def test_layers_and_poolings_have_their_sizes(vgg: VGG) -> None:
    image = torch.rand(2, 3, 21, 34)
    assert [tuple(f.shape[1:]) for f in vgg(image)] == [(64, 21, 34), (64, 21, 34), (128, 10, 17), (256, 5, 8)]
    assert [tuple(f.shape[1:]) for f in vgg.pooled(image)] == [(64, 10, 17), (128, 5, 8), (256, 2, 4)]
    with pytest.raises(ValueError, match="relu4_1"):
        vgg(image, ["relu4_1"])


def naive(vgg: VGG, one: torch.Tensor, other: torch.Tensor, mask: torch.Tensor) -> float:
    """The definition, position by position."""
    total = 0.0
    for a, b in zip(vgg(one[None]), vgg(other[None]), strict=True):
        share = F.adaptive_avg_pool2d(mask[None], a.shape[-2:])[0, 0]
        found = weight = 0.0
        for y in range(a.shape[2]):
            for x in range(a.shape[3]):
                p, q = a[0, :, y, x].double(), b[0, :, y, x].double()
                p, q = p / p.norm().clamp(min=1e-6), q / q.norm().clamp(min=1e-6)
                found += float(share[y, x] * (p - q).square().sum())
                weight += float(share[y, x])
        total += found / weight
    return total


@pytest.mark.parametrize("size", [(16, 24), (13, 17)])
def test_the_feature_distance_is_its_definition(vgg: VGG, size: tuple[int, int]) -> None:
    torch.manual_seed(5)
    one, other = torch.rand(2, 3, *size), torch.rand(2, 3, *size)
    mask = torch.zeros(2, 1, *size)
    mask[0, :, 3:9, 2:8] = 1
    mask[1, :, 1:3, 5:12] = 1
    found = feature_distances(vgg(one), vgg(other), mask)
    wanted = [naive(vgg, one[i], other[i], mask[i]) for i in range(2)]
    assert found.tolist() == pytest.approx(wanted, rel=1e-4)


def test_equal_pictures_are_at_no_distance_and_what_is_far_from_the_hole_does_not_count(vgg: VGG) -> None:
    one, mask = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., 8:16, 8:16] = 1
    other = one.clone()
    other[..., 48:, 48:] = 0
    assert feature_distances(vgg(one), vgg(one), mask).item() == pytest.approx(0, abs=1e-6)
    assert feature_distances(vgg(one), vgg(other), mask).item() == pytest.approx(0, abs=1e-6)
    assert feature_distances(vgg(one), vgg(1 - one), mask).item() > 0.1
    assert feature_distances(vgg(one), vgg(1 - one), torch.zeros_like(mask)).item() == 0
    assert len(DISTANCE_LAYERS) == 4


def test_gradients_reach_the_picture_and_nothing_else(vgg: VGG) -> None:
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    feature_distances(vgg(image), vgg(torch.rand(1, 3, 16, 16)), mask).sum().backward()
    assert image.grad is not None
    assert bool(image.grad.isfinite().all())
    assert float(image.grad.abs().sum()) > 0
    assert all(not parameter.requires_grad for parameter in vgg.parameters())


def test_other_files_are_refused() -> None:
    state = VGG(19, 8).state_dict()
    with pytest.raises(RetoucherError, match="no VGG-19: it has 7 convolutions"):
        vgg19_from_published({name: t for name, t in state.items() if not name.startswith("features.16")})
    with pytest.raises(RetoucherError, match="not one whole VGG-16"):
        vgg16_from_published(state)
