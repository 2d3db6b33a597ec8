import json
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from checkpoints import (
    assert_holds,
    from_published,
    kept,
    published,
    save_lightning,
    save_nested,
    save_torchscript,
    toy,
    toy_entry,
)
from retoucher import weights
from retoucher.errors import RetoucherError


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A data folder and a torch cache of the test's own."""
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


WRITERS = {
    "best.ckpt": save_lightning,
    "old.ckpt": lambda path, network: save_lightning(path, network, old=True),
    "big-lama.pt": save_torchscript,
    "big-lama.zip": save_nested,
    "bare.safetensors": lambda path, network: safetensors.torch.save_file(network.state_dict(), path),
    "twice.pt": lambda path, network: torch.save({f"model.{k}": v for k, v in network.state_dict().items()}, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_is_added_gives_the_same_tensors_ever_after(tmp_path, name):
    WRITERS[name](tmp_path / name, toy())
    before = (tmp_path / name).read_bytes()
    copy = weights.add(toy_entry(), tmp_path / name)
    assert (copy.origin, copy.source, copy.published) == ("added", name, False)
    assert copy.source_sha256 == weights.digest(tmp_path / name)
    assert weights.find(toy_entry()) == copy
    assert_holds(copy, toy())
    assert kept() == ["toy.json", "toy.safetensors"]
    assert (tmp_path / name).read_bytes() == before


def test_the_same_file_is_converted_to_the_same_bytes(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    first = weights.add(toy_entry(), tmp_path / "best.ckpt")
    both = [(weights.folder() / name).read_bytes() for name in kept()]
    assert weights.add(toy_entry(), tmp_path / "best.ckpt") == first
    assert [(weights.folder() / name).read_bytes() for name in kept()] == both


def test_a_known_file_is_recognised_whatever_its_name(tmp_path):
    save_torchscript(tmp_path / "a.pt", toy())
    entry = toy_entry(files=(published(tmp_path / "a.pt"),))
    copy = weights.add(entry, (tmp_path / "a.pt").rename(tmp_path / "download (1)"))
    assert (copy.source, copy.published) == ("a.pt", True)


def test_half_precision_is_kept_on_disk_and_becomes_float32_in_memory(tmp_path):
    state = {name: t.half() if t.is_floating_point() else t for name, t in toy().state_dict().items()}
    torch.save(state, tmp_path / "half.pt")
    copy = weights.add(toy_entry(), tmp_path / "half.pt")
    assert safetensors.torch.load_file(copy.path)["model.0.weight"].dtype == torch.float16
    tensors = weights.load_tensors(copy)
    assert tensors["model.0.weight"].dtype == torch.float32
    assert torch.equal(tensors["model.0.weight"], state["model.0.weight"].float())
    assert tensors["model.1.num_batches_tracked"].dtype == torch.int64


def missing(state):
    del state["model.0.bias"]


def extra(state):
    state["model.9.bias"] = torch.zeros(1)


def reshaped(state):
    state["model.0.bias"] = torch.zeros(7)


@pytest.mark.parametrize(
    ("change", "named"), [(missing, "model.0.bias"), (extra, "model.9.bias"), (reshaped, "model.0")]
)
def test_wrong_names_or_shapes_are_refused_and_leave_nothing(tmp_path, change, named):
    state = toy().state_dict()
    change(state)
    torch.save(state, tmp_path / "wrong.pt")
    with pytest.raises(RetoucherError, match=r"wrong\.pt does not hold toy") as error:
        weights.add(toy_entry(), tmp_path / "wrong.pt")
    assert "\n" not in str(error.value)
    assert named in str(error.value)
    assert kept() == []


def test_another_network_of_the_family_is_refused(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    with pytest.raises(RetoucherError, match="255 parameters instead of 256"):
        weights.add(toy_entry(parameters=256), tmp_path / "best.ckpt")
    assert kept() == []


def test_what_was_there_stays_when_a_new_file_is_bad(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    copy = weights.add(toy_entry(), tmp_path / "best.ckpt")
    (tmp_path / "bad.pt").write_bytes((tmp_path / "best.ckpt").read_bytes()[:-3000])
    with pytest.raises(RetoucherError, match="damaged"):
        weights.add(toy_entry(), tmp_path / "bad.pt")
    assert_holds(weights.find(toy_entry()), toy())
    assert weights.find(toy_entry()) == copy


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["save_file", "write_whole", "_to_disk"])
def test_an_interruption_or_a_full_disk_leaves_no_broken_network(tmp_path, monkeypatch, failure, step):
    def fail(*anything, **more):
        raise failure

    save_lightning(tmp_path / "best.ckpt", toy())
    place = {"save_file": "safetensors.torch.save_file", "write_whole": "retoucher.files.write_whole"}
    monkeypatch.setattr(place.get(step, "retoucher.weights._to_disk"), fail)
    with pytest.raises((KeyboardInterrupt, RetoucherError)) as error:
        weights.add(toy_entry(), tmp_path / "best.ckpt")
    if isinstance(failure, OSError):
        assert "No space left on device" in str(error.value)
        assert "make room" in str(error.value)
    assert weights.find(toy_entry()) is None
    assert not [name for name in kept() if name.endswith((".part", ".json"))]
    monkeypatch.undo()
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    assert_holds(weights.add(toy_entry(), tmp_path / "best.ckpt"), toy())


def test_a_changed_byte_is_noticed_before_anything_is_built(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    copy = weights.add(toy_entry(), tmp_path / "best.ckpt")
    weights.verify(copy)
    data = bytearray(copy.path.read_bytes())
    data[-1] ^= 1
    copy.path.write_bytes(data)
    for check in (weights.verify, weights.load_tensors):
        with pytest.raises(RetoucherError, match="not what it was") as error:
            check(copy)
        assert "retoucher weights add toy FILE" in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', "nonsense"])
def test_a_damaged_record_counts_as_damage(tmp_path, text):
    save_lightning(tmp_path / "best.ckpt", toy())
    copy = weights.add(toy_entry(), tmp_path / "best.ckpt")
    copy.path.with_suffix(".json").write_text(text)
    with pytest.raises(RetoucherError, match="not what it was"):
        weights.load_tensors(weights.find(toy_entry()))


def test_the_record_says_where_a_network_came_from_and_no_date(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    copy = weights.add(toy_entry(), tmp_path / "best.ckpt")
    assert json.loads(copy.path.with_suffix(".json").read_text()) == {
        "name": "toy",
        "origin": "added",
        "sha256": weights.digest(copy.path),
        "size": copy.path.stat().st_size,
        "source": "best.ckpt",
        "source_sha256": weights.digest(tmp_path / "best.ckpt"),
        "licence": "none",
    }


def in_cache(network=None):
    place = weights.hub_folder() / "big-lama.pt"
    place.parent.mkdir(parents=True)
    save_torchscript(place, network or toy())
    return place


def test_a_copy_in_torchs_cache_is_used_after_verification(tmp_path):
    place = in_cache()
    entry = toy_entry(files=(published(place),))
    copy = weights.find(entry)
    assert (copy.origin, copy.path, copy.published) == ("found", place, True)
    assert place.is_relative_to(tmp_path / "torch")
    assert_holds(copy, toy())
    assert kept() == []


def test_a_wrong_file_in_torchs_cache_is_left_alone():
    place = in_cache()
    entry = toy_entry(files=(published(place),))
    assert weights.find(entry) is not None
    data = bytearray(place.read_bytes())
    data[-1] ^= 1
    place.write_bytes(data)
    assert weights.find(entry) is None
    place.write_bytes(data[:-1])
    assert weights.find(entry) is None
    assert weights.find(toy_entry(files=(replace(published(place), sha256=None),))) is None


def test_torchs_cache_is_where_torch_looks(monkeypatch, tmp_path):
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights.hub_folder() == tmp_path / "cache" / "torch" / "hub" / "checkpoints"
    assert str(weights.hub_folder()).startswith(torch.hub.get_dir())
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.hub_folder() == tmp_path / ".cache" / "torch" / "hub" / "checkpoints"


def test_weights_that_ship_are_found_and_verified(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "package_data", lambda: tmp_path)
    state = {name: t.half() if t.is_floating_point() else t for name, t in toy().state_dict().items()}
    safetensors.torch.save_file(state, tmp_path / "toy.safetensors")
    entry = toy_entry(shipped=published(tmp_path / "toy.safetensors"))
    copy = weights.find(entry)
    assert (copy.origin, copy.published) == ("shipped", True)
    loaded = weights.build(entry, weights.load_tensors(copy), "toy")
    assert torch.equal(loaded.model[0].weight, toy().model[0].weight.half().float())
    (tmp_path / "toy.safetensors").write_bytes(b"x" * 1000)
    with pytest.raises(RetoucherError, match="not what it was"):
        weights.load_tensors(copy)


def test_the_toy_of_these_tests_is_strict():
    with pytest.raises(RuntimeError):
        from_published({})
