import contextlib
import io
import pickle
import struct
import time
import zipfile
from collections import OrderedDict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from checkpoints import (
    dumps,
    save_lightning,
    save_nested,
    save_pickle,
    save_torchscript,
    tensor_call,
    toy,
)
from retoucher import checkpoint, pickled
from retoucher.checkpoint import read
from retoucher.errors import RetoucherError, UsageError


def assert_same(tensors, expected):
    assert set(tensors) == set(expected)
    for name, tensor in expected.items():
        assert tensors[name].dtype == tensor.dtype
        assert tensors[name].shape == tensor.shape
        assert torch.equal(tensors[name], tensor), name
        assert tensors[name].is_contiguous()


def generator(names):
    return {name: name.split("generator.")[1] for name in names if "generator." in name}


@pytest.mark.parametrize("old", [False, True])
def test_a_lightning_checkpoint_gives_exactly_the_tensors_saved(tmp_path, old):
    network = toy()
    save_lightning(tmp_path / "best.ckpt", network, old=old)
    with pytest.raises(ModuleNotFoundError):  # its classes really are foreign here
        torch.load(tmp_path / "best.ckpt", weights_only=False)
    assert_same(read(tmp_path / "best.ckpt", generator), network.state_dict())


def test_every_tensor_of_a_lightning_checkpoint_is_there_without_a_choice(tmp_path):
    save_lightning(tmp_path / "best.ckpt", toy())
    assert {name.split(".")[0] for name in read(tmp_path / "best.ckpt")} == {
        "generator",
        "discriminator",
        "loss_resnet_pl",
        "val_evaluator",
        "test_evaluator",
    }


def test_a_torchscript_archive_gives_the_names_of_its_state_dict(tmp_path):
    state = save_torchscript(tmp_path / "big-lama.pt", toy())
    assert set(state) == {f"model.generator.{name}" for name in toy().state_dict()}
    assert_same(read(tmp_path / "big-lama.pt"), state)


def test_a_checkpoint_inside_a_zip_is_read(tmp_path):
    save_nested(tmp_path / "big-lama.zip", toy())
    assert_same(read(tmp_path / "big-lama.zip", generator), toy().state_dict())


def test_safetensors_are_read(tmp_path):
    save_file(toy().state_dict(), tmp_path / "toy.safetensors")
    assert_same(read(tmp_path / "toy.safetensors"), toy().state_dict())


@pytest.mark.parametrize("old", [False, True])
def test_all_number_types_and_layouts_come_back(tmp_path, old):
    table = torch.rand(6, 5)
    state = {
        "half": table.half(),
        "bfloat16": table.bfloat16(),
        "double": table.double(),
        "bool": table > 0.5,
        "scalar": torch.tensor(7),
        "empty": torch.empty(0, 3),
        "turned": table.t(),
        "part": table[1:4, 2:],
        "parameter": torch.nn.Parameter(table * 2),
        **{f"int{size}": torch.arange(-3, 4, dtype=getattr(torch, f"int{size}")) for size in (8, 16, 32, 64)},
        "uint8": torch.arange(250, 256, dtype=torch.uint8),
    }
    torch.save(OrderedDict(state), tmp_path / "all.pt", _use_new_zipfile_serialization=not old)
    assert_same(read(tmp_path / "all.pt"), {name: tensor.detach() for name, tensor in state.items()})


def test_numbers_from_a_big_endian_machine_are_turned_round(tmp_path):
    numbers = [1.5, -2.25, 3e7]
    save_pickle(tmp_path / "big.pt", dumps({"a": tensor_call(3, 0, (3,), (1,))}), {"0": struct.pack(">3f", *numbers)})
    with zipfile.ZipFile(tmp_path / "big.pt", "a") as archive:
        archive.writestr("archive/byteorder", "big")
    assert read(tmp_path / "big.pt")["a"].tolist() == numbers


