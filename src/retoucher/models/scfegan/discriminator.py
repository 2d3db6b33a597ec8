"""SC-FEGAN's discriminator (section 3.2, figure 2): spectrally normalised patches that see the guidance as well."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from retoucher.models.scfegan.layers import SLOPE, SameConv2d

WIDTHS = (64, 128, 256, 256, 256, 256)
INPUTS = 8


class Discriminator(nn.Module):
    """Convolutions 3x3 with stride 2 and spectral normalisation; every number that comes out is a verdict.

    Reads image in [-1, 1] (3), hole (1), sketch (1), colour (3): the real and the completed picture come with the same
    guidance, so that it judges agreement with the lines, too. No activation after the last layer: the loss has no
    hinge. Computes in float32 whatever is going on around it, for the gradient penalty takes a second derivative.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, inputs: int = INPUTS) -> None:
        super().__init__()
        layers = (SameConv2d(narrow, wide, 3, 2) for narrow, wide in pairwise((inputs, *widths)))
        self.layers = nn.ModuleList(spectral_norm(layer) for layer in layers)

    @classmethod
    def of_width(cls, width: int) -> Discriminator:
        """The published widths scaled: 64 is the paper's."""
        return cls(tuple(width * wide // WIDTHS[0] for wide in WIDTHS))

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        """image (N, 3, H, W), condition (N, 5, H, W) -> verdicts (N, C, H / 64, W / 64), high for photos."""
        with torch.autocast(image.device.type, enabled=False):
            x = torch.cat([image.float(), condition.float()], 1)
            for i, layer in enumerate(self.layers):
                x = layer(F.leaky_relu(x, SLOPE) if i else x)
            return x
