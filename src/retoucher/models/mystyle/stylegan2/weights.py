"""From the tensors of a published file to a ready StyleGAN2: sizes are read off the shapes, names must all fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check, listed
from retoucher.models.mystyle.stylegan2.discriminator import StyleGAN2Discriminator
from retoucher.models.mystyle.stylegan2.filters import kernel
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2
from retoucher.models.mystyle.stylegan2.naming import (
    Layer,
    discriminator_layers,
    generator_layers,
    renamed,
    their_shape,
)
from retoucher.models.mystyle.stylegan2.network import Generator

WHAT, JUDGE = "StyleGAN2 generator", "StyleGAN2 discriminator"
PREFIXES = ("G_ema.", "g_ema.", "decoder.", "core.", "G.", "g.", "")
JUDGES = ("D.", "d.", "network.", "")
"""What networks' names begin with in the files, best first: the averaged generator is the one to use."""
MEAN, CLAMP = "latent_avg", "conv_clamp"
FILTERS = ("resample_filter", "kernel")
SAMPLES = 10_000
"""Styles of which the mean is taken where a file has none."""
Network = TypeVar("Network", StyleGAN2, StyleGAN2Discriminator)


def from_published(tensors: Mapping[str, Tensor]) -> Generator:
    """The network that these tensors are, in eval mode, float32 on the CPU.

    Takes NVIDIA's names (`G_ema.synthesis.b4.const`, and our own, which are the same), rosinality's
    (`g_ema.input.input` with `latent_avg` beside it, or `decoder.…` in an encoder's file) and a synthesis alone
    (`b4.const`, a person made with the published MyStyle: it takes styles only). Where several networks are in the file
    the averaged one is taken. Widths, resolution, depth of the mapping are read off the shapes; stored filters must be
    1-3-3-1 and are computed anew; numbers called `conv_clamp` are obeyed; a mean style that is not there is measured.
    Raises RetoucherError naming the tensors that are missing, left over or of another shape, and for generators with
    labels or with the residual architecture.
    """
    found = _network(tensors, PREFIXES, ("synthesis.b4.const", "b4.const", "input.input"), WHAT)
    if "b4.const" in found:
        found = {f"synthesis.{name}": tensor for name, tensor in found.items()}
    _refuse_others(found)
    mean = _mean(tensors.get(MEAN, found.pop(MEAN, None)))
    clamp, found = _plain(found, gains=(1.0, 4.0))
    theirs = "input.input" in found
    sizes = _guarded(_theirs if theirs else _ours, found, clamp, WHAT)
    if mean is not None:
        found.setdefault("mapping.w_avg", mean)
    layers = generator_layers(len(sizes.channels), sizes.depth) if theirs else None
    absent = "mapping.w_avg" not in found
    core = _filled(StyleGAN2, sizes, found, layers, WHAT, ("mapping.w_avg",))
    if absent and sizes.depth:
        core.mapping.w_avg = _measured(core)
    return Generator(core).eval()


def discriminator_from_published(tensors: Mapping[str, Tensor]) -> StyleGAN2Discriminator:
    """The discriminator of a file, in eval mode, float32 on the CPU; it takes pictures in [-1, 1].

    NVIDIA's names (`D.b32.fromrgb.weight`, and our own), or rosinality's (`d.convs.0.0.weight`). Raises RetoucherError
    as `from_published`.
    """
    found = _network(tensors, JUDGES, ("b4.fc.weight", "final_linear.0.weight"), JUDGE)
    clamp, found = _plain(found, gains=(1.0,))
    theirs = "final_linear.0.weight" in found
    sizes = _guarded(_their_judge if theirs else _our_judge, found, clamp, JUDGE)
    layers = discriminator_layers(len(sizes.channels)) if theirs else None
    return _filled(StyleGAN2Discriminator, sizes, found, layers, JUDGE).eval()


def _network(
    tensors: Mapping[str, Tensor], prefixes: Iterable[str], marks: Iterable[str], what: str
) -> dict[str, Tensor]:
    """The tensors of the first network that is there, under their bare names; `marks`: a tensor that tells one."""
    for prefix in prefixes:
        if any(prefix + mark in tensors for mark in marks):
            return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    raise RetoucherError(
        f"This is no {what}: its last layer is not where it should be; give a file that NVIDIA or rosinality's "
        "program wrote for StyleGAN2, or one that `retoucher train stylegan2` made."
    )


def _refuse_others(tensors: Mapping[str, Tensor]) -> None:
    """Kinds of generators that no published face network is of."""
    if any(re.fullmatch(r"synthesis\.b\d+\.skip\.weight", name) for name in tensors):
        raise RetoucherError('This generator has the residual architecture; only the usual one ("skip") can be used.')
    if any(name.startswith("mapping.embed.") for name in tensors):
        raise RetoucherError("This generator takes labels; only one without labels can be used.")


def _mean(mean: Tensor | None) -> Tensor | None:
    """A mean style as encoders' files have it, once for every row, becomes one."""
    several = mean is not None and mean.ndim == 2 and bool((mean == mean[:1]).all())
    return mean[0] if several and mean is not None and len(mean) else mean


