"""Moving the object's pixels along the losses' gradients: the picture's box, its taps in the network, and L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retoucher.models.harmonization.descent import Descent

STRIDES = {"relu1_1": 1, "relu2_1": 2, "relu3_1": 4, "relu4_1": 8, "relu5_1": 16}
"""How many pixels a cell of each layer is wide."""
LEVELS = 256
"""What a picture in [0, 1] is multiplied by for L-BFGS, whose first step is measured in these (released: not 255)."""

Pull = Callable[[Tensor, int], Tensor]
"""A loss as what it adds to a layer's gradient: its activations (C, h, w) and the evaluation's number -> (C, h, w)."""


@dataclass(frozen=True)
class Box:
    """The part of a picture that is computed: rows and columns, beginning at whole cells of the deepest layer."""

    rows: slice
    columns: slice

    @classmethod
    def around(cls, mask: Tensor, margin: int) -> Box:
        """The box of a mask (1, H, W), which is not empty, with a margin in pixels."""
        deepest = STRIDES["relu5_1"]
        found = []
        for axis, length in ((1, mask.shape[1]), (0, mask.shape[2])):
            places = (mask[0] > 0).any(axis).nonzero()
            first, last = max(0, int(places[0]) - margin), min(length, int(places[-1]) + 1 + margin)
            found.append(slice(first // deepest * deepest, min(length, -(-last // deepest) * deepest)))
        return cls(*found)

    def of(self, picture: Tensor, layer: str = "relu1_1") -> Tensor:
        """This part of a picture, or of a layer's map or mask: (…, h, w)."""
        stride = STRIDES[layer]
        rows, columns = (slice(part.start // stride, -(-part.stop // stride)) for part in (self.rows, self.columns))
        return picture[..., rows, columns]

    def into(self, part: Tensor, picture: Tensor) -> Tensor:
        """The picture with this part replaced."""
        whole = picture.clone()
        whole[..., self.rows, self.columns] = part
        return whole


class Solver:
    """A picture (3, h, w) on its way: `step` by `step`, `picture` at any time; it can be left and gone on with.

    `pulls`: what the losses add at each layer; `masks`: each layer's soft mask (1, h, w), which all that arrives there
    is multiplied by; `direct`: what is added at the pixels (of values 0 to 256), whose gradient `mask` (1, h, w)
    multiplies last. `reduced`: run the network in bfloat16.
    """

    def __init__(
        self,
        features: nn.Module,
        picture: Tensor,
        mask: Tensor,
        pulls: Mapping[str, Sequence[Pull]],
        masks: Mapping[str, Tensor],
        direct: Callable[[Tensor], Tensor],
        descent: Descent,
        *,
        reduced: bool = False,
    ) -> None:
        self.features, self.mask, self.pulls, self.masks, self.direct = features, mask, pulls, masks, direct
        self.reduced = reduced
        self.layers = tuple(sorted(pulls))
        self.values = picture * LEVELS
        self.descent = descent
        self.count = 0

    @property
    def picture(self) -> Tensor:
        """The picture as it stands, not clamped: (3, h, w)."""
        return self.values / LEVELS

    def step(self) -> float:
        """One evaluation and one step; returns by how much it moved a pixel of the mask, on average, of 256 levels."""
        moved = self.descent.step(self._gradient())
        self.values = self.values + moved
        self.count += 1
        return float(moved.abs().sum() / (3 * self.mask.sum()).clamp(min=1))

    @torch.enable_grad()
    def _gradient(self) -> Tensor:
        """What all losses together say, (3, h, w)."""
        values = self.values.clone().requires_grad_(True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
            seen = self.features(values[None] / 255, self.layers)
        pulled = []
        for layer, activations in zip(self.layers, seen, strict=True):
            mask = self.masks[layer]
            activations.register_hook(lambda gradient, mask=mask: gradient * mask.to(gradient))
            now = activations.detach()[0].float()
            total = torch.stack([pull(now, self.count) for pull in self.pulls[layer]]).sum(0, keepdim=True)
            pulled.append(total.to(activations))
        (gradient,) = torch.autograd.grad(seen, values, pulled)
        return (gradient + self.direct(self.values)) * self.mask
