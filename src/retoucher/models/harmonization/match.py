"""Which part of the painting each part of the object is to look like.

Maps are (C, h, w); a match is a row and a column in the painting's map, (h, w, 2), -1 where none was looked for.
Patches are 3×3; what falls outside either map is left out of every sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from retoucher.models.harmonization.masks import nearest, size_of

WINDOW = 2
"""How far apart two cells' matches still have a say in each other: windows of 5×5."""
RING = 1
"""How far the footprint of a match reaches around it: squares of 3×3."""
AT_ONCE = 8_000_000
"""Scores that are held at a time."""
BARRED = -1e9
"""The score of a border that a cell may not be matched to; places that are no candidates have none at all."""


def independent(
    source: Tensor, painting: Tensor, wanted: Tensor, candidates: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Each cell's nearest patch by the cosine of the 3×3 patches, all channels together (first pass).

    `wanted` (h, w) bool: the cells that are looked up. `candidates` (H, W) bool: the places of the painting that may be
    matched, None for all. Returns matches and scores (h, w); the first of equals in reading order. Many cells may have
    the same match.
    """
    own, borders = _borders(size_of(source)), _borders(size_of(painting)).flatten()
    kinds = torch.tensor(sorted(set(borders.tolist())))  # which of a match's neighbours are there
    ours = _patch_norms(source.square().sum(0), kinds.tolist())
    theirs = _patch_norms(painting.square().sum(0), sorted(set(own.flatten().tolist())))
    place = torch.searchsorted(kinds, borders)

    def cosine(row: int, columns: slice, scores: Tensor) -> Tensor:
        norms = torch.stack([theirs[int(kind)].flatten() for kind in own[row, columns]])  # (n, H * W)
        mine = torch.stack([each[row, columns] for each in ours.values()])  # (kinds, n)
        scores = scores / (norms * mine[place].T + 1e-9)
        return _limited(scores, candidates)

    return _best(source, painting, wanted, cosine)


def consistent(source: Tensor, painting: Tensor, wanted: Tensor, candidates: Tensor | None = None) -> Tensor:
    """Each cell's nearest patch by the sum of the products of unit vectors (second pass, before it is made coherent).

    A match at the painting's border is allowed only to cells at the same border of the object's map. `wanted` and
    `candidates` as for `independent`.
    """
    height, width = painting.shape[1:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    at = (rows == 0) & (columns >= 0), (rows == height - 1) & (columns >= 0), (columns == 0) & (rows >= 0)
    sides = [side.flatten() for side in (*at, (columns == width - 1) & (rows >= 0))]
    tall, wide = source.shape[1:]

    def allowed(row: int, places: slice, scores: Tensor) -> Tensor:
        place = torch.arange(wide)[places]
        whole = torch.ones_like(place, dtype=torch.bool)
        own = whole * (row == 0), whole * (row == tall - 1), place == 0, place == wide - 1
        for here, there in zip(own, sides, strict=True):
            scores = scores.masked_fill(there & ~here[:, None], BARRED)
        return _limited(scores, candidates)

    return _best(_unit(source), _unit(painting), wanted, allowed)[0]


def coherent(matches: Tensor, guide: Tensor, wanted: Tensor) -> Tensor:
    """The matches with outliers replaced by what their neighbours suggest (one round, all cells at once).

    `guide` (3, h, w): the painting in RGB at the layer's size, both maps being of that size. Each cell takes, of the
    places that matches in its 5×5 window suggest for it, the one whose colour has the smallest mean distance to all
    the colours suggested; places too near the border are suggested but not taken.
    """
    height, width = wanted.shape
    cells = wanted.nonzero()  # (n, 2)
    steps = torch.tensor([(dy, dx) for dx in range(-WINDOW, WINDOW + 1) for dy in range(-WINDOW, WINDOW + 1)])
    limit = torch.tensor([height, width])
    around = cells[:, None] + steps  # (n, 25, 2)
    there = ((around >= 0) & (around < limit)).all(-1)
    rows, columns = torch.minimum(around.clamp(min=0), limit - 1).unbind(-1)
    votes = matches[rows, columns] - steps
    there &= ((votes >= 0) & (votes < limit)).all(-1)
    taken = there & ((votes >= WINDOW) & (votes < limit - WINDOW - 1)).all(-1)
    rows, columns = torch.minimum(votes.clamp(min=0), limit - 1).unbind(-1)
    colours = guide[:, rows, columns].permute(1, 2, 0)  # (n, 25, 3)
    apart = (colours[:, :, None] - colours[:, None]).square().sum(-1).sqrt()  # (n, 25, 25)
    mean = (apart * there[:, None]).sum(-1) / there.sum(-1, keepdim=True).clamp(min=1)
    best = mean.masked_fill(~taken, torch.inf).argmin(1)
    chosen = votes[torch.arange(len(cells)), best]
    found = matches.clone()
    found[wanted] = torch.where(taken.any(1)[:, None], chosen, matches[wanted])
    return found


def footprint(matches: Tensor, wanted: Tensor, size: tuple[int, int]) -> Tensor:
    """The part of the painting that was matched: (1, *size), 1 within a 3×3 square around a wanted cell's match.

    A place that many cells were matched to is in it once.
    """
    area = torch.zeros(1, *size)
    rows, columns = matches[wanted].T
    area[0, rows, columns] = 1
    return F.max_pool2d(area, 2 * RING + 1, stride=1, padding=RING)


def footprint_at(area: Tensor, size: tuple[int, int]) -> Tensor:
    """The footprint at another layer's size."""
    return nearest(area, size)


def matched(painting: Tensor, matches: Tensor) -> Tensor:
    """The painting's vectors at the matches: (C, H, W) and (h, w, 2) -> (C, h, w), zeros where there is no match."""
    rows, columns = matches.clamp(min=0).unbind(-1)
    found = painting[:, rows, columns]
    return found * (matches[..., 0] >= 0)


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(0, keepdim=True).sqrt() + 1e-8)