def _plain(tensors: dict[str, Tensor], gains: tuple[float, ...]) -> tuple[float, dict[str, Tensor]]:
    """The convolutions' clamp (0 for none), and the tensors that are neither it nor a filter.

    Raises RetoucherError where clamps differ or a filter is not 1-3-3-1 with one of these gains.
    """
    ends = {name: name.rpartition(".")[2] for name in tensors}
    clamps = {float(tensors[name]) for name, end in ends.items() if end == CLAMP and tensors[name].numel() == 1}
    if len(clamps) > 1 or any(not 0 <= clamp < float("inf") for clamp in clamps):
        raise RetoucherError("The network's layers are clamped differently, which is not supported.")
    taps = [kernel() * gain for gain in gains]
    filters = [name for name, end in ends.items() if end in FILTERS]
    if other := [name for name in filters if not any(_same(tensors[name], each) for each in taps)]:
        raise RetoucherError(f"These filters are not StyleGAN2's 1-3-3-1: {listed(other)}; give another network.")
    return max(clamps, default=0.0), {n: t for n, t in tensors.items() if ends[n] != CLAMP and n not in filters}


def _same(tensor: Tensor, taps: Tensor) -> bool:
    return tensor.shape == taps.shape and torch.allclose(tensor.detach().cpu().float(), taps, rtol=1e-3)


def _guarded(
    describe: Callable[[Mapping[str, Tensor]], Sizes], tensors: Mapping[str, Tensor], clamp: float, what: str
) -> Sizes:
    """The sizes that the shapes tell, or a sentence that names the tensor without which they tell none."""
    try:
        sizes = describe(tensors)
    except KeyError as error:
        raise RetoucherError(
            f"The tensors are not one whole {what} (missing: {error.args[0]}); give the whole file."
        ) from error
    except (IndexError, ValueError) as error:
        raise RetoucherError(f"The tensors of this {what} have impossible shapes; give the whole file.") from error
    if min((*sizes.channels, sizes.w, sizes.z)) < 1 or len(sizes.channels) < 2:
        raise RetoucherError(f"The tensors of this {what} have impossible shapes; give the whole file.")
    return Sizes(sizes.channels, sizes.z, sizes.w, sizes.depth, clamp)


def _count(tensors: Mapping[str, Tensor], name: str, first: int = 0) -> int:
    """How many of NAME.format(first), NAME.format(first + 1) … are there."""
    number = first
    while name.format(number) in tensors:
        number += 1
    return number - first


def _ours(tensors: Mapping[str, Tensor]) -> Sizes:
    sides = [
        int(found[1]) for name in tensors if (found := re.fullmatch(r"synthesis\.b(\d{1,5})\.conv1\.weight", name))
    ]
    levels = max(sides).bit_length() - 2
    channels = tuple(tensors[f"synthesis.b{4 << i}.conv1.weight"].shape[0] for i in range(levels))
    w = tensors["synthesis.b4.conv1.affine.weight"].shape[1]
    depth = _count(tensors, "mapping.fc{}.weight")
    return Sizes(channels, tensors["mapping.fc0.weight"].shape[1] if depth else w, w, depth)


def _theirs(tensors: Mapping[str, Tensor]) -> Sizes:
    levels = 1 + _count(tensors, "to_rgbs.{}.conv.weight")
    names = ["to_rgb1.conv.weight", *(f"to_rgbs.{k}.conv.weight" for k in range(levels - 1))]
    channels = tuple(tensors[name].shape[2] for name in names)
    w = tensors["conv1.conv.modulation.weight"].shape[1]
    depth = _count(tensors, "style.{}.weight", 1)
    return Sizes(channels, tensors["style.1.weight"].shape[1] if depth else w, w, depth)


def _our_judge(tensors: Mapping[str, Tensor]) -> Sizes:
    sides = [int(found[1]) for name in tensors if (found := re.fullmatch(r"b(\d{1,5})\.conv0\.weight", name))]
    channels = [tensors[f"b{8 << i}.conv0.weight"].shape[0] for i in range(max(sides).bit_length() - 3)]
    return Sizes((tensors["b4.conv.weight"].shape[0], *channels))


def _their_judge(tensors: Mapping[str, Tensor]) -> Sizes:
    blocks = _count(tensors, "convs.{}.conv1.0.weight", 1)
    channels = [tensors[f"convs.{i}.conv1.0.weight"].shape[0] for i in range(blocks, 0, -1)]
    return Sizes((tensors["final_conv.0.weight"].shape[0], *channels))


def _filled(
    kind: type[Network],
    sizes: Sizes,
    tensors: Mapping[str, Tensor],
    layers: list[Layer] | None,
    what: str,
    free: tuple[str, ...] = (),
) -> Network:
    """The network with copies of these tensors; what is `free` may be absent, and is then 0."""
    with torch.device("meta"):
        network = kind(sizes)
    state = network.state_dict()
    names = {name: (name, 0) for name in state} | (renamed(layers) if layers else {})
    wanted = {theirs: their_shape(state[ours].shape, axes) for ours, (theirs, axes) in names.items()}
    present = dict(tensors)
    for name in free:
        present.setdefault(name, torch.zeros(state[name].shape))
    check(wanted, present, what)
    filled = {
        ours: present[theirs].detach().to("cpu", torch.float32, copy=True).reshape(state[ours].shape).contiguous()
        for ours, (theirs, _) in names.items()
    }
    network.load_state_dict(filled, assign=True)
    _with_filters(network)
    return network


def _with_filters(network: nn.Module) -> None:
    """Filters are in no file that we trust: computed."""
    for module in network.modules():
        if "resample_filter" in dict(module.named_buffers(recurse=False)):
            module.resample_filter = kernel()


def _measured(core: StyleGAN2) -> Tensor:
    """The mean of many styles, the same each time."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        mean: Tensor = core.eval().mapping(torch.randn(SAMPLES, core.sizes.z, generator=chance)).mean(0)
    return mean
