"""LPIPS v0.1 (Zhang et al., CVPR 2018) with weights that the user has: a backbone and its linear layers.

Torchvision's AlexNet or VGG-16 under its names (`features.0.weight` …), and the authors' linear layers
(`lin0.model.1.weight` …, with or without `alex.` or `vgg.` in front). VGG-19 is no substitute for VGG-16.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError, UsageError
from retoucher.models.common.strict import check

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Of red, green and blue in [-1, 1], before the backbone."""
WIDTHS = {"vgg": (64, 128, 256, 512, 512), "alex": (64, 192, 384, 256, 256)}
"""Channels of the five places that are compared."""


def vgg16() -> list[list[nn.Module]]:
    """VGG-16's convolutions in five parts, each ending with the ReLU that is compared (relu1_2, 2_2, 3_3, 4_3, 5_3)."""
    parts: list[list[nn.Module]] = []
    channels = 3
    for number, (wide, count) in enumerate(zip(WIDTHS["vgg"], (2, 2, 3, 3, 3), strict=True)):
        part: list[nn.Module] = [nn.MaxPool2d(2)] if number else []
        for _ in range(count):
            part += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU()]
            channels = wide
        parts.append(part)
    return parts


def alexnet() -> list[list[nn.Module]]:
    """AlexNet's convolutions (torchvision's, "one weird trick") in five parts, each ending with its ReLU."""
    one, two, three, four, five = WIDTHS["alex"]
    return [
        [nn.Conv2d(3, one, 11, stride=4, padding=2), nn.ReLU()],
        [nn.MaxPool2d(3, 2), nn.Conv2d(one, two, 5, padding=2), nn.ReLU()],
        [nn.MaxPool2d(3, 2), nn.Conv2d(two, three, 3, padding=1), nn.ReLU()],
        [nn.Conv2d(three, four, 3, padding=1), nn.ReLU()],
        [nn.Conv2d(four, five, 3, padding=1), nn.ReLU()],
    ]


BACKBONES = {"vgg": vgg16, "alex": alexnet}


class LPIPS(nn.Module):
    """How different two pictures look: features of five layers, normalised at each place, weighted by `lin`."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        self.backbone = backbone
        parts = BACKBONES[backbone]()
        self.features = nn.Sequential(*(layer for part in parts for layer in part))
        self.ends = [sum(map(len, parts[: number + 1])) - 1 for number in range(len(parts))]
        self.lin = nn.ParameterList(torch.zeros(1, wide, 1, 1) for wide in WIDTHS[backbone])

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """RGB (N, 3, H, W) in [0, 1] twice -> (N,), 0 where they are equal; sums of means over the layers' places."""
        total = a.new_zeros(len(a))
        for weight, x, y in zip(self.lin, self._layers(a), self._layers(b), strict=True):
            total = total + ((x - y).square() * weight).sum(1).mean((1, 2))
        return total

    def _layers(self, picture: Tensor) -> list[Tensor]:
        """The five layers, every place scaled to unit length over its channels."""
        shift, scale = (picture.new_tensor(each)[:, None, None] for each in (SHIFT, SCALE))
        x, found = (picture * 2 - 1 - shift) / scale, []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.ends:
                found.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
        return found

    @torch.inference_mode()
    def distance(self, result: Tensor, reference: Tensor, mask: Tensor) -> float:
        """LPIPS over the whole picture, a metric. `mask` does not matter."""
        device = self.lin[0].device
        return float(self(result[None].to(device), reference[None].to(device)))


def from_published(tensors: Mapping[str, Tensor]) -> LPIPS:
    """The measure that these tensors are, frozen, float32, in eval mode; the backbone is told by its first shape."""
    first = tensors.get("features.0.weight")
    if first is None:
        raise UsageError(
            "LPIPS needs a backbone: give torchvision's AlexNet or VGG-16 file beside the linear layers (or add vgg16)."
        )
    backbone = "alex" if first.shape[-1] == 11 else "vgg"
    with torch.device("meta"):
        network = LPIPS(backbone)
    if not any("lin0.model.1.weight" in name for name in tensors):
        raise UsageError("LPIPS needs linear layers: give the authors' file (v0.1) beside the backbone.")
    own = {name: tensor for name, tensor in tensors.items() if name.startswith("features.")}
    linear = _linear(backbone, tensors)
    if linear is None:
        raise RetoucherError(f"The linear layers of LPIPS are for another backbone: give those for {backbone}, v0.1.")
    own |= {f"lin.{number}": layer for number, layer in enumerate(linear)}
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, own, f"LPIPS ({backbone})")
    network.load_state_dict({name: tensor.detach().float() for name, tensor in own.items()}, assign=True)
    return network.eval().requires_grad_(False)


class LinearLayers(nn.Module):
    """The authors' linear layers alone, for one backbone or several, under their own names."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "/"), tensor)


def linear_from_published(tensors: Mapping[str, Tensor]) -> LinearLayers:
    """Linear layers as a file holds them. Raises RetoucherError where they belong to no known backbone."""
    if not kinds(tensors):
        raise RetoucherError("These are no linear layers of LPIPS v0.1 for AlexNet or VGG-16.")
    return LinearLayers(tensors)


def alexnet_from_published(tensors: Mapping[str, Tensor]) -> nn.Module:
    """Torchvision's AlexNet without its classifier. Raises RetoucherError for other names or shapes."""
    network = nn.Module()
    network.features = nn.Sequential(*(layer for part in alexnet() for layer in part))
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, tensors, "AlexNet")
    network.load_state_dict(dict(tensors))
    return network.eval().requires_grad_(False)


def kinds(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The backbones that a file has all linear layers for."""
    return tuple(kind for kind in WIDTHS if _linear(kind, tensors) is not None)


def _linear(kind: str, tensors: Mapping[str, Tensor]) -> list[Tensor] | None:
    """The five layers for a backbone, None where one is missing or has another width."""
    found = []
    for number, wide in enumerate(WIDTHS[kind]):
        names = (f"{kind}.lin{number}.model.1.weight", f"lin{number}.model.1.weight")
        layer = next((tensors[name] for name in names if name in tensors), None)
        if layer is None or layer.shape != (1, wide, 1, 1):
            return None
        found.append(layer)
    return found
