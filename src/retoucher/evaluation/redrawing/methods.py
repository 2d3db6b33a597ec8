"""What can be measured: SC-FEGAN with lines and colours, with some of them or none, and fills that take no drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from retoucher import catalogue, checkpoint, weights
from retoucher.device import choose
from retoucher.edit import did_you_mean
from retoucher.edits.redraw import Redraw
from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation.cases import Case
from retoucher.evaluation.methods import Filled
from retoucher.evaluation.redrawing.cases import FaceCase
from retoucher.evaluation.redrawing.drawings import Drawing
from retoucher.image import Image
from retoucher.inert import shown
from retoucher.mask import Bools, Mask
from retoucher.models.scfegan.inputs import random_bits
from retoucher.models.scfegan.network import SCFEGAN
from retoucher.models.scfegan.template import BOX
from retoucher.models.scfegan.weights import from_published
from retoucher.picture import Samples

METHOD = "scfegan"
"""The catalogue's name for the method."""


@dataclass(frozen=True)
class Guidance:
    """Which of a case's drawings, and whether its lines and its colours are shown; `faithful`: whether the photo is
    what should come out."""

    drawing: str
    lines: bool = True
    colors: bool = True
    faithful: bool = True

    def of(self, case: Case) -> Drawing:
        """What the method is shown."""
        return self.wanted(case).shown(self.lines, self.colors)

    def wanted(self, case: Case) -> Drawing:
        """What obedience is measured against: the whole drawing, also what of it was not shown."""
        assert isinstance(case, FaceCase)
        return case.drawings[self.drawing]


GUIDANCE = {
    "full": Guidance("own"),
    "lines": Guidance("own", colors=False),
    "colors": Guidance("own", lines=False),
    "partial": Guidance("partial"),
    "none": Guidance("own", lines=False, colors=False),
    "warped": Guidance("warped", faithful=False),
    "hues": Guidance("hues", faithful=False),
}
UNGUIDED = "none"

Redrawing = Callable[[Samples, Bools, Drawing], Samples]
"""(picture (S, S, 3) uint8, hole (S, S) bool, what is drawn) -> the picture with its hole redrawn, uint8."""


@dataclass(frozen=True)
class Guided:
    """A network shown some of the drawings; `model`: what was asked for, `by`: whose weights, `weights`: their file."""

    name: str
    model: str
    guidance: Guidance
    work: Redrawing
    by: str = ""
    weights: Path | None = None

    def on(self, case: Case) -> Filled:
        """The case redrawn."""
        return Filled(self.work(case.picture, case.hole, self.guidance.of(case)), self.by)


@torch.inference_mode()
def on_the_square(network: SCFEGAN, picture: Samples, hole: Bools, drawing: Drawing, seed: int = 0) -> Samples:
    """The network alone, at the picture's own size; the known pixels are put back."""
    device = next(network.parameters()).device

    def planes(array: Samples) -> torch.Tensor:
        array = array[:, :, None] if array.ndim == 2 else array
        plane = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None].float().to(device)
        return plane / 255 if array.dtype == np.uint8 else plane

    given = (picture, hole, drawing.lines, drawing.colors, drawing.painted)
    bits = random_bits(hole.shape[0], hole.shape[1], seed).to(device)
    redrawn = network(*map(planes, given), bits)[0].permute(1, 2, 0)
    return np.asarray(np.where(hole[..., None], (redrawn * 255).round().byte().cpu().numpy(), picture))


def by_the_edit(network: SCFEGAN, picture: Samples, hole: Bools, drawing: Drawing, seed: int = 0) -> Samples:
    """All that `retoucher redraw` does, with the face where an aligned portrait has it; nothing is put back here."""
    side = picture.shape[0]
    box = round(side / BOX)
    start = (side - box) // 2
    edit = Redraw.parse({"face": f"{start},{start},{box},{box}", "seed": seed})
    lines = _layer(np.zeros_like(picture), drawing.lines & hole)
    paint = _layer(drawing.colors, drawing.painted & hole)
    result = edit.run(Image.from_array(picture), Mask(hole), lines, paint, load=lambda name: network)
    return result.image.samples


THROUGH = {"network": on_the_square, "edit": by_the_edit}


def _layer(colors: Samples, there: Bools) -> Image:
    """A picture with transparency, as the editor sends what is drawn."""
    return Image.from_array(np.dstack([colors, there * np.uint8(255)]))


def open_guided(
    models: Sequence[str], guidance: Sequence[str], through: Sequence[str], device: str, seed: int
) -> list[Guided]:
    """Every model with every guidance, through the network alone or the edit.

    Raises UsageError for a name that nobody knows or absent weights, RetoucherError for a damaged file.
    """
    _check("guidance", guidance, tuple(GUIDANCE))
    _check("way", through, tuple(THROUGH))
    methods = []
    for model in models:
        network, by, path = open_network(model, device)
        for way in through:
            for name in guidance:
                words = (name, "by the edit" if way == "edit" else "", by if len(models) > 1 else "")
                work = partial(THROUGH[way], network, seed=seed)
                methods.append(Guided(" ".join(filter(None, words)), model, GUIDANCE[name], work, by, path))
    return methods


def _check(kind: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"There is no {kind} {name!r}{did_you_mean(name, known)}: choose from {', '.join(known)}.")


def open_network(asked: str, device: str) -> tuple[SCFEGAN, str, Path | None]:
    """The network, whose weights it has, and their file: `scfegan`, weights of that method by name, or scfegan=FILE."""
    kind, _, file = asked.partition("=")
    if file and kind == METHOD:
        path = Path(file)
        return _from_file(path).to(choose(device)).eval(), "/".join(filter(None, (path.parent.name, path.stem))), path
    known = (METHOD, *(entry.name for entry in catalogue.ENTRIES if entry.method == METHOD))
    if asked not in known:
        raise UsageError(
            f"There is no {asked!r}{did_you_mean(asked, known)}: choose from {', '.join(known)}, or give "
            f"{METHOD}=FILE for a file of weights, as in {METHOD}=run/weights.safetensors."
        )
    network = catalogue.load(asked, device=device)
    assert isinstance(network, SCFEGAN)
    name = getattr(network, "weights_name", None) or asked
    copy = weights.find(catalogue.entry(name)) if name != METHOD else None
    return network, name, copy.path if copy else None


def _from_file(path: Path) -> SCFEGAN:
    tensors = {name: tensor.float() for name, tensor in checkpoint.read(path, checkpoint.every).items()}
    try:
        return from_published(tensors)
    except (RetoucherError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise RetoucherError(f"{path} does not hold weights of {METHOD}: {shown(error, 500)}") from error
