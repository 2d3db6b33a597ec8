"""Devices are chosen by name, and a wrong name is answered with the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from retoucher import device
from retoucher.errors import UsageError


def test_auto_takes_the_first_gpu_and_else_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "available", lambda: ("cpu",))
    assert device.choose() == torch.device("cpu")
    monkeypatch.setattr(device, "available", lambda: ("cpu", "mps"))
    assert device.choose("auto") == torch.device("cpu")
    assert device.choose("mps") == torch.device("mps")
    monkeypatch.setattr(device, "available", lambda: ("cpu", "cuda:0", "cuda:1"))
    monkeypatch.setattr(device, "_settle", lambda kind: None)
    assert device.choose() == device.choose("cuda") == torch.device("cuda:0")
    assert device.choose("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:7", "mps"])
def test_an_absent_device_is_answered_with_what_is_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "available", lambda: ("cpu",))
    with pytest.raises(UsageError, match=rf"There is no {name} on this machine: choose auto or cpu\."):
        device.choose(name)


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cpu:0", "cuda:", "cuda:x", "xla"])
def test_an_unknown_device_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match=r"There is no device called .*: choose auto or cpu"):
        device.choose(name)


def test_the_cpu_is_always_there() -> None:
    assert device.available()[0] == "cpu"


def test_threads_are_what_was_asked_for_or_what_is_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert device.threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "nonsense")
    alone = device.threads()
    assert alone >= 1
    monkeypatch.setattr(device, "_granted", lambda: 0.5)
    assert device.threads() == 1
    monkeypatch.setattr(device, "_granted", lambda: float("inf"))
    assert device.threads() >= alone


def test_what_a_container_grants_is_read_from_its_control_group(tmp_path: Path) -> None:
    told = tmp_path / "cpu.max"
    for text, processors in (("150000 100000\n", 1.5), ("max 100000\n", float("inf")), ("", float("inf"))):
        told.write_text(text)
        assert device._granted(told) == processors
    assert device._granted(tmp_path / "absent") == float("inf")
