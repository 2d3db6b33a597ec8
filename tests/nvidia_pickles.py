"""Writes pickles as NVIDIA's StyleGAN2 programs do: modules with the source of their classes, numbers as bytes."""

from __future__ import annotations

import io
import pickle
import sys
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

SOURCE = "raise SystemExit('the source in the file was run')\n"
"""What a loader that runs the source in the file would run."""


class Persistent:
    """A module that pickles as `torch_utils.persistence` writes it."""

    def __init__(self, state: Mapping[str, Any], source: str, name: str) -> None:
        self.meta = {"type": "class", "version": 6, "module_src": source, "class_name": name, "state": state}

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (self.meta,), None


def persistent(network: nn.Module, clamp: float | None = None, source: str = SOURCE) -> Persistent:
    """A network and all modules in it, with the attributes that theirs have."""
    state = dict(network.__dict__)
    state["_modules"] = OrderedDict((name, persistent(each, clamp, source)) for name, each in network._modules.items())
    easy = sys.modules["dnnlib.util"].EasyDict
    state |= {"_init_args": (), "_init_kwargs": easy(conv_clamp=clamp, layers=easy(num_layers=8))}
    state |= {"act_gain": np.sqrt(2), "conv_clamp": clamp, "kinds": {"skip"}, "use_fp16": np.bool_(False)}
    state.pop("sizes", None)  # an object of ours
    return Persistent(state, source, type(network).__name__)


@contextmanager
def their_modules() -> Iterator[None]:
    """Their packages, there only while a file is written."""

    def _reconstruct_persistent_obj(meta: object) -> object:
        raise AssertionError("nobody should call this")

    class EasyDict(dict[str, Any]):
        pass

    contents: dict[str, Callable[..., Any]] = {
        "torch_utils.persistence": _reconstruct_persistent_obj,
        "dnnlib.util": EasyDict,
    }
    for path, thing in contents.items():
        package, _, _ = path.partition(".")
        thing.__module__, thing.__qualname__ = path, thing.__name__
        for name in (package, path):
            sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[path], thing.__name__, thing)
        setattr(sys.modules[package], path.rpartition(".")[2], sys.modules[path])
    try:
        yield
    finally:
        for name in ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util"):
            del sys.modules[name]


def dump_networks(networks: Mapping[str, nn.Module], clamp: float | None = None, **beside: Any) -> bytes:
    """The content of NAME.pkl: G, D and G_ema, and what else they keep."""
    with their_modules(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # storages are old-fashioned
        easy = sys.modules["dnnlib.util"].EasyDict
        content = {"training_set_kwargs": easy(path="ffhq.zip", use_labels=False), "augment_pipe": None, **beside}
        content |= {name: persistent(network, clamp) for name, network in networks.items()}
        return pickle.dumps(content)


def save_networks(path: Path, networks: Mapping[str, nn.Module], clamp: float | None = None, **beside: Any) -> None:
    """NAME.pkl."""
    path.write_bytes(dump_networks(networks, clamp, **beside))


def save_module(path: Path, network: nn.Module, clamp: float | None = None, *, old: bool = False) -> None:
    """A module by `torch.save`, as mystyle_model.pt."""
    with their_modules():
        torch.save(persistent(network, clamp), path, _use_new_zipfile_serialization=not old)


def storage_bytes(tensor: torch.Tensor) -> bytes:
    """A storage as it lies inside a plain pickle."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(tensor.storage(), out, _use_new_zipfile_serialization=False)
    return out.getvalue()
