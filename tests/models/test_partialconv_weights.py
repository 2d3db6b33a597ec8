"""Tensors under any published naming become the network that they are, or an error that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from partialconv_fixtures import gap, lively, picture, renamed, small
from torch import Tensor

from retoucher import catalogue, weights
from retoucher.errors import RetoucherError
from retoucher.models.partialconv import PartialConv, from_published
from retoucher.models.partialconv.network import IMAGENET, SIGNED_BGR, Sizes, Step
from retoucher.models.partialconv.weights import OPENMMLAB, OURS, PORT, Naming

NAMINGS = {
    "port": (PORT, ""),
    "OpenMMLab": (OPENMMLAB, "generator."),
    "OpenMMLab, bare": (OPENMMLAB, ""),
    "ours": (OURS, ""),
    "ours, whole": (OURS, "core."),
}
SIZES = {
    "published": Sizes.published(4, 4),
    "deep": Sizes.published(9, 2),
    "one level": Sizes((Step(5, 7),), (Step(3),)),
    "odd": Sizes((Step(5, 3), Step(7, 5), Step(4, 1)), (Step(9, 5), Step(6), Step(3, 7))),
}


def made(naming: Naming, sizes: Sizes) -> PartialConv:
    return lively(replace(sizes, first_bias=naming.first_bias), naming.colors)


@pytest.mark.parametrize("kind", NAMINGS)
@pytest.mark.parametrize("shape", SIZES)
def test_sizes_are_read_off_the_shapes_under_every_naming(kind: str, shape: str) -> None:
    naming, prefix = NAMINGS[kind]
    model = made(naming, SIZES[shape])
    again = from_published(renamed(model, naming, prefix))
    assert again.colors == (SIGNED_BGR if naming is OPENMMLAB else IMAGENET)
    assert again.fit == model.fit
    assert not any(module.training for module in again.modules())
    assert all(parameter.requires_grad for parameter in again.parameters())
    image, mask = picture(24, 32)
    assert gap(again(image, mask), model(image, mask)) < 1e-5


def test_our_names_are_those_of_the_module() -> None:
    model = small()
    assert set(renamed(model, OURS)) == set(model.core.state_dict())
    image, mask = picture(24, 32)
    for tensors in (model.state_dict(), model.core.state_dict()):
        assert torch.equal(from_published(tensors)(image, mask), model(image, mask))


def test_other_networks_in_the_file_are_left_alone_and_tensors_stay_the_callers() -> None:
    model = made(OPENMMLAB, SIZES["published"])
    tensors = renamed(model, OPENMMLAB, "generator.") | {"perceptual_loss.vgg.0.weight": torch.rand(3)}
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    for parameter in from_published(tensors).parameters():
        parameter.data.zero_()
    assert all(torch.equal(kept[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("kind", NAMINGS)
def test_half_precision_becomes_single(kind: str) -> None:
    naming, prefix = NAMINGS[kind]
    tensors = renamed(made(naming, SIZES["published"]), naming, prefix)
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    model = from_published(half)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert bool(model(*picture(24, 32)).isfinite().all())


@pytest.mark.parametrize("kind", NAMINGS)
def test_any_tensor_that_is_missing_is_named(kind: str) -> None:
    naming, prefix = NAMINGS[kind]
    tensors = renamed(made(naming, SIZES["published"]), naming, prefix)
    for name in tensors:
        others = {other: tensor for other, tensor in tensors.items() if other != name}
        with pytest.raises(RetoucherError, match=f"missing: .*{name.removeprefix(prefix)}"):
            from_published(others)


@pytest.mark.parametrize("kind", NAMINGS)
def test_any_tensor_of_another_shape_is_an_error(kind: str) -> None:
    naming, prefix = NAMINGS[kind]
    tensors = renamed(made(naming, SIZES["published"]), naming, prefix)
    for name, tensor in tensors.items():
        wrong = torch.ones(*tensor.shape, 2)
        with pytest.raises(RetoucherError, match=name.removeprefix(prefix)):
            from_published(tensors | {name: wrong})


def port() -> dict[str, Tensor]:
    return renamed(made(PORT, SIZES["published"]), PORT)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.update({"surplus": torch.rand(3)}), "not part of it: surplus"),
        (lambda t: t.update({"enc_9.conv.input_conv.weight": torch.rand(3, 3, 3, 3)}), "not part of it: enc_9"),
        (lambda t: t.update({"enc_1.conv.input_conv.bias": torch.rand(4)}), "not part of it: enc_1.conv.input_conv"),
        (lambda t: t.update({"enc_2.bn.weight": torch.rand(3)}), r"enc_2.bn.weight is \(3,\) instead of \(8,\)"),
        (lambda t: t["enc_3.conv.mask_conv.weight"].mul_(0.5), "should be ones and are not: enc_3.conv.mask_conv"),
        (lambda t: t.update({"enc_2.conv.input_conv.weight": torch.rand(8, 4, 4, 4)}), "enc_2.conv.input_conv.weight"),
        (lambda t: [t.pop(name) for name in list(t) if name.startswith("enc_3")], "and [0-9]+ more|missing: enc_3"),
        (lambda t: [t.pop(name) for name in list(t) if name.startswith("dec_1.")], "missing: dec_1"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_by_name(change: Callable[[dict[str, Tensor]], object], told: str) -> None:
    tensors = port()
    change(tensors)
    with pytest.raises(RetoucherError, match=told):
        from_published(tensors)


@pytest.mark.parametrize("tensors", [{}, {"a": torch.rand(3)}, {"model.1.weight": torch.rand(4, 4, 7, 7)}])
def test_what_is_no_such_network_is_refused(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(RetoucherError, match="no network of partial convolutions"):
        from_published(tensors)


@pytest.mark.parametrize(
    ("entry", "naming", "prefix", "inside"),
    [("pconv-places", OPENMMLAB, "generator.", "state_dict"), ("pconv-port", PORT, "", "model")],
)
def test_a_published_file_is_added_and_found_by_its_method_but_not_by_auto(
    entry: str, naming: Naming, prefix: str, inside: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    catalogue._ready.cache_clear()
    model = made(naming, SIZES["published"])
    count = sum(parameter.numel() for parameter in model.parameters())
    known = replace(catalogue.entry(entry), parameters=count)
    monkeypatch.setattr(catalogue, "ENTRIES", (known,))
    optimiser = torch.optim.Adam(model.parameters())
    model(*picture(24, 32)).sum().backward()
    optimiser.step()
    tensors = renamed(model, naming, prefix)
    state = {"n_iter": 1_000_000, "meta": {"epoch": 3}, inside: tensors, "optimizer": optimiser.state_dict()}
    torch.save(state, tmp_path / "1000000.pth")
    weights.add(known, tmp_path / "1000000.pth")
    assert not isinstance(catalogue.load("auto", "cpu"), PartialConv)  # nothing here has measured these networks
    for name in (entry, "partialconv"):
        ready = catalogue.load(name, "cpu")
        assert isinstance(ready, PartialConv)
        assert ready.weights_name == entry
    image, mask = picture(24, 32)
    assert gap(ready(image, mask), model(image, mask)) < 1e-5


def test_the_published_sizes_are_those_of_the_networks() -> None:
    for entry in catalogue.ENTRIES:
        if entry.method == "partialconv" and not entry.shipped:
            with torch.device("meta"):
                sizes = replace(Sizes.published(), first_bias=entry.name != "pconv-port")
                model = lively(sizes)
            assert sum(parameter.numel() for parameter in model.parameters()) == entry.parameters
