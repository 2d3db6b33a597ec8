import struct
import time
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bundles import MAGIC, Table, block, checksum, entry, header, number, part, save, table, varint
from retoucher import bundle, checkpoint
from retoucher.checkpoint import read
from retoucher.errors import RetoucherError, UsageError

QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tensors(seed=0):
    random = np.random.RandomState(seed)
    made = {f"generator/gconv{i}/kernel": random.randn(3, 3, i, 2).astype("f4") for i in range(1, 14)}
    made |= {f"generator/gconv{i}/bias": random.randn(2).astype("f4") for i in range(1, 14)}
    made["half"], made["wide"] = random.randn(5).astype("f2"), random.randn(2, 3)
    return made | {"scalar": np.array(0.5, "f4"), "none": np.zeros((0, 4), "f4")}


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].shape == array.shape
        assert np.array_equal(found[name].numpy(), array), name
        assert found[name].is_contiguous()


@pytest.mark.parametrize("shards", [1, 3])
def test_every_number_comes_back_as_it_was_saved(tmp_path, shards):
    index = save(tmp_path, tensors(), shards=shards)
    same(read(index), tensors())
    assert read(index)["half"].dtype == torch.float16


def test_a_checkpoint_may_be_named_by_any_of_its_files_its_folder_or_its_beginning(tmp_path):
    save(tmp_path, tensors())
    (tmp_path / "model.ckpt.meta").write_bytes(b"a graph, which is not read")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"')
    for name in (".", "model.ckpt", "model.ckpt.index", "model.ckpt.meta", "model.ckpt.data-00000-of-00001"):
        same(read(tmp_path / name), tensors())
        assert checkpoint.holder(tmp_path / name).name == "model.ckpt.data-00000-of-00001"


def test_other_numbers_may_lie_beside_what_is_chosen(tmp_path):
    index = save(tmp_path, tensors() | {"global_step": np.array(7, "i8")})
    assert set(read(index, lambda names: {"half": "h"} if "global_step" in names else {})) == {"h"}
    with pytest.raises(RetoucherError, match="global_step is not made of floating point numbers"):
        read(index)


def test_bfloat16_becomes_float32(tmp_path):
    raw = (np.array([1.5, -2.25], "f4").view("u4") >> 16).astype("<u2").tobytes()
    (tmp_path / "a.data-00000-of-00001").write_bytes(raw)
    (tmp_path / "a.index").write_bytes(table({b"": header(), b"x": entry(14, (2,), 0, 4, checksum(raw))}))
    found = read(tmp_path / "a.index")["x"]
    assert (found.dtype, found.tolist()) == (torch.float32, [1.5, -2.25])


@pytest.mark.parametrize(
    ("name", "missing", "said"),
    [
        ("model.ckpt.index", "model.ckpt.data-00000-of-00001", "model.ckpt.data-00000-of-00001 belongs to this check"),
        ("model.ckpt.data-00000-of-00001", "model.ckpt.index", "is one part .*: put model.ckpt.index beside it"),
        (".", "model.ckpt.index", "no file at"),
        ("model.ckpt", "model.ckpt.index", "no file at"),
        ("model.ckpt.index", "model.ckpt.index", "no file at"),
    ],
)
def test_a_part_that_is_missing_is_named(tmp_path, name, missing, said):
    save(tmp_path, tensors())
    (tmp_path / missing).unlink()
    with pytest.raises(UsageError, match=said):
        read(tmp_path / name)


def test_of_two_checkpoints_in_a_folder_one_must_be_named(tmp_path):
    for name in ("a", "b"):
        save(tmp_path, tensors(), name)
    with pytest.raises(UsageError, match=r"holds 2 files called NAME\.index, not one"):
        read(tmp_path)
    same(read(tmp_path / "b.index"), tensors())


def made(tmp_path, **entries):
    """A checkpoint of one block and 64 bytes of data."""
    (tmp_path / "a.data-00000-of-00001").write_bytes(bytes(64))
    pairs = {b"": header()} | {name.encode(): value for name, value in entries.items()}
    (tmp_path / "a.index").write_bytes(table(pairs))
    return tmp_path / "a.index"


