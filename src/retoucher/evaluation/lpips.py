"""LPIPS as a metric: its files read, or its backbone taken from what was added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from retoucher import catalogue, checkpoint, weights
from retoucher.models.common.lpips import LPIPS, from_published


def open_lpips(paths: Sequence[Path], device: torch.device) -> LPIPS:
    """From the files of a backbone and of linear layers, in any order; where there is no backbone, the added VGG-16.

    Raises UsageError where one of the two is missing, RetoucherError where names or shapes are others.
    """
    known = next((entry for entry in catalogue.ENTRIES if entry.name == catalogue.BACKBONES["vgg"]), None)
    copy = weights.find(known) if known else None
    given: dict[str, Tensor] = {}
    for path in paths:
        given |= checkpoint.read(path)
    tensors = weights.load_tensors(copy) | given if copy and "features.0.weight" not in given else given
    return from_published(tensors).to(device)
