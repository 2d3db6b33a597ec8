"""Which face a part of the mask belongs to, and the square around it that the network is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from retoucher.alignment import Square, by_face
from retoucher.faces import Face
from retoucher.mask import Bools, Box, box_of
from retoucher.templates import PORTRAIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MARGIN = 0.06
"""Share of a square that is left beside a mask that reaches out of the usual one."""


@dataclass(frozen=True)
class Part:
    """Work for one face: its square, and the box of the mask that belongs to it."""

    face: Face
    square: Square
    box: Box


def around(face: Face) -> Square:
    """The square of the network's template around a face."""
    return by_face(face, PORTRAIT)


def touched(hole: Bools, faces: Sequence[Face]) -> bool:
    """Whether any of the mask (H, W) lies in the square of any of the faces."""
    for face in faces:
        square = around(face)
        x, y, width, height = square.bounds(hole.shape[:2])
        if (hole[y : y + height, x : x + width] & square.covers((x, y, width, height))).any():
            return True
    return False


def parts(hole: Bools, faces: Sequence[Face]) -> list[tuple[Part, Bools]]:
    """The mask (H, W) split by face: each part with its own mask of the part's box, in the order of the faces.

    Each connected piece goes to the face of which it covers most, else to the nearest; faces without any are left out.
    """
    x, y, width, height = box_of(hole) or (0, 0, 0, 0)
    inner = hole[y : y + height, x : x + width]
    if len(faces) == 1:
        return [(Part(faces[0], around(faces[0]).holding((x, y, width, height), MARGIN), (x, y, width, height)), inner)]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner.astype(np.uint8), connectivity=8)
    owner = _owners(labels, stats[:, :4] + (x, y, 0, 0), count, faces, (x, y))
    found = []
    for number, face in enumerate(faces):
        mine = (owner == number)[labels] & inner
        small = box_of(mine)
        if small is not None:
            left, top, wide, tall = small
            box = x + left, y + top, wide, tall
            part = Part(face, around(face).holding(box, MARGIN), box)
            found.append((part, mine[top : top + tall, left : left + wide]))
    return found


def _owners(
    labels: NDArray[np.int32], boxes: Numbers, count: int, faces: Sequence[Face], corner: tuple[int, int]
) -> NDArray[np.intp]:
    """Which face each connected piece belongs to: (count,). `boxes`: (count, 4) of the pieces, in the photo."""
    score = np.empty((count, len(faces)))
    for number, face in enumerate(faces):
        x, y, width, height = face.box
        left, top = max(x - corner[0], 0), max(y - corner[1], 0)
        right, bottom = max(x + width - corner[0], 0), max(y + height - corner[1], 0)
        shared = np.bincount(labels[top:bottom, left:right].ravel(), minlength=count)[:count]
        one, other = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
        gap = np.maximum(np.maximum(one - (x + width, y + height), (x, y) - other), 0)
        away = np.hypot(gap[:, 0], gap[:, 1]) / (width + height)
        score[:, number] = np.where(shared > 0, shared, -away - 1e-6 * number)
    return np.asarray(score.argmax(1))
