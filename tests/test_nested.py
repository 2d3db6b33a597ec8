"""NVIDIA's pickles give their tensors, and nothing in them runs, however they are made."""

import builtins
import contextlib
import io
import os
import pickle
import pickletools
import struct
import subprocess
import sys
import time
from collections import OrderedDict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import nvidia_pickles
from checkpoints import Call, save_pickle
from nvidia_pickles import Persistent, dump_networks, persistent, save_module, save_networks, storage_bytes
from retoucher import checkpoint, nested
from retoucher.checkpoint import read
from retoucher.errors import RetoucherError


class Layer(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(count, 2))
        self.bias = None
        self.register_buffer("noise_const", torch.rand(count, count))


class Tree(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.b4, self.b8 = Layer(3), Layer(4)
        self.const = nn.Parameter(torch.rand(2))


def named(name: str, network: nn.Module) -> dict[str, torch.Tensor]:
    return {f"{name}{key}": tensor for key, tensor in network.state_dict().items()}


def assert_same(tensors: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert set(tensors) == set(expected)
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)


def test_a_pickle_of_networks_gives_the_tensors_of_each(tmp_path):
    networks = {name: Tree() for name in ("G", "D", "G_ema")}
    save_networks(tmp_path / "ffhq.pkl", networks)
    expected = {}
    for name, network in networks.items():
        expected |= named(f"{name}.", network)
    assert_same(read(tmp_path / "ffhq.pkl"), expected)
    only = read(tmp_path / "ffhq.pkl", lambda names: {name: name[6:] for name in names if name.startswith("G_ema.")})
    assert_same(only, networks["G_ema"].state_dict())


@pytest.mark.parametrize("old", [False, True])
def test_a_module_that_torch_saved_gives_its_tensors(tmp_path, old):
    network = Tree()
    save_module(tmp_path / "mystyle_model.pt", network, old=old)
    assert_same(read(tmp_path / "mystyle_model.pt"), network.state_dict())


def test_the_clamp_of_layers_is_a_number_beside_their_tensors(tmp_path):
    save_networks(tmp_path / "a.pkl", {"G_ema": Tree()}, clamp=256)
    tensors = read(tmp_path / "a.pkl")
    clamps = {name: float(tensor) for name, tensor in tensors.items() if name.endswith("conv_clamp")}
    assert clamps == {f"G_ema.{layer}conv_clamp": 256.0 for layer in ("", "b4.", "b8.")}


def test_parts_of_one_storage_and_half_precision_come_back(tmp_path):
    network, table = Tree(), torch.rand(6, 5)
    network.b4.noise_const, network.b8.noise_const = table[1:3].t(), table.half()
    save_networks(tmp_path / "a.pkl", {"G": network})
    tensors = read(tmp_path / "a.pkl")
    assert torch.equal(tensors["G.b4.noise_const"], table[1:3].t())
    assert torch.equal(tensors["G.b8.noise_const"], table.half())


def test_networks_in_dictionaries_of_a_training_checkpoint_keep_their_place_in_the_name(tmp_path):
    import argparse

    network, mean = Tree(), torch.rand(3)
    optimizer = torch.optim.Adam(network.parameters())
    content = {"g": network.state_dict(), "g_ema": network.state_dict(), "d": network.state_dict()}
    content |= {"latent_avg": mean, "args": argparse.Namespace(size=8, path="/x"), "g_optim": optimizer.state_dict()}
    torch.save(content, tmp_path / "550000.pt")
    expected = {"latent_avg": mean} | named("g.", network) | named("g_ema.", network) | named("d.", network)
    assert_same(read(tmp_path / "550000.pt"), expected)
    state = {f"decoder.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"state_dict": state, "latent_avg": mean, "opts": {"path": "/x"}}, tmp_path / "e4e.pt")
    assert_same(read(tmp_path / "e4e.pt"), {**state, "latent_avg": mean})


def test_the_source_in_the_file_would_really_run_elsewhere(tmp_path):
    (tmp_path / "a.pkl").write_bytes(dump_networks({"G_ema": Tree()}))
    assert nvidia_pickles.SOURCE.encode() in (tmp_path / "a.pkl").read_bytes()
    loader = (
        "import sys, types, pickle\n"
        "names = 'torch_utils', 'torch_utils.persistence', 'dnnlib', 'dnnlib.util'\n"
        "sys.modules.update({name: types.ModuleType(name) for name in names})\n"
        "sys.modules['dnnlib.util'].EasyDict = type('EasyDict', (dict,), {})\n"
        "sys.modules['torch_utils.persistence']._reconstruct_persistent_obj = lambda m: exec(m['module_src'])\n"
        "pickle.load(open(sys.argv[1], 'rb'))"
    )
    done = subprocess.run([sys.executable, "-c", loader, str(tmp_path / "a.pkl")], capture_output=True, text=True)
    assert "the source in the file was run" in done.stderr


class Bytes:
    """Pickles as a storage made from bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self):
        return torch.storage._load_from_bytes, (self.data,)


def tensor(storage, size=(2,), offset=0, stride=(1,)):
    return Call(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, OrderedDict())


def state(inside):
    """A module whose one buffer is this."""
    return {"_parameters": OrderedDict(), "_buffers": OrderedDict(a=inside), "_modules": OrderedDict()}


def hostile(inside) -> bytes:
    """A pickle of networks with something in it."""
    with nvidia_pickles.their_modules():
        return pickle.dumps({"G_ema": Persistent(state(inside), nvidia_pickles.SOURCE, "Generator")})


def attacks(command):
    code = f"__import__('os').system({command!r})"
    inner = pickle.dumps(Call(os.system, command), 2)
    good = storage_bytes(torch.rand(2))
    yield "os.system", hostile(Call(os.system, command)), f"{os.name}.system"
    yield "builtins.eval", hostile(Call(builtins.eval, code)), "builtins.eval"
    yield "builtins.exec", hostile(Call(builtins.exec, code)), "builtins.exec"
    yield "a pickle in the bytes", hostile(tensor(Bytes(inner))), f"{os.name}.system"
    yield "behind the magic number", hostile(tensor(Bytes(_behind(good, inner)))), f"{os.name}.system"
    yield "bytes in bytes", hostile(tensor(Bytes(pickle.dumps(Bytes(good), 2)))), "torch.storage._load_from_bytes"
    yield "a module of torch", hostile(nn.Identity()), "torch.nn.modules.linear.Identity"
    yield "their own import hook", _global("torch_utils.persistence", "import_hook"), "persistence.import_hook"
    yield "their download", _global("dnnlib.util", "open_url"), "dnnlib.util.open_url"
    yield "a module of theirs", _global("dnnlib.util", "EasyDict.__init__"), "EasyDict.__init__"
    yield "numpy's loader", _global("numpy.lib.npyio", "load"), "numpy.lib.npyio.load"
    yield "torch.load", _global("torch.serialization", "load"), "torch.serialization.load"


def _behind(good, inner):
    """Bytes that begin as a storage's do, with another pickle in place of the storage."""
    file = io.BytesIO(good)
    for _ in range(3):
        for _ in pickletools.genops(file):
            pass
    return good[: file.tell()] + inner


def _global(module, name):
    parts = (b"\x8c" + bytes([len(part)]) + part.encode() for part in (module, name))
    return b"\x80\x04}\x8c\x05G_ema" + b"".join(parts) + b"\x93)Rs."


@pytest.mark.parametrize("name", [name for name, *_ in attacks("true")])
def test_hostile_pickles_of_networks_are_refused_by_name_and_nothing_runs(tmp_path, name):
    sentinel = tmp_path / "ran"
    attack, refused = next((a, r) for n, a, r in attacks(f"touch {sentinel}") if n == name)
    (tmp_path / "evil.pkl").write_bytes(attack)
    with pytest.raises(RetoucherError) as refusal:
        read(tmp_path / "evil.pkl")
    assert str(refusal.value).startswith("evil.pkl was refused because it wants to use ")
    assert refused in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not sentinel.exists()


def test_bytes_are_no_storage_where_torch_writes_storages_beside_the_pickle(tmp_path):
    save_pickle(tmp_path / "a.pt", pickle.dumps({"a": tensor(Bytes(storage_bytes(torch.rand(2))))}, 2))
    with pytest.raises(RetoucherError, match=r"torch\.storage\._load_from_bytes"):
        read(tmp_path / "a.pt")


def claims(length):
    """A storage that says that it is `length` long."""
    good = storage_bytes(torch.rand(3))
    old = b"K\x03" if b"K\x03" in good else b""
    assert good.count(old) == 1
    data = good.replace(old, b"\x8a\x08" + struct.pack("<q", length))
    return data.replace(struct.pack("<q", 3), struct.pack("<q", length))


BROKEN = {
    "a storage of half a petabyte": tensor(Bytes(claims(2**47)), (2**47,)),
    "a storage of four more numbers": tensor(Bytes(claims(7)), (7,)),
    "a negative storage": tensor(Bytes(claims(-3)), (1,)),
    "a tensor beyond its storage": tensor(Bytes(storage_bytes(torch.rand(3))), (4,)),
    "a tensor of impossible size": tensor(Bytes(storage_bytes(torch.rand(3))), (2**40, 2**40), stride=(0, 0)),
    "no bytes": tensor(Bytes(b"")),
    "half the bytes": tensor(Bytes(storage_bytes(torch.rand(300))[:-200]), (300,)),
    "bytes that are text": tensor(Bytes("text")),
    "bytes that are a list": tensor(Bytes([1, 2])),
    "another pickle": tensor(Bytes(pickle.dumps([1, 2], 2))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_storages_that_lie_are_damaged_and_take_no_memory(tmp_path, name):
    (tmp_path / "a.pkl").write_bytes(hostile(BROKEN[name]))
    start = time.perf_counter()
    with pytest.raises(RetoucherError, match=r"^a\.pkl is damaged"):
        read(tmp_path / "a.pkl")
    assert time.perf_counter() - start < 1


def test_modules_within_modules_without_end_are_refused(tmp_path):
    with nvidia_pickles.their_modules():
        deep = Persistent(state(None), "", "A")
        for _ in range(70):
            deep = Persistent({"_modules": {"m": deep}}, "", "A")
        (tmp_path / "deep.pkl").write_bytes(pickle.dumps({"G": deep}))
    with pytest.raises(RetoucherError, match=r"deep\.pkl was refused because its modules are nested too deeply"):
        read(tmp_path / "deep.pkl")


def test_a_module_in_itself_is_refused(tmp_path):
    name = b"\x8c\x17torch_utils.persistence\x8c\x1b_reconstruct_persistent_obj\x93"
    modules = b"}q\x01"
    meta = b"}\x8c\x05state}\x8c\x08_modules" + modules + b"ss"
    thing = name + meta + b"\x85Rq\x02"
    loop = b"\x80\x04}\x8c\x01G" + thing + b"h\x01\x8c\x01mh\x02s0s."
    (tmp_path / "a.pkl").write_bytes(loop)
    with pytest.raises(RetoucherError, match="nested too deeply"):
        read(tmp_path / "a.pkl")


def test_a_pickle_that_unpacks_the_same_bytes_for_ever_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(nested, "MAX_STORAGES", 20)
    shared = Bytes(storage_bytes(torch.rand(2)))
    (tmp_path / "a.pkl").write_bytes(hostile([tensor(Bytes(shared.data)) for _ in range(30)]))
    with pytest.raises(RetoucherError, match="over 20 storages"):
        read(tmp_path / "a.pkl")


def test_a_storage_with_a_long_program_around_it_is_refused(tmp_path):
    (tmp_path / "a.pkl").write_bytes(hostile(tensor(Bytes(b"\x80\x02" + b"]" * 2000 + b"."))))
    with pytest.raises(RetoucherError, match="over 100 instructions"):
        read(tmp_path / "a.pkl")


def test_pickles_larger_than_any_network_are_refused_unread(tmp_path, monkeypatch):
    save_networks(tmp_path / "a.pkl", {"G": Tree()})
    monkeypatch.setattr(checkpoint, "MAX_PLAIN_BYTES", 1000)
    with pytest.raises(RetoucherError, match="too large"):
        read(tmp_path / "a.pkl")


@pytest.mark.parametrize("opcode", [b"B\xff\xff\xff\xff", b"\x8e" + struct.pack("<Q", 2**62), b"\x8d" + b"\xff" * 8])
def test_texts_and_bytes_longer_than_the_file_take_no_memory(tmp_path, opcode):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + opcode + b"abc.")
    start = time.perf_counter()
    with pytest.raises(RetoucherError, match="damaged"):
        read(tmp_path / "a.pkl")
    assert time.perf_counter() - start < 1


@pytest.fixture(scope="module")
def whole():
    torch.manual_seed(0)
    return dump_networks({"G_ema": Tree()}, 256)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.none() | st.integers(0, 2**20),
    there=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=6),
)
def test_damaged_pickles_of_networks_give_tensors_or_a_sentence(whole, tmp_path, kept, there):
    content = bytearray(whole if kept is None else whole[: kept % len(whole)])
    for place, value in there:
        if content:
            content[place % len(content)] = value
    (tmp_path / "a.pkl").write_bytes(content)
    with contextlib.suppress(RetoucherError):
        read(tmp_path / "a.pkl")


def test_the_writer_of_these_tests_leaves_no_module_behind():
    with nvidia_pickles.their_modules():
        assert persistent(Layer(1)).meta["type"] == "class"
    assert not {"torch_utils", "dnnlib", "dnnlib.util"} & set(sys.modules)