def test_only_the_chosen_tensors_are_built(tmp_path, monkeypatch):
    save_pickle(tmp_path / "a.pt", dumps({n: tensor_call(2, 0, (2,), (1,), n) for n in "ab"}), {"a": bytes(8)})
    assert read(tmp_path / "a.pt", lambda names: {"a": "x"})["x"].tolist() == [0, 0]  # b's numbers are not even there


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (1, (4,), (1,)),
        (0, (5,), (1,)),
        (-1, (4,), (1,)),
        (0, (-4,), (1,)),
        (0, (4,), (-1,)),
        (0, (2, 2), (3, 1)),
        (4, (), ()),
        (0, (2**40,), (0,)),
        (0, (2**40, 2**40), (0, 0)),
        (0, (2**60,), (1,)),
        (0, (2,), (2**62,)),
        (0, (2,), (1, 1)),
        (0, (1,) * 20, (1,) * 20),
        (0, [4], [1]),
        (0.0, (4,), (1,)),
        (True, (3,), (1,)),
        ("0", (4,), (1,)),
    ],
)
def test_tensors_never_reach_outside_their_storage(tmp_path, offset, size, stride):
    save_pickle(tmp_path / "a.pt", dumps({"a": tensor_call(4, offset, size, stride)}), {"0": bytes(16)})
    with pytest.raises(RetoucherError, match=r"a\.pt is damaged"):
        read(tmp_path / "a.pt")


@pytest.mark.parametrize("length", [-1, 5, 2**28, 2**62])
def test_a_storage_that_claims_more_than_there_is_takes_no_memory(tmp_path, length):
    save_pickle(tmp_path / "a.pt", dumps({"a": tensor_call(length, 0, (2,), (1,))}), {"0": bytes(16)})
    with pytest.raises(RetoucherError):
        read(tmp_path / "a.pt")


def test_many_views_of_one_storage_cannot_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "MAX_TENSOR_BYTES", 10_000)
    views = {str(n): tensor_call(1000, 0, (1000,), (1,)) for n in range(5)}
    save_pickle(tmp_path / "a.pt", dumps(views), {"0": bytes(4000)})
    with pytest.raises(RetoucherError, match="memory"):
        read(tmp_path / "a.pt")


def test_a_pickle_of_too_many_instructions_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pickled, "MAX_OPCODES", 1000)
    save_pickle(tmp_path / "a.pt", b"\x80\x02" + b"]" * 2000 + b".")
    with pytest.raises(RetoucherError, match="1,000 instructions"):
        read(tmp_path / "a.pt")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(pickled, "MAX_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(20 << 20))
    assert (tmp_path / "a.pt").stat().st_size < 100_000
    with pytest.raises(RetoucherError, match="too large"):
        read(tmp_path / "a.pt")


def test_a_checkpoint_shrunk_beyond_belief_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big-lama/models/best.ckpt", bytes(65 << 20))
    with pytest.raises(RetoucherError, match=r"best\.ckpt in it is too large"):
        read(tmp_path / "a.zip")


def test_a_storage_much_longer_than_the_file_says_is_not_read(tmp_path):
    save_pickle(tmp_path / "a.pt", dumps({"a": tensor_call(4, 0, (4,), (1,))}), {"0": bytes(1 << 20)})
    with pytest.raises(RetoucherError, match="too large"):
        read(tmp_path / "a.pt")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_an_archive_holds_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("archive/data.pkl", dumps({}))
        archive.writestr("archive/data.pkl", dumps({}))
    with pytest.raises(RetoucherError, match="twice"):
        read(tmp_path / "a.pt")


def test_names_that_climb_out_of_an_archive_write_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "a.zip", "w") as archive:
        archive.writestr("../../climbed.ckpt", b"\x80\x02}.")
    with pytest.raises(RetoucherError):
        read(tmp_path / "in" / "a.zip")
    assert not list(tmp_path.rglob("climbed*"))


def test_storage_keys_are_looked_up_in_the_archive_only(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(16))
    for key in ("../../secret", str(tmp_path / "secret"), ""):
        save_pickle(tmp_path / "a.pt", dumps({"a": tensor_call(4, 0, (4,), (1,), key)}))
        with pytest.raises(RetoucherError, match="damaged"):
            read(tmp_path / "a.pt")


