"""Every case with every method, measured: how near the result comes to the photo, and to what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from retoucher.evaluation import color_difference
from retoucher.evaluation.cases import Case
from retoucher.evaluation.edges import agreement, edges
from retoucher.evaluation.measure import Bench, Filler, Record
from retoucher.evaluation.redrawing.cases import FaceCase
from retoucher.evaluation.redrawing.drawings import Drawing
from retoucher.evaluation.redrawing.methods import GUIDANCE, Guided
from retoucher.evaluation.sheet import Row, Sheet, drawn, thumbnail
from retoucher.jobs import Tell
from retoucher.mask import Bools
from retoucher.picture import Samples

PAPER, INK = 255, 0
"""Greys of the sheet's lines."""
BLANK = (224, 224, 224)
"""What is not painted, on the sheet."""


@dataclass(eq=False)
class RedrawBench(Bench):
    """A bench that measures obedience, too; `originals`: what the photos themselves would get, drawing by drawing."""

    originals: list[Record] = field(default_factory=list)

    def figures(self, method: Filler, case: Case, result: Tensor, reference: Tensor, mask: Tensor) -> dict[str, float]:
        """The metrics where the photo is what should come out, and how far lines and colours were followed."""
        guidance = method.guidance if isinstance(method, Guided) else GUIDANCE["none"]
        picture = samples(result)
        found = edges(picture)
        figures: dict[str, float] = {}
        if guidance.faithful:
            figures |= super().figures(method, case, result, reference, mask)
            figures["edge_f1"] = agreement(found, edges(case.picture), case.hole)
        figures |= obedience(picture, found, guidance.wanted(case), case.hole)
        differs = (picture != case.picture).any(2) & ~case.hole
        return figures | {"outside": float(differs.sum())}

    def _case(self, holes: str, photo: str, case: Case, tell: Tell) -> None:
        super()._case(holes, photo, case, tell)
        assert isinstance(case, FaceCase)
        found, share = edges(case.picture), float(case.hole.mean())
        for name, drawing in case.drawings.items():
            figures = obedience(case.picture, found, drawing, case.hole)
            self.originals.append(Record(holes, photo, name, "", share, 0.0, figures))


def obedience(picture: Samples, found: Bools, drawing: Drawing, hole: Bools) -> dict[str, float]:
    """How well a picture (H, W, 3) uint8 with its edges `found` follows a drawing within a hole."""
    figures = {"line_f1": agreement(found, drawing.lines, hole)}
    if color_difference.available():
        painted = drawing.painted & hole
        figures["delta_e"] = color_difference.color_difference(picture, drawing.colors, painted)
    return figures


def samples(picture: Tensor) -> Samples:
    """(3, H, W) in [0, 1], exactly 8 bit -> (H, W, 3) uint8; the way back from `measure.pixels`."""
    return np.ascontiguousarray((picture * 255).round().byte().permute(1, 2, 0).numpy())


@dataclass(eq=False)
class DrawingSheet(Sheet):
    """The contact sheet with the lines and colours beside the hole."""

    def see(self, record: Record, case: Case, filled: Samples, result: Tensor, reference: Tensor) -> None:
        """Keep the result as any sheet does; a `Watcher`."""
        super().see(record, case, filled, result, reference)
        row = self._kept[record.group].get(record.photo)
        if row is not None and "lines drawn" not in row:
            assert isinstance(case, FaceCase)
            row |= _drawn(case.drawings["own"], case.hole)

    def png(self, methods: Sequence[str]) -> bytes:
        """The sheet as a PNG file: columns hole, lines, colours, the methods in this order, original."""
        groups = {f"holes: {holes}": rows for holes, rows in self._kept.items()}
        return drawn(groups, ["hole", "lines drawn", "colours painted", *methods, "original"])


def _drawn(drawing: Drawing, hole: Bools) -> Row:
    """The columns of lines and colours."""
    lines = np.where(drawing.lines & hole, INK, PAPER).astype(np.uint8)
    paint = np.where((drawing.painted & hole)[..., None], drawing.colors, np.array(BLANK, np.uint8))
    return {"lines drawn": (thumbnail(np.dstack([lines] * 3)), ""), "colours painted": (thumbnail(paint), "")}
