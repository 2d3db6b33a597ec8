"""The last step of the fill: copy one source pixel to each hole pixel, then take the seams away."""

from __future__ import annotations

import numpy as np

from retoucher.models.common.patchmatch import Bools, Floats, Ints
from retoucher.models.exemplar.blend import Guide, solve


def blended(image: Floats, hole: Bools, offsets: Ints, screen: float, mismatch: float) -> Floats:
    """Copy from `offsets` ((H, W, 2), rows and columns to the source), then match the gradients of the sources.

    Where two neighbours come from different places, each place has its own opinion of the difference between them.
    The mean of both is believed less the more it contradicts what was copied, half at `mismatch`: a change of light
    is evened out, an edge that does not meet stays an edge and does not bleed.
    """
    height, width = hole.shape
    y, x = np.mgrid[:height, :width]
    y, x = y + offsets[..., 0], x + offsets[..., 1]
    copy = np.where(hole[..., None], image[y, x], image).astype(np.float32)
    down, trust_down = _differences(image, hole, copy, y, x, (1, 0), mismatch)
    right, trust_right = _differences(image, hole, copy, y, x, (0, 1), mismatch)
    return np.clip(solve(copy, hole, Guide(down, right, trust_down, trust_right), screen), 0, 1)


def _differences(
    image: Floats, hole: Bools, copy: Floats, y: Ints, x: Ints, step: tuple[int, int], mismatch: float
) -> tuple[Floats, Floats]:
    """What each pixel should differ by from the next one in direction `step`, and how far to believe it.

    Returns (H, W, 3) and (H, W); the last row or column, which has no next one, is not believed.
    """
    height, width = hole.shape
    here, there = np.s_[: height - step[0], : width - step[1]], np.s_[step[0] :, step[1] :]
    ahead = np.minimum(y[here] + step[0], height - 1), np.minimum(x[here] + step[1], width - 1)
    behind = np.maximum(y[there] - step[0], 0), np.maximum(x[there] - step[1], 0)
    first = (hole[here] & ~hole[ahead]).astype(np.float32)[..., None]  # whose source has a known neighbour
    second = (hole[there] & ~hole[behind]).astype(np.float32)[..., None]
    total = first * (image[ahead] - copy[here]) + second * (copy[there] - image[behind])
    wanted = total / np.maximum(first + second, 1)
    error = np.abs(wanted - (copy[there] - copy[here])).max(-1)
    difference, trust = np.zeros_like(image), np.zeros(hole.shape, np.float32)
    difference[here] = wanted
    trust[here] = (first + second > 0)[..., 0] / (1 + (error / mismatch) ** 4)
    return difference, trust
