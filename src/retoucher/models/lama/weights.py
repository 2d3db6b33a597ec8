"""From the tensors of a published LaMa file to a ready network: sizes are read off the shapes, names must all fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check
from retoucher.models.lama.discriminator import discriminator_from_published as discriminator_from_published
from retoucher.models.lama.ffc import Split
from retoucher.models.lama.network import FourierGenerator, LaMa, Sizes
from retoucher.models.lama.prefill import MARK
from retoucher.models.lama.regular import RegularGenerator, RegularSizes


def from_published(tensors: Mapping[str, Tensor]) -> LaMa:
    """The network that these tensors are, in eval mode, float32 on the CPU.

    Takes the generator's names bare (`model.1.ffc.convl2l.weight`) or after anything that ends in `generator.`, as in
    the Lightning checkpoints and the TorchScript files, whose other tensors are left alone. Fourier, regular and
    dilated generators of any width, depth, number of blocks and share of global channels are told apart by shapes,
    and ours that are `prefilled` by the tensor of that name.
    Raises RetoucherError naming the tensors that are missing, left over or of another shape.
    """
    tensors = bare(tensors)
    prefilled = tensors.pop(MARK, None) is not None
    core = _described(tensors)
    check({name: tensor.shape for name, tensor in core.state_dict().items()}, tensors, "LaMa generator")
    core.load_state_dict({name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}, assign=True)
    return LaMa(core.float(), prefilled=prefilled).eval()


def bare(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The generator's tensors under their bare names.

    Whatever follows the last `generator.`; where no name has that, `model.model.` loses one `model.`.
    """
    found = {name: re.fullmatch(r"(?:.*\.)?generator\.(.+)", name) for name in tensors}
    if any(found.values()):
        names = {name: match[1] for name, match in found.items() if match}
    elif any(name.startswith("model.model.") for name in tensors):
        names = {name: name.removeprefix("model.") for name in tensors}
    else:
        names = {name: name for name in tensors}
    if len(set(names.values())) < len(names):
        raise RetoucherError("The file holds more than one generator: give a file with one network.")
    return {new: tensors[old] for old, new in names.items()}


def _described(tensors: Mapping[str, Tensor]) -> FourierGenerator | RegularGenerator:
    """An empty network (on the meta device: no memory, no random numbers) of the sizes that the shapes tell."""
    try:
        with torch.device("meta"):
            if "model.1.weight" in tensors:
                return RegularGenerator(_regular(tensors))
            return FourierGenerator(_fourier(tensors))
    except (LookupError, ValueError, RuntimeError) as error:
        raise RetoucherError(
            "This is no LaMa generator: its first and last convolutions are not where they should be; give a file "
            "published for LaMa (big-lama, lama-fourier, lama-regular)."
        ) from error


def _fourier(tensors: Mapping[str, Tensor]) -> Sizes:
    """Sizes of a Fourier generator."""
    first = min(_numbers(tensors, r"model\.(\d+)\.conv1\.ffc\..*"), default=None)
    layers = _numbers(tensors, r"model\.(\d+)\.ffc\..*")
    layers = [number for number in layers if first is None or number < first]
    return Sizes(
        levels=tuple(_split(tensors, f"model.{number}") for number in layers),
        blocks=len(_numbers(tensors, r"model\.(\d+)\.conv1\.ffc\..*")),
        inputs=_stem(tensors).shape[1],
        outputs=_last(tensors).shape[0],
        lfu=any(".convg2g.lfu." in name for name in tensors),
        gated=any(".ffc.gate." in name for name in tensors),
    )


def _stem(tensors: Mapping[str, Tensor]) -> Tensor:
    """The weight of the first convolution's local or, if it has none, global outputs."""
    local = tensors.get("model.1.ffc.convl2l.weight")
    return tensors["model.1.ffc.convl2g.weight"] if local is None else local


def _split(tensors: Mapping[str, Tensor], layer: str) -> Split:
    """A layer's local and global output channels, from the shifts of its BatchNorms."""
    sizes = [tensors[name].shape[0] if (name := f"{layer}.bn_{part}.bias") in tensors else 0 for part in "lg"]
    if not sum(sizes):
        raise LookupError(layer)
    return Split(*sizes)


def _regular(tensors: Mapping[str, Tensor]) -> RegularSizes:
    """Sizes of a regular or dilated generator: a stem, as many steps down as up, a last convolution."""
    convolutions = [n for n in _numbers(tensors, r"model\.(\d+)\.weight") if tensors[f"model.{n}.weight"].ndim == 4]
    down = convolutions[: len(convolutions) // 2]
    return RegularSizes(
        channels=tuple(tensors[f"model.{number}.weight"].shape[0] for number in down),
        blocks=len(_numbers(tensors, r"model\.(\d+)\.conv_block\..*")),
        dilations=len(_numbers(tensors, r"model\.\d+\.conv_block\.0\.convs\.(\d+)\.weight")),
        inputs=tensors["model.1.weight"].shape[1],
        outputs=_last(tensors).shape[0],
    )


def _last(tensors: Mapping[str, Tensor]) -> Tensor:
    """The weight of the last convolution."""
    number = _numbers(tensors, r"model\.(\d+)\.weight")[-1]
    return tensors[f"model.{number}.weight"]


def _numbers(names: Iterable[str], pattern: str) -> list[int]:
    """The different numbers that the pattern's group takes, in order."""
    return sorted({int(match[1]) for name in names if (match := re.fullmatch(pattern, name))})
