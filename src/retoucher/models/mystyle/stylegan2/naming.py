"""How public programs name StyleGAN2's tensors; NVIDIA's names are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Size, Tensor


@dataclass(frozen=True)
class Layer:
    """A layer's name in NVIDIA's program, and for each of its tensors the name and leading axes in rosinality's.

    A leading axis is one of length 1 that is there and not here.
    """

    ours: str
    theirs: tuple[tuple[str, str, int], ...]


def generator_layers(levels: int, depth: int) -> list[Layer]:
    """Of a generator with so many sizes (from 4 pixels up) and a mapping of that depth."""
    layers = [
        Layer(f"mapping.fc{i}", tuple((kind, f"style.{i + 1}.{kind}", 0) for kind in ("weight", "bias")))
        for i in range(depth)
    ]
    layers += [Layer("synthesis.b4", (("const", "input.input", 1),)), _styled("b4.conv1", "conv1", 0)]
    layers.append(_torgb("b4", "to_rgb1"))
    for k in range(levels - 1):
        name = f"b{8 << k}"
        layers += [_styled(f"{name}.conv{j}", f"convs.{2 * k + j}", 2 * k + j + 1) for j in range(2)]
        layers.append(_torgb(name, f"to_rgbs.{k}"))
    return layers


def _affine(theirs: str) -> tuple[tuple[str, str, int], ...]:
    return tuple((f"affine.{kind}", f"{theirs}.conv.modulation.{kind}", 0) for kind in ("weight", "bias"))


def _styled(ours: str, theirs: str, noise: int) -> Layer:
    """A modulated convolution with noise; of their noise strength one axis is more, of the noise two."""
    own = (
        ("weight", f"{theirs}.conv.weight", 1),
        ("bias", f"{theirs}.activate.bias", 0),
        ("noise_strength", f"{theirs}.noise.weight", 1),
        ("noise_const", f"noises.noise_{noise}", 2),
    )
    return Layer(f"synthesis.{ours}", own + _affine(theirs))


def _torgb(ours: str, theirs: str) -> Layer:
    """Of the bias one axis is more before and two are behind."""
    own = (("weight", f"{theirs}.conv.weight", 1), ("bias", f"{theirs}.bias", -1))
    return Layer(f"synthesis.{ours}.torgb", own + _affine(theirs))


def discriminator_layers(levels: int) -> list[Layer]:
    """Of a discriminator with so many sizes; their blocks count from the picture's."""

    def plain(ours: str, weight: str, bias: str = "") -> Layer:
        both = (("weight", weight, 0), ("bias", bias, 0))
        return Layer(ours, both if bias else both[:1])

    top = f"b{4 << (levels - 1)}"
    layers = [plain(f"{top}.fromrgb", "convs.0.0.weight", "convs.0.1.bias")]
    for i in range(1, levels):
        ours, theirs = f"b{4 << (levels - i)}", f"convs.{i}"
        layers.append(plain(f"{ours}.conv0", f"{theirs}.conv1.0.weight", f"{theirs}.conv1.1.bias"))
        layers.append(plain(f"{ours}.conv1", f"{theirs}.conv2.1.weight", f"{theirs}.conv2.2.bias"))
        layers.append(plain(f"{ours}.skip", f"{theirs}.skip.1.weight"))
    layers.append(plain("b4.conv", "final_conv.0.weight", "final_conv.1.bias"))
    ends = (("fc", 0), ("out", 1))
    return layers + [plain(f"b4.{name}", f"final_linear.{i}.weight", f"final_linear.{i}.bias") for name, i in ends]


def renamed(layers: list[Layer]) -> dict[str, tuple[str, int]]:
    """Our names of all tensors to rosinality's and the leading axes."""
    return {f"{layer.ours}.{kind}": (name, axes) for layer in layers for kind, name, axes in layer.theirs}


def their_shape(shape: Size, axes: int) -> Size:
    """A tensor's shape here to that in rosinality's program.

    >>> their_shape(Size([3]), -1), their_shape(Size([4, 4]), 2)
    (torch.Size([1, 3, 1, 1]), torch.Size([1, 1, 4, 4]))
    """
    return Size([1, *shape, 1, 1] if axes < 0 else [1] * axes + list(shape))


def to_theirs(state: Mapping[str, Tensor], layers: list[Layer]) -> dict[str, Tensor]:
    """A network's tensors under rosinality's names and with its shapes."""
    return {
        name: state[ours].reshape(their_shape(state[ours].shape, axes))
        for ours, (name, axes) in renamed(layers).items()
    }
