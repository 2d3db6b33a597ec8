"""The Inception network of the published FID, for whoever has its weights (`pt_inception-2015-12-05-….pth`).

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (CVPR 2016), as TensorFlow's 2015 graph has
it: average pools do not count what lies outside, and the very last block pools by maximum. Names are pytorch-fid's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher import checkpoint
from retoucher.models.common.strict import check

SIDE = 299
"""Pictures are resized to this, as published: bilinear, without averaging."""
Pool = Literal["average", "largest", "halve"]


class Step(NamedTuple):
    """One convolution of a branch: its name, channels, window (height, width) and stride."""

    name: str
    wide: int
    window: tuple[int, int] = (1, 1)
    stride: int = 1


class Unit(nn.Module):
    """Convolution, batch norm, ReLU; padded so that the size stays, but not where the stride is 2."""

    def __init__(self, channels: int, step: Step, *, padded: bool = True) -> None:
        super().__init__()
        place = (step.window[0] // 2, step.window[1] // 2) if padded and step.stride == 1 else (0, 0)
        self.conv = nn.Conv2d(channels, step.wide, step.window, step.stride, place, bias=False)
        self.bn = nn.BatchNorm2d(step.wide, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        return F.relu(self.bn(self.conv(x)))


Branch = tuple[Step, ...]
"""Steps one after the other; two steps whose names end in a and b both take what comes before them."""


class Mixed(nn.Module):
    """Branches side by side and a pool, joined over the channels in this order."""

    def __init__(self, channels: int, branches: tuple[Branch, ...], pool: Pool, pooled: int = 0) -> None:
        super().__init__()
        self.branches, self.pool = branches, pool
        for branch in branches:
            wide = channels
            for step in branch:
                self.add_module(step.name, Unit(wide, step))
                wide = wide if step.name.endswith("a") else step.wide
        if pooled:
            self.branch_pool = Unit(channels, Step("branch_pool", pooled))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        return torch.cat([*(part for branch in self.branches for part in self._branch(branch, x)), self._pooled(x)], 1)

    def _branch(self, branch: Branch, x: Tensor) -> list[Tensor]:
        found = []
        for step in branch:
            y = self.get_submodule(step.name)(x)
            if step.name.endswith("a"):
                found.append(y)
            else:
                x = y
        return [*found, x]

    def _pooled(self, x: Tensor) -> Tensor:
        if self.pool == "halve":
            return F.max_pool2d(x, 3, 2)
        if self.pool == "largest":
            return self.branch_pool(F.max_pool2d(x, 3, 1, 1))  # type: ignore[no-any-return]
        return self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))  # type: ignore[no-any-return]


def _double(name: str, *widths: int, stride: int = 1) -> Branch:
    """A 1×1 convolution and two of 3×3."""
    a, b, c = widths
    return Step(f"{name}_1", a), Step(f"{name}_2", b, (3, 3)), Step(f"{name}_3", c, (3, 3), stride)


def block_a(channels: int, pooled: int) -> Mixed:
    """At 35×35."""
    five = Step("branch5x5_1", 48), Step("branch5x5_2", 64, (5, 5))
    branches = (Step("branch1x1", 64),), five, _double("branch3x3dbl", 64, 96, 96)
    return Mixed(channels, branches, "average", pooled)


def block_b(channels: int) -> Mixed:
    """From 35×35 to 17×17."""
    branches = (Step("branch3x3", 384, (3, 3), 2),), _double("branch3x3dbl", 64, 96, 96, stride=2)
    return Mixed(channels, branches, "halve")


def block_c(channels: int, wide: int) -> Mixed:
    """At 17×17: windows of 7×7 as two of 1×7 and 7×1."""
    flat, tall = (1, 7), (7, 1)
    once = Step("branch7x7_1", wide), Step("branch7x7_2", wide, flat), Step("branch7x7_3", 192, tall)
    windows = (1, 1), tall, flat, tall, flat
    widths = wide, wide, wide, wide, 192
    twice = tuple(Step(f"branch7x7dbl_{i}", w, at) for i, (w, at) in enumerate(zip(widths, windows, strict=True), 1))
    return Mixed(channels, ((Step("branch1x1", 192),), once, twice), "average", 192)


def block_d(channels: int) -> Mixed:
    """From 17×17 to 8×8."""
    three = Step("branch3x3_1", 192), Step("branch3x3_2", 320, (3, 3), 2)
    windows = (1, 1), (1, 7), (7, 1)
    seven = (
        *(Step(f"branch7x7x3_{i}", 192, at) for i, at in enumerate(windows, 1)),
        Step("branch7x7x3_4", 192, (3, 3), 2),
    )
    return Mixed(channels, (three, seven), "halve")


def block_e(channels: int, pool: Pool) -> Mixed:
    """At 8×8: branches that fork at their end."""

    def fork(name: str) -> Branch:
        return Step(f"{name}a", 384, (1, 3)), Step(f"{name}b", 384, (3, 1))

    three = Step("branch3x3_1", 384), *fork("branch3x3_2")
    double = Step("branch3x3dbl_1", 448), Step("branch3x3dbl_2", 384, (3, 3)), *fork("branch3x3dbl_3")
    return Mixed(channels, ((Step("branch1x1", 320),), three, double), pool, 192)


class Inception(nn.Module):
    """From a picture to the 2048 features of the last pool, what FID and KID are published with."""

    num_features = 2048

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, Step("", 32, (3, 3), 2))
        self.Conv2d_2a_3x3 = Unit(32, Step("", 32, (3, 3)), padded=False)
        self.Conv2d_2b_3x3 = Unit(32, Step("", 64, (3, 3)))
        self.Conv2d_3b_1x1 = Unit(64, Step("", 80))
        self.Conv2d_4a_3x3 = Unit(80, Step("", 192, (3, 3)), padded=False)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = block_a(192, 32), block_a(256, 64), block_a(288, 64)
        self.Mixed_6a = block_b(288)
        self.Mixed_6b, self.Mixed_6c = block_c(768, 128), block_c(768, 160)
        self.Mixed_6d, self.Mixed_6e = block_c(768, 160), block_c(768, 192)
        self.Mixed_7a = block_d(768)
        self.Mixed_7b, self.Mixed_7c = block_e(1280, "average"), block_e(2048, "largest")

    def forward(self, image: Tensor) -> Tensor:
        """RGB (N, 3, H, W) in [0, 1] -> (N, 2048)."""
        x = F.interpolate(image, (SIDE, SIDE), mode="bilinear", align_corners=False) * 2 - 1
        for name, layer in self.named_children():
            x = layer(x)
            if name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3"):
                x = F.max_pool2d(x, 3, 2)
        return x.mean((2, 3))

    @torch.inference_mode()
    def features(self, picture: Tensor) -> Tensor:
        """(3, H, W) in [0, 1] -> (1, 2048) on the CPU."""
        seen: Tensor = self(picture[None].to(self.Conv2d_1a_3x3.conv.weight.device))
        return seen.cpu()


def open_inception(path: Path, device: torch.device) -> Inception:
    """From pytorch-fid's file. UsageError where there is none, RetoucherError where it holds something else."""
    return from_published(checkpoint.read(path)).to(device)


def from_published(tensors: Mapping[str, Tensor]) -> Inception:
    """The network that these tensors are, frozen, in eval mode; the classifier (`fc`) and counts are left alone."""
    with torch.device("meta"):
        network = Inception()
    own = {name: tensor for name, tensor in tensors.items() if not name.startswith(("fc.", "AuxLogits."))}
    own = {name: tensor.detach().float() for name, tensor in own.items() if not name.endswith("num_batches_tracked")}
    wanted = network.state_dict()
    check(
        {name: value.shape for name, value in wanted.items() if not name.endswith("_tracked")}, own, "FID's Inception"
    )
    counts = {name: torch.zeros((), dtype=torch.long) for name in wanted if name.endswith("num_batches_tracked")}
    network.load_state_dict(own | counts, assign=True)
    return network.eval().requires_grad_(False)
