"""A face that lies a little beside where it was looked for: moved, turned and resized together with its coefficients.

Ours. The published program takes its alignment for exact; a face that is covered or small is found less exactly, and a
face that lies beside the pixels that were seen explains them by wrong features.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees, exp

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.alignment import Square

SPANS = (0.2, 0.2, 0.4, 0.25)
"""Of the four numbers of a placement: sides of half a square across and down, a logarithm, radians."""
WEIGHT = 0.05
"""Of the squares of the numbers beside the losses: a face that is not seen stays where it was looked for."""


@dataclass(frozen=True)
class Placement:
    """Where a face's own square lies in the square that was looked at.

    `x`, `y`: of its middle, from -1 to 1 over the looked at; `scale`: its side by the other's; `angle`: clockwise, in
    degrees.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    angle: float = 0.0

    @classmethod
    def of(cls, numbers: Tensor) -> Placement:
        """Of what a search found: (4,)."""
        x, y, size, turn = (float(each) for each in numbers.detach().cpu() * torch.tensor(SPANS))
        return cls(x, y, exp(size), degrees(turn))

    def within(self, square: Square) -> Square:
        """The face's own square in the photo."""
        import numpy as np

        ((x, y),) = square.outside(np.array([(0.5 + self.x / 2, 0.5 + self.y / 2)]))
        return Square(float(x), float(y), square.side * self.scale, square.angle + self.angle)


def laid(picture: Tensor, numbers: Tensor) -> Tensor:
    """A picture of a face's own square as it is seen in the square looked at: (1, C, s, s) -> the same.

    `numbers` (4,), in `SPANS`; zeros change nothing. Beyond the picture its edge is repeated.
    """
    x, y, size, turn = numbers * numbers.new_tensor(SPANS)
    cos, sin = turn.cos() / size.exp(), turn.sin() / size.exp()
    matrix = torch.stack([cos, sin, -(cos * x + sin * y), -sin, cos, sin * x - cos * y]).reshape(1, 2, 3)
    grid = F.affine_grid(matrix, list(picture.shape), align_corners=False).to(picture.dtype)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=False)
