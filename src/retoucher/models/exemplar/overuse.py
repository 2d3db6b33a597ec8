"""How often the same places are copied."""

from __future__ import annotations

import cv2
import numpy as np

from retoucher.models.common.patchmatch import Field, Floats


def overuse(field: Field, radius: int) -> Floats:
    """(H, W): how many times more than once the surroundings of each source patch are copied."""
    used = field.source[field.target]
    count = np.bincount(used[:, 0].astype(np.int64) * field.target.shape[1] + used[:, 1], minlength=field.target.size)
    window = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(count.reshape(field.target.shape).astype(np.float32), window, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.maximum(mean - 1, 0))
