"""SC-FEGAN's generator: "Face Editing Generative Adversarial Network with User's Sketch and Color" (Jo, Park 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.fit import Fit
from retoucher.frame import pad
from retoucher.models.scfegan.inputs import OURS, RELEASED, Convention
from retoucher.models.scfegan.layers import GatedConv2d, GatedUpConv2d

NATIVE, LARGEST = 256, 0.75
"""Side of the face squares that ours was trained on, in pixels, and how large a hole may be there, as a share of it,
before larger squares are made smaller."""


@dataclass(frozen=True)
class Step:
    """One layer of the encoder: how many channels it gives, the side of its kernel, whether it is normalised."""

    channels: int
    kernel: int = 3
    norm: bool = True


@dataclass(frozen=True)
class Sizes:
    """A generator's layers. Every step of the encoder halves the size, the dilated layers keep it.

    `finish`: channels of a layer at full size before the last, 0 for none. `transposed`: whether the decoder goes up by
    the released graph's transposed layers, or by doubling pixels, after which a gated layer mixes them.
    """

    encoder: tuple[Step, ...]
    dilations: tuple[int, ...]
    inputs: int = 9
    finish: int = 0
    transposed: bool = True

    @classmethod
    def published(cls, width: int = 64) -> Sizes:
        """The released graph, which has a width of 64."""
        widths = [min(width << level, width * 8) for level in range(7)]
        kernels = (7, 5, 5, 3, 3, 3, 3)
        steps = (Step(c, k, norm=i > 0) for i, (c, k) in enumerate(zip(widths, kernels, strict=True)))
        return cls(tuple(steps), (2, 4, 8, 16))

    @classmethod
    def small(cls, width: int = 32, deepest: int = 128, finish: int = 16) -> Sizes:
        """Ours: five levels, rates that fit the smallest map, no transposed layers and no noise."""
        widths = [min(width << level, deepest) for level in range(5)]
        kernels = (7, 5, 3, 3, 3)
        steps = (Step(c, k, norm=i > 1) for i, (c, k) in enumerate(zip(widths, kernels, strict=True)))
        return cls(tuple(steps), (2, 4), finish=finish, transposed=False)


class Generator(nn.Module):
    """A U-Net of gated convolutions in the network's own convention.

    x (N, inputs, H, W), the planes of `inputs.py`, -> the whole picture (N, 3, H, W) in [-1, 1]. Skips come before what
    is brought up from below; the last skip is the input itself.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder, self.dilated, self.up, self.decoder = (nn.ModuleList() for _ in range(4))
        channels = [sizes.inputs]
        for step in sizes.encoder:
            self.encoder.append(GatedConv2d(channels[-1], step.channels, step.kernel, 2, norm=step.norm))
            channels.append(step.channels)
        below = channels.pop()
        for rate in sizes.dilations:
            self.dilated.append(GatedConv2d(below, below, dilation=rate, norm=True))
        for skip in reversed(channels[1:]):
            below = self._level(skip, below, skip)
        above = sizes.finish
        if above:
            below = self._level(channels[0], below, above, norm=False)
            self.last = GatedConv2d(below, 3, active=False)
        else:
            if sizes.transposed:
                self.up.append(GatedUpConv2d(below, 3))
                below = 3
            self.last = GatedConv2d(channels[0] + below, 3, active=False)

    def _level(self, skip: int, below: int, outputs: int, norm: bool = True) -> int:
        """One level of the decoder; returns how many channels it gives."""
        if self.sizes.transposed:
            self.up.append(GatedUpConv2d(below, outputs))
            below = outputs
        self.decoder.append(GatedConv2d(skip + below, outputs, norm=norm))
        return outputs

    def forward(self, x: Tensor) -> Tensor:
        """Predict the whole picture."""
        levels = [x]
        for layer in self.encoder:
            levels.append(layer(levels[-1]))
        y = levels.pop()
        for layer in self.dilated:
            y = layer(y)
        for i, layer in enumerate(self.decoder):
            skip = levels.pop()
            y = layer(torch.cat([skip, self._raised(y, i, skip)], 1))
        if levels:
            y = torch.cat([x, self._raised(y, len(self.decoder), x)], 1)
        return torch.tanh(self.last(y))

    def _raised(self, y: Tensor, level: int, skip: Tensor) -> Tensor:
        """What comes from below, at the size of the skip."""
        height, width = skip.shape[-2:]
        if self.sizes.transposed:
            raised: Tensor = self.up[level](y, height, width)
            return raised
        return F.interpolate(y, scale_factor=2.0, mode="nearest")[..., :height, :width]


