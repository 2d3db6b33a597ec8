"""LPIPS is the published structure, whatever weights fill it."""

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from retoucher import catalogue, weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.lpips import open_lpips
from retoucher.models.common.lpips import from_published, kinds

VGG16 = {
    0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128), 10: (256, 128), 12: (256, 256), 14: (256, 256),
    17: (512, 256), 19: (512, 512), 21: (512, 512), 24: (512, 512), 26: (512, 512), 28: (512, 512),
}  # fmt: skip
ALEX = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
"""Torchvision's places, channels and windows."""


def backbone(kind):
    torch.manual_seed(0)
    shapes = {place: (*shape, 3) for place, shape in VGG16.items()} if kind == "vgg" else ALEX
    tensors = {}
    for place, (wide, channels, side) in shapes.items():
        deviation = (2 / (channels * side * side)) ** 0.5
        tensors[f"features.{place}.weight"] = torch.randn(wide, channels, side, side) * deviation
        tensors[f"features.{place}.bias"] = torch.randn(wide) * 0.1
    return tensors


def linear(kind, prefix=True):
    widths = {"vgg": (64, 128, 256, 512, 512), "alex": (64, 192, 384, 256, 256)}[kind]
    start = f"{kind}." if prefix else ""
    return {f"{start}lin{i}.model.1.weight": torch.rand(1, wide, 1, 1) for i, wide in enumerate(widths)}


def layers(kind, tensors, image):
    """The compared activations, written out after richzhang's description and torchvision's networks."""
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    x = ((image * 2 - 1).permute(0, 2, 3, 1).sub(shift).div(scale)).permute(0, 3, 1, 2)
    found = []

    def convolved(x, place, **where):
        weight = tensors[f"features.{place}.weight"]
        return F.relu(F.conv2d(x, weight, tensors[f"features.{place}.bias"], **where))

    if kind == "alex":
        x = convolved(x, 0, stride=4, padding=2)
        found.append(x)
        x = convolved(F.max_pool2d(x, 3, 2), 3, padding=2)
        found.append(x)
        x = convolved(F.max_pool2d(x, 3, 2), 6, padding=1)
        found.append(x)
        for place in (8, 10):
            x = convolved(x, place, padding=1)
            found.append(x)
        return found
    for number, places in enumerate([(0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)]):
        x = F.max_pool2d(x, 2) if number else x
        for place in places:
            x = convolved(x, place, padding=1)
        found.append(x)
    return found


@pytest.mark.parametrize("kind", ["vgg", "alex"])
def test_lpips_equals_a_loop_over_places(kind):
    torch.manual_seed(1)
    a, b = torch.rand(3, 70, 65), torch.rand(3, 70, 65)
    tensors = backbone(kind) | linear(kind)
    network = from_published(tensors)
    assert network.backbone == kind
    total = 0.0
    pairs = zip(layers(kind, tensors, a[None]), layers(kind, tensors, b[None]), strict=True)
    for i, (x, y) in enumerate(pairs):
        weight, places = tensors[f"{kind}.lin{i}.model.1.weight"][0, :, 0, 0], []
        for row in range(x.shape[2]):
            for column in range(x.shape[3]):
                p, q = x[0, :, row, column], y[0, :, row, column]
                apart = p / (p.norm() + 1e-10) - q / (q.norm() + 1e-10)
                places.append(float((apart.square() * weight).sum()))
        total += sum(places) / len(places)
    assert network.distance(a, b, torch.ones(1, 70, 65)) == pytest.approx(total, rel=1e-4)


def test_equal_pictures_have_distance_zero_and_swapping_changes_nothing():
    network = from_published(backbone("alex") | linear("alex", prefix=False))
    torch.manual_seed(2)
    a, b, mask = torch.rand(3, 64, 64), torch.rand(3, 64, 64), torch.ones(1, 64, 64)
    assert network.distance(a, a.clone(), mask) == 0
    assert network.distance(a, b, mask) == pytest.approx(network.distance(b, a, mask), rel=1e-6) != 0


def test_the_right_linear_layers_are_taken_from_a_file_with_all(tmp_path):
    save_file(backbone("alex"), tmp_path / "alexnet.safetensors")
    save_file(linear("vgg") | linear("alex"), tmp_path / "linear.safetensors")
    network = open_lpips([tmp_path / "linear.safetensors", tmp_path / "alexnet.safetensors"], torch.device("cpu"))
    assert network.lin[1].shape == (1, 192, 1, 1)


def test_the_backbone_may_be_the_one_that_was_added(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    save_file(backbone("vgg"), tmp_path / "vgg16.safetensors")
    save_file(linear("vgg"), tmp_path / "linear.safetensors")
    weights.add(catalogue.entry("vgg16"), tmp_path / "vgg16.safetensors")
    network = open_lpips([tmp_path / "linear.safetensors"], torch.device("cpu"))
    assert network.backbone == "vgg"
    assert torch.equal(network.features[0].weight, backbone("vgg")["features.0.weight"])


@pytest.mark.parametrize(
    ("present", "kind"), [(("vgg16",), "vgg"), (("alexnet",), "alex"), (("vgg16", "alexnet"), "alex")]
)
def test_persons_are_looked_at_with_lpips_where_it_was_added(tmp_path, monkeypatch, present, kind):
    """With AlexNet, as published, else VGG-16; without a backbone, with our own features."""
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    save_file(linear("vgg") | linear("alex"), tmp_path / "linear.safetensors")
    weights.add(catalogue.entry("lpips"), tmp_path / "linear.safetensors")
    assert catalogue.load("look", "cpu").weights_name == "features-small"
    for name in present:
        save_file(backbone({"vgg16": "vgg", "alexnet": "alex"}[name]), tmp_path / f"{name}.safetensors")
        weights.add(catalogue.entry(name), tmp_path / f"{name}.safetensors")
    look = catalogue.load("look", "cpu")
    assert (look.weights_name, look.backbone) == ("lpips", kind)
    one, other = torch.rand(2, 3, 40, 40), torch.rand(2, 3, 40, 40).requires_grad_()
    look(one, other).sum().backward()
    assert float(other.grad.abs().max()) > 0


def test_linear_layers_are_told_from_other_files(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    assert kinds(linear("vgg", prefix=False)) == ("vgg",)
    assert kinds(linear("vgg") | linear("alex")) == ("vgg", "alex")
    save_file(backbone("alex"), tmp_path / "alexnet.safetensors")
    with pytest.raises(RetoucherError, match="no linear layers of LPIPS"):
        weights.add(catalogue.entry("lpips"), tmp_path / "alexnet.safetensors")
    save_file(linear("alex"), tmp_path / "linear.safetensors")
    with pytest.raises(RetoucherError, match="alexnet"):
        weights.add(catalogue.entry("alexnet"), tmp_path / "linear.safetensors")


def test_the_classifier_of_a_whole_file_is_left_alone():
    whole = backbone("alex") | {"classifier.1.weight": torch.zeros(2, 2)} | linear("alex")
    assert from_published(whole).backbone == "alex"


@pytest.mark.parametrize(
    ("tensors", "error", "said"),
    [
        (linear("alex"), UsageError, "needs a backbone"),
        (backbone("alex"), UsageError, "needs linear layers"),
        (backbone("alex") | linear("vgg"), RetoucherError, "for another backbone: give those for alex"),
        (backbone("vgg") | {"features.30.weight": torch.zeros(1)} | linear("vgg"), RetoucherError, "features.30"),
    ],
)
def test_what_does_not_belong_together_is_refused(tensors, error, said):
    with pytest.raises(error, match=said):
        from_published(tensors)
