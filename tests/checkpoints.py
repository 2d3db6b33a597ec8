"""Writes checkpoint files as published programs do, and a network small enough for them."""

from __future__ import annotations

import io
import pickle
import sys
import types
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from retoucher import weights
from retoucher.inpainting_entries import generator_names
from retoucher.weights import File, Weights


class Toy(nn.Module):
    """A network with LaMa's kind of names: convolution, batch normalisation, convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Conv2d(6, 3, 1))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return torch.sigmoid(self.model(torch.cat([image * (1 - mask), mask], dim=1)))


TOY_PARAMETERS = 4 * 6 * 9 + 6 + 12 + 6 * 3 + 3


def from_published(tensors: Mapping[str, Tensor]) -> Toy:
    """What a paper's `from_published` does."""
    toy = Toy()
    toy.load_state_dict(dict(tensors), strict=True)
    return toy.eval()


def toy(seed: int = 0) -> Toy:
    """A toy whose every number, running statistics included, depends on the seed."""
    torch.manual_seed(seed)
    network = Toy().eval()
    for buffer in network.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    return network


def lightning_dict(network: nn.Module, namespaces: dict[str, Any]) -> dict[str, Any]:
    """A training checkpoint as Lightning 1.2 writes it: tensors of everything, callbacks, configuration, optimisers."""
    state = OrderedDict((f"generator.{name}", tensor) for name, tensor in network.state_dict().items())
    state["discriminator.model0.0.weight"] = torch.rand(2, 3, 4, 4)
    state["loss_resnet_pl.impl.conv1.weight"] = torch.rand(2, 3)
    state["val_evaluator.scores.fid.model.weight"] = torch.rand(5)
    state["test_evaluator.scores.lpips.lin0.weight"] = torch.rand(5)
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    callback, config, metadata = (namespaces[name] for name in ("ModelCheckpoint", "DictConfig", "ContainerMetadata"))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    return {
        "epoch": 22,
        "global_step": 574_999,
        "pytorch-lightning_version": "1.2.9",
        "state_dict": state,
        "callbacks": {callback: {"best_model_score": torch.tensor(0.7), "best_model_path": "best.ckpt"}},
        "optimizer_states": [optimiser.state_dict()],
        "lr_schedulers": [],
        "hparams_name": "config",
        "hyper_parameters": config(content={"lr": 1e-3, "any": metadata(object_type=dict, ref_type=Any)}),
        "numpy": torch.tensor(2.0).numpy().mean(),
        "kinds": {"a", 1.5},
        "size": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
    }


def save_lightning(path: Path, network: nn.Module, *, old: bool = False) -> None:
    """Save with classes of pytorch_lightning and omegaconf that exist only while saving."""
    made = {
        "ModelCheckpoint": "pytorch_lightning.callbacks.model_checkpoint",
        "DictConfig": "omegaconf.dictconfig",
        "ContainerMetadata": "omegaconf.base",
    }
    classes = {}
    for name, module in made.items():
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
        classes[name] = type(
            name, (), {"__module__": module, "__init__": lambda self, **values: vars(self).update(values)}
        )
        setattr(sys.modules[module], name, classes[name])
    try:
        torch.save(lightning_dict(network, classes), path, _use_new_zipfile_serialization=not old)
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in ("pytorch_lightning", "omegaconf")]:
            del sys.modules[name]


def save_torchscript(path: Path, network: nn.Module) -> dict[str, Tensor]:
    """Trace a network inside a wrapper that pastes, as the published export does; returns its state_dict."""

    class Paste(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Module()
            self.model.generator = network

        def forward(self, image: Tensor, mask: Tensor) -> Tensor:
            return mask * self.model.generator(image, mask) + (1 - mask) * image

    image, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # new versions of torch only want to read such files
        traced = torch.jit.trace(Paste().eval(), (image, mask), check_trace=False)
        traced.save(str(path))
    return dict(traced.state_dict())


def save_nested(path: Path, network: nn.Module) -> None:
    """big-lama.zip's layout, deflated."""
    save_lightning(path.with_suffix(".ckpt"), network)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big-lama/config.yaml", "run_title: b18_ffc075_batch8x15\n")
        archive.write(path.with_suffix(".ckpt"), "big-lama/models/best.ckpt")


def save_pickle(path: Path, pickled: bytes, storages: Mapping[str, bytes] | None = None) -> None:
    """torch's zip format around a pickle and storages made by hand."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, data in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", data)


class _Pickler(pickle._Pickler):
    """Pickles a tuple ("storage", …) as the persistent reference that torch writes."""

    def persistent_id(self, obj: Any) -> Any:
        return tuple(obj) if isinstance(obj, Reference) else None


class Reference(list[Any]):
    """What stands for a storage in a pickle made by hand."""


class Call:
    """Pickles as a call of a function with these arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.function, self.arguments


def dumps(value: Any, protocol: int = 2) -> bytes:
    """Pickle with torch's persistent references."""
    out = io.BytesIO()
    _Pickler(out, protocol).dump(value)
    return out.getvalue()


def tensor_call(length: int, offset: Any, size: Any, stride: Any, key: str = "0") -> Call:
    """A tensor as a pickle describes it, whatever the numbers."""
    reference = Reference(["storage", torch.FloatStorage, key, "cpu", length])
    return Call(torch._utils._rebuild_tensor_v2, reference, offset, size, stride, False, OrderedDict())


def toy_entry(name: str = "toy", **changes: Any) -> Weights:
    """A catalogue entry for the toy, without published files unless given."""
    entry = Weights(
        name=name,
        method="lama",
        title="A toy",
        paper="None et al.",
        files=(),
        parameters=TOY_PARAMETERS,
        build="checkpoints:from_published",
        select=generator_names,
        licence="none",
        commercial="unclear",
        terms="Nobody said anything.",
        attribution="Somebody",
    )
    return replace(entry, **changes)


def published(path: Path, url: str = "") -> File:
    """What a catalogue would know about a file."""
    return File(path.name, "torchscript", url, path.stat().st_size, sha256(path.read_bytes()).hexdigest())


def kept():
    return sorted(path.name for path in weights.folder().iterdir()) if weights.folder().exists() else []


def assert_holds(copy, network):
    tensors = weights.load_tensors(copy)
    expected = network.state_dict()
    assert set(tensors) == set(expected)
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)
