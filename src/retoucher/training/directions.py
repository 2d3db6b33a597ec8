"""`python -m retoucher.training.directions RUN/weights.safetensors OUT --photos …`: a base of faces, ready to ship.

Encodes the photos that the base was trained on, measures what can be told of each without a network, and writes the
base with the directions that these measures give, the mean descriptor of its faces, and float16 numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from retoucher.models.common.small_features import small_features_from_published
from retoucher.models.mystyle import directions
from retoucher.models.mystyle.base import DIRECTIONS, TYPICAL, Base, from_published
from retoucher.models.mystyle.identity import Descriptor
from retoucher.training.checkpoint import replace
from retoucher.training.decode import RGB
from retoucher.training.photos import Photos
from retoucher.training.ship import halved

FEATURES = Path(__file__).parents[1] / "data" / "features-small.safetensors"
VARIATIONS = 3
"""How many further directions, those along which faces vary most beside the named ones."""
MOUTH = (0.3, 0.58, 0.7, 0.85)
HAIR = (0.3, 0.06, 0.7, 0.16)
LEFT, RIGHT = (0.27, 0.45, 0.45, 0.7), (0.55, 0.45, 0.73, 0.7)
"""Left, top, right, bottom of parts of an aligned face."""


def part(image: RGB, box: tuple[float, float, float, float]) -> RGB:
    """A part of a square picture."""
    side = image.shape[0]
    left, top, right, bottom = (round(share * side) for share in box)
    return image[top:bottom, left:right]


def smile(image: RGB) -> float:
    """How surely OpenCV's cascade sees a smile: the weight of its strongest find, 0 for none."""
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_smile.xml"))
    grey = cv2.cvtColor(part(image, MOUTH), cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    _, _, weights = cascade.detectMultiScale3(grey, 1.1, 6, outputRejectLevels=True)
    return float(np.max(weights)) if len(weights) else 0.0


def light(image: RGB) -> float:
    """How much brighter the right half of the face is than the left."""
    return float(part(image, RIGHT).mean() - part(image, LEFT).mean())


def hair(image: RGB) -> float:
    """How bright what lies above the forehead is, against the face."""
    return float(part(image, HAIR).mean() - part(image, (0.3, 0.3, 0.7, 0.8)).mean())


MEASURES: dict[str, Callable[[RGB], float]] = {"smile": smile, "light": light, "hair": hair}


@torch.no_grad()
def measured(base: Base, images: Sequence[RGB]) -> dict[str, Tensor]:
    """The directions of a base by name, each as long as these faces vary along it (one standard deviation)."""
    faces = [torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 255 for image in images]
    styles = torch.cat([base.encode(face) for face in faces])
    others = torch.cat([base.encode(face.flip(3)) for face in faces])
    found = {"turn": directions.mirrored(styles, others)}
    for name, measure in MEASURES.items():
        scores = torch.tensor([measure(image) for image in images])
        found[name] = directions.apart(directions.between(styles, scores), [found["turn"]])
    rest = styles - sum((styles @ each)[:, None] * each for each in found.values())
    found |= {f"{directions.UNNAMED}{i}": each for i, each in enumerate(directions.components(rest, VARIATIONS), 1)}
    spread = directions.spread(styles, found)
    return {name: direction * spread[name] for name, direction in found.items()}


def main(source: Path, target: Path, photos: Photos, features: Path) -> None:
    """Write the base with all that was measured."""
    tensors = load_file(source)
    base = from_published(tensors)
    images = [photos.decode(i) for i in range(len(photos))]
    describe = Descriptor(small_features_from_published({n: t.float() for n, t in load_file(features).items()}))
    faces = [torch.from_numpy(image.copy()).permute(2, 0, 1)[None].float() / 255 for image in images[::4]]
    with torch.no_grad():
        tensors[TYPICAL] = torch.cat([describe.plain(face) for face in faces]).mean(0)
    tensors |= {f"{DIRECTIONS}{name}": direction for name, direction in measured(base, images).items()}
    replace(target, halved(tensors), {"format": "pt"})


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m retoucher.training.directions", description="Make a base ready to ship."
    )
    parser.add_argument("source", type=Path, help="weights.safetensors of a run of `mystyle`")
    parser.add_argument("target", type=Path, help="the file to write")
    parser.add_argument("--photos", nargs="+", required=True, help="aligned faces: folders and tar shards")
    parser.add_argument("--leave-out", type=Path, help="a text file with the name of a photo on each line")
    parser.add_argument("--features", type=Path, default=FEATURES, help="the feature network that faces are told by")
    return parser.parse_args()


if __name__ == "__main__":
    asked = _parse()
    left = set(asked.leave_out.read_text("utf-8").split()) if asked.leave_out else set()
    main(asked.source, asked.target, Photos.open(asked.photos, left), asked.features)
