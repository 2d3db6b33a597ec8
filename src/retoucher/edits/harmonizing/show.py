"""What is shown of harmonizing: the picture while it is being made, and where its strokes came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.edit import Preview
from retoucher.jobs import Tell
from retoucher.mask import Box, box_of

if TYPE_CHECKING:
    from torch import Tensor

    from retoucher.image import Image

LONGEST = 1024
"""Pixels of a preview's longer side."""

SPREAD = 12
"""Pixels around the object, at the size of the preview, that are shown with it; that far its strokes may reach."""


class Shown:
    """A `Tell` over another one that makes previews of the pictures a model shows.

    `mask`: the object's opacity on the painting, (1, H, W). What the model shows is the painting as it stands,
    (3, h, w) in [0, 1], at any size.
    """

    def __init__(self, tell: Tell, mask: Tensor) -> None:
        self._tell, self._mask = tell, mask
        self._views: dict[tuple[int, int], tuple[np.ndarray[Any, Any], Box]] = {}

    def __call__(self, fraction: float, message: str, preview: object | None = None) -> None:
        """Hand on what the model says; all of its work counts as less than the whole."""
        import torch

        shown = self._preview(preview) if isinstance(preview, torch.Tensor) else None
        self._tell(0.02 + 0.96 * fraction, message, shown)

    def _preview(self, picture: Tensor) -> Preview | None:
        """The part that changes, as samples with opacity; None where nothing of it is left at that size."""
        import cv2

        height, width = picture.shape[-2:]
        scale = min(1.0, LONGEST / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        if size not in self._views:
            self._views[size] = self._view(size)
        opacity, (x, y, w, h) = self._views[size]
        if not w:
            return None
        full = self._mask.shape[-2:]
        left, top = x * full[1] // size[1], y * full[0] // size[0]
        box = left, top, -(-(x + w) * full[1] // size[1]) - left, -(-(y + h) * full[0] // size[0]) - top
        pixels = picture.detach().float().cpu().permute(1, 2, 0).numpy()
        if size != (height, width):
            pixels = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
        colors = np.rint(pixels[y : y + h, x : x + w].clip(0, 1) * 255).astype(np.uint8)
        return Preview(np.concatenate([colors, opacity], -1), box)

    def _view(self, size: tuple[int, int]) -> tuple[np.ndarray[Any, Any], Box]:
        """How opaque a preview of the whole painting at that size is, cut to its box: (h, w, 1) uint8."""
        import cv2

        small = cv2.resize(self._mask[0].numpy(), size[::-1], interpolation=cv2.INTER_AREA)
        there = (small > 0).astype(np.uint8)
        apart = cv2.distanceTransform(1 - there, cv2.DIST_L2, 5) if there.all() < 1 else np.zeros(size, np.float32)
        opacity = np.rint(255 * (1 - apart / SPREAD).clip(0, 1)).astype(np.uint8) * there.any()
        box = box_of(opacity > 0) or (0, 0, 0, 0)
        x, y, width, height = box
        return opacity[y : y + height, x : x + width, None], box


def correspondence(painting: Tensor, mask: Tensor, matches: Tensor, size: tuple[int, int]) -> Image:
    """Where every part of the object found its strokes, as a picture of the painting at the size that was worked at.

    painting (3, H, W), mask (1, H, W), matches (h, w, 2) as the model gave them; `size`: (height, width) of that size.
    """
    import torch
    from torch.nn.functional import interpolate

    from retoucher.image import Image
    from retoucher.models.harmonization.correspondence import picture

    both = torch.cat([painting, mask])[None]
    if both.shape[-2:] != size:
        both = interpolate(both, size, mode="bilinear", antialias=True)
    return Image.from_tensor(picture(both[0, :3].clamp(0, 1), matches, both[0, 3:]))
