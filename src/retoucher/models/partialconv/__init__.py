"""Partial Convolutions: fill holes of any shape (Liu et al., ECCV 2018). See `docs/papers/partial-convolution.md`."""

from retoucher.models.partialconv.network import PartialConv
from retoucher.models.partialconv.weights import from_published

__all__ = ["PartialConv", "from_published"]
