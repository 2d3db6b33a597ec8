"""One person: a base tuned to their photos, the photos' styles as anchors, and the space between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from retoucher.errors import RetoucherError
from retoucher.models.mystyle import space
from retoucher.models.mystyle.base import DIRECTIONS, Base
from retoucher.models.mystyle.deltas import apply, of_tensors
from retoucher.models.mystyle.stylegan2.generator import Synthesis
from retoucher.models.mystyle.stylegan2.weights import from_published as generator_from_published

ANCHORS, DELTAS = "anchors", "deltas."
"""What tensors of a person's file are called; directions that only this person has, as in a base's file."""


class Person(nn.Module):
    """`anchors` (N, w), `photos` their names, `base` the tuned copy. RGB in [0, 1] comes out of `forward`."""

    anchors: Tensor

    def __init__(self, base: Base, anchors: Tensor, photos: Sequence[str]) -> None:
        super().__init__()
        if len(anchors) != len(photos):
            raise RetoucherError(f"There are {len(anchors)} anchors for {len(photos)} photos: the person is damaged.")
        self.base = base
        self.photos = tuple(photos)
        self.register_buffer("anchors", anchors)

    @property
    def synthesis(self) -> Synthesis:
        """In its own convention: styles (N, rows, w) to pictures around [-1, 1]."""
        return self.base.core.synthesis

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return self.base.resolution

    @property
    def beta(self) -> float:
        """How far results may leave the photos where nothing is said: 2 / N."""
        return space.default_beta(len(self.anchors))

    def forward(self, styles: Tensor) -> Tensor:
        """Styles (N, rows, w) -> RGB (N, 3, R, R) in [0, 1], the same each time."""
        picture: Tensor = self.base(styles)
        return picture

    def contributors(self, coefficients: Tensor, most: int = 3) -> tuple[str, ...]:
        """The photos that count most in coefficients (rows, N), the most first."""
        share = coefficients.mean(0)
        return tuple(self.photos[int(i)] for i in share.topk(min(most, len(share))).indices if share[i] > 0)


def tuned(base: Base, tensors: Mapping[str, Tensor], photos: Sequence[str]) -> Person:
    """The person that a file's anchors and changes make of a base, which itself stays as it is.

    Raises RetoucherError where they were made with another base.
    """
    anchors = tensors.get(ANCHORS)
    if anchors is None or anchors.ndim != 2 or anchors.shape[1] != base.core.sizes.w:
        raise RetoucherError("These anchors are of another base: use the base that the person was made with.")
    changed = deepcopy(base)
    changes = {name.removeprefix(DELTAS): tensor for name, tensor in tensors.items() if name.startswith(DELTAS)}
    synthesis = changed.core.synthesis
    apply(synthesis, of_tensors(synthesis, changes))
    changed.directions |= {
        name.removeprefix(DIRECTIONS): each.float() for name, each in tensors.items() if name.startswith(DIRECTIONS)
    }
    return Person(changed, anchors.float(), photos).eval().requires_grad_(False)


def from_published(tensors: Mapping[str, Tensor], anchors: Tensor, photos: Sequence[str]) -> Person:
    """A person made with the published program: `mystyle_model.pt` is a synthesis (`b4.const` …) without a mapping.

    `anchors`: (N, w), or (N, 1, rows, w) and (N, rows, w) as its files have them, all rows of one equal. Raises
    RetoucherError where rows differ.
    """
    rows = anchors.reshape(len(anchors), -1, anchors.shape[-1])
    if not torch.equal(rows, rows[:, :1].expand_as(rows)):
        raise RetoucherError("These anchors have a style for each row: the published program makes one for all rows.")
    return Person(Base(generator_from_published(tensors).core), rows[:, 0].float(), photos).eval().requires_grad_(False)