ZEROS = checksum(bytes(16))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (entry(1, (4,), 0, 16, ZEROS + 1), "a.data-00000-of-00001 is damaged at x"),
        (entry(1, (4,), 60, 16, ZEROS), "a.data-00000-of-00001 is damaged at x"),
        (entry(1, (4,), 1 << 62, 16, ZEROS), "a.data-00000-of-00001 is damaged at x"),
        (entry(1, (1 << 40,), 0, 1 << 42, ZEROS), "would take 4398.0 GB"),
        (entry(1, (1 << 28,), 0, 1 << 30, ZEROS), "a.data-00000-of-00001 is damaged at x"),
        (entry(1, (5,), 0, 16, ZEROS), "is damaged or is no checkpoint"),
        (entry(1, (-4,), 0, 16, ZEROS), "is damaged or is no checkpoint"),
        (entry(1, (4,), -8, 16, ZEROS), "is damaged or is no checkpoint"),
        (entry(1, (1,) * 17 + (4,), 0, 16, ZEROS), "is damaged or is no checkpoint"),
        (entry(1, (4,), 0, 16, ZEROS, shard=1), "is damaged or is no checkpoint"),
        (entry(3, (4,), 0, 16, ZEROS), "x is not made of floating point numbers"),
        (entry(7, (4,), 0, 16, ZEROS), "x is not made of floating point numbers"),
        (entry(1, (4,), 0, 16, ZEROS, more=part(7, b"")), "x is stored in slices"),
        (b"\x0b", "is damaged or is no checkpoint"),
        (number(2, 3), "is damaged or is no checkpoint"),
        (part(1, b"x"), "is damaged or is no checkpoint"),
        (b"\x12\xff\xff\x03", "is damaged or is no checkpoint"),
        (b"\x08" + b"\xff" * 20, "is damaged or is no checkpoint"),
    ],
)
def test_entries_that_lie_are_refused_in_one_sentence(tmp_path, value, said):
    tracemalloc.start()
    with pytest.raises(RetoucherError, match=said) as refusal:
        read(made(tmp_path, x=value))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "\n" not in str(refusal.value)
    assert most < 50_000_000  # whatever the file says, nothing of that size was taken


def closed(contents, kind=0, crc=None, pairs=None):
    made = Table()
    place = made.add(contents, kind, crc)
    return made.closed(block(pairs(place) if pairs else {b"z": place}))


GOOD = block({b"": header(), b"x": entry(1, (4,), 0, 16, ZEROS)})


def indices():
    yield "no table", b"x" * 100, "is no index of a TensorFlow checkpoint"
    yield "nothing", b"", "is no index of a TensorFlow checkpoint"
    yield "another number at the end", Table().closed(block({}), MAGIC + 1), "is no index of a TensorFlow checkpoint"
    yield "no block", Table().closed(block({})), "damaged"
    yield "no header", table({b"x": entry(1, (4,), 0, 16, ZEROS)}), "damaged"
    yield "no version", table({b"": header(version=b"")}), "damaged"
    yield "no data files", table({b"": header(0)}), "damaged"
    yield "a million data files", table({b"": header(1_000_000)}), "damaged"
    yield "another byte order", table({b"": header(endianness=1)}), "another byte order"
    yield "compressed", closed(GOOD, kind=1), "refused because it is compressed"
    yield "another checksum", closed(GOOD, crc=5), "damaged"
    yield "the same block twice", closed(GOOD, pairs=lambda at: {b"y": at, b"z": at}), "damaged"
    yield "a block beyond the end", closed(GOOD, pairs=lambda _: {b"z": varint(10) + varint(1 << 40)}), "damaged"
    yield "a place cut off", closed(GOOD, pairs=lambda _: {b"z": b"\xff"}), "damaged"
    yield "keys that fall", closed(block({b"": header(), b"y": b"", b"x": b""})), "damaged"
    yield "a beginning longer than the key before", closed(b"\x05\x01\x00x" + struct.pack("<II", 0, 1)), "damaged"
    yield "a key beyond its block", closed(b"\x00\x50\x00x" + struct.pack("<II", 0, 1)), "damaged"
    yield "too many restarts", closed(struct.pack("<I", 1 << 31)), "damaged"
    yield "a name too long", closed(block({b"": header(), b"x" * 2000: b""})), "damaged"
    yield "a name that is no text", table({b"": header(), b"\xff\xfe": entry(1, (4,), 0, 16, ZEROS)}), "damaged"


