"""The running average of a network while it is trained: smoother than any single step."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of all that a network has learnt, the statistics of its BatchNorms included.

    At step n (from 1) the average keeps min(decay, (n + 1) / (n + 10)) of itself, so that it forgets the random
    beginning. With decay 0 it is the network itself.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"the share that an average keeps of itself lies in [0, 1), not at {decay}")
        self.decay = decay
        self.network = deepcopy(network).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the network after this step, counted from 1."""
        keep = min(self.decay, (step + 1) / (step + 10)) if self.decay else 0.0
        ours, theirs = _tensors(self.network), _tensors(network)
        for whole in (name for name in ours if not ours[name].is_floating_point()):
            ours[whole].copy_(theirs[whole])
        names = [name for name in ours if ours[name].is_floating_point()]
        torch._foreach_lerp_([ours[name] for name in names], [theirs[name] for name in names], 1 - keep)


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return dict(network.state_dict())