def _limited(scores: Tensor, candidates: Tensor | None) -> Tensor:
    """The scores (n, H * W) of the candidates, none for other places."""
    return scores if candidates is None else scores.masked_fill(~candidates.flatten(), -torch.inf)


def _best(source: Tensor, painting: Tensor, wanted: Tensor, rated: object) -> tuple[Tensor, Tensor]:
    """Matches and scores: the sums of products of patches, as `rated` by row, columns and sums (n, H * W)."""
    assert callable(rated)
    matches = torch.full((*wanted.shape, 2), -1)
    best = torch.full(wanted.shape, -torch.inf, dtype=source.dtype)
    width = painting.shape[2]
    for row, columns in _pieces(wanted, painting[0].numel()):
        score, place = rated(row, columns, _products(source, painting, row, columns).flatten(1)).max(1)
        found = torch.stack([place // width, place % width], -1)
        here = wanted[row, columns]
        matches[row, columns][here] = found[here]
        best[row, columns][here] = score[here]
    return matches, best


def _pieces(wanted: Tensor, candidates: int) -> Iterator[tuple[int, slice]]:
    """The wanted cells as stretches of rows, each short enough."""
    most = max(1, AT_ONCE // candidates)
    for row in wanted.any(1).nonzero().flatten().tolist():
        columns = wanted[row].nonzero().flatten()
        first, last = int(columns[0]), int(columns[-1]) + 1
        for left in range(first, last, most):
            yield row, slice(left, min(left + most, last))


def _products(source: Tensor, painting: Tensor, row: int, columns: slice) -> Tensor:
    """Sums over 3×3 windows of the products of vectors, of a stretch of a row with all the painting: (n, H, W).

    Each product of two vectors is made once and used for up to three cells of the stretch: the windows around cell p
    and place q share their offset.
    """
    tall, wide = source.shape[1:]
    height, width = painting.shape[1:]
    count = columns.stop - columns.start
    total = source.new_zeros(count, height, width)
    flat = painting.flatten(1)
    for dy in (-1, 0, 1):
        if not 0 <= row + dy < tall:
            continue
        left, right = max(columns.start - 1, 0), min(columns.stop + 1, wide)
        products = (source[:, row + dy, left:right].T @ flat).view(-1, height, width)
        to_rows, from_rows = _shifted(dy, height)
        for dx in (-1, 0, 1):
            to_columns, from_columns = _shifted(dx, width)
            first, last = max(columns.start, left - dx), min(columns.stop, right - dx)
            if first < last:
                part = products[first + dx - left : last + dx - left, from_rows, from_columns]
                total[first - columns.start : last - columns.start, to_rows, to_columns] += part
    return total


def _shifted(step: int, length: int) -> tuple[slice, slice]:
    """Places that have a neighbour `step` away, and those neighbours."""
    return slice(max(-step, 0), length - max(step, 0)), slice(max(step, 0), length + min(step, 0))


def _borders(size: tuple[int, int]) -> Tensor:
    """At which borders each place lies, as a number: 1 top, 2 bottom, 4 left, 8 right; (H, W)."""
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])
    return (rows == 0) * 1 + (rows == size[0] - 1) * 2 + (columns == 0) * 4 + (columns == size[1] - 1) * 8


def _patch_norms(squares: Tensor, kinds: list[int]) -> dict[int, Tensor]:
    """The norms of all 3×3 patches, of only those neighbours that a place at such borders has: (h, w) by kind."""
    found = {}
    for kind in kinds:
        window = squares.new_ones(1, 1, 3, 3)
        for bit, part in ((1, window[..., 0, :]), (2, window[..., 2, :]), (4, window[..., 0]), (8, window[..., 2])):
            if kind & bit:
                part.zero_()
        found[kind] = F.conv2d(squares[None, None], window, padding=1)[0, 0].clamp(min=0).sqrt()
    return found
