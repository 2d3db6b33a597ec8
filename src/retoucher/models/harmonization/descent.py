"""L-BFGS as Torch7 has it, without a line search: the losses' sum is not what the gradients belong to."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

CURVED = 1e-10
"""The least product of a step and the gradient's change for which the pair is remembered."""


class Descent:
    """Directions from the last `history` steps (two-loop recursion, first scale ys / yy); the first step is short.

    `rate`: the length of a step, as a share of what the curvature suggests. `longest`: how far a step may move a value,
    root mean square over those that move; 0 for any distance. Released: no such limit, which a rate of 0.1 never needs;
    at ten times that rate, ours, it keeps the picture from being thrown away.
    """

    def __init__(self, rate: float, history: int, longest: float = 0.0) -> None:
        self.rate, self.longest = rate, longest
        self.pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=history)
        self.before: tuple[Tensor, Tensor] | None = None  # the last step and the gradient it was taken at

    def step(self, gradient: Tensor) -> Tensor:
        """How far to move, given the gradient here, both of the shape of the values."""
        flat = gradient.flatten()
        self._remember(flat)
        length = self.rate
        if self.before is None:
            length *= min(1.0, 1 / max(float(flat.abs().sum()), 1e-30))
        step = self._limited(self._direction(flat) * length)
        self.before = step, flat.clone()
        return step.view_as(gradient)

    def _remember(self, gradient: Tensor) -> None:
        if self.before is None:
            return
        step, last = self.before
        change = gradient - last
        product = float(change @ step)
        if product > CURVED:
            self.pairs.append((step, change, product))

    def _direction(self, gradient: Tensor) -> Tensor:
        """Where the remembered curvature says the gradient vanishes."""
        direction = -gradient
        if not self.pairs:
            return direction
        shares = []
        for step, change, product in reversed(self.pairs):
            share = float(step @ direction) / product
            direction.add_(change, alpha=-share)
            shares.append(share)
        _, change, product = self.pairs[-1]
        direction *= product / float(change @ change)
        for (step, change, product), share in zip(self.pairs, reversed(shares), strict=True):
            direction.add_(step, alpha=share - float(change @ direction) / product)
        return direction

    def _limited(self, step: Tensor) -> Tensor:
        moving = int(torch.count_nonzero(step))
        if not self.longest or not moving:
            return step
        far = float(step.norm()) / moving**0.5
        shorter = min(1.0, self.longest / max(far, 1e-30))
        return step.mul(shorter)
