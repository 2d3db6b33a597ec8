"""VGG as a measure of pictures: its first convolutions, and how far apart two pictures look to them.

"Very Deep Convolutional Networks for Large-Scale Image Recognition" (Simonyan and Zisserman, ICLR 2015). The genuine
weights expect BGR from 0 to 255 minus a mean; that range lives in here, the rest of the world speaks RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.strict import check

WIDTHS = (64, 128, 256, 512, 512)
"""Channels of the five blocks; between blocks the size is halved."""
CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""How many 3×3 convolutions each block has, by the depth in the network's name."""
CAFFE_MEAN = (123.68, 116.779, 103.939)
"""Red, green and blue of the mean that the genuine weights were trained around, 0 to 255."""
IMAGENET_MEAN, IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What torchvision's own training expects, of RGB in [0, 1]."""
DISTANCE_LAYERS = ("relu1_1", "relu1_2", "relu2_2", "relu3_4")
"""What the feature distance looks at."""


def layer_names(depth: int, convolutions: int) -> list[str]:
    """The activations after the first so many convolutions.

    >>> layer_names(19, 3)
    ['relu1_1', 'relu1_2', 'relu2_1']
    """
    names = [f"relu{i}_{j}" for i, count in enumerate(CONVOLUTIONS[depth], 1) for j in range(1, count + 1)]
    return names[:convolutions]


class VGG(nn.Module):
    """The first `convolutions` layers of VGG-16 or VGG-19, tensors named as in torchvision (`features.0.weight`).

    `caffe`: whether the weights are the genuine ones (BGR from 0 to 255 around a mean) or torchvision's (RGB in [0, 1],
    normalised). `ceil`: whether poolings round odd sizes up, as Caffe does, or down, as torchvision does. Eval only:
    nothing in it is trained, and gradients reach the picture.
    """

    shift: Tensor
    spread: Tensor

    def __init__(self, depth: int = 19, convolutions: int = 8, caffe: bool = True, ceil: bool = False) -> None:
        super().__init__()
        self.names = layer_names(depth, convolutions)
        self.caffe = caffe
        layers: list[nn.Module] = []
        channels = 3
        for name in self.names:
            wide = WIDTHS[int(name[4]) - 1]
            layers += [nn.MaxPool2d(2, ceil_mode=ceil)] if name[4:] in ("2_1", "3_1", "4_1", "5_1") else []
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU()]
            channels = wide
        self.features = nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=ceil))
        shift, spread = (CAFFE_MEAN, (1.0, 1.0, 1.0)) if caffe else (IMAGENET_MEAN, IMAGENET_SPREAD)
        self.register_buffer("shift", torch.tensor(shift)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(spread)[:, None, None], persistent=False)

    def forward(self, image: Tensor, layers: Sequence[str] = DISTANCE_LAYERS) -> list[Tensor]:
        """The activations of these layers, in the network's order: RGB (N, 3, H, W) in [0, 1] -> (N, C, H', W') each.

        Only as much of the network runs as the deepest of them needs.
        """
        if unknown := [name for name in layers if name not in self.names]:
            raise ValueError(f"this network has no {', '.join(unknown)}: it ends at {self.names[-1]}")
        found: list[Tensor] = []
        names = iter(self.names)
        for layer, x in self._through(image):
            if isinstance(layer, nn.ReLU) and next(names) in layers:
                found.append(x)
                if len(found) == len(layers):
                    break
        return found

    def pooled(self, image: Tensor, count: int = 3) -> list[Tensor]:
        """What comes out of the first `count` poolings: RGB (N, 3, H, W) in [0, 1] -> (N, C, H', W') each."""
        found = (x for layer, x in self._through(image) if isinstance(layer, nn.MaxPool2d))
        return [x for x, _ in zip(found, range(count), strict=False)]

    def _through(self, image: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Every layer and what comes out of it."""
        x = ((image * 255 if self.caffe else image) - self.shift) / self.spread
        x = x.flip(1) if self.caffe else x  # to BGR
        for layer in self.features:
            x = layer(x)
            yield layer, x


def vgg_from_published(depth: int, tensors: Mapping[str, Tensor], *, caffe: bool, ceil: bool = False) -> VGG:
    """The network that these tensors are, frozen, in eval mode, float32 on the CPU.

    Takes torchvision's names; the classifier is left alone. Raises RetoucherError where the convolutions up to the
    third pooling are not all there, or tensors have other shapes.
    """
    trunk = {name: tensor for name, tensor in tensors.items() if name.startswith("features.")}
    count, least = sum(name.endswith(".weight") for name in trunk), sum(CONVOLUTIONS[depth][:3])
    if not least <= count <= sum(CONVOLUTIONS[depth]):
        raise RetoucherError(
            f"This is no VGG-{depth}: it has {count} convolutions under `features.`, and at least {least} are needed; "
            "give a file with torchvision's names."
        )
    with torch.device("meta"):
        network = VGG(depth, count, caffe, ceil)
    check({name: tensor.shape for name, tensor in network.state_dict().items()}, trunk, f"VGG-{depth}")
    state = {name: tensor.detach().to("cpu", torch.float32, copy=True) for name, tensor in trunk.items()}
    network = VGG(depth, count, caffe, ceil)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def vgg19_from_published(tensors: Mapping[str, Tensor]) -> VGG:
    """The genuine VGG-19 (BGR, 0 to 255, Oxford's weights), of which the feature distance is defined."""
    return vgg_from_published(19, tensors, caffe=True)


def vgg16_from_published(tensors: Mapping[str, Tensor]) -> VGG:
    """torchvision's own VGG-16, which the losses of partial convolutions are scaled for."""
    return vgg_from_published(16, tensors, caffe=False)


def feature_distances(found: Sequence[Tensor], wanted: Sequence[Tensor], mask: Tensor) -> Tensor:
    """How far apart two pictures look within the hole, one number for each picture of the batch: (N,).

    `found`, `wanted`: the activations of `DISTANCE_LAYERS`. `mask` (N, 1, H, W), 1 = hole, resized by area to each
    layer. Every position is scaled to unit length over the channels, the squared difference summed over them and
    averaged over the hole; the layers are summed. 0 where the pictures are equal there; each layer gives at most 2.
    """
    total = mask.new_zeros(mask.shape[0])
    for a, b in zip(found, wanted, strict=True):
        weight = F.interpolate(mask, size=a.shape[-2:], mode="area")  # (N, 1, H', W')
        share = weight / weight.sum((1, 2, 3), keepdim=True).clamp(min=1e-8)
        places = share.flatten().nonzero()[:, 0]  # only what is in the hole is worth the work
        apart = (unit(_at(a, places)) - unit(_at(b, places))).square().sum(1) * share.flatten()[places]
        total = total.index_add(0, places // share[0].numel(), apart)
    return total


def distance_loss(vgg: nn.Module, shown: Tensor, real: Tensor, mask: Tensor) -> Tensor:
    """The mean feature distance of a batch, a scalar to learn from: (N, 3, H, W) twice and the mask (N, 1, H, W)."""
    with torch.no_grad():
        wanted = vgg(real)
    return feature_distances(vgg(shown), wanted, mask).mean()


def unit(vectors: Tensor) -> Tensor:
    """Every vector (K, C) scaled to unit length, in float32; a vector of zeros stays one."""
    return F.normalize(vectors.float(), dim=1, eps=1e-6)


def _at(features: Tensor, places: Tensor) -> Tensor:
    """The vectors at these places: (N, C, H, W), numbers of places in (N, H, W) -> (K, C)."""
    return features.permute(0, 2, 3, 1).flatten(0, 2)[places]