@pytest.mark.parametrize("name", [name for name, *_ in indices()])
def test_indices_that_are_broken_or_hostile_are_refused_in_one_sentence(tmp_path, name):
    data, said = next((data, said) for each, data, said in indices() if each == name)
    (tmp_path / "a.data-00000-of-00001").write_bytes(bytes(64))
    (tmp_path / "a.index").write_bytes(data)
    with pytest.raises(RetoucherError, match=said) as refusal:
        read(tmp_path / "a.index")
    assert str(refusal.value).startswith("a.index")
    assert "\n" not in str(refusal.value)


def test_an_index_made_to_exhaust_time_or_memory_does_not(tmp_path):
    entries = block({b"": header(), b"x" * 900: b""})[:-8]  # a key that 120,000 more begin with
    entries += b"".join(varint(900) + b"\x04\x00" + struct.pack(">I", i) for i in range(120_000))
    (tmp_path / "a.index").write_bytes(closed(entries + struct.pack("<II", 0, 1)))
    start = time.perf_counter()
    with pytest.raises(RetoucherError, match="damaged"):
        read(tmp_path / "a.index")
    assert time.perf_counter() - start < 3
    with (tmp_path / "a.index").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(RetoucherError, match="too large for the index"):
        read(tmp_path / "a.index")


def tensors_or_sentence(index):
    try:
        return read(index)
    except RetoucherError as refusal:
        return str(refusal)


@QUIET
@given(st.data())
def test_a_damaged_checkpoint_gives_the_right_numbers_or_a_sentence(tmp_path, data):
    index = save(tmp_path, tensors())
    broken = data.draw(st.sampled_from([index, tmp_path / "model.ckpt.data-00000-of-00001"]))
    whole = bytearray(broken.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.sampled_from(["flip", "cut", "drop", "repeat", "zeros"]))
    length = data.draw(st.integers(1, 40))
    changed = {
        "flip": whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :],
        "cut": whole[:at],
        "drop": whole[:at] + whole[at + length :],
        "repeat": whole[:at] + whole[at : at + length] * 2 + whole[at + length :],
        "zeros": whole[:at] + bytes(length) + whole[at + length :],
    }[cut]
    broken.write_bytes(changed)
    found = tensors_or_sentence(index)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        same(found, tensors())


@QUIET
@given(st.binary(max_size=300), st.booleans())
def test_bytes_of_chance_are_refused_wherever_they_stand(tmp_path, noise, deep):
    (tmp_path / "a.data-00000-of-00001").write_bytes(bytes(64))
    # as the whole index; or, with all checksums right, as the description of a tensor
    index = table({b"": header(), b"x": noise}) if deep else closed(noise)
    (tmp_path / "a.index").write_bytes(index)
    found = tensors_or_sentence(tmp_path / "a.index")
    if isinstance(found, str):
        assert "\n" not in found
    else:
        assert all(tensor.numel() <= 64 for tensor in found.values())


def test_variables_are_told_from_what_an_optimiser_keeps():
    network = ["gconv1_ds/kernel", "gconv1_ds/bias", "deconv1/w", "co_conv1_dlt_g/kernel"]
    training = ["beta1_power", "beta2_power_1", "global_step", "train/learning_rate", "discriminator/conv1/kernel"]
    for scope in ("", "generator/", "weights/generator/", "model/1/"):
        names = [scope + name for name in network]
        slots = [f"{name}/{slot}" for name in names for slot in ("Adam", "Adam_1", "ExponentialMovingAverage")]
        slots += [f"optimiser/{name}/Momentum" for name in names]
        found = bundle.variables([*training, *names, *slots], "gconv|co_conv|deconv")
        assert found == dict(zip(names, network, strict=True))
    with pytest.raises(RetoucherError, match="more than one generator"):
        bundle.variables(["a/gconv1/kernel", "b/gconv1/kernel"], "gconv")
