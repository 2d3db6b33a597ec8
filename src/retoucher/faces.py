"""Find faces: boxes and eyes, by the Haar cascades that come with OpenCV 4 (Viola and Jones 2001)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.errors import UsageError
from retoucher.mask import Box

if TYPE_CHECKING:
    import cv2

    from retoucher.image import Image

Grey = np.ndarray[Any, np.dtype[np.uint8]]
Point = tuple[float, float]

FRONTAL, PROFILE, EYES = (
    "haarcascade_frontalface_alt2.xml",
    "haarcascade_profileface.xml",
    "haarcascade_eye_tree_eyeglasses.xml",
)
COARSE, FINE = 800, 1400
"""Longer side of the copies that are searched; the finer one only where nothing was found on the first."""
LEAST = 24
"""Pixels of the smallest face that a cascade knows."""
NEIGHBORS, SURE = 4, 8
"""How many overlapping finds make a face, and one from the side, for which anything round is taken."""
FACE, SMALL = 256, 192
"""Pixels of the copy of a face in which the eyes are looked for, at most, and at least: of small faces it is larger."""
FEWEST = 9
"""Pixels of a face's upper part in which eyes are looked for."""
TILT = 35.0
"""Degrees; eyes that lie less level than this are none."""

MISSING = (
    "The face detector's files are not here ({name}; OpenCV 5 comes without them): say where the face is with `face` "
    "(--face X,Y,WIDTH,HEIGHT, from the brows to the chin), or install opencv-python-headless 4."
)

_alone = Lock()  # a cascade is not safe for two threads


@dataclass(frozen=True)
class Face:
    """A face: the detector's box (brows to chin), its eyes (the left one in the picture first) where they were found.

    Pixels of the photo. `profile`: it was found only as a face seen from the side.
    """

    box: Box
    eyes: tuple[Point, Point] | None = None
    profile: bool = False


def find(image: Image, within: Box | None = None) -> tuple[Face, ...]:
    """The faces of a photo, or of a box of it, the largest first; () where there is none.

    Upright faces as small as a 75th of the longer side, later those seen from the side. Raises UsageError where the
    detector's files are missing.
    """
    x, y, width, height = within or (0, 0, image.width, image.height)
    whole = x, y, width, height
    grey, scale = _copy(image, whole, COARSE)
    boxes, profile = _boxes(grey, FRONTAL, 1.1, NEIGHBORS), False
    if not boxes and scale < 1:
        finer, larger = _copy(image, whole, FINE)
        boxes = [_resized(each, scale / larger) for each in _boxes(finer, FRONTAL, 1.2, NEIGHBORS)]
    if not boxes:
        boxes, profile = _profiles(grey), True
    found = sorted((_clipped(each, scale, (x, y), image.size) for each in boxes), key=lambda box: (-box[2], box))
    return tuple(Face(box, None if profile else eyes(image, box), profile) for box in found)


def eyes(image: Image, box: Box) -> tuple[Point, Point] | None:
    """The two eyes in a face's box, where they can be told; None where not, or where the files are missing."""
    x, y, width, height = box
    left, top = max(x, 0), max(y, 0)
    wide, tall = min(x + width, image.width) - left, min(y + round(0.62 * height), image.height) - top
    if min(wide, tall) < FEWEST:
        return None
    grey, scale = _copy(image, (left, top, wide, tall), FACE, SMALL)
    most, least = round(0.4 * width * scale), max(8, round(0.11 * width * scale))
    try:
        found = _detected(grey, EYES, 1.05, 3, least, most)
    except UsageError:
        return None
    places = [(left + (a + w / 2) / scale, top + (b + h / 2) / scale) for a, b, w, h in found]
    return _pair(places, box)


def _pair(places: list[Point], box: Box) -> tuple[Point, Point] | None:
    """Of all that may be an eye, the two that lie most as eyes do in a detector's box."""
    x, y, width, height = box
    best, least = None, 0.2
    for one in places:
        for other in places:
            dx, dy = (other[0] - one[0]) / width, (other[1] - one[1]) / width
            if dx < 0.22 or abs(np.degrees(np.arctan2(dy, dx))) > TILT:
                continue
            middle = ((one[0] + other[0]) / 2 - x) / width, ((one[1] + other[1]) / 2 - y) / height
            off = abs(middle[0] - 0.5) + abs(middle[1] - 0.4) + abs(float(np.hypot(dx, dy)) - 0.39)
            if off < least:
                best, least = (one, other), off
    return best


def _copy(image: Image, box: Box, side: int, least: int = 0) -> tuple[Grey, float]:
    """A box of the photo in grey, its longer side from `least` to `side`, and by how much it was resized."""
    import cv2

    from retoucher.formats import color

    x, y, width, height = box
    scale = max(min(1.0, side / max(width, height)), least / max(width, height))
    samples = np.ascontiguousarray(image.colors[y : y + height, x : x + width])
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        samples = cv2.resize(samples, size, interpolation=way).reshape(size[1], size[0], -1)
    view = np.ascontiguousarray(color.to_srgb(samples, image.color, image.profile), np.float32)
    grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)
    return np.rint(grey.clip(0, 1) * 255).astype(np.uint8), scale


def _boxes(grey: Grey, cascade: str, step: float, neighbors: int) -> list[Box]:
    """What a cascade finds in a grey picture whose contrast is evened out."""
    import cv2

    return _detected(cv2.equalizeHist(grey), cascade, step, neighbors, LEAST, 0)


def _profiles(grey: Grey) -> list[Box]:
    """Faces seen from the left; where there is none, from the right."""
    found = _boxes(grey, PROFILE, 1.15, SURE)
    if found:
        return found
    return [(grey.shape[1] - x - w, y, w, h) for x, y, w, h in _boxes(np.fliplr(grey), PROFILE, 1.15, SURE)]


def _resized(box: Box, by: float) -> Box:
    x, y, width, height = (round(each * by) for each in box)
    return x, y, width, height


def _detected(grey: Grey, cascade: str, step: float, neighbors: int, least: int, most: int) -> list[Box]:
    with _alone:
        found = _cascade(cascade).detectMultiScale(
            np.ascontiguousarray(grey), step, neighbors, 0, (least, least), (most, most)
        )
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


def _clipped(box: Box, scale: float, corner: tuple[int, int], size: tuple[int, int]) -> Box:
    """A box of the copy in the photo's pixels, not over its edge."""
    x, y, width, height = (round(each / scale) for each in box)
    x, y = x + corner[0], y + corner[1]
    return x, y, min(width, size[1] - x), min(height, size[0] - y)


@lru_cache(maxsize=4)
def _cascade(name: str) -> cv2.CascadeClassifier:
    """A cascade of OpenCV's; UsageError where its file is missing."""
    import cv2

    folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
    if not (folder / name).is_file():
        raise UsageError(MISSING.format(name=name))
    return cv2.CascadeClassifier(str(folder / name))
