"""What can be measured: the object merely pasted, Poisson blending, and the stages of painterly harmonization."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from retoucher import catalogue, checkpoint
from retoucher.device import choose
from retoucher.edit import did_you_mean
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.harmonizing.cases import Case
from retoucher.evaluation.resident import peaks, tell_peaks
from retoucher.feature_entries import trunk
from retoucher.inert import shown
from retoucher.jobs import Tell, silent
from retoucher.models.common.compressed_features import compressed_features_from_published
from retoucher.models.harmonization import match
from retoucher.models.harmonization.network import Harmonization
from retoucher.models.harmonization.weights import from_published, with_vgg19

STAGES: dict[str, tuple[int, bool]] = {"pass1": (1, False), "pass2": (2, False), "finish": (2, True)}
"""How many passes, and whether the result is finished; the same network at one strength."""
BASELINES = ("naive", "poisson")
AUTO = "auto"


@dataclass(frozen=True)
class Features:
    """Where a method's features come from: by name what `catalogue.load` takes; from a file `build`, of the tensors
    that `select` chooses (None: not from a file)."""

    load: str
    build: Callable[[Mapping[str, Tensor]], nn.Module] | None = None
    select: checkpoint.Choose = checkpoint.every


FEATURES = {
    AUTO: Features(catalogue.HARMONIZATION),
    "features-small": Features("features-small", from_published),
    "vgg19": Features(catalogue.WITH_VGG, partial(with_vgg19, deep=None), trunk),
    "vgg19-compressed": Features("vgg19-compressed", compressed_features_from_published),
}
BORDER, TINY = 8, 8
"""Pixels that Poisson blending gets around the picture, so that the mask never touches its border; and a mask
that is less wide or high is grown by 4, because its edge is not blended."""


@dataclass(frozen=True)
class Result:
    """`pixels` (3, H, W) in [0, 1], exactly 8 bit. `area` (1, h, w): the part of the painting that the object was
    matched to, cells of 8 pixels, or None. `by`: the weights, if any; `strength`: what was used, if any."""

    pixels: Tensor
    area: Tensor | None = None
    by: str = ""
    strength: float | None = None


@dataclass(frozen=True)
class Method:
    """`name` is what the table calls it, `words` what opens it again in another process."""

    name: str
    words: tuple[str, ...]
    work: Callable[[Case, Tell], Result]

    def __call__(self, case: Case, tell: Tell = silent) -> Result:
        """The painting with the object in it."""
        return self.work(case, tell)


def naive(case: Case, tell: Tell) -> Result:
    """The object pasted, nothing else."""
    return Result(case.composite)


def poisson(case: Case, tell: Tell) -> Result:
    """OpenCV's seamlessClone (Pérez, Gangnet and Blake 2003), the object's gradients alone (normal cloning)."""
    painting, composite = (_padded(each) for each in (case.painting, case.composite))
    mask = np.pad(case.hard[0].numpy().astype(np.uint8) * 255, BORDER)
    if min(np.ptp(places) for places in mask.nonzero()) < TINY:
        mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    size = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    middle = int(columns[0] + size[0] // 2), int(rows[0] + size[1] // 2)
    cloned = cv2.seamlessClone(composite, painting, mask.copy(), middle, cv2.NORMAL_CLONE)  # it writes to it
    inner = slice(BORDER, -BORDER)
    pixels = torch.from_numpy(np.ascontiguousarray(cloned[inner, inner].transpose(2, 0, 1))).float() / 255
    return Result(torch.where(torch.from_numpy(mask[inner, inner] > 0), pixels, case.painting))


def _padded(picture: Tensor) -> np.ndarray[Any, Any]:
    """(3, H, W) in [0, 1] -> (H + 16, W + 16, 3) uint8, its border repeated outwards."""
    array = (picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    return np.pad(array, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), "edge")


@dataclass(frozen=True, eq=False)
class Repainted:
    """A stage of painterly harmonization with one network at one strength (None: measured)."""

    network: Harmonization
    stage: str
    strength: float | None
    size: int
    steps: int
    seed: int

    def __call__(self, case: Case, tell: Tell) -> Result:
        """Repaint; the result is rounded to 8 bit as in a file."""
        passes, finish = STAGES[self.stage]
        painted = self.network(
            case.painting,
            case.composite,
            case.mask,
            strength=self.strength,
            passes=passes,
            finish=finish,
            size=self.size,
            steps=self.steps,
            seed=self.seed,
            tell=tell,
        )
        area = None
        if (found := painted.matches) is not None:
            area = match.footprint(found, found[..., 0] >= 0, found.shape[:2])
        pixels = (painted.pixels.float().cpu() * 255).round() / 255
        return Result(pixels, area, self.network.weights_name or "", painted.strength)


@dataclass(frozen=True)
class Numbers:
    """What all stages share: the longest side that is worked at, evaluations (0: the recipe's), seed, device."""

    size: int = 700
    steps: int = 0
    seed: int = 0
    device: str = "auto"


def open_methods(
    names: Sequence[str], models: Sequence[str], strengths: Sequence[str], numbers: Numbers
) -> list[Method]:
    """The baselines among `names`, then each of its stages with every model at every strength, the models in order.

    The first pass does not depend on the strength, so it comes once for each model. Raises UsageError for a name that
    nobody knows, a strength that is none, or absent weights; RetoucherError for a damaged file.
    """
    known = (*BASELINES, *STAGES)
    for name in names:
        if name not in known:
            raise UsageError(f"There is no method {name!r}{did_you_mean(name, known)}: choose from {', '.join(known)}.")
    values = {each: _strength(each) for each in strengths}
    methods = [Method(name, (name,), {"naive": naive, "poisson": poisson}[name]) for name in names if name in BASELINES]
    stages = [name for name in names if name in STAGES]
    titles = _titles(models)
    for model in models if stages else ():
        network = open_model(model, numbers.device)
        for place, (asked, strength) in enumerate(values.items()):
            for stage in stages:
                if stage != "pass1" or not place:
                    parts = (stage, titles[model] if len(models) > 1 else "", asked if _told(stage, values) else "")
                    work = Repainted(network, stage, strength, numbers.size, numbers.steps, numbers.seed)
                    methods.append(Method(" ".join(filter(None, parts)), (stage, model, asked), work))
    return methods


def _titles(models: Sequence[str]) -> dict[str, str]:
    """What the table calls each: files by their last folder and name, if no other has the same, else as asked."""
    short = {}
    for model in models:
        name, _, file = model.partition("=")
        path = Path(file)
        short[model] = f"{name}={'/'.join(filter(None, (path.parent.name, path.stem)))}" if file else name
    return {model: title if list(short.values()).count(title) == 1 else model for model, title in short.items()}


def _told(stage: str, strengths: Mapping[str, float | None]) -> bool:
    """Whether the strength belongs in the name: not where it is measured for all, nor where it does not matter."""
    return stage != "pass1" and list(strengths) != [AUTO]


def _strength(asked: str) -> float | None:
    """A number from 0 to 1, or None for auto."""
    if asked == AUTO:
        return None
    try:
        found = float(asked)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise UsageError(f"There is no strength {asked!r}: give numbers from 0 to 1, or auto.")
    return found


def open_model(asked: str, device: str) -> Harmonization:
    """The method with the features of that name in `FEATURES`, or NAME=FILE. Raises as `open_methods`."""
    place = choose(device)
    name, _, file = asked.partition("=")
    if name not in FEATURES or (file and not FEATURES[name].build):
        raise UsageError(
            f"There are no features called {name!r}{did_you_mean(name, FEATURES)}: choose from {', '.join(FEATURES)}, "
            "or give NAME=FILE for a file of weights, as in vgg19=vgg19.pth."
        )
    network: nn.Module = _from_file(name, Path(file)) if file else catalogue.load(FEATURES[name].load, device=device)
    if not isinstance(network, Harmonization):
        network = Harmonization(network).eval()
        network.weights_name = name
    return network.to(place)


def _from_file(name: str, path: Path) -> nn.Module:
    """The features of that name with the numbers in a file."""
    kind = FEATURES[name]
    tensors = {key: tensor.float() for key, tensor in checkpoint.read(path, kind.select).items()}
    try:
        network = kind.build(tensors) if kind.build else None
    except (RetoucherError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise RetoucherError(f"{path} does not hold weights of {name}: {shown(error, 500)}") from error
    assert network is not None
    return network


def megabytes(method: Method, numbers: Numbers, case: Case) -> dict[str, float]:
    """The memory of a process that does nothing but work on the case with this method, see `peaks`."""
    words = (numbers.device, str(numbers.size), str(numbers.steps), str(numbers.seed), *method.words)
    arrays = {name: getattr(case, name).numpy() for name in ("painting", "composite", "mask")}
    return peaks("retoucher.evaluation.harmonizing.methods", words, arrays)


def main(device: str, size: str, steps: str, seed: str, name: str, *rest: str) -> None:
    """Work on the case once and tell the peaks; `rest`: the model, the strength and, last, the file of the case."""
    numbers = Numbers(int(size), int(steps), int(seed), device)
    *asked, path = rest
    model, strength = asked or (AUTO, AUTO)
    with np.load(path) as held:
        case = Case("", *(torch.from_numpy(held[part]) for part in ("painting", "composite", "mask")))
    (method,) = open_methods([name], [model], [strength], numbers)
    method(case)
    tell_peaks()


if __name__ == "__main__":
    main(*sys.argv[1:])
