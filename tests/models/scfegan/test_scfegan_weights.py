"""Tensors under the released names or our own become the network that they are, or an error that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scfegan_fixtures import gap, lively, picture, published, released_weights, small
from torch import Tensor

from bundles import save
from retoucher import catalogue, weights, weights_cli
from retoucher.errors import RetoucherError, UsageError
from retoucher.models.scfegan import SCFEGAN, from_published
from retoucher.models.scfegan import network as networks
from retoucher.models.scfegan.inputs import OURS, RELEASED
from retoucher.models.scfegan.weights import released, released_names

SCOPES = ("generator/", "weights/generator/", "tower_0/generator/", "")


def variables(model: SCFEGAN, scope: str = "generator/") -> dict[str, Tensor]:
    """A network's numbers as the released program would have saved them, the unused biases too."""
    tensors = {name: tensor.contiguous() for name, tensor in released(model.core.state_dict()).items()}
    tensors |= {f"generator/deconv{i}/biases2": torch.full((3,), 1e30) for i in range(1, 8)}
    return {name.replace("generator/", scope): tensor for name, tensor in tensors.items()}


def trained(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """All that a training saves beside the network."""
    slots = {f"{name}/{slot}": torch.ones_like(tensors[name]) for name in tensors for slot in ("Adam", "Adam_1")}
    others = ("beta1_power", "beta2_power", "beta1_power_1", "global_step", "discriminator/conv1/kernel")
    return tensors | slots | {name: torch.tensor(0.5) for name in others}


@pytest.mark.parametrize(("width", "scope"), [(1, SCOPES[0]), (5, SCOPES[0]), *((2, scope) for scope in SCOPES)])
def test_the_width_is_read_off_the_shapes_in_any_scope(width: int, scope: str) -> None:
    model = lively(networks.published(width))
    again = from_published(trained(variables(model, scope)))
    given = picture(64, 80)
    assert torch.equal(again(**given), model(**given))
    assert again.convention is RELEASED
    assert (again.fit.multiple, again.fit.best) == (128, 512)
    assert not any(module.training for module in again.modules())
    assert all(parameter.requires_grad for parameter in again.parameters())


def test_every_number_of_the_released_checkpoint_has_one_place() -> None:
    with torch.device("meta"):
        core = networks.published().core
    names = [name for ours in core.state_dict() for name in released_names(ours)]
    unused = [f"generator/deconv{i}/biases2" for i in range(1, 8)]
    expected = {name.removeprefix("weights/") for name in released_weights()}
    assert sorted([*names, *unused]) == sorted(expected)
    shapes = {name: tuple(tensor.shape) for name, tensor in released(core.state_dict()).items()}
    assert shapes["generator/gconv1_ds/kernel"] == (7, 7, 9, 64)
    assert shapes["generator/deconv4/w"] == (5, 5, 256, 512)
    assert shapes["generator/gconv14_g/kernel"] == (3, 3, 12, 3)


def test_the_biases_of_the_ignored_branch_may_be_missing_and_change_nothing() -> None:
    tensors, given = variables(published()), picture(64, 80)
    without = {name: tensor for name, tensor in tensors.items() if not name.endswith("biases2")}
    assert len(tensors) - len(without) == 7
    assert torch.equal(from_published(tensors)(**given), from_published(without)(**given))


@pytest.mark.parametrize("sizes", [(8, 16, 4), (6, 100, 0), (5, 5, 3)])
def test_our_own_network_comes_back_from_its_own_names(sizes: tuple[int, int, int]) -> None:
    model = lively(networks.small(*sizes))
    given = picture(50, 64)
    for tensors in (model.state_dict(), model.core.state_dict()):
        again = from_published(tensors)
        assert torch.equal(again(**given), model(**given))
        assert again.convention is OURS
        assert again.fit == model.fit


def test_the_released_graph_comes_back_from_our_names_too() -> None:
    model, given = published(), picture(64, 80)
    for tensors in (model.state_dict(), model.core.state_dict()):
        again = from_published(tensors)
        assert torch.equal(again(**given), model(**given))
        assert again.convention is RELEASED


KINDS: dict[str, Callable[[], dict[str, Tensor]]] = {
    "released": lambda: {name: t for name, t in variables(published()).items() if not name.endswith("biases2")},
    "ours": lambda: dict(small().core.state_dict()),
    "ours, the released graph": lambda: dict(published().core.state_dict()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_becomes_single_and_tensors_stay_the_callers(kind: str) -> None:
    tensors = {name: tensor.half() for name, tensor in KINDS[kind]().items()}
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    model = from_published(tensors)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    for parameter in model.parameters():
        parameter.data.zero_()
    single = {name: tensor.float() for name, tensor in tensors.items()}
    for parameter in from_published(single).parameters():
        parameter.data.zero_()
    assert all(torch.equal(kept[name], tensor) for name, tensor in tensors.items())
    assert all(torch.equal(kept[name].float(), tensor) for name, tensor in single.items())


@pytest.mark.parametrize("kind", KINDS)
def test_any_tensor_that_is_missing_is_named(kind: str) -> None:
    tensors = KINDS[kind]()
    for name in tensors:
        others = {other: tensor for other, tensor in tensors.items() if other != name}
        with pytest.raises(RetoucherError, match=f"missing: .*{name}"):
            from_published(others)


@pytest.mark.parametrize("kind", KINDS)
def test_any_tensor_of_another_shape_is_named(kind: str) -> None:
    tensors = KINDS[kind]()
    for name, tensor in tensors.items():
        for wrong in (torch.ones(*tensor.shape, 2), tensor.flatten(), tensor[:0]):
            if wrong.shape != tensor.shape:
                with pytest.raises(RetoucherError, match=name):
                    from_published(tensors | {name: wrong})


@pytest.mark.parametrize(
    ("kind", "surplus"),
    [("released", "generator/gconv15/kernel"), ("released", "generator/other"), ("ours", "decoder.9.conv.weight")],
)
def test_a_tensor_too_many_is_named(kind: str, surplus: str) -> None:
    with pytest.raises(RetoucherError, match=f"not part of it: {surplus}"):
        from_published(KINDS[kind]() | {surplus: torch.rand(3)})


@pytest.mark.parametrize("tensors", [{}, {"a": torch.rand(3)}, {"model.1.weight": torch.rand(4, 4, 7, 7)}])
def test_what_is_no_such_network_is_refused(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(RetoucherError, match=r"no SC-FEGAN generator: .* SC-FEGAN\.ckpt\.index"):
        from_published(tensors)


def test_two_networks_in_one_file_are_refused() -> None:
    with pytest.raises(RetoucherError, match="more than one generator"):
        from_published(variables(published()) | variables(published(), "average/generator/"))


@pytest.fixture
def narrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SCFEGAN:
    """A catalogue in which the released network is a narrow one, and its checkpoint in `tmp_path`."""
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    catalogue._ready.cache_clear()
    model = published()
    count = sum(parameter.numel() for parameter in model.parameters())
    known = replace(catalogue.entry("scfegan-released"), parameters=count)
    monkeypatch.setattr(catalogue, "ENTRIES", (known,))
    (tmp_path / "ckpt").mkdir()
    arrays = {name: tensor.numpy() for name, tensor in trained(variables(model)).items()}
    arrays["global_step"] = np.array(500_000, np.int64)
    save(tmp_path / "ckpt", arrays, "SC-FEGAN.ckpt")
    (tmp_path / "ckpt" / "SC-FEGAN.ckpt.meta").write_bytes(b"a graph")
    return model


@pytest.mark.parametrize("given", ["", "SC-FEGAN.ckpt", "SC-FEGAN.ckpt.index", "SC-FEGAN.ckpt.data-00000-of-00001"])
def test_the_released_checkpoint_is_added_without_tensorflow(narrow: SCFEGAN, given: str, tmp_path: Path) -> None:
    entry = catalogue.ENTRIES[0]
    copy = weights.add(entry, tmp_path / "ckpt" / given)
    assert copy.source == "SC-FEGAN.ckpt.data-00000-of-00001"
    assert copy.source_sha256 == weights.digest(tmp_path / "ckpt" / copy.source)
    assert not copy.published
    kept = weights.load_tensors(copy)
    assert sorted(kept) == sorted(variables(narrow))  # of the optimiser and the discriminator nothing is kept
    model = catalogue.load("scfegan-released", "cpu")
    assert model.weights_name == "scfegan-released"
    here = picture(64, 80)
    assert gap(model(**here), narrow(**here)) == 0


def test_all_files_of_the_checkpoint_may_be_given_at_once(
    narrow: SCFEGAN, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(path) for path in sorted((tmp_path / "ckpt").iterdir())]
    assert len(files) == 3
    weights_cli.add("scfegan-released", *files)
    said = capsys.readouterr().out
    assert "scfegan-released is ready" in said
    assert f"{weights.digest(Path(files[0]))} SC-FEGAN.ckpt.data-00000-of-00001" in said
    with pytest.raises(UsageError, match="no single checkpoint"):
        weights_cli.add("scfegan-released", files[0], str(tmp_path / "other.pt"))


def test_a_released_network_is_never_taken_unasked_and_absence_says_what_to_do(narrow: SCFEGAN, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`retoucher weights add scfegan-released FILE`, or leave --weights out"):
        catalogue.load("scfegan-released")
    weights.add(catalogue.ENTRIES[0], tmp_path / "ckpt")
    assert [entry.name for entry in catalogue.present("scfegan")] == ["scfegan-released"]
    with pytest.raises(UsageError, match=r"ask for one that you added by its name \(--weights scfegan-released"):
        catalogue.load("scfegan")


def test_ours_is_what_the_method_takes(narrow: SCFEGAN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import save_file

    model = small()
    ours = replace(catalogue.ENTRIES[0], name="scfegan-ours", parameters=0, by_name_only=False)
    monkeypatch.setattr(catalogue, "ENTRIES", (*catalogue.ENTRIES, ours))
    save_file(model.state_dict(), tmp_path / "ours.safetensors")
    weights.add(ours, tmp_path / "ours.safetensors")
    weights.add(catalogue.ENTRIES[0], tmp_path / "ckpt")
    ready = catalogue.load("scfegan", "cpu")
    assert ready.weights_name == "scfegan-ours"
    here = picture(64, 80)
    assert torch.equal(ready(**here), model(**here))


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (
            "missing",
            r"data-00000-of-00001 does not hold scfegan-released: .*missing: generator/gconv3_ds",
        ),
        ("wider", "holds another network than scfegan-released: .* parameters instead of"),
        ("integers", "generator/gconv3_ds/kernel is not made of floating point numbers"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_and_nothing_kept(
    narrow: SCFEGAN, tmp_path: Path, spoilt: str, said: str
) -> None:
    tensors = variables(lively(networks.published(3)) if spoilt == "wider" else narrow)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    if spoilt == "missing":
        del arrays["generator/gconv3_ds/kernel"]
    if spoilt == "integers":
        arrays["generator/gconv3_ds/kernel"] = arrays["generator/gconv3_ds/kernel"].astype(np.int32)
    save(tmp_path / "ckpt", arrays, "SC-FEGAN.ckpt")
    with pytest.raises(RetoucherError, match=said):
        weights.add(catalogue.ENTRIES[0], tmp_path / "ckpt")
    assert weights.find(catalogue.ENTRIES[0]) is None
    assert not (tmp_path / "home").exists()


def test_the_entry_tells_that_it_is_for_research_only() -> None:
    entry = catalogue.entry("scfegan-released")
    assert entry.commercial == "no"
    assert entry.by_name_only
    assert "CC BY-NC 4.0" in entry.licence
    assert weights.pullable(entry) == ()
    with torch.device("meta"):
        model = networks.published()
    assert sum(parameter.numel() for parameter in model.parameters()) == entry.parameters
