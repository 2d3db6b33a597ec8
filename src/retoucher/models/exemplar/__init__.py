"""Content-aware fill by PatchMatch: no weights at all."""

from retoucher.models.exemplar.network import Exemplar

__all__ = ["Exemplar"]
