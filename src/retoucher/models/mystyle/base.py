"""A base of faces: StyleGAN2's generator and, where there is one, the encoder that finds a face's style in it."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.encoder import WEncoder, encoder_from_published
from retoucher.models.mystyle.stylegan2.generator import StyleGAN2
from retoucher.models.mystyle.stylegan2.network import Generator
from retoucher.models.mystyle.stylegan2.weights import from_published as generator_from_published

ENCODER, MEAN, DIRECTIONS, TYPICAL = "encoder.", "latent_avg", "directions.", "typical"


class Base(Generator):
    """Styles to pictures as a `Generator`; with an `encoder` also from pictures to styles.

    `directions`: by name, vectors (w,) along which something about a face changes; as long as faces usually vary (their
    standard deviation). `typical`: the mean descriptor of many faces, None where it is not known.
    """

    def __init__(
        self,
        core: StyleGAN2,
        encoder: WEncoder | None = None,
        directions: Mapping[str, Tensor] | None = None,
        typical: Tensor | None = None,
    ) -> None:
        super().__init__(core)
        self.encoder = encoder
        self.directions = dict(directions or {})
        self.typical = typical

    @property
    def side(self) -> int:
        """Of the pictures that the encoder looks at: the published one reads 256 pixels of 1024, ours 64 of 128."""
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
    ours = ENCODER, DIRECTIONS
    generator = generator_from_published({n: t for n, t in tensors.items() if not n.startswith((*ours, TYPICAL))})
    encoder_tensors, directions = (
        {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)} for start in ours
    )
    encoder = encoder_from_published(encoder_tensors, tensors.get(MEAN)) if encoder_tensors else None
    w = generator.core.sizes.w
    if encoder is not None and encoder.sizes.w != w:
        raise RetoucherError("The encoder's styles are not as long as the generator's; give a file that holds both.")
    if wrong := [name for name, direction in directions.items() if direction.shape != (w,)]:
        raise RetoucherError(f"Directions are not as long as the generator's styles: {', '.join(wrong)}.")
    named = {name: direction.float() for name, direction in directions.items()}
    return Base(generator.core, encoder, named, tensors.get(TYPICAL)).eval()
