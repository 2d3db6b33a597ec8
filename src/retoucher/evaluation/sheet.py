"""The contact sheet: photos drawn by lot, the hole, every method's result and the original side by side, labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont
from torch import Tensor

from retoucher.evaluation.cases import Case
from retoucher.evaluation.measure import Record
from retoucher.picture import Samples

CELL, GAP, LINE = 256, 6, 22
"""Pixels: a picture's longer side, the space between two, and the height of a line of text (14 px high)."""
HOLE = (255, 0, 255)
"""The colour of the hole in the first column: none that photos have much of."""

Row = dict[str, tuple[Pictures.Image, str]]
"""{column: (picture, what is written below it)}."""


@dataclass(eq=False)
class Sheet:
    """Keeps `rows` photos for each hole set, chosen by a seeded lot among all that were measured."""

    rows: int = 3
    seed: int = 0
    _lots: dict[str, float] = field(default_factory=dict, repr=False)
    _random: np.random.RandomState = field(init=False, repr=False)
    _kept: dict[str, dict[str, Row]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._random = np.random.RandomState(self.seed)

    def see(self, record: Record, case: Case, filled: Samples, result: Tensor, reference: Tensor) -> None:
        """Keep the result if its photo is among those with the smallest lots so far; a `Watcher`."""
        if record.photo not in self._lots:
            self._lots[record.photo] = float(self._random.random_sample())
        kept = self._kept.setdefault(record.group, {})
        row = kept.setdefault(record.photo, {})
        if not row:
            row["hole"] = (
                thumbnail(np.where(case.hole[..., None], np.array(HOLE, np.uint8), case.picture)),
                record.photo,
            )
            row["original"] = thumbnail(case.picture), ""
        distance = record.figures.get("feature_distance")
        row[record.method] = thumbnail(filled), "" if distance is None else f"feature distance {distance:.2f}"
        if len(kept) > self.rows:
            del kept[max(kept, key=self._lots.__getitem__)]

    def png(self, methods: Sequence[str]) -> bytes:
        """The sheet as a PNG file: columns hole, the methods in this order, original."""
        groups = {f"holes: {holes}": rows for holes, rows in self._kept.items()}
        return drawn(groups, ["hole", *methods, "original"])


def drawn(groups: Mapping[str, Mapping[str, Row]], columns: Sequence[str], cell: int = CELL) -> bytes:
    """A contact sheet as a PNG file: a line for every picture, by name, under its group's title; `cell`: as `CELL`."""
    width = GAP + (cell + GAP) * len(columns)
    heights = [LINE + (cell + LINE) * len(rows) for rows in groups.values()]
    sheet = Pictures.new("RGB", (width, LINE + sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for place, column in enumerate(columns):
        draw.text((GAP + place * (cell + GAP), 3), _short(column, font, cell), "black", font)
    top = LINE
    for title, rows in groups.items():
        draw.rectangle((0, top, width, top + LINE - 4), "black")
        draw.text((GAP, top + 1), title, "white", font)
        top += LINE
        for name in sorted(rows):
            for place, column in enumerate(columns):
                picture, caption = rows[name][column]
                left = GAP + place * (cell + GAP)
                sheet.paste(picture, (left, top))
                draw.text((left, top + cell + 1), _short(caption, font, cell), "black", font)
            top += cell + LINE
    file = BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def thumbnail(picture: Samples, cell: int = CELL) -> Pictures.Image:
    """(H, W, 3) uint8, small enough for a cell; never enlarged."""
    small = Pictures.fromarray(np.ascontiguousarray(picture))
    small.thumbnail((cell, cell), Pictures.Resampling.LANCZOS)
    return small


def _short(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, cell: int) -> str:
    """The text, cut in the middle until it is no wider than a picture."""
    shown, cut = text, 0
    while font.getlength(shown) > cell and cut < len(text) - 2:
        cut += 1
        half = (len(text) - cut) // 2
        shown = f"{text[:half]}...{text[-half:]}"
    return shown
