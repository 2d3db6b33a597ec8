"""A base of faces: StyleGAN2's generator and, where there is one, the encoder that finds a face's style in it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.encoder import WEncoder, encoder_from_published
from retoucher.models.mystyle.stylegan2.generator import StyleGAN2
from retoucher.models.mystyle.stylegan2.network import Generator
from retoucher.models.mystyle.stylegan2.weights import from_published as generator_from_published

ENCODER, MEAN = "encoder.", "latent_avg"


class Base(Generator):
    """Styles to pictures as a `Generator`; with an `encoder` also from pictures to styles.

    `side`: of the pictures that the encoder looks at, in pixels.
    """

    def __init__(self, core: StyleGAN2, encoder: WEncoder | None = None) -> None:
        super().__init__(core)
        self.encoder = encoder

    @property
    def side(self) -> int:
        """The published encoder reads 256 pixels of 1024, ours 64 of 128."""
        return min(256, max(64, self.resolution // 2))

    def encode(self, image: Tensor) -> Tensor:
        """Aligned faces, RGB (N, 3, H, W) in [0, 1] of any size -> styles (N, w).

        Raises RetoucherError where the base has no encoder.
        """
        if self.encoder is None:
            raise RetoucherError("This base has no encoder: styles have to be searched from its mean.")
        w: Tensor = self.encoder(2 * at_side(image, self.side) - 1)
        return w


def at_side(image: Tensor, side: int) -> Tensor:
    """A square picture at another size: means of areas where it shrinks, bicubic where it grows."""
    if image.shape[-1] == side:
        return image
    if image.shape[-1] % side == 0:
        return F.avg_pool2d(image, image.shape[-1] // side)
    return F.interpolate(image, (side, side), mode="bicubic", antialias=image.shape[-1] > side).clamp(0, 1)


def from_published(tensors: Mapping[str, Tensor]) -> Base:
    """The base that these tensors are, in eval mode, float32 on the CPU.

    Takes a generator as `stylegan2.weights` does, alone or beside the W encoder of the e4e family (`encoder.…`, and
    the generator under `decoder.…`; ours calls it `core.…`). Raises RetoucherError as both of them.
    """
    generator = generator_from_published({n: t for n, t in tensors.items() if not n.startswith(ENCODER)})
    found = {n.removeprefix(ENCODER): t for n, t in tensors.items() if n.startswith(ENCODER)}
    if not found:
        return Base(generator.core).eval()
    encoder = encoder_from_published(found, tensors.get(MEAN))
    if encoder.sizes.w != generator.core.sizes.w:
        raise RetoucherError("The encoder's styles are not as long as the generator's; give a file that holds both.")
    return Base(generator.core, encoder).eval()


@torch.no_grad()
def mean_style(base: Generator) -> Tensor:
    """The style (w,) that truncation leads to."""
    return base.core.mapping.w_avg.clone()
