"""What can be measured: classical fills, all that the `inpaint` edit can do, and weights fresh from training.

A method turns a picture and its hole into the picture with the hole filled: RGB (H, W, 3) uint8 and (H, W) bool in,
(H, W, 3) uint8 out, the same outside the hole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from retoucher import catalogue, checkpoint, weights
from retoucher.device import choose
from retoucher.edit import Load, did_you_mean
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.cases import Case
from retoucher.image import Image
from retoucher.inert import shown
from retoucher.mask import Bools, Mask
from retoucher.picture import Samples

if TYPE_CHECKING:
    from torch import nn


class Filled(NamedTuple):
    """The picture with its hole filled, and who did it as far as the name does not say (`auto` chooses)."""

    picture: Samples
    by: str = ""


Fill = Callable[[Samples, Bools], Filled]

RADIUS = 5
"""Pixels around a point that Telea and Navier-Stokes look at."""


@dataclass(frozen=True)
class Method:
    """`asked` is what the person wrote, `name` what the table calls it; `weights` is the file it was read from, if any.

    `classical` methods are what the others are compared with.
    """

    asked: str
    name: str
    fill: Fill
    weights: Path | None = None

    @property
    def classical(self) -> bool:
        """Whether it is one of the baselines that others are compared with."""
        return self.name in CLASSICAL

    def __call__(self, picture: Samples, hole: Bools) -> Filled:
        """Fill the hole of (H, W, 3) uint8; what lies outside stays the picture's own."""
        filled = self.fill(picture, hole)
        return Filled(np.where(hole[..., None], filled.picture, picture), filled.by)

    def on(self, case: Case) -> Filled:
        """The same for a case."""
        return self(case.picture, case.hole)


def telea(picture: Samples, hole: Bools) -> Filled:
    """OpenCV's fast marching (Telea 2004), radius `RADIUS`."""
    return Filled(np.asarray(cv2.inpaint(picture, hole.astype(np.uint8), RADIUS, cv2.INPAINT_TELEA)))


def navier_stokes(picture: Samples, hole: Bools) -> Filled:
    """OpenCV's Navier-Stokes (Bertalmio et al. 2001), radius `RADIUS`."""
    return Filled(np.asarray(cv2.inpaint(picture, hole.astype(np.uint8), RADIUS, cv2.INPAINT_NS)))


def biharmonic(picture: Samples, hole: Bools) -> Filled:
    """scikit-image's biharmonic equation, each channel by itself, the whole hole at once, on values in [0, 1]."""
    from skimage.restoration import inpaint_biharmonic

    known = np.where(hole[..., None], 0, picture)
    filled = inpaint_biharmonic(known.astype(np.float64) / 255, hole, channel_axis=-1)
    return Filled(np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8))


CLASSICAL: dict[str, Fill] = {"telea": telea, "ns": navier_stokes, "biharmonic": biharmonic}


def open_methods(asked: Sequence[str], device: str) -> list[Method]:
    """All methods that were asked for, ready to run, each once.

    Raises UsageError for an unknown name, absent weights, a library that is missing or a name given twice; and
    RetoucherError for a damaged file.
    """
    twice = [each for each, count in Counter(asked).items() if count > 1]
    if twice:
        raise UsageError(f"{twice[0]} is given twice: name each method once.")
    methods = [open_method(each, device) for each in asked]
    names = Counter(method.name for method in methods)  # files of the same name in two runs go by their whole paths
    return [replace(method, name=method.asked) if names[method.name] > 1 else method for method in methods]


def open_method(asked: str, device: str) -> Method:
    """The method of that name: classical, as for `retoucher inpaint --model`, weights' names, or METHOD=FILE."""
    if asked in CLASSICAL:
        if asked == "biharmonic":
            _need_scikit_image()
        return Method(asked, asked, CLASSICAL[asked])
    kind, _, file = asked.partition("=")
    if file:
        path = Path(file)
        model = from_file(kind, path, device)
        name = "/".join(filter(None, (path.parent.name, path.stem)))  # in every run the file has the same name
        return Method(asked, f"{kind}={name}", Edited(Inpaint(grow=0), lambda name: model), path)
    fills = (entry.name for entry in catalogue.ENTRIES if entry.method in catalogue.METHODS)
    known = ("auto", *catalogue.METHODS, *fills)
    if asked not in known:
        every = (*CLASSICAL, *known)
        raise UsageError(
            f"There is no method {asked!r}{did_you_mean(asked, every)}: choose from {', '.join(every)}, or give "
            "METHOD=FILE for a file of weights, as in lama=run/weights.safetensors."
        )
    return _from_catalogue(asked, device)


def _from_catalogue(asked: str, device: str) -> Method:
    """A method or weights that `retoucher inpaint` knows by name, loaded."""
    choose(device)
    by_method = asked in ("auto", *catalogue.METHODS)
    edit = Inpaint.parse({"model" if by_method else "weights": asked, "grow": 0})
    load = cache(partial(catalogue.load, device=device))
    used = getattr(load(edit.loads), "weights_name", None)
    copy = weights.find(catalogue.entry(used)) if used else None
    return Method(asked, asked, Edited(edit, load), copy.path if copy else None)


@dataclass(frozen=True)
class Edited:
    """What `retoucher inpaint` gives, through the edit itself."""

    edit: Inpaint
    load: Load

    def __call__(self, picture: Samples, hole: Bools) -> Filled:
        """Fill the hole; by whom is in the edit's report."""
        result = self.edit.run(Image.from_array(picture), Mask(hole), load=self.load)
        return Filled(result.image.samples, " ".join(filter(None, (result.report.method, result.report.weights))))


def from_file(kind: str, path: Path, device: str) -> nn.Module:
    """The network of the method `kind` with the weights in a file, on its device, as quick as the edit's own.

    Raises UsageError for a method that has no weights or a file that is not there, RetoucherError for another network.
    """
    known = next((entry for entry in catalogue.ENTRIES if entry.method == kind), None)
    if known is None or kind not in catalogue.METHODS:
        kinds = sorted({entry.method for entry in catalogue.ENTRIES if entry.method in catalogue.METHODS})
        raise UsageError(f"No method called {kind!r} has weights: write {' or '.join(kinds)} before =FILE.")
    tensors = {name: tensor.float() for name, tensor in checkpoint.read(path, known.select).items()}
    try:
        model = weights.resolve(known.build)(tensors)
    except (RetoucherError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise RetoucherError(f"{path} does not hold weights of {kind}: {shown(error, 500)}") from error
    model = model.to(choose(device)).eval()
    ready: nn.Module = weights.resolve(known.faster)(model) if known.faster else model
    return ready


def _need_scikit_image() -> None:
    try:
        import skimage.restoration  # noqa: F401  (only whether it is there)
    except ImportError:
        raise UsageError(
            "The biharmonic baseline needs scikit-image: pip install 'retoucher[train]', or leave it out of --models."
        ) from None