class SCFEGAN(nn.Module):
    """Redraw the hole of a picture after lines and colours.

    `core` is the generator in its own convention and `convention` how it is spoken to: the released one wants
    blue first and random bits, ours wants to know where colour lies and says how a smooth filling is to change. `fit`
    follows from its depth; the released network is never given more than 512 pixels, where taps of its dilated layers
    would wake up that no training ever reached.
    """

    fit = Fit(multiple=128, minimum=128, best=512)

    def __init__(self, core: Any, convention: Convention, best: int = 512) -> None:
        super().__init__()
        self.core, self.convention = core, convention
        multiple = 1 << len(core.sizes.encoder)
        self.fit = Fit(multiple=multiple, minimum=multiple, best=max(best, multiple))

    def working_side(self, side: int, extent: int = 0) -> int:
        """To how many pixels a face square of `side` pixels is resized before the network sees it.

        `extent`: the side of a square as large as what is to be redrawn. The released network knows faces of 512 pixels
        only. Ours learnt at `NATIVE`; guided it draws finer at up to twice that, where thin lines and small colours are
        not lost in the resizing, but of a hole that is most of the face it makes one at `NATIVE` only.
        """
        if self.convention.rigid:
            return self.fit.best
        multiple = self.fit.multiple
        most = min(self.fit.best, NATIVE * max(1.0, LARGEST * side / max(extent, 1)))
        return int(min(max(side, NATIVE), most) / multiple + 0.5) * multiple

    def forward(
        self,
        image: Tensor,
        mask: Tensor,
        sketch: Tensor | None = None,
        color: Tensor | None = None,
        painted: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Tensor:
        """Predict the whole picture, the known part too: image (N, 3, H, W) in [0, 1] -> the same.

        `mask` (N, 1, H, W): whatever is not 0 may change; what lies there, NaN included, cannot reach the result.
        `sketch` (N, 1, H, W): 1 on a line. `color` (N, 3, H, W) in [0, 1] and `painted` (N, 1, H, W), 1 where it counts
        (without it: wherever `color` is not black). `noise` (N, 1, H, W): random bits, 0 unless given, which only the
        released network looks at. Lines and colours outside the mask are not seen. Any size: it is padded here and cut
        again. While training, values are not clipped.
        """
        hole = (mask > 0).to(image.dtype)
        sketch = torch.zeros_like(hole) if sketch is None else (sketch > 0).to(image.dtype) * hole
        noise = torch.zeros_like(hole) if noise is None else (noise > 0).to(image.dtype) * hole
        if color is None:
            color, painted = torch.zeros_like(image), torch.zeros_like(hole)
        elif painted is None:
            painted = (color > 0).any(1, keepdim=True).to(image.dtype)
        painted = (painted > 0).to(image.dtype) * hole
        color = color.masked_fill(painted == 0, 0)
        x = self.convention.planes(image.masked_fill(hole > 0, 0.5), hole, sketch, color, painted, noise)
        height, width = image.shape[-2:]
        y = self.core(pad(x, self.fit))[..., :height, :width].float()
        picture = self.convention.answer(y, x, hole)
        return picture if self.training else picture.clamp(0, 1)


def small(width: int = 32, deepest: int = 128, finish: int = 16) -> SCFEGAN:
    """Ours, untrained."""
    return SCFEGAN(Generator(Sizes.small(width, deepest, finish)), OURS)


def published(width: int = 64) -> SCFEGAN:
    """The released graph, untrained."""
    return SCFEGAN(Generator(Sizes.published(width)), RELEASED)
