"""From a photo to a square crop: the ways that recipes name, each drawn from a RandomState and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from retoucher.training.decode import RGB

Random = np.random.RandomState


class Augmentation(Protocol):
    """A way from a photo to a crop."""

    def shorter(self, size: int) -> int:
        """Photos with a longer shorter side than this, in pixels, are reduced to it first."""

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A crop (size, size, 3) of a photo (H, W, 3), which is left as it is; enlarged where it must be."""


@dataclass(frozen=True)
class Scaled:
    """Ours: a square of a side drawn evenly on a logarithmic scale, reduced to the size by area.

    The side is from `size` to the photo's shorter side, but at most `most` times `size`: near and far views of the
    same photo, all of them sharp. `flip`: how often mirrored.
    """

    most: float = 4
    flip: float = 0.5

    def shorter(self, size: int) -> int:
        """The largest side of a square."""
        return round(self.most * size)

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A square anywhere in the photo."""
        shorter = min(image.shape[:2])
        largest = max(min(shorter, self.shorter(size)), 1)
        smallest = min(size, largest)
        side = round(float(np.exp(random.uniform(np.log(smallest), np.log(largest)))))
        return flipped(resized(square(image, side, random), size, size), self.flip, random)


@dataclass(frozen=True)
class Plain:
    """The photo resized until its shorter side is the size, and a square of it: all of an aligned face.

    LaMa's CelebA-HQ recipe changes nothing more (`flip` 0).
    """

    flip: float = 0.0

    def shorter(self, size: int) -> int:
        """The size."""
        return size

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A square as large as fits."""
        height, width = image.shape[:2]
        by = size / min(height, width)
        return flipped(square(resized(image, round(height * by), round(width * by)), size, random), self.flip, random)


