"""Drawn faces that the detector takes for faces, and a model of SC-FEGAN small enough for a test."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from retoucher.image import Image
from retoucher.mask import Mask

SKIN, SHADE, DARK, LIPS, GROUND = (205, 160, 130), (150, 105, 85), (45, 30, 28), (165, 80, 80), (90, 110, 130)


def face(canvas, x, y, width, angle=0.0):
    """Draw a face whose detector's box has its middle at x, y and about that width: (H, W, 3) uint8, in place."""
    unit = width / 100
    turn = np.deg2rad(angle)

    def oval(dx, dy, across, down, color, start=0, end=360):
        place = x + unit * (dx * np.cos(turn) - dy * np.sin(turn)), y + unit * (dx * np.sin(turn) + dy * np.cos(turn))
        at, axes = tuple(round(16 * v) for v in place), (round(16 * unit * across), round(16 * unit * down))
        cv2.ellipse(canvas, at, axes, angle, start, end, color, -1, cv2.LINE_AA, 4)

    oval(0, -8, 52, 66, DARK)
    oval(0, 4, 45, 60, SKIN)
    for side in (-1, 1):
        oval(side * 21, -13, 14, 8, SHADE)
        oval(side * 21, -10, 9, 5, (235, 230, 225))
        oval(side * 21, -10, 5, 5, DARK)
        oval(side * 21, -21, 14, 3, DARK)
        oval(side * 5, 13, 4, 3, SHADE)
    oval(0, 2, 4, 14, (220, 180, 150))
    oval(0, 32, 18, 6, LIPS)
    oval(0, 31, 16, 1.5, DARK)
    return canvas


def portrait(size=(240, 220), faces=((110, 125, 110, 0.0),), noise=0.0, seed=0):
    """A soft picture of `size` (height, width) with faces (x, y, width, angle): an `Image`."""
    canvas = np.full((*size, 3), GROUND, np.uint8)
    for each in faces:
        face(canvas, *each)
    soft = cv2.GaussianBlur(canvas, (0, 0), 1.2).astype(np.float32)
    soft += np.random.default_rng(seed).normal(0, noise, soft.shape) if noise else 0
    return Image.from_array(soft.round().clip(0, 255).astype(np.uint8))


def lit(image, number):
    """The picture in another light for every number, so that drawn faces are as unlike as photos of one face are."""
    height, width = image.size
    y, x = np.mgrid[:height, :width]
    angle = 2.4 * number
    across = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    gain = (1 + 1.1 * across)[..., None] * (1 - 0.06 * number * np.array([0, 1, -1]))
    return Image.from_array((image.samples * gain).clip(0, 255).round().astype(np.uint8))


BOX = (42, 60, 136, 136)
"""About where the detector sees the face of `portrait()`."""
MOUTH = Mask.from_boxes((240, 220), [(88, 148, 44, 24)])


class SCFEGAN(nn.Module):
    """A network whose every pixel depends on all that it is given: known pixels, hole, lines, colours."""

    weights_name: str | None = None

    def __init__(self, side: int = 64) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.9))
        self.side, self.asked = side, []

    def working_side(self, side: int, extent: int = 0) -> int:
        return self.side

    def forward(
        self,
        image: Tensor,
        mask: Tensor,
        sketch: Tensor | None = None,
        color: Tensor | None = None,
        painted: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Tensor:
        self.asked.append({"image": image, "mask": mask, "sketch": sketch, "color": color, "painted": painted})
        made = image.mean((2, 3), keepdim=True).expand_as(image) * self.gain + 0.05 * mask.mean()
        if sketch is not None:
            made = made - 0.4 * sketch
        return made if color is None else torch.where(painted > 0, color, made)


def layer(where, color=(0, 0, 0)):
    """A transparent layer on which `where` (H, W) bool is drawn: an `Image`."""
    where = np.asarray(where, bool)
    samples = np.zeros((*where.shape, 4), np.uint8)
    samples[where] = (*color, 255)
    return Image.from_array(samples)
