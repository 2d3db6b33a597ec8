"""The exemplar method as a model: tensors in, tensors out, nothing trained."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from retoucher.fit import Fit
from retoucher.jobs import Tell, silent
from retoucher.models.exemplar.fill import DEFAULT, Effort, fill


class Exemplar:
    """Fills holes with pieces of the same picture, at the photo's own size up to a frame of 4096 pixels (2 GB)."""

    fit = Fit(best=4096, context=1.0, local=True)
    weights_name = None

    def __init__(self, effort: Effort = DEFAULT) -> None:
        self.effort = effort

    def __call__(self, image: Tensor, mask: Tensor, *, seed: int = 0, tell: Tell = silent) -> Tensor:
        """image (1, 3, H, W) RGB in [0, 1], mask (1, 1, H, W) 0 or 1 -> (1, 3, H, W), known pixels as they came.

        What lies under the mask is not read. The same seed gives the same bytes.
        """
        hole = mask[0, 0].numpy() > 0.5
        picture = np.ascontiguousarray(image[0].permute(1, 2, 0).numpy(), np.float32)
        filled = fill(picture, hole, seed=seed, effort=self.effort, tell=tell)
        return torch.from_numpy(np.ascontiguousarray(filled.transpose(2, 0, 1)))[None]
