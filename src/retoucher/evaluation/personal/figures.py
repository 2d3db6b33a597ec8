"""Figures put together: medians over subjects with their spread, and whether what was wanted of persons is so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from retoucher.evaluation.personal.bench import BASE, PERSON, Answer
from retoucher.evaluation.summary import Column, Summary

COLUMNS = (
    Column("identity", "identity distance", ".4f"),
    Column("identity_spread", "its spread", ".4f", ranked=False),
    Column("ratio", "to base", ".2f"),
    Column("feature_distance", "feature distance", ".4f"),
    Column("feature_distance_spread", "its spread", ".4f", ranked=False),
    Column("psnr_hole", "PSNR dB", ".2f", True),
    Column("psnr_hole_spread", "its spread", ".2f", ranked=False),
    Column("seconds", "seconds", ".2f"),
)
WANTED = 0.3
"""By what share less than the base's a person's identity distance is to be."""

Values = dict[str, float]
"""{subject: the median over its unseen photos}."""


def summed_up(records: Sequence[Answer]) -> Summary:
    """Of every figure the median over each subject's photos, then over subjects; its spread: the interquartile range.

    `ratio`: identity distance over that of the base, medians both.
    """
    summary: Summary = {}
    for record in records:
        summary.setdefault(record.group, {}).setdefault(record.method, {})
    for group, rows in summary.items():
        for method in rows:
            rows[method] = _row([each for each in records if (each.group, each.method) == (group, method)])
        for row in rows.values():
            if (least := rows[BASE]["identity"]) > 0:
                row["ratio"] = row["identity"] / least
    return summary


def _row(records: Sequence[Answer]) -> dict[str, Any]:
    row: dict[str, Any] = {"photos": len(records), "seconds": median(each.seconds for each in records)}
    row["by"] = {by: len(records) for by in {each.by for each in records} if by}
    for figure in records[0].figures:
        values = list(by_subject(records, figure).values())
        row |= {figure: median(values), f"{figure}_spread": spread(values)}
    return row


def by_subject(records: Sequence[Answer], figure: str) -> Values:
    """One number for each subject."""
    found: dict[str, list[float]] = {}
    for record in records:
        found.setdefault(record.subject, []).append(record.figures[figure])
    return {subject: median(values) for subject, values in found.items()}


def spread(values: Sequence[float]) -> float:
    """The interquartile range, between the values themselves; 0 for a single one.

    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0])
    2.0
    """
    if len(values) < 2:
        return 0.0
    low, _, high = quantiles(values, n=4, method="inclusive")
    return high - low


def verdicts(records: Sequence[Answer]) -> str:
    """A Markdown table: persons against the base, and more photos against fewer, subject by subject.

    The noise of a difference is its spread among subjects; more photos are worse where it is larger than that.
    """
    lines = [["task", "compared", "identity distance", "noise", "wanted", "so"], ["---"] * 6]
    for group in dict.fromkeys(each.group for each in records):
        those = [each for each in records if each.group == group]
        methods = list(dict.fromkeys(each.method for each in those))
        values = {name: by_subject([each for each in those if each.method == name], "identity") for name in methods}
        persons = [name for name in methods if name.startswith(PERSON)]
        lines += [_against_base(group, name, values) for name in persons]
        lines += [_more(group, *pair, values) for pair in pairwise(persons)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _against_base(group: str, person: str, values: dict[str, Values]) -> list[str]:
    """By what share a person's distance is less, each subject's beside its own."""
    less = [1 - of / values[BASE][name] if values[BASE][name] else 0.0 for name, of in values[person].items()]
    wanted = f"-{WANTED:.0%} or less"
    found = median(less)
    return [
        group,
        f"{person} against base",
        f"{0.0 - found:+.0%}",
        f"{spread(less):.0%}",
        wanted,
        _yes(found >= WANTED),
    ]


def _more(group: str, fewer: str, more: str, values: dict[str, Values]) -> list[str]:
    apart = [of - values[fewer][name] for name, of in values[more].items()]
    found, noise = median(apart), spread(apart)
    what = f"{more} against {fewer}"
    return [group, what, f"{found:+.4f}", f"{noise:.4f}", "no more than the noise", _yes(found <= noise)]


def _yes(so: bool) -> str:
    return "yes" if so else "no"
