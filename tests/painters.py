"""A model of harmonization small enough for a test, and small paintings and objects for it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from retoucher.image import Image
from retoucher.jobs import Tell, silent
from retoucher.mask import Mask
from retoucher.models.harmonization.network import Painted

SIZE = (48, 64)


class Harmonization(nn.Module):
    """Every pixel it paints depends on all it is given and on the seed; it changes 3 pixels around the object."""

    weights_name: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.5))
        self.asked: list[dict[str, object]] = []

    def forward(
        self,
        painting: Tensor,
        composite: Tensor,
        mask: Tensor,
        *,
        strength: float | None = None,
        passes: int = 2,
        finish: bool = True,
        size: int = 700,
        steps: int = 0,
        recipe: str = "",
        like: tuple[int, int, int, int] | None = None,
        seed: int = 0,
        tell: Tell = silent,
    ) -> Painted:
        self.asked.append(
            {"strength": strength, "passes": passes, "finish": finish, "size": size, "steps": steps, "like": like}
            | {"seed": seed, "composite": composite, "mask": mask}
        )
        chosen = 0.25 if strength is None else strength
        changed = nn.functional.max_pool2d(mask, 7, 1, 3) > 0
        noise = torch.rand(painting.shape, generator=torch.Generator().manual_seed(seed))
        made = (composite * (1 - chosen) + painting.mean((1, 2), keepdim=True) * chosen) * 0.9 + noise * 0.1
        pixels = torch.where(changed, made.detach(), painting)
        tell(0.5, "repainting", pixels)
        small = min(1.0, size / max(painting.shape[1:]))
        worked = round(painting.shape[1] * small), round(painting.shape[2] * small)
        matches = None
        if passes == 2 and chosen > 0:
            grid = -(-worked[0] // 8), -(-worked[1] // 8)
            inside = nn.functional.interpolate(mask[None], grid, mode="area")[0, 0] > 0
            places = torch.stack(torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij"), -1)
            matches = torch.where(inside[..., None], places, -1)
        return Painted(pixels, changed, chosen, matches, worked)


def painting(size: tuple[int, int] = SIZE, channels: int = 3, seed: int = 0, kind: type = np.uint8) -> Image:
    top = np.iinfo(kind).max
    return Image.from_array(np.random.default_rng(seed).integers(0, top, (*size, channels), dtype=kind, endpoint=True))


def disc(height: int = 24, width: int = 30, seed: int = 1, channels: int = 4) -> Image:
    """An object: an ellipse of noise on a transparent background, its rim soft."""
    y, x = np.mgrid[:height, :width] + 0.5
    apart = np.hypot((x - width / 2) / (width / 2), (y - height / 2) / (height / 2))
    colors = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    if channels in (2, 4):
        colors[..., -1] = np.rint(255 * np.clip((0.95 - apart) * 8, 0, 1))
    return Image.from_array(colors)


def spot(size: tuple[int, int] = SIZE) -> Mask:
    return Mask.from_boxes(size, [(20, 12, 24, 20)])


def file(image: Image, container: str = "PNG") -> bytes:
    return image.encode(container).data
