"""The post-processing of painterly harmonization: calm colours, brushwork of the painting, the result's own detail.

Chrominance is smoothed along the edges of what was pasted; then the picture is put together anew from 7×7 patches of
the painting, and its own fine detail is added back. Usable alone, on any picture in the place of the result.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from retoucher.jobs import Tell, silent
from retoucher.models.common.cielab import to_lab, to_rgb
from retoucher.models.common.guided import filtered
from retoucher.models.common.patchmatch import Bools, Field, Floats
from retoucher.models.common.voting import vote
from retoucher.models.harmonization.masks import beyond_the_border, blurred, gaussian
from retoucher.models.harmonization.patches import (
    anywhere,
    box_around,
    centres,
    fitting,
    in_place,
    nearest,
    planes,
    tensor,
)

COLOUR_RADIUS, COLOUR_EPSILON = 2, 0.1**2
"""Of the guided filter: windows of 5×5, and the variance of the pasted picture that counts as none."""
PATCH = 3
"""Radius of the patches, which are 7×7."""
ROUNDS = 12
"""Of the search for patches."""
SIDE, EDGE, EDGE_LEVEL, FINE = 7, 3.0, 0.01, 1.0
"""Side of the Gaussians, spread of the one that softens the mask and what it takes for covered; spread of detail's."""
SHARE = 0.3
"""How far mean colours are moved to the painting's: all the way, and a red rose in a meadow would be green."""
LEAST, MOST = 0.7, 1.4
"""Between which the spread of lightness and colours may be changed."""
SAMPLES = 300_000
"""Pixels of a painting from which its mean and spread are taken, about."""
MARGIN = 2 * PATCH + 2 * COLOUR_RADIUS
"""Pixels around what changes that have a say in it."""


def finish(
    image: Tensor,
    composite: Tensor,
    mask: Tensor,
    painting: Tensor,
    *,
    share: Tensor | None = None,
    seed: int = 0,
    tell: Tell = silent,
    rebuild: bool = True,
) -> Tensor:
    """The result as it goes into the painting: (3, H, W) in [0, 1].

    `image`, `composite` (what was pasted), `painting`: (3, H, W) RGB in [0, 1]; `mask` (1, H, W): 1 = object, tight.
    `share` (1, H, W): how much of the result goes in, `blend_mask(mask)` unless it is given; where it is 0 the
    painting's very pixels come back. Without `rebuild` only colours are smoothed. The same seed gives the same bytes.
    """
    share = blend_mask(mask) if share is None else share
    changed: Bools = (share[0] > 0).numpy()
    if not changed.any():
        return painting.clone()
    rows, columns = box_around(changed, MARGIN)
    tell(0.0, "calming the colours", None)
    new = denoised(planes(image[:, rows, columns]), planes(composite[:, rows, columns]))
    if rebuild:
        tell(0.1, "putting brushwork together", None)
        corner = rows.start, columns.start
        base = rebuilt(new, planes(painting), changed[rows, columns], corner, seed=seed)
        new = base + planes(beyond_the_border(detail, tensor(new)))  # as published the border would light up
    return _put(tensor(new), share[:, rows, columns], painting, painting, rows, columns)


def _put(new: Tensor, share: Tensor, under: Tensor, painting: Tensor, rows: slice, columns: slice) -> Tensor:
    """The painting with so much of a new box in it, over what is `under` it; as it was where the share is 0."""
    result, old = painting.clone(), under[:, rows, columns]
    mixed = (new * share + old * (1 - share)).clamp(0, 1)
    result[:, rows, columns] = torch.where(share > 0, mixed, painting[:, rows, columns])
    return result


def blend_mask(mask: Tensor) -> Tensor:
    """How much of the result goes into the painting: (1, H, W) of the tight mask, grown by 3 pixels and 6 px soft.

    An object that the picture's border cuts off is thought to go on beyond it; as published, the painting would show
    through along the border.
    """
    return beyond_the_border(softened, mask)


def softened(mask: Tensor) -> Tensor:
    """`blend_mask` as published: there is nothing beyond the picture."""
    kernel = gaussian(SIDE, EDGE)
    return blurred((blurred(mask, kernel) > EDGE_LEVEL).to(mask), kernel)


