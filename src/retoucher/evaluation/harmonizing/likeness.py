"""How much the object looks painted, and how much it still looks like itself, as VGG-19 sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.evaluation.harmonizing.cases import Case
from retoucher.evaluation.sight import Sight
from retoucher.models.common.features import feature_distances
from retoucher.models.harmonization.loss import gram
from retoucher.models.harmonization.match import footprint_at

STYLE = ("relu1_1", "relu2_1", "relu3_1")
CONTENT = ("relu4_1", "relu3_4")
"""The first of these that the network has."""
QUANTILES = 256
"""How finely the spread of a channel's values is compared."""


@dataclass(eq=False)
class Likeness:
    """What is measured of one case; `layers` runs the genuine VGG-19 and remembers the painting."""

    sight: Sight
    case: Case
    _painting: list[Tensor] = field(init=False, repr=False)
    _object: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._painting = [each[0] for each in self._seen(self.case.painting, STYLE)]
        self._object = self._seen(self.case.composite, self.content_layer)[0]

    @property
    def content_layer(self) -> tuple[str]:
        """The layer that content is compared in, alone in a tuple."""
        names = self.sight.network.names
        return (next(name for name in CONTENT if name in names),)

    def of(self, result: Tensor, areas: dict[str, Tensor | None]) -> dict[str, float]:
        """All figures of a result (3, H, W): its `content`, and by the names of `areas` the distance in style from
        these parts of the painting, (1, h, w) at any size or None for the whole; of the first its `histogram`, too."""
        *seen, deep = self._seen(result, (*STYLE, *self.content_layer))
        found = [each[0] for each in seen]
        cells = [_cells(self.case.mask, each.shape[-2:]) for each in found]
        targets = {name: [_area(area, each.shape[-2:]) for each in found] for name, area in areas.items()}
        figures = {name: style_distance(found, cells, self._painting, area) for name, area in targets.items()}
        first = next(iter(targets.values()))
        figures["histogram"] = histogram_distance(found, cells, self._painting, first)
        mask = self.case.mask[None].to(deep)
        figures["content"] = float(feature_distances([deep], [self._object], mask))
        return figures

    @torch.inference_mode()
    def _seen(self, picture: Tensor, layers: Sequence[str]) -> list[Tensor]:
        found: list[Tensor] = self.sight.network(picture[None].to(self.sight.device), layers)
        return found


def style_distance(
    found: Sequence[Tensor], cells: Sequence[Tensor], wanted: Sequence[Tensor], area: Sequence[Tensor]
) -> float:
    """How far apart the Gram matrices of some cells of one picture and of another are, relative to the latter's.

    Features (C, h, w) and cells (1, h, w), exactly 0 or 1, of each layer; the Frobenius norm of the difference over the
    norm of what is wanted, mean over the layers. 0 where channels go together alike.
    """
    total = 0.0
    for a, here, b, there in zip(found, cells, wanted, area, strict=True):
        target = gram(b, there.to(b))
        apart = gram(a, here.to(a)) - target
        total += float(apart.norm() / target.norm().clamp(min=1e-12))
    return total / len(found)


def histogram_distance(
    found: Sequence[Tensor], cells: Sequence[Tensor], wanted: Sequence[Tensor], area: Sequence[Tensor]
) -> float:
    """How far each channel's values must be moved to be spread as in the other picture, relative to their mean.

    Arguments as in `style_distance`. The distance between two spreads is the mean difference of their quantiles (the
    earth mover's); summed over channels, divided by the sum of their means in what is wanted, mean over the layers.
    """
    total = 0.0
    for a, here, b, there in zip(found, cells, wanted, area, strict=True):
        mine, other = _quantiles(a, here), _quantiles(b, there)
        total += float((mine - other).abs().sum() / other.sum().clamp(min=1e-12))
    return total / len(found)


def _quantiles(features: Tensor, cells: Tensor) -> Tensor:
    """(C, h, w) of these cells (1, h, w) -> (C, 256) in rising order."""
    values = features[:, cells[0] > 0].sort(1).values
    middle = (torch.arange(QUANTILES, device=values.device) + 0.5) / QUANTILES
    return values[:, (middle * values.shape[1]).long()]


def _cells(mask: Tensor, size: torch.Size) -> Tensor:
    """The cells of a layer that lie in the mask (1, H, W) by half or more; where none does, those that touch it."""
    share = F.interpolate(mask[None], size=tuple(size), mode="area")[0]
    half = share >= 0.5
    return (half if bool(half.any()) else share > 0).float()


def _area(area: Tensor | None, size: torch.Size) -> Tensor:
    """A part of the painting at a layer's size, or all of it."""
    height, width = size
    return torch.ones(1, height, width) if area is None else footprint_at(area, (height, width))
