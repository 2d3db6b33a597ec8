"""Holes and crops for aligned faces: zigzags that seek the eyes, parts of the face, hair (SC-FEGAN, algorithm 1).

Lengths of strokes are for squares of 256 pixels and shrink with them; places are shares of the square (`template.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from retoucher.mask import Bools
from retoucher.models.scfegan.template import EYES, PARTS
from retoucher.training.augment import flipped, resized
from retoucher.training.decode import RGB

Random = np.random.RandomState


def odd(width: float) -> int:
    """The nearest odd number from 1 up: OpenCV draws lines of even width one pixel wider than they should be.

    >>> [odd(width) for width in (0.4, 2.0, 3.9, 12.0)]
    [1, 1, 3, 13]
    """
    return 2 * max(0, round((width - 1) / 2)) + 1


@dataclass(frozen=True)
class Zigzags:
    """Algorithm 1: strokes that turn back on every other segment, so that a walk becomes a filled scribble.

    Up to `strokes` walks of up to `lines` segments of up to `length` pixels, within `angle` degrees of their direction,
    `thin` to `thick` wide. Beside each walk, with the chance `eyes`, a tangle at an eye. None of these numbers is
    published; on average they erase a sixth of the picture, as in the paper's figure.
    """

    strokes: int = 12
    lines: int = 30
    angle: float = 30.0
    length: float = 60.0
    thin: float = 6.0
    thick: float = 12.0
    eyes: float = 0.5

    def draw(self, height: int, width: int, random: Random) -> Bools:
        """A hole of (height, width); never empty."""
        canvas = np.zeros((height, width), np.uint8)
        for _ in range(1 + random.randint(self.strokes)):
            start = random.uniform(0, width), random.uniform(0, height)
            self._walk(canvas, start, 1 + random.randint(self.lines), self.length, self.angle, random)
            if random.uniform() < self.eyes:
                x, y = EYES[random.randint(2)]
                self._walk(canvas, (x * width, y * height), 1 + random.randint(14), self.length / 3, 60.0, random)
        return canvas.astype(bool)

    def _walk(
        self, canvas: RGB, at: tuple[float, float], lines: int, length: float, angle: float, random: Random
    ) -> None:
        start, thick = random.uniform(0, 360), odd(random.uniform(self.thin, self.thick))
        x, y = at
        for j in range(lines):
            turn = np.deg2rad(start + random.uniform(-angle, angle) + 180 * (j % 2))
            far = random.uniform(0, length)
            there = x + far * np.sin(turn), y + far * np.cos(turn)
            cv2.line(canvas, (round(x), round(y)), (round(there[0]), round(there[1])), 1, thick)
            x, y = there

    def scaled(self, by: float) -> Zigzags:
        """The same for a picture `by` times as large."""
        return replace(self, length=self.length * by, thin=self.thin * by, thick=self.thick * by)


@dataclass(frozen=True)
class FaceParts:
    """One to three parts of an aligned face, each an ellipse somewhat moved, turned and swollen."""

    most: int = 3
    move: float = 0.06
    swell: float = 0.4

    def draw(self, height: int, width: int, random: Random) -> Bools:
        """A hole of (height, width)."""
        canvas = np.zeros((height, width), np.uint8)
        parts = list(PARTS.values())
        for _ in range(1 + random.randint(self.most)):
            part = parts[random.randint(len(parts))]
            x, y = part.x + random.normal(0, self.move), part.y + random.normal(0, self.move)
            across, down = (half * np.exp(random.normal(0, self.swell)) for half in (part.across, part.down))
            axes = max(1, round(across * width)), max(1, round(down * height))
            cv2.ellipse(canvas, (round(x * width), round(y * height)), axes, random.normal(0, 15), 0, 360, 1, -1)
        return canvas.astype(bool)


@dataclass(frozen=True)
class Hair:
    """A cap of hair with its fringe: what lies around the face, above some height, in an ellipse around the head.

    The paper takes the hair from a parsing network; this is where it usually is.
    """

    def draw(self, height: int, width: int, random: Random) -> Bools:
        """A hole of (height, width)."""
        head, face = PARTS["head"], PARTS["face"]
        y, x = np.mgrid[:height, :width]
        y, x = (y + 0.5) / height, (x + 0.5) / width
        outer, inner = np.exp(random.normal(0.05, 0.12)), np.exp(random.normal(-0.08, 0.12))
        around = ((x - head.x) / head.across) ** 2 + ((y - head.y) / head.down) ** 2 < outer**2
        within = ((x - face.x) / face.across) ** 2 + ((y - face.y) / face.down) ** 2 < inner**2
        hole = around & ~within & (y < random.uniform(0.25, 1.0))
        side = random.randint(4)  # now and then one side only
        return np.asarray(hole & (x < 0.5) if side == 0 else hole & (x > 0.5) if side == 1 else hole)


@dataclass(frozen=True)
class Everything:
    """The whole picture."""

    def draw(self, height: int, width: int, random: Random) -> Bools:
        """A hole of (height, width) without anything left."""
        return np.ones((height, width), bool)


@dataclass(frozen=True)
class Union:
    """Several kinds in one hole, each there with a chance of its own; the first always where no other is."""

    kinds: tuple[Zigzags | FaceParts | Hair | Everything, ...]
    chances: tuple[float, ...]

    def draw(self, height: int, width: int, random: Random) -> Bools:
        """A hole of (height, width)."""
        drawn = [kind for kind, chance in zip(self.kinds, self.chances, strict=True) if random.uniform() < chance]
        hole = np.zeros((height, width), bool)
        for kind in drawn or self.kinds[:1]:
            hole |= kind.draw(height, width, random)
        return hole

    def scaled(self, by: float) -> Union:
        """The same for a picture `by` times as large."""
        kinds = tuple(kind.scaled(by) if isinstance(kind, Zigzags) else kind for kind in self.kinds)
        return replace(self, kinds=kinds)


PUBLISHED = Union((Zigzags(), Hair(), Everything()), (1.0, 0.25, 0.02))
"""Algorithm 1, hair and the rare empty canvas."""
DRAWN = Union((Zigzags(strokes=6), FaceParts(), Hair(), Everything()), (0.6, 0.55, 0.12, 0.02))
"""Ours: also whole parts of the face, which is what people erase."""


@dataclass(frozen=True)
class Portrait:
    """An aligned face, a little moved, turned and lit otherwise, mirrored every other time; or a part of it, close up.

    `close`: how often a square between a half and the whole is taken, so that a network trained at a small size sees
    detail as it is. `move` (shares), `turn` (degrees), `light` (of contrast and brightness), `tint` (of each colour).
    `dye`: how often a part of the face or the hair gets another colour, by up to some `chroma` in CIELAB, so that the
    colours painted are believed and not what faces usually are.
    """

    close: float = 0.0
    move: float = 0.04
    turn: float = 4.0
    light: float = 0.15
    tint: float = 0.06
    dye: float = 0.0
    chroma: float = 35.0

    def shorter(self, size: int) -> int:
        """Two sizes: close views take half of that."""
        return 2 * size

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A square around the middle, reflected where it leaves the photo."""
        height, width = image.shape[:2]
        side = min(height, width) * np.exp(random.uniform(-0.1, 0.05))
        x, y = (s * (0.5 + random.uniform(-self.move, self.move)) for s in (width, height))
        if random.uniform() < self.close:
            inner = side * np.exp(random.uniform(np.log(0.5), 0))
            x, y = (at + random.uniform(-0.5, 0.5) * (side - inner) for at in (x, y))
            side = inner
        turn = np.deg2rad(random.uniform(-self.turn, self.turn))
        by = side / size
        if by > 1:  # by area first, or warping would skip pixels
            image = resized(image, round(height / by), round(width / by))
            x, y, by = x / by, y / by, 1.0
        matrix = by * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        middle = (size - 1) / 2
        matrix = np.column_stack([matrix, (x - 0.5, y - 0.5) - matrix @ (middle, middle)])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        image = self._lit(image, random)
        image = self._dyed(image, random) if random.uniform() < self.dye else image
        return flipped(image, 0.5, random)

    def _lit(self, image: RGB, random: Random) -> RGB:
        gain = (1 + random.uniform(-self.light, self.light)) * (1 + random.uniform(-self.tint, self.tint, 3))
        shift = 255 * random.uniform(-self.light, self.light) / 2
        tables = (np.arange(256)[:, None] * gain + shift).clip(0, 255).round().astype(np.uint8)
        lit: RGB = cv2.LUT(np.ascontiguousarray(image), tables[None])
        return lit

    def _dyed(self, image: RGB, random: Random) -> RGB:
        """One part in another colour, with soft borders; light and shade stay."""
        height, width = image.shape[:2]
        kind = FaceParts(1) if random.uniform() < 0.6 else Hair()
        part = cv2.GaussianBlur(kind.draw(height, width, random).astype(np.float32), (0, 0), 0.01 * width)
        lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        by = random.normal(0, self.chroma, 3).astype(np.float32) * (0.5, 1, 1)
        dyed = cv2.cvtColor((lab + part[..., None] * by).astype(np.float32), cv2.COLOR_LAB2RGB)
        return np.asarray((dyed * 255).round().clip(0, 255), np.uint8)
