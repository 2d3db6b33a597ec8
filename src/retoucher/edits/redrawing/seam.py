"""The seam: what a network paints is made to meet the photo around it, without looking under the mask."""

from __future__ import annotations

import cv2
import numpy as np

from retoucher.mask import Bools
from retoucher.spreading import Floats, spread

REACH, PAINTED = 14.0, 2.5
"""How deep (pixels of the network) the difference is carried into the mask: to 1/e, and where colour is painted."""
TINT = 0.06
"""The most by which all of the mask is moved, except where colour is painted: a network may have a tint."""
RING = 2.0
"""How wide (pixels of the network) the strip around the mask is in which the difference is looked at."""
MOST = 0.3
"""A larger difference is no tint but another thing."""


def met(photo: Floats, drawn: Floats, hole: Bools, known: Bools, painted: Bools | None, scale: float) -> Floats:
    """The drawn picture moved to meet the photo along the edge of the hole: (h, w, 3) -> the same.

    photo, drawn (h, w, 3) in [0, 1]; hole, known, painted (h, w) bool. `scale`: pixels of the photo for each of the
    network's. The difference just outside is carried inwards and fades to what most of it has in common, and sooner,
    to nothing, where colour is painted: the colours asked for stay.
    """
    from_hole = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    ring = known & ~hole & (from_hole <= RING * scale + 1)
    if not ring.any():
        return drawn
    off = np.where(ring[..., None], (photo - drawn).clip(-MOST, MOST), 0).astype(np.float32)
    tint = np.median(off[ring], axis=0).clip(-TINT, TINT).astype(np.float32)
    from_ring = cv2.distanceTransform((~ring).astype(np.uint8), cv2.DIST_L2, 5)
    reach = np.full(hole.shape, REACH * scale, np.float32)
    if painted is not None and painted.any():
        # Painted to the very edge of the mask, a colour still needs a few pixels to come up to the photo's.
        share = cv2.GaussianBlur(painted.astype(np.float32), (0, 0), max(1.5 * scale, 0.8))
        reach += share * np.float32((PAINTED - REACH) * scale)
    near = np.exp(-from_ring / reach)[..., None]
    far = np.where(reach < REACH * scale, (reach - PAINTED * scale) / ((REACH - PAINTED) * scale), 1)[..., None]
    across = spread(off, ring.astype(np.float32))
    return np.asarray(drawn + across * near + tint * far * (1 - near), np.float32)
