"""What the tests of the evaluation share: photos that need no files, cases, and a VGG-19 with random numbers."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from retoucher.errors import RetoucherError
from retoucher.evaluation.cases import Case
from retoucher.evaluation.harmonizing.cases import Case as Painted
from retoucher.models.common.features import VGG, vgg19_from_published


def photo(height=64, width=80, seed=0):
    """Smooth colours and some noise: (height, width, 3) uint8."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 9 + seed), np.cos(y / 7), np.sin((x + y) / 11)], -1) * 80 + 128
    return np.clip(waves + random.normal(0, 8, waves.shape), 0, 255).astype(np.uint8)


def hole(height=64, width=80):
    """A box and a stripe, (height, width) bool."""
    array = np.zeros((height, width), bool)
    array[height // 4 : height // 2, width // 3 : width // 2] = True
    array[-9:-5, 4:-4] = True
    return array


def case(height=64, width=80, seed=0):
    return Case(photo(height, width, seed), hole(height, width))


def vgg_tensors(seed=0):
    """The published names and shapes of the first eight convolutions, random numbers that keep activations alive."""
    torch.manual_seed(seed)
    network = VGG()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
            torch.nn.init.normal_(module.bias, std=0.1)
    return dict(network.state_dict())


def vgg():
    return vgg19_from_published(vgg_tensors())


class Album:
    """Photos in memory; one that is None cannot be read."""

    problems = ()

    def __init__(self, *photos):
        self.photos = photos

    def __len__(self):
        return len(self.photos)

    def name(self, index):
        return f"{index:04}.jpg"

    def decode(self, index):
        if self.photos[index] is None:
            raise RetoucherError(f"{self.name(index)}: cannot be read (damaged).")
        return self.photos[index]


def painted_case(name="synthetic", seed=0):
    """A painting of soft strokes 96 high and 128 wide with a hard bright disc pasted on it."""
    random = np.random.RandomState(seed)
    strokes = cv2.GaussianBlur(random.normal(size=(96, 128, 3)), (0, 0), sigmaX=3, sigmaY=1)
    painting = np.clip(0.4 + 0.1 * strokes / strokes.std(), 0, 1)
    y, x = np.mgrid[0:96, 0:128]
    disc = (y - 50) ** 2 + (x - 64) ** 2 < 24**2
    squares = ((x // 5 + y // 5) % 2)[..., None] * np.array([0.5, 0.7, 0.1]) + np.array([0.4, 0.1, 0.1])
    composite = np.where(disc[..., None], squares, painting)
    parts = (torch.from_numpy(each.transpose(2, 0, 1)).float() for each in (painting, composite))
    return Painted(name, *parts, torch.from_numpy(disc[None]).float())
