"""A result that was found small, at the painting's full size: the object's own edges, the painting's own brushwork.

What the small result says of the object's colours is carried by the guided filter: its linear coefficients are made
small and used large (He and Sun 2015), the rest is interpolated. Strokes finer than the small picture come from the
painting.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

from retoucher.jobs import Tell, silent
from retoucher.models.common.guided import along, lines
from retoucher.models.common.patchmatch import Bools, Floats
from retoucher.models.harmonization.patches import near, planes, tensor
from retoucher.models.harmonization.strokes import with_strokes
from retoucher.models.harmonization.views import View

REACH = 16
"""Small pixels around the object that are looked at with it."""
CORE = 0.95
"""From which a mask is all object; nearer to the edge its colours are mixed with the ground's."""
SPREAD = 2.5
"""Of the Gaussian by which colours are carried over the edge, in pixels."""
RADIUS, EPSILON = 2, 0.1**2
"""Of the guided filter: windows of 5×5 small pixels, and the variance of the object that counts as none."""
SOFT = 0.25
"""Of the Gaussian that softens the object's edge, in small pixels: no brush cuts as sharply as scissors."""


def lift(
    small: Tensor,
    small_composite: Tensor,
    composite: Tensor,
    painting: Tensor,
    mask: Tensor,
    small_mask: Tensor,
    *,
    seed: int = 0,
    tell: Tell = silent,
) -> Tensor:
    """The result `small` (3, h, w) at the size of the painting: (3, H, W) in [0, 1].

    `small_composite` (3, h, w) and `small_mask` (1, h, w) are what it was found from, shrunk by area; `composite`,
    `painting` (3, H, W) and the tight `mask` (1, H, W) are the same at full size, not smaller. Up to the object's edge
    `small` must be all object: it is cut out anew at full size, and beyond a soft edge the painting's very pixels come
    back. The same seed gives the same bytes.
    """
    thing: Bools = (small_mask[0] > 0).numpy()
    if not thing.any():
        return painting.clone()
    around = near(thing, REACH)
    view = View.around(around)
    large = view.at((painting.shape[1], painting.shape[2]))
    tight, whole_mask = view.of(small_mask[0].numpy()), mask[0].numpy()
    pasted = _Pasted.between(view, small_composite, small, tight, planes(composite), whole_mask)
    pixels = with_strokes(pasted.seen, whole_mask, planes(painting), view, large, seed=seed, tell=tell)

    ground = planes(painting[:, large.rows, large.columns])
    soft = SOFT * max(large.size) / max(view.size)
    share = cv2.GaussianBlur(large.of(whole_mask), (0, 0), soft)[..., None]
    result = painting.clone()
    result[:, large.rows, large.columns] = tensor((pixels * share + ground * (1 - share)).clip(0, 1))
    return result


@dataclass(frozen=True)
class _Pasted:
    """What became of the pasted object, to be seen at any size.

    `lines`: for each channel (h, w, 4), from the pasted colours to the new ones; `rest` (h, w, 3) what they do not
    explain. `composite` (H, W, 3) and `mask` (H, W) are the whole pictures.
    """

    view: View
    lines: list[Floats]
    rest: Floats
    composite: Floats
    mask: Floats

    @classmethod
    def between(
        cls, view: View, before: Tensor, after: Tensor, tight: Floats, composite: Floats, mask: Floats
    ) -> _Pasted:
        """From what was pasted and what became of it, small (3, h, w), and its mask (h, w) in the view."""
        core = tight > CORE
        old, new = (_spread(view.of(planes(picture)), core) for picture in (before, after))
        found = lines(old, new, RADIUS, EPSILON)
        return cls(view, found, new - np.dstack([along(line, old) for line in found]), composite, mask)

    def seen(self, to: View) -> Floats:
        """(h, w, 3) of a view, with no finer strokes than in the small one but the object's own edges."""
        guide = _spread(to.of(self.composite), to.of(self.mask) > CORE)
        colours = [along(self.view.carried(line, to), guide) for line in self.lines]
        return np.asarray(np.dstack(colours) + self.view.carried(self.rest, to), np.float32)


def _spread(picture: Floats, known: Bools) -> Floats:
    """The known pixels of (h, w, C), and around them their colours, farther away the picture's own."""
    weight = known.astype(np.float32)
    close = cv2.GaussianBlur(weight, (0, 0), SPREAD, borderType=cv2.BORDER_REFLECT)[..., None]
    colours = cv2.GaussianBlur(picture * weight[..., None], (0, 0), SPREAD, borderType=cv2.BORDER_REFLECT)
    colours = (colours + 1e-4 * picture) / (close + 1e-4)
    return np.where(known[..., None], picture, colours).astype(np.float32)
