"""From the tensors of a file to a ready network: the released graph's names and layouts, or our own."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from retoucher.bundle import variables
from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check, listed
from retoucher.models.scfegan.network import SCFEGAN, published, small

WHAT = "SC-FEGAN generator"
SCOPE = "generator/"
KINDS = "gconv|co_conv|deconv"
GATED = {
    **{f"encoder.{i}.": f"gconv{i + 1}_ds" for i in range(7)},
    **{f"dilated.{i}.": f"co_conv{i + 1}_dlt" for i in range(4)},
    **{f"decoder.{i}.": f"gconv{i + 8}" for i in range(6)},
    "last.": "gconv14",
}
"""Our gated layers by the names that they have in the released graph; the gate's begin with NAME_g."""
TRANSPOSED = {f"up.{i}.": f"deconv{i + 1}" for i in range(7)}
UNUSED = re.compile(rf"{SCOPE}deconv\d+/biases2")
"""Of the branch that the released graph computes and ignores."""


def from_published(tensors: Mapping[str, Tensor]) -> SCFEGAN:
    """The network that these tensors are, in eval mode, float32 on the CPU.

    Takes the variables of the released checkpoint (`generator/gconv1_ds/kernel`, `generator/deconv1/w` … in
    TensorFlow's layouts, with any scope before the layer's name or none; an optimiser's numbers, the discriminator and
    the unused `biases2` are left alone) and our own names (`core.encoder.0.conv.weight`, with or without `core.`) of
    the released graph and of `small`. Widths are read off the shapes. `core` keeps the released order of channels, blue
    first; the network around it translates. Raises RetoucherError naming the tensors that are missing, left over or of
    another shape.
    """
    named = _named(tensors)
    if any(name.startswith(SCOPE) for name in named):
        return _released({name: tensor for name, tensor in named.items() if not UNUSED.fullmatch(name)})
    model = _described(named)
    check({name: tensor.shape for name, tensor in model.core.state_dict().items()}, named, WHAT)
    return _filled(model, named)


def released_names(name: str) -> list[str]:
    """Our name of a tensor of the core -> the released ones: feature and gate, or one where nothing is gated apart.

    >>> released_names("encoder.0.conv.weight"), released_names("up.6.conv.bias")
    (['generator/gconv1_ds/kernel', 'generator/gconv1_ds_g/kernel'], ['generator/deconv7/biases1'])
    """
    layer, _, kind = name.rpartition("conv.")
    if layer in TRANSPOSED:
        return [f"{SCOPE}{TRANSPOSED[layer]}/{'w' if kind == 'weight' else 'biases1'}"]
    theirs = "kernel" if kind == "weight" else "bias"
    return [f"{SCOPE}{GATED[layer]}{gate}/{theirs}" for gate in ("", "_g")]


def released(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a core of the released kind under the released names and in TensorFlow's layouts."""
    tensors: dict[str, Tensor] = {}
    for ours, tensor in state.items():
        names = released_names(ours)
        for name, part in zip(names, tensor.chunk(len(names), 0), strict=True):
            tensors[name] = part.permute(2, 3, 1, 0) if part.ndim == 4 else part
    return tensors


def _named(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The generator's tensors: as `generator/…` where they have the released names, else ours without `core.`."""
    if inside := variables(tensors, KINDS):
        return {SCOPE + bare: tensors[name] for name, bare in inside.items()}
    if any(name.startswith("core.") for name in tensors):
        return {name.removeprefix("core."): tensors[name] for name in tensors if name.startswith("core.")}
    return dict(tensors)


def _released(tensors: dict[str, Tensor]) -> SCFEGAN:
    """The released graph, of whatever width."""
    first = _filters(tensors, f"{SCOPE}gconv1_ds/kernel")
    with torch.device("meta"):
        model = published(first.shape[3])
    check({name: tensor.shape for name, tensor in released(model.core.state_dict()).items()}, tensors, WHAT)
    state = {}
    for ours in model.core.state_dict():
        parts = (tensors[name] for name in released_names(ours))
        state[ours] = torch.cat([part.permute(3, 2, 0, 1) if part.ndim == 4 else part for part in parts])
    return _filled(model, state)


def _described(tensors: Mapping[str, Tensor]) -> SCFEGAN:
    """An empty network of ours (on the meta device: no memory, no random numbers) of the sizes that shapes tell."""
    width = _filters(tensors, "encoder.0.conv.weight").shape[0] // 2
    with torch.device("meta"):
        if any(name.startswith("up.") for name in tensors):
            return published(width)
        levels = len(small(1, 1).core.encoder)
        deepest = _filters(tensors, f"encoder.{levels - 1}.conv.weight").shape[0] // 2
        full = f"decoder.{levels - 1}."
        finished = any(name.startswith(full) for name in tensors)
        return small(width, deepest, _filters(tensors, f"{full}conv.weight").shape[0] // 2 if finished else 0)


def _filters(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """The tensor of that name, which has to be filters."""
    if name not in tensors:
        if any(re.match(r"encoder\.|up\.|decoder\.|dilated\.|last\.|generator/", known) for known in tensors):
            raise RetoucherError(f"The tensors are not one whole {WHAT} (missing: {name}); give the whole file.")
        raise RetoucherError(
            f"This is no {WHAT}: its first layer is not where it should be; give the released SC-FEGAN.ckpt.index, or "
            "a file that `retoucher train scfegan` made."
        )
    tensor = tensors[name]
    if tensor.ndim != 4 or min(tensor.shape) < 1 or not tensor.is_floating_point():
        raise RetoucherError(f"These tensors are no filters of an {WHAT}: {listed([name])}; give the whole file.")
    return tensor


def _filled(model: SCFEGAN, state: Mapping[str, Tensor]) -> SCFEGAN:
    """The empty network with copies of these tensors."""
    single = {name: tensor.detach().to("cpu", torch.float32, copy=True).contiguous() for name, tensor in state.items()}
    model.core.load_state_dict(single, assign=True)
    return model.eval()
