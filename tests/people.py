"""What the tests of persons share: a tiny base that knows a few faces, and something to look at pictures with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from retoucher.models.common.small_features import Sizes as FeatureSizes
from retoucher.models.common.small_features import SmallFeatures
from retoucher.models.mystyle.base import Base
from retoucher.models.mystyle.deltas import Deltas
from retoucher.models.mystyle.encoder import Trunk, WEncoder
from retoucher.models.mystyle.look import FeatureLook
from retoucher.models.mystyle.person import ANCHORS, DELTAS, Person, tuned
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2

WIDTH, SIDE = 8, 32
"""Length of a style, and side of the pictures."""


def tiny_base(seed: int = 0, *, encoder: bool = True, side: int = SIDE) -> Base:
    """A base of random numbers whose pictures vary with their styles."""
    torch.manual_seed(seed)
    core = StyleGAN2(Sizes.of(side, 256, 12, WIDTH, 2))
    core.mapping.w_avg.normal_()
    directions = {"smile": torch.eye(WIDTH)[0], "turn": torch.eye(WIDTH)[1]}
    network = WEncoder(Trunk(6, (6, 8), (1, 1), WIDTH)) if encoder else None
    return Base(core, network, directions).eval().requires_grad_(False)


def tiny_look(seed: int = 0) -> FeatureLook:
    """Random features."""
    torch.manual_seed(seed)
    return FeatureLook(SmallFeatures(FeatureSizes(4, (6, 6, 6, 6)))).eval()


def tiny_person(count: int = 6, seed: int = 0, base: Base | None = None) -> Person:
    """A person that is hardly tuned."""
    base = base or tiny_base(seed)
    torch.manual_seed(seed + 1)
    deltas = Deltas(base.core.synthesis, 3)
    for parameter in deltas.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    kept = {f"{DELTAS}{name}": tensor for name, tensor in deltas.tensors().items()}
    return tuned(base, {ANCHORS: torch.randn(count, WIDTH), **kept}, [f"{i}.jpg" for i in range(count)])


def pictures(base: Base, styles: Tensor) -> Tensor:
    """Pictures of styles (N, w): (N, 3, R, R) around [-1, 1]."""
    with torch.no_grad():
        made: Tensor = base.core.synthesis(styles[:, None].expand(-1, base.rows, -1), "const")
    return made


def numbers(network: nn.Module) -> Tensor:
    """All parameters of a network in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


class Loads:
    """A `load` over a tiny base, person and look; remembers what was asked for."""

    def __init__(self, person: Person | None = None, base: Base | None = None) -> None:
        self.person, self.base, self.look = person or tiny_person(), base or tiny_base(), tiny_look()
        self.asked: list[str] = []

    def __call__(self, name: str) -> nn.Module:
        self.asked.append(name)
        if name in ("look", "features-small"):
            return self.look
        return self.person if name.startswith("person:") else self.base
