"""From the tensors of a published file to a ready network: sizes are read off the shapes, names must all fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Size, Tensor

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check, listed
from retoucher.models.partialconv.network import IMAGENET, SIGNED_BGR, Colors, PartialConv, Sizes, Step, UNet

WHAT = "partial-convolution U-Net"


@dataclass(frozen=True)
class Naming:
    """How a program names its tensors, and what else follows from whose they are.

    `encoder`, `decoder`: what a layer's names begin with, its number in braces; numbers start at `first`, next to the
    picture, but with `deepest_first` the decoder's start at its first layer. `ones`: the kernel of ones that some
    store for the mask. `divided`: whether the layer divides by the number of known pixels without multiplying by the
    size of the window, as the port's does.
    """

    encoder: str
    decoder: str
    first: int = 1
    deepest_first: bool = False
    weight: str = "conv.weight"
    bias: str = "conv.bias"
    ones: str = ""
    norm: str = "bn."
    colors: Colors = IMAGENET
    first_bias: bool = True
    divided: bool = False

    def layers(self, levels: int) -> list[tuple[str, str]]:
        """For each layer in the order the data flows: what its names begin with here and in our network."""
        numbers = range(self.first, self.first + levels)
        up = numbers if self.deepest_first else reversed(numbers)
        names = [self.encoder.format(number) for number in numbers] + [self.decoder.format(number) for number in up]
        ours = [f"{part}.{i}." for part in ("encoder", "decoder") for i in range(levels)]
        return list(zip(names, ours, strict=True))

    def renamed(self, name: str) -> str:
        """Our name of a tensor within its layer -> theirs."""
        if name.startswith("norm."):
            return self.norm + name.removeprefix("norm.")
        return {"conv.weight": self.weight, "conv.bias": self.bias}[name]


PORT = Naming(
    "enc_{}.",
    "dec_{}.",
    weight="conv.input_conv.weight",
    bias="conv.input_conv.bias",
    ones="conv.mask_conv.weight",
    first_bias=False,
    divided=True,
)
"""`naoto0804/pytorch-inpainting-with-partial-conv`."""
OPENMMLAB = Naming("encoder.enc{}.", "decoder.dec{}.", ones="conv.weight_mask_updater", colors=SIGNED_BGR)
"""`open-mmlab/mmagic` (formerly mmediting), without its prefix `generator.`."""
OURS = Naming("encoder.{}.", "decoder.{}.", first=0, deepest_first=True, norm="norm.")
"""The names of `UNet` itself; the decoder counts from the deepest layer."""


def from_published(tensors: Mapping[str, Tensor]) -> PartialConv:
    """The network that these tensors are, in eval mode, float32 on the CPU.

    Takes the port's names (`enc_1.conv.input_conv.weight`), OpenMMLab's (`generator.encoder.enc1.conv.weight`, with or
    without `generator.`; beside it other networks are left alone) and our own (`core.encoder.0.conv.weight`, with or
    without `core.`). Depth, widths and kernels are read off the shapes. The port's filters are divided by the size
    of their window, a factor that its layer leaves out; OpenMMLab's network keeps its BGR in [-1, 1] inside `core`, and
    the network around it translates. Raises RetoucherError naming the tensors that are missing, left over or of another
    shape, or mask kernels that are not ones.
    """
    tensors = bare(tensors)
    naming = _naming(tensors)
    core = _described(tensors, naming)
    names = published_names(core, naming)
    check(published_shapes(core, naming), tensors, WHAT)
    _check_ones([name for name, ours in names.items() if not ours], tensors)
    state = {ours: _single(tensors[name]) for name, ours in names.items() if ours}
    if naming.divided:
        for ours in state:
            if ours.endswith(".conv.weight"):
                state[ours] /= state[ours][0].numel()
    core.load_state_dict(state, assign=True)
    return PartialConv(core, naming.colors).eval()


def bare(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The U-Net's tensors without the prefix of their file, if there is one."""
    for prefix in ("generator.", "core."):
        if any(name.startswith(prefix) for name in tensors):
            return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}
    return dict(tensors)


def published_names(core: UNet, naming: Naming) -> dict[str, str]:
    """Their names of all tensors to ours; "" for kernels of ones, which we do not keep."""
    state = core.state_dict()
    names: dict[str, str] = {}
    for theirs, ours in naming.layers(len(core.encoder)):
        inside = [name.removeprefix(ours) for name in state if name.startswith(ours)]
        filters = [name for name in inside if name.startswith("conv.")]
        names |= {theirs + naming.renamed(name): ours + name for name in filters}
        names |= {theirs + naming.ones: ""} if naming.ones else {}
        names |= {theirs + naming.renamed(name): ours + name for name in inside if name not in filters}
    return names


def published_shapes(core: UNet, naming: Naming) -> dict[str, Size]:
    """The shapes of a network's tensors under another program's names; kernels of ones have their filters' shape."""
    state, names = core.state_dict(), published_names(core, naming)
    filters = {name: name.removesuffix(naming.ones) + naming.weight for name, ours in names.items() if not ours}
    return {name: state[ours or names[filters[name]]].shape for name, ours in names.items()}


def _single(tensor: Tensor) -> Tensor:
    """A copy on the CPU, float32 unless it counts something."""
    return tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)


def _naming(tensors: Mapping[str, Tensor]) -> Naming:
    """Whose names these are: those under which the first layer or the last is there."""
    for naming in (PORT, OPENMMLAB, OURS):
        ends = (part.format(naming.first) + naming.weight for part in (naming.encoder, naming.decoder))
        if any(name in tensors for name in ends):
            return naming
    raise RetoucherError(
        "This is no network of partial convolutions: its first and last layers are not where they should be; give a "
        "file published for one (OpenMMLab's pconv, or the port's 1000000.pth)."
    )


def _described(tensors: Mapping[str, Tensor], naming: Naming) -> UNet:
    """An empty network (on the meta device: no memory, no random numbers) of the sizes that the shapes tell."""
    levels = 0
    while any(theirs + naming.weight in tensors for theirs in _pair(naming, levels)):
        levels += 1
    names = [theirs + naming.weight for theirs, _ in naming.layers(levels)]
    if absent := [name for name in names if name not in tensors]:
        raise RetoucherError(f"The tensors are not one whole {WHAT} (missing: {listed(absent)}); give the whole file.")
    if flat := [name for name in names if not _usual(tensors[name])]:
        raise RetoucherError(f"These tensors are no filters of a {WHAT}: {listed(flat)}; give the whole file.")
    steps = [Step(tensors[name].shape[0], tensors[name].shape[2]) for name in names]
    sizes = Sizes(tuple(steps[:levels]), tuple(steps[levels:]), tensors[names[0]].shape[1], naming.first_bias)
    with torch.device("meta"):
        return UNet(sizes)


def _pair(naming: Naming, level: int) -> tuple[str, str]:
    """What the names of both layers of a level begin with, 0 being next to the picture."""
    return naming.encoder.format(naming.first + level), naming.decoder.format(naming.first + level)


def _usual(weight: Tensor) -> bool:
    """Whether this is a filter with a square, odd window."""
    return weight.ndim == 4 and weight.shape[2] == weight.shape[3] and weight.shape[2] % 2 == 1 and weight.numel() > 0


def _check_ones(names: list[str], tensors: Mapping[str, Tensor]) -> None:
    """A mask kernel that is not ones would be another layer than the paper's."""
    if other := [name for name in names if not bool((tensors[name] == 1).all())]:
        raise RetoucherError(f"These tensors should be ones and are not: {listed(other)}; give the file as published.")
