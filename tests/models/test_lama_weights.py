"""Any published file of this family becomes a network; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from lama_fixtures import fourier, picture, regular, small
from torch import Tensor

from retoucher.errors import RetoucherError
from retoucher.models.lama import LaMa, from_published
from retoucher.models.lama.ffc import Split

MODELS = {
    "published": small,
    "odd widths": lambda: fourier([Split(5), Split(10), Split.of(20, 0.71)]),
    "half global": lambda: fourier([Split(6), Split(6, 6)], blocks=3),
    "global from the stem on": lambda: fourier([Split(4, 4), Split(5, 11), Split(8, 24)]),
    "all local": lambda: fourier([Split(8), Split(16)]),
    "four downsamplings": lambda: fourier([Split(2), Split(4), Split(8), Split(16), Split(8, 24)], blocks=1),
    "capped channels": lambda: fourier([Split(8), Split(16), Split(16), Split(4, 12)], blocks=1),
    "no downsampling": lambda: fourier([Split(4, 4)], blocks=1),
    "no blocks": lambda: fourier([Split(8), Split(8, 8)], blocks=0),
    "all global": lambda: fourier([Split(8), Split(0, 24)]),
    "other channels in and out": lambda: fourier([Split(8), Split(8, 24)], inputs=5, outputs=1),
    "local Fourier unit": lambda: fourier([Split(8), Split(8, 24)], lfu=True),
    "gated": lambda: fourier([Split(8), Split(8, 24)], gated=True),
    "regular": regular,
    "deep regular": lambda: regular((3, 5, 7, 7), blocks=11),
    "dilated": lambda: regular((8, 16), 1, 4),
}


@pytest.mark.parametrize("kind", MODELS)
def test_sizes_are_read_off_the_shapes(kind: str) -> None:
    model = MODELS[kind]()
    tensors = model.core.state_dict()
    again = from_published(tensors)
    assert list(again.core.state_dict()) == list(tensors)
    assert not any(module.training for module in again.modules())
    assert again.fit == model.fit
    x = torch.rand(1, tensors["model.1.weight"].shape[1] if "model.1.weight" in tensors else _inputs(tensors), 32, 32)
    assert torch.equal(again.core(x), model.core(x))


def _inputs(tensors: dict[str, Tensor]) -> int:
    return next(tensor.shape[1] for name, tensor in tensors.items() if name.startswith("model.1.ffc.conv"))


@pytest.mark.parametrize(
    "renamed",
    [
        lambda name: f"generator.{name}",
        lambda name: f"model.generator.{name}",
        lambda name: f"generator.old.generator.{name}",
        lambda name: f"model.{name}",
    ],
)
@pytest.mark.parametrize("kind", ["published", "regular"])
def test_every_published_way_of_naming_is_understood(kind: str, renamed: Callable[[str], str]) -> None:
    model = MODELS[kind]()
    image, mask = picture(24, 32)
    tensors = {renamed(name): tensor for name, tensor in model.core.state_dict().items()}
    assert torch.equal(from_published(tensors)(image, mask), model(image, mask))


def test_what_else_a_checkpoint_holds_is_left_alone() -> None:
    model = small()
    tensors = {f"generator.{name}": tensor for name, tensor in model.core.state_dict().items()}
    others = ("discriminator.model0.0.weight", "loss_resnet_pl.impl.conv1.weight", "val_evaluator.scores.fid.x")
    tensors |= {name: torch.rand(3) for name in others}
    assert isinstance(from_published(tensors), LaMa)


def test_half_precision_files_become_float32_and_the_tensors_given_stay_the_callers() -> None:
    tensors = {name: tensor.clone() for name, tensor in small().half().core.state_dict().items()}
    model = from_published(tensors)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    single = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    model = from_published(single)
    for parameter in model.parameters():
        parameter.data.zero_()
    assert any(bool(tensor.any()) for tensor in single.values())


def changed(model: LaMa, change: Callable[[dict[str, Tensor]], object]) -> dict[str, Tensor]:
    tensors = dict(model.core.state_dict())
    change(tensors)
    return tensors


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.pop("model.5.conv1.ffc.convg2g.fu.bn.running_var"), "missing: model.5.conv1.ffc.convg2g.fu.bn"),
        (lambda t: t.pop("model.6.bn_none", None) or t.pop("model.4.bn_g.num_batches_tracked"), "missing: model.4.bn"),
        (lambda t: t.update({"model.99.weight": torch.rand(3)}), "model.99.weight"),
        (lambda t: t.update({"surplus": torch.rand(3)}), "not part of it: surplus"),
        (
            lambda t: t.update({"model.2.bn_l.weight": torch.rand(3)}),
            r"model.2.bn_l.weight is \(3,\) instead of \(16,\)",
        ),
        (
            lambda t: t.update({"model.6.conv2.ffc.convl2g.weight": torch.rand(3)}),
            "model.6.conv2.ffc.convl2g.weight is",
        ),
        (lambda t: [t.pop(name) for name in list(t) if name.startswith("model.5.")], "and [0-9]+ more"),
        (lambda t: [t.pop(name) for name in list(t) if "bn_l" in name], "missing|no LaMa generator"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_by_name(change: Callable[[dict[str, Tensor]], object], told: str) -> None:
    with pytest.raises(RetoucherError, match=told):
        from_published(changed(small(), change))


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"a": torch.rand(3)},
        {"model.1.weight": torch.rand(3)},
        {"model.1.ffc.convl2l.weight": torch.rand(3)},
        {"model.1.weight": torch.rand(4, 4, 7, 7), "model.2.weight": torch.rand(4)},
    ],
)
def test_what_is_no_lama_at_all_is_refused(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(RetoucherError, match="LaMa generator"):
        from_published(tensors)


def test_two_generators_in_one_file_are_refused() -> None:
    tensors = small().core.state_dict()
    both = {f"{which}.generator.{name}": tensor for which in "ab" for name, tensor in tensors.items()}
    with pytest.raises(RetoucherError, match="more than one generator"):
        from_published(both)
