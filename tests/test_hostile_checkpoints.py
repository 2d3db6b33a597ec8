import builtins
import os
import pickle
import struct
import time
import zipfile
from collections import OrderedDict

import pytest
import torch

from checkpoints import (
    Call,
    Reference,
    dumps,
    save_pickle,
    tensor_call,
)
from retoucher import checkpoint
from retoucher.checkpoint import read
from retoucher.errors import RetoucherError


def stack_global(module, name, then=b"."):
    parts = (b"\x8c" + bytes([len(part)]) + part.encode() for part in (module, name))
    return b"\x80\x04" + b"".join(parts) + b"\x93" + then


def attacks(command):
    """Pickles that run `command` under pickle.load (or would reach for it), and what the refusal must name."""
    text = b"\x8c" + bytes([len(command)]) + command.encode()
    reduce = text + b"\x85R."
    yield "os.system by REDUCE", pickle.dumps(Call(os.system, command), 2), f"{os.name}.system"
    yield "literal os.system", b"\x80\x02cos\nsystem\n" + b"U" + text[1:] + b"\x85R.", "os.system"
    yield "builtins.eval", dumps(Call(builtins.eval, f"__import__('os').system({command!r})")), "builtin__.eval"
    yield "builtins.exec", dumps(Call(builtins.exec, f"import os; os.system({command!r})"), 4), "builtins.exec"
    yield "torch.load", dumps(Call(torch.load, "other.pt")), "torch.serialization.load"
    yield "getattr", dumps(Call(getattr, Call(builtins.__import__, "os"), "system")), "getattr"
    yield "STACK_GLOBAL", stack_global("os", "system", reduce), "os.system"
    yield "dotted", stack_global("collections", "OrderedDict.__init__.__globals__"), "OrderedDict.__init__.__globals__"
    yield "dotted namespace", stack_global("pytorch_lightning.utilities", "os.system", reduce), "utilities.os.system"
    yield "numpy", stack_global("numpy.testing._private.utils", "runstring"), "numpy.testing._private.utils.runstring"
    yield "similar namespace", stack_global("omegaconf_evil", "run"), "omegaconf_evil.run"
    yield "INST", b"(S'" + command.encode() + b"'\nios\nsystem\n.", "os.system"
    yield "OBJ", b"(cos\nsystem\n" + b"S'" + command.encode() + b"'\no.", "os.system"
    yield "extension code", b"\x80\x02\x82\x01.", "EXT1"
    yield "BUILD on a function", stack_global("torch._utils", "_rebuild_tensor_v2", b"}b."), "change an object"
    yield "BUILD on a class", stack_global("collections", "OrderedDict", b"}\x8c\x01a\x8c\x01bsb."), "change an object"
    yield "BUILD on a tensor", _built_tensor(), "change an object"
    yield "call of a dictionary", b"\x80\x02})R.", "call something that is not a name"
    yield "persistent text", b"\x80\x02Pfile:///etc/passwd\n.", "PERSID"
    yield "persistent module", dumps({"a": Reference(["module", "x", "y"])}), "refer to something"
    yield "odd storage", dumps({"a": Reference(["storage", OrderedDict, "0", "cpu", 4])}), "collections.OrderedDict"
    yield "out-of-band buffer", b"\x80\x05\x97.", "NEXT_BUFFER"


def _built_tensor():
    start = dumps(tensor_call(1, 0, (1,), (1,)))
    return start[:-1] + b"}b."


NAMES = [name for name, *_ in attacks("true")]


