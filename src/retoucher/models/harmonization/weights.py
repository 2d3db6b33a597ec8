"""Harmonization with one feature network or another: ours, or the genuine VGG-19 as far as it is there."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.common.compressed_features import JoinedFeatures
from retoucher.models.common.features import vgg_from_published
from retoucher.models.common.small_features import LAYERS, small_features_from_published
from retoucher.models.harmonization.network import Harmonization


def from_published(tensors: Mapping[str, Tensor]) -> Harmonization:
    """Harmonization with the small feature network that these tensors are, in eval mode. Raises RetoucherError."""
    return Harmonization(small_features_from_published(tensors)).eval()


def with_vgg19(tensors: Mapping[str, Tensor], deep: nn.Module | None) -> Harmonization:
    """Harmonization with the genuine VGG-19; layers beyond the file's end come from `deep`, which has all of them.

    `tensors`: torchvision's names, up to conv3_4 at least. Raises RetoucherError for another network.
    """
    vgg = vgg_from_published(19, tensors, caffe=True, ceil=True)
    if all(name in vgg.names for name in LAYERS):
        return Harmonization(vgg).eval()
    if deep is None:
        raise RetoucherError(f"This VGG-19 ends at {vgg.names[-1]}, and no network is here for the layers beyond.")
    return Harmonization(JoinedFeatures(vgg, deep)).eval()
