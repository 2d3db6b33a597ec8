"""The figures put together: means and medians for each hole set and method, as JSON and as a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from retoucher.evaluation.measure import Record


@dataclass(frozen=True)
class Column:
    """A column of the table: the figure's name in the JSON, its heading, its format, whether more is better.

    The best of a column is bold unless it is not `ranked`.
    """

    figure: str
    heading: str
    format: str
    more_is_better: bool = False
    scale: float = 1
    ranked: bool = True


COLUMNS = (
    Column("feature_distance", "feature distance, hole", ".4f"),
    Column("feature_distance_median", "its median", ".4f"),
    Column("ratio", "to the best baseline", ".2f"),
    Column("lpips", "LPIPS", ".4f"),
    Column("psnr", "PSNR dB", ".2f", True),
    Column("psnr_hole", "PSNR dB, hole", ".2f", True),
    Column("ssim", "SSIM", ".4f", True),
    Column("l1", "L1 %", ".3f", scale=100),
    Column("l1_hole", "L1 %, hole", ".2f", scale=100),
    Column("fid", "FID", ".3f"),
    Column("kid", "KID ×1000", ".2f", scale=1000),
    Column("seconds", "seconds", ".2f"),
    Column("megabytes", "MB", ".0f"),
    Column("gpu_megabytes", "GPU MB", ".0f"),
    Column("weights_megabytes", "weights MB", ".1f"),
)
"""In this order; those that were not measured are left out."""

Summary = dict[str, dict[str, dict[str, Any]]]
"""{group: {method: {figure: value}}}, with everything that the columns name and "deciles", "photos"."""


def summed_up(records: Sequence[Record], baselines: Sequence[str]) -> Summary:
    """Means over the photos (seconds and feature distance also as medians), and the ratio to the best baseline.

    The best baseline of a hole set is the one with the smallest mean feature distance.
    """
    grouped: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        grouped.setdefault(record.group, {}).setdefault(record.method, []).append(record)
    summary = {group: {name: _row(those) for name, those in rows.items()} for group, rows in grouped.items()}
    for rows in summary.values():
        known = [rows[name]["feature_distance"] for name in baselines if "feature_distance" in rows.get(name, {})]
        if known and min(known) > 0:
            for row in rows.values():
                row["ratio"] = row["feature_distance"] / min(known)
    return summary


def _row(records: Sequence[Record]) -> dict[str, Any]:
    """One method on one hole set."""
    row: dict[str, Any] = {"photos": len(records), "seconds": median(each.seconds for each in records)}
    row |= _means(records)
    if "feature_distance" in row:
        row["feature_distance_median"] = median(each.figures["feature_distance"] for each in records)
    by: dict[str, int] = {}
    for record in records:
        by[record.by] = by.get(record.by, 0) + 1
    row["by"] = {name: count for name, count in by.items() if name}
    row["deciles"] = {
        f"{10 * tenth}-{10 * tenth + 10} %": {"photos": len(those)} | _means(those)
        for tenth in range(10)
        if (those := [each for each in records if min(9, int(each.share * 10)) == tenth])
    }
    return row


def _means(records: Sequence[Record]) -> dict[str, float]:
    return {name: fmean(each.figures[name] for each in records) for name in records[0].figures}


def table(rows: Mapping[str, Mapping[str, Any]], columns: Sequence[Column] = COLUMNS) -> str:
    """One group as a Markdown table, the best of each column in bold; columns that nothing stands in are left out."""
    columns = [column for column in columns if any(row.get(column.figure) is not None for row in rows.values())]
    best = {column.figure: _best(column, [row.get(column.figure) for row in rows.values()]) for column in columns}
    lines = [["method", *(column.heading for column in columns)], ["---"] * (len(columns) + 1)]
    for name, row in rows.items():
        cells = (_cell(column, row.get(column.figure), best[column.figure]) for column in columns)
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(column: Column, value: float | None, best: str) -> str:
    shown = _shown(column, value)
    return f"**{shown}**" if shown == best and value is not None else shown


def _shown(column: Column, value: float | None) -> str:
    if value is None:
        return "–"
    return format(value * column.scale, column.format) if math.isfinite(value) else "∞"


def _best(column: Column, values: Sequence[float | None]) -> str:
    """What the best value of a column looks like in the table; equal looks are equally bold."""
    if not column.ranked:
        return ""
    choose: Callable[..., float] = max if column.more_is_better else min
    return _shown(column, choose(value for value in values if value is not None))