@pytest.mark.parametrize("place", ["top", "inside", "legacy", "nested"])
@pytest.mark.parametrize("name", NAMES)
def test_hostile_files_are_refused_by_name_and_nothing_runs(tmp_path, name, place):
    sentinel = tmp_path / "ran"
    attack, refused = next((a, r) for n, a, r in attacks(f"touch {sentinel}") if n == name)
    path = tmp_path / "evil.pt"
    if place == "legacy":
        head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
        path.write_bytes(b"".join(pickle.dumps(part, 2) for part in head) + b"\x80\x02" + attack)
    else:
        # Inside a state dictionary: {"state_dict": <attack>}
        save_pickle(path, b"\x80\x04}\x8c\x0astate_dict" + attack[:-1] + b"s." if place == "inside" else attack)
    if place == "nested":
        with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
            archive.write(path, "lama/models/best.ckpt")
        path = tmp_path / "evil.zip"
    with pytest.raises(RetoucherError) as refusal:
        read(path)
    assert refused in str(refusal.value)
    assert str(refusal.value).startswith(f"{path.name} was refused because it wants to ")
    assert "\n" not in str(refusal.value)
    assert not sentinel.exists()


def test_the_attacks_of_this_test_are_real(tmp_path):
    sentinel = tmp_path / "ran"
    attack = next(a for n, a, _ in attacks(f"touch {sentinel}") if n == "STACK_GLOBAL")
    pickle.loads(attack)
    assert sentinel.exists()


def test_an_attribute_reached_through_an_allowed_namespace_stays_a_description(tmp_path):
    # pytorch_lightning.utilities.os is the module os where Lightning is installed
    sentinel = tmp_path / "ran"
    command = f"touch {sentinel}".encode()
    call = b"cpytorch_lightning.utilities.os\nsystem\nU" + bytes([len(command)]) + command + b"\x85R"
    state = {b"__setstate__": call, b"__class__": call, b"__reduce__": call, b"__dict__": b"}"}
    build = b"".join(b"U" + bytes([len(k)]) + k + v for k, v in state.items())
    thing = call + b"}(" + build + b"ub"
    tensors = dumps({"a": tensor_call(2, 0, (2,), (1,))})
    data = b"\x80\x02(U\x04evil" + thing + b"U\x0astate_dict" + tensors[2:-1] + b"d."
    save_pickle(tmp_path / "odd.pt", data, {"0": struct.pack("<2f", 1, 2)})
    assert read(tmp_path / "odd.pt")["a"].tolist() == [1, 2]
    assert not sentinel.exists()


def bombs():
    nested = b"(" * 100_000 + b"t" * 100_000
    doubled = b")" + b"2\x86" * 60  # a tuple of 2**60 ends: hashing it takes years
    shared = b"]q\x00" + b"h\x00h\x00\x86" * 10
    yield "deep nesting", b"\x80\x02" + nested + b"."
    yield "a doubled tuple as key", b"\x80\x02}" + doubled + b"Ns."
    yield "a huge memo index", b"\x80\x02]r\xff\xff\xff\x7f."
    yield "a text longer than the file", b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"a."
    yield "an integer longer than the file", b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01."
    yield "a decimal of a million digits", b"L" + b"9" * 1_000_000 + b"L\n."
    yield "a list in itself", b"\x80\x02]q\x00h\x00a" + shared + b"0."
    yield "an empty stack", b"\x80\x020000."
    yield "no mark", b"\x80\x02t."
    yield "no end", b"\x80\x02]]]]"
    yield "the same state again and again", _rebuilt()
    yield "nothing", b""


def _rebuilt():
    state = b"}q\x01(" + b"U\x01aN" * 1000 + b"u"
    return b"\x80\x02" + b"cargparse\nNamespace\n)\x81q\x00" + state + b"b" + b"h\x01b" * 10_000 + b"."


@pytest.mark.parametrize("name", [name for name, _ in bombs()])
def test_pickles_made_to_exhaust_time_or_memory_do_not(tmp_path, name):
    save_pickle(tmp_path / "a.pt", dict(bombs())[name])
    start = time.perf_counter()
    with pytest.raises(RetoucherError, match=r"^a\.pt"):
        read(tmp_path / "a.pt")
    assert time.perf_counter() - start < 3


def test_nothing_in_the_reader_can_load_code():
    from pathlib import Path

    for name in ("inert", "pickled", "nested", "modules", "checkpoint"):
        source = Path(checkpoint.__file__).with_name(f"{name}.py").read_text()
        for word in ("import pickle\n", "__import__", "importlib", "torch.load(", "jit.load", "eval(", "exec("):
            assert word not in source, (name, word)
