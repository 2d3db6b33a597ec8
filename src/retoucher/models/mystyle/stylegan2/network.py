"""A StyleGAN2 as the rest of the house speaks of networks: RGB in [0, 1] comes out."""

from __future__ import annotations

from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.stylegan2.generator import StyleGAN2


class Generator(nn.Module):
    """Noise or styles to pictures; `core` is the network in its own convention, pictures around [-1, 1]."""

    def __init__(self, core: StyleGAN2) -> None:
        super().__init__()
        self.core = core

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.core.sizes.resolution

    @property
    def rows(self) -> int:
        """How many styles a picture takes."""
        return self.core.synthesis.rows

    def styles(self, code: Tensor, psi: float = 1.0) -> Tensor:
        """Noise z (N, z), or styles w (N, rows, w), -> styles (N, rows, w), drawn towards their mean by `psi`.

        Raises ValueError for another shape, RetoucherError where the file had no mapping and one is needed.
        """
        sizes, mapping = self.core.sizes, self.core.mapping
        if code.ndim == 2 and code.shape[1] == sizes.z:
            return self.core.styles(code, psi)
        if code.shape[1:] != (self.rows, sizes.w):
            raise ValueError(f"noise is (N, {sizes.z}) and styles are (N, {self.rows}, {sizes.w}): {tuple(code.shape)}")
        if psi != 1 and not sizes.depth:
            raise RetoucherError("This network has no mapping, so that its mean style is unknown: use a psi of 1.")
        return mapping.truncated(code, psi) if psi != 1 else code

    def forward(self, code: Tensor, psi: float = 1.0, noise: str = "const") -> Tensor:
        """Noise z (N, z) or styles w (N, rows, w) -> RGB (N, 3, R, R) in [0, 1]; raises as `styles`.

        `psi`: 1 for all that the network can make, 0 for its mean. `noise`: "const" (the same each time), "random" or
        "none".
        """
        picture: Tensor = self.core.synthesis(self.styles(code, psi), noise)
        return ((picture.float() + 1) / 2).clamp(0, 1)
