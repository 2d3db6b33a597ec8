"""What the generators of SC-FEGAN read and what they answer: photo, lines, colours, hole and noise as planes.

Every builder takes image (N, 3, H, W) RGB in [0, 1] with anything in the hole, and hole, sketch, painted and noise
(N, 1, H, W) of zeros and ones, the last three 0 outside the hole; color (N, 3, H, W) RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from retoucher.models.common.membrane import membrane

Planes = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
Answer = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Convention:
    """How a generator is spoken to: `planes` makes its input x, `answer(y, x, hole)` the picture.

    `rigid`: whether it knows faces of its own size only.
    """

    planes: Planes
    answer: Answer
    rigid: bool


DARKEST = 24 / 255
"""The released network takes black paint for no paint: darker strokes are lifted to this level of grey."""
BITS = 0.159
"""How often a bit of the released program's noise is set: a normal number of spread 255 cut to 0 ... 255, over 255."""


def published_planes(
    image: Tensor, hole: Tensor, sketch: Tensor, color: Tensor, painted: Tensor, noise: Tensor
) -> Tensor:
    """Nine planes in the released graph's order, blue first: image, sketch, colour, hole, noise.

    Within the hole the image is 0 (mid grey) and colour -1 where nothing is painted; outside it colour is 0.
    """
    dark = color.amax(1, keepdim=True) < DARKEST
    lifted = torch.where(dark, color.new_tensor(DARKEST), color)
    paint = (2 * lifted - 1) * painted - (hole - painted)
    return torch.cat([((2 * image - 1) * (1 - hole)).flip(1), sketch, paint.flip(1), hole, noise], 1)


def small_planes(image: Tensor, hole: Tensor, sketch: Tensor, color: Tensor, painted: Tensor, noise: Tensor) -> Tensor:
    """Nine planes of ours: image, sketch, colour, hole, and where colour is painted, so that black is a colour, too.

    In the hole the image is `begun`. Noise is left out: what learns to reconstruct learns to ignore it.
    """
    begun_image = begun(image, hole, color, painted)
    return torch.cat([2 * begun_image - 1, sketch, (2 * color - 1) * painted, hole, painted], 1)


def begun(image: Tensor, hole: Tensor, color: Tensor, painted: Tensor) -> Tensor:
    """The picture with its hole filled by what flows in from its border, and the colours painted on that: (N, 3, H, W).

    Paint does not flow: lips that are painted would stain the skin around them, which nobody painted.
    """
    return torch.where(painted > 0, color, membrane(image, hole))


def random_bits(height: int, width: int, seed: int) -> Tensor:
    """Noise as the released program draws it: (1, 1, height, width) of zeros and ones."""
    chance = torch.Generator().manual_seed(seed)
    return (torch.rand(1, 1, height, width, generator=chance) < BITS).float()


def _painted_anew(y: Tensor, x: Tensor, hole: Tensor) -> Tensor:
    """The whole picture, blue first."""
    return (y.flip(1) + 1) / 2


def _changed(y: Tensor, x: Tensor, hole: Tensor) -> Tensor:
    """What is to be changed of the picture that it was given."""
    return (x[:, :3] + 1) / 2 + y * hole


RELEASED = Convention(published_planes, _painted_anew, rigid=True)
OURS = Convention(small_planes, _changed, rigid=False)