def test_modules_that_share_a_great_many_attributes_take_no_time(tmp_path):
    leaf = b"c__torch__\nA\n)\x81}(" + b"U\x01aN" * 10_000 + b"ubq\x00"
    parts = b"".join(b"U\x05%05dh\x00" % n for n in range(10_000))
    save_pickle(tmp_path / "a.pt", b"\x80\x02" + leaf + b"0c__torch__\nA\n)\x81}(" + parts + b"ub.")
    start = time.perf_counter()
    with pytest.raises(RetoucherError, match="too many"):
        read(tmp_path / "a.pt")
    assert time.perf_counter() - start < 3


def test_modules_that_hold_themselves_are_refused(tmp_path):
    loop = b"\x80\x02c__torch__\nA\n)\x81q\x00}(U\x01mh\x00ub."
    save_pickle(tmp_path / "a.pt", loop)
    with pytest.raises(RetoucherError, match="nested too deeply"):
        read(tmp_path / "a.pt")


def test_files_that_are_no_checkpoints_get_one_sentence(tmp_path):
    cases = {
        "photo.pt": b"\xff\xd8\xff\xe0 not a checkpoint at all",
        "empty.pt": b"",
        "plain.pt": pickle.dumps({"a": 1}),
        "bad.safetensors": struct.pack("<Q", 50) + b'{"a": nonsense' + bytes(60),
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(RetoucherError, match=name) as error:
            read(tmp_path / name)
        assert "\n" not in str(error.value)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a/best.ckpt", b"")
        archive.writestr("b/best.ckpt", b"")
    with pytest.raises(RetoucherError, match="2 checkpoints"):
        read(tmp_path / "two.zip")
    with pytest.raises(UsageError, match="no file"):
        read(tmp_path / "missing.pt")
    with pytest.raises(UsageError, match="no file"):
        read(tmp_path)
    save_pickle(tmp_path / "none.pt", dumps({"epoch": 3}))
    with pytest.raises(RetoucherError, match="no tensors"):
        read(tmp_path / "none.pt")


def test_a_changed_byte_in_the_numbers_is_noticed(tmp_path):
    torch.save({"a": torch.full((1000,), 0.123)}, tmp_path / "a.pt")
    data = bytearray((tmp_path / "a.pt").read_bytes())
    place = data.index(struct.pack("<f", 0.123)) + 400
    data[place] ^= 1
    (tmp_path / "a.pt").write_bytes(data)
    with pytest.raises(RetoucherError, match="damaged"):
        read(tmp_path / "a.pt")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    save_lightning(folder / "new.ckpt", toy())
    save_lightning(folder / "old.ckpt", toy(), old=True)
    save_torchscript(folder / "script.pt", toy())
    save_nested(folder / "nested.zip", toy())
    save_file(toy().state_dict(), folder / "plain.safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


PLACES = st.tuples(st.integers(0, 2**20), st.integers(0, 255))
"""A byte's place, taken modulo the length of what is damaged, and its new value."""


def damaged(content, bytes_there):
    """The content with some bytes replaced."""
    found = bytearray(content)
    for place, value in bytes_there:
        if found:
            found[place % len(found)] = value
    return bytes(found)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 4), kept=st.none() | st.integers(0, 2**20), there=st.lists(PLACES, max_size=6))
def test_damaged_files_give_tensors_or_a_sentence_and_nothing_else(samples, tmp_path, number, kept, there):
    content = samples[sorted(samples)[number]]
    content = content if kept is None else content[: kept % (len(content) + 1)]
    (tmp_path / "a.pt").write_bytes(damaged(content, there))
    with contextlib.suppress(RetoucherError):
        read(tmp_path / "a.pt")


def test_a_damaged_text_with_an_unknown_escape_is_read_without_a_word(samples):
    content = b"S'\\o'\n."  # an old kind of text, with an escape that Python does not know
    assert pickled.read(io.BytesIO(content), "a.pt").top == "\\o"


@settings(max_examples=400, deadline=None)
@given(there=st.lists(PLACES, min_size=1, max_size=8))
def test_damaged_pickles_give_descriptions_or_a_sentence_and_nothing_else(samples, there):
    with zipfile.ZipFile(io.BytesIO(samples["new.ckpt"])) as archive:
        content = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    with contextlib.suppress(RetoucherError):
        pickled.read(io.BytesIO(damaged(content, there)), "a.pt")