@dataclass(frozen=True)
class ResizedCrop:
    """For Partial Convolutions, whose paper does not say how photos were cut: a square of `side` sizes, reduced.

    384 to 256 pixels in OpenMMLab's training of it; the mirroring (`flip`) is ours. Photos are first reduced to
    `photo` sizes.
    """

    side: float = 1.5
    photo: float = 2
    flip: float = 0.5

    def shorter(self, size: int) -> int:
        """`photo` sizes."""
        return round(self.photo * size)

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A square anywhere in the photo."""
        side = min(round(self.side * size), *image.shape[:2])
        return flipped(resized(square(image, side, random), size, size), self.flip, random)


@dataclass(frozen=True)
class Distortions:
    """What LaMa's networks for Places were trained with: warps, a square of the size, then changes of light and colour.

    In the published order, with its numbers, each step every other time (`often`). The published program calls
    albumentations 0.5.2 and imgaug; here OpenCV does the same steps, drawn in another order of numbers: the same family
    of pictures, not the same pictures. Photos are first reduced to `photo` sizes, the paper's 512 pixels for crops of
    256.

    `perspective`: corners move inwards by |normal| shares of the side, whose deviation is drawn up to this. `scale`
    (across and down apart), `turn` and `shear` (degrees, each way), about the middle, the outside reflected. `optical`:
    coefficient of a radial distortion, each way. `clip`: limit of a histogram equalisation in 8 x 8 tiles of CIELAB's
    L. `light`: change of brightness and contrast, each way. `hue` (steps of 2 degrees), `saturation` and `value` (of
    255): shifts, each way.
    """

    often: float = 0.5
    perspective: float = 0.06
    scale: tuple[float, float] = (0.7, 1.3)
    turn: float = 40
    shear: float = 0.1
    optical: float = 0.05
    clip: tuple[float, float] = (1, 4)
    light: float = 0.2
    hue: float = 5
    saturation: float = 30
    value: float = 5
    photo: float = 2

    def shorter(self, size: int) -> int:
        """`photo` sizes."""
        return round(self.photo * size)

    def apply(self, image: RGB, size: int, random: Random) -> RGB:
        """A square anywhere in the warped photo, padded by reflection where it is smaller than the size."""
        for warp in (self._perspective, self._affine):
            image = warp(image, random) if random.uniform() < self.often else image
        image = padded(image, size)
        image = self._optical(image, random) if random.uniform() < self.often else image
        image = flipped(square(image, size, random), 0.5, random)
        for change in (self._equalised, self._lit, self._coloured):
            image = change(np.ascontiguousarray(image), random) if random.uniform() < self.often else image
        return image

    def _perspective(self, image: RGB, random: Random) -> RGB:
        height, width = image.shape[:2]
        inwards = np.abs(random.normal(0, random.uniform(0, self.perspective), (4, 2))) % 0.5
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
        moved = corners + inwards * (1 - 2 * corners)
        there = np.array([width - 1, height - 1])
        matrix = cv2.getPerspectiveTransform(np.float32(moved * there), np.float32(corners * there))
        result: RGB = cv2.warpPerspective(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return result

    def _affine(self, image: RGB, random: Random) -> RGB:
        height, width = image.shape[:2]
        across, down = random.uniform(*self.scale, 2)
        turn = np.deg2rad(random.uniform(-self.turn, self.turn))
        sheared = turn + np.deg2rad(random.uniform(-self.shear, self.shear))
        matrix = np.array(
            [[across * np.cos(turn), -down * np.sin(sheared)], [across * np.sin(turn), down * np.cos(sheared)]]
        )
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        matrix = np.column_stack([matrix, middle - matrix @ middle])
        result: RGB = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        return result

    def _optical(self, image: RGB, random: Random) -> RGB:
        """About the exact middle: the published shift of up to 0.05 pixels is rounded away there."""
        height, width = image.shape[:2]
        k = random.uniform(-self.optical, self.optical)
        camera = np.array([[width, 0, (width - 1) / 2], [0, width, (height - 1) / 2], [0, 0, 1]], np.float64)
        lens = np.array([k, k, 0, 0, 0])
        maps = cv2.initUndistortRectifyMap(camera, lens, None, camera, (width, height), cv2.CV_32FC1)
        result: RGB = cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return result

    def _equalised(self, image: RGB, random: Random) -> RGB:
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
        lab[:, :, 0] = cv2.createCLAHE(random.uniform(*self.clip), (8, 8)).apply(lab[:, :, 0])
        result: RGB = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        return result

    def _lit(self, image: RGB, random: Random) -> RGB:
        contrast, brightness = 1 + random.uniform(-self.light, self.light), random.uniform(-self.light, self.light)
        result: RGB = cv2.LUT(image, _table(LEVELS * contrast + 255 * brightness))
        return result

    def _coloured(self, image: RGB, random: Random) -> RGB:
        """Hues go round (OpenCV counts 180 steps); saturation and value stop at their ends."""
        hue, saturation, value = (random.uniform(-most, most) for most in (self.hue, self.saturation, self.value))
        tables = [_table((LEVELS + hue) % 180), _table(LEVELS + saturation), _table(LEVELS + value)]
        hsv = cv2.LUT(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), np.stack(tables, axis=-1)[None])
        result: RGB = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        return result


LEVELS = np.arange(256, dtype=np.float64)


def square(image: RGB, side: int, random: Random) -> RGB:
    """A view of `side` pixels square, anywhere in the picture with equal chance."""
    height, width = image.shape[:2]
    top, left = random.randint(height - side + 1), random.randint(width - side + 1)
    return image[top : top + side, left : left + side]


def flipped(image: RGB, often: float, random: Random) -> RGB:
    """A view, mirrored left to right with the chance `often`."""
    return image[:, ::-1] if random.uniform() < often else image


def resized(image: RGB, height: int, width: int) -> RGB:
    """By area where it becomes smaller, bilinear where larger."""
    if image.shape[:2] == (height, width):
        return image
    smaller = height <= image.shape[0] and width <= image.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    result: RGB = cv2.resize(image, (width, height), interpolation=how)
    return result


def padded(image: RGB, size: int) -> RGB:
    """Reflected on all sides, evenly, until no side is shorter than the size."""
    down, across = (max(0, size - side) for side in image.shape[:2])
    if not down and not across:
        return image
    top, left = down // 2, across // 2
    result: RGB = cv2.copyMakeBorder(image, top, down - top, left, across - left, cv2.BORDER_REFLECT_101)
    return result


def _table(levels: NDArray[np.float64]) -> RGB:
    return levels.clip(0, 255).astype(np.uint8)