def denoised(image: Floats, guide: Floats) -> Floats:
    """The picture (H, W, 3) with its chrominance smoothed along the edges of `guide` (H, W, 3); lightness stays."""
    lab = to_lab(image)
    lab[..., 1:] = filtered(guide, np.ascontiguousarray(lab[..., 1:]), COLOUR_RADIUS, COLOUR_EPSILON)
    return to_rgb(lab)


def detail(picture: Tensor) -> Tensor:
    """What a small Gaussian takes from (3, H, W); beyond the picture all is black."""
    return picture - blurred(picture, gaussian(SIDE, FINE))


def rebuilt(picture: Floats, painting: Floats, wanted: Bools, corner: tuple[int, int], *, seed: int = 0) -> Floats:
    """The wanted pixels (h, w) of `picture` (h, w, 3) put together from patches of `painting` (H, W, 3).

    The first pixel of `picture` lies on `corner`, a row and a column, of the painting: patches begin to look there.
    """
    radius = fitting(PATCH, picture, painting)
    places = centres(wanted, radius)
    starts = in_place(wanted.shape, corner), anywhere(wanted.shape, painting.shape, seed)
    field = nearest(picture, painting, places, starts, radius=radius, rounds=ROUNDS, seed=seed)
    return voted(picture, painting, wanted, field, radius)


def voted(picture: Floats, painting: Floats, wanted: Bools, field: Field, radius: int = PATCH) -> Floats:
    """The wanted pixels as the mean of what all patches that cover them have found in the painting."""
    return vote(picture, painting, wanted, field, np.ones(wanted.shape, np.float32), radius, 0.0)


def statistics(composite: Tensor, painting: Tensor, mask: Tensor, source: Tensor | None = None) -> Tensor:
    """Move mean and spread of the object's CIELAB towards those of the painting (Reinhard et al. 2001): (3, H, W).

    `composite`, `painting`: (3, H, W) RGB in [0, 1]; `mask` (1, H, W): 1 = object, tight; `source` (1, H, W): where the
    painting is the example, None for the object's surroundings, as wide as itself. Pixels of which the mask covers a
    part are moved by that part; beyond it the painting's very pixels come back. Raises ValueError for an empty
    `source`.
    """
    changed = (mask[0] > 0).numpy()
    if not changed.any():
        return painting.clone()
    rows, columns = box_around(changed, 0)
    if source is None:
        wide = box_around(changed, max(rows.stop - rows.start, columns.stop - columns.start))
        example, counts = painting[:, wide[0], wide[1]], torch.ones_like(mask[:, wide[0], wide[1]])
    else:
        example, counts = painting, source
    lab = to_lab(planes(composite[:, rows, columns]))
    level, spread = _measured(lab, mask[0, rows, columns].numpy())
    wanted, wide_spread = _example(example, counts)
    ratio = np.clip((wide_spread + 1) / (spread + 1), LEAST, MOST)
    moved = (lab - level) * ratio + level + SHARE * (wanted - level)
    found = tensor(to_rgb(moved.astype(np.float32)))
    return _put(found, mask[:, rows, columns], composite, painting, rows, columns)


def _example(painting: Tensor, counts: Tensor) -> tuple[Floats, Floats]:
    """Mean and deviation of CIELAB where `counts` (1, H, W) says; of a painting too large, from every nth pixel."""
    if not bool((counts > 0).any()):
        raise ValueError("the part of the painting that is the example is empty")
    step = max(1, round((painting[0].numel() / SAMPLES) ** 0.5))
    if step > 1 and bool((counts[:, ::step, ::step] > 0).any()):
        painting, counts = painting[:, ::step, ::step], counts[:, ::step, ::step]
    return _measured(to_lab(planes(painting)), counts[0].numpy())


def _measured(lab: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each channel (H, W, 3), pixels counting by their weight (H, W)."""
    total = float(weight.sum(dtype=np.float64)) or 1.0
    mean = np.einsum("hwc,hw->c", lab, weight, dtype=np.float64) / total
    squares = np.einsum("hwc,hw->c", (lab - mean) ** 2, weight, dtype=np.float64) / total
    return mean.astype(np.float32), np.sqrt(squares).astype(np.float32)
