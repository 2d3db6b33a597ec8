"""LaMa: fill large holes in one pass (Suvorov et al., WACV 2022). `docs/papers/lama.md` says what is here."""

from retoucher.models.lama.fused import fused
from retoucher.models.lama.network import LaMa
from retoucher.models.lama.weights import discriminator_from_published, from_published

__all__ = ["LaMa", "discriminator_from_published", "from_published", "fused"]
