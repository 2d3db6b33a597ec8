"""The network whose features LaMa's perceptual loss compares: ResNet-50 with dilated convolutions, trained on ADE20K.

Paper 2.2: a loss needs a high receptive field, too. Published in CSAIL's semantic-segmentation-pytorch
(`resnet50dilated`, `encoder_epoch_20.pth`); names are kept, key for key.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.common.strict import check

BLOCKS = (3, 4, 6, 3)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in [0, 1], RGB."""


class Bottleneck(nn.Module):
    """Residual block 1×1, 3×3, 1×1; the last has four times the width. Stride and dilation are the 3×3's."""

    def __init__(self, inputs: int, width: int, stride: int, dilation: int, *, first: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        shortcut = [nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)]
        self.downsample = nn.Sequential(*shortcut) if first else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, 4 width, H / stride, W / stride)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def _layer(inputs: int, width: int, blocks: int, stride: int, dilation: int) -> nn.Sequential:
    """Blocks of one width. The first one's dilation is half the others': it took the place of a stride of 2."""
    first = Bottleneck(inputs, width, stride, max(1, dilation // 2), first=True)
    return nn.Sequential(first, *(Bottleneck(4 * width, width, 1, dilation, first=False) for _ in range(blocks - 1)))


class Encoder(nn.Module):
    """ResNet-50 with three convolutions for a stem, at an eighth of the size from its second layer on."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 2 * width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)
        self.layer1 = _layer(2 * width, width, BLOCKS[0], 1, 1)
        self.layer2 = _layer(4 * width, 2 * width, BLOCKS[1], 2, 1)
        self.layer3 = _layer(8 * width, 4 * width, BLOCKS[2], 1, 2)
        self.layer4 = _layer(16 * width, 8 * width, BLOCKS[3], 1, 4)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """image (N, 3, H, W) in [0, 1] -> the four layers' outputs: 4, 8, 16, 32 times the width, at 1/4, then 1/8."""
        x = (image - self.mean) / self.std
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))  # (N, 2 width, H/2, W/2)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        features = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features


def encoder_from_published(tensors: Mapping[str, Tensor]) -> Encoder:
    """The encoder that these tensors are, frozen and in eval mode, float32 on the CPU.

    The names of `encoder_epoch_20.pth`. Raises RetoucherError naming the tensors that are missing, left over or of
    another shape. Gradients flow through it to the picture; do not put it in train mode.
    """
    width = tensors["conv1.weight"].shape[0] if "conv1.weight" in tensors else 64
    encoder = Encoder(width)
    check({name: tensor.shape for name, tensor in encoder.state_dict().items()}, tensors, "ADE20K ResNet-50 encoder")
    encoder.load_state_dict(dict(tensors))
    return encoder.float().requires_grad_(False).eval()
