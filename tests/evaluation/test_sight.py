"""The feature distance is measured with the network that was given, and every picture is looked at once."""

import numpy as np
import pytest
import torch
from evaluation_fakes import case, vgg, vgg_tensors
from safetensors.torch import save_file

from retoucher import catalogue
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.measure import pixels
from retoucher.evaluation.sight import Sight
from retoucher.models.common.features import DISTANCE_LAYERS

CPU = torch.device("cpu")


def results(count, height=37, width=41):
    """`count` results, the reference and the mask."""
    given = case(height, width)
    mask = torch.from_numpy(given.hole[None].astype(np.float32))
    reference = pixels(given.picture)
    torch.manual_seed(1)
    return [reference + mask * (torch.rand(3, height, width) - reference) for _ in range(count)], reference, mask


def by_loops(network, result, reference, mask):
    """The design's definition, place by place."""
    total = 0.0
    layers = zip(network(result[None], DISTANCE_LAYERS), network(reference[None], DISTANCE_LAYERS), strict=True)
    for a, b in layers:
        height, width = a.shape[-2:]
        weight = torch.nn.functional.adaptive_avg_pool2d(mask, (height, width))[0]
        apart = covered = 0.0
        for y in range(height):
            for x in range(width):
                p, q = a[0, :, y, x].double(), b[0, :, y, x].double()
                apart += float(((p / p.norm() - q / q.norm()) ** 2).sum() * weight[y, x])
                covered += float(weight[y, x])
        total += apart / covered
    return total


def test_feature_distance_equals_a_loop_over_places():
    (result,), reference, mask = results(1)
    network = vgg()
    assert Sight(network).distance(result, reference, mask) == pytest.approx(
        by_loops(network, result, reference, mask), rel=1e-4
    )


def test_feature_distance_of_equal_pictures_is_zero_and_swapping_changes_nothing():
    (result,), reference, mask = results(1)
    sight = Sight(vgg())
    assert sight.distance(reference, reference.clone(), mask) == 0
    there, back = sight.distance(result, reference, mask), sight.distance(reference, result, mask)
    assert there == pytest.approx(back, rel=1e-6)
    assert 0 < there < 8


def test_a_reference_is_looked_at_once_for_all_methods(monkeypatch):
    several, reference, mask = results(3)
    sight, seen = Sight(vgg()), []
    forward = sight.network.forward
    monkeypatch.setattr(sight.network, "forward", lambda image, layers: seen.append(image) or forward(image, layers))
    for result in several:
        sight.distance(result, reference, mask)
        sight.pooled(result)
    assert len(seen) == 4


def test_pooled_features_are_the_means_of_the_last_layer_at_unit_size():
    (result,), _, _ = results(1)
    network = vgg()
    mean = network(result[None], DISTANCE_LAYERS)[-1].mean((2, 3))
    pooled = Sight(network).pooled(result)
    assert pooled.shape == (1, 256)
    assert float(pooled.square().mean()) == pytest.approx(1, rel=1e-5)
    assert torch.nn.functional.cosine_similarity(pooled, mean).item() == pytest.approx(1, abs=1e-6)


def test_weights_come_from_a_file_in_half_precision_or_else_are_absent(tmp_path, monkeypatch):
    tensors = vgg_tensors()
    save_file({name: tensor.half() for name, tensor in tensors.items()}, tmp_path / "vgg.safetensors")
    sight = Sight.open(tmp_path / "vgg.safetensors", CPU)
    assert torch.equal(sight.network.features[0].weight, tensors["features.0.weight"].half().float())
    monkeypatch.setattr(catalogue, "ENTRIES", ())
    assert Sight.open(None, CPU) is None


def test_a_file_that_is_missing_or_another_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no file at"):
        Sight.open(tmp_path / "vgg.pth", CPU)
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "vgg.safetensors")
    with pytest.raises(RetoucherError, match="This is no VGG-19"):
        Sight.open(tmp_path / "vgg.safetensors", CPU)
