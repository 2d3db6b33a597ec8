"""Inpaint: take something out of a photo by filling a hole from its surroundings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from retoucher.edit import Edit, Input, Load, Report, Result, check_size
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from retoucher.image import Image
    from retoucher.mask import Bools, Mask

    Picture = str | Path | bytes | np.ndarray[Any, Any]

BY_A_NETWORK = "compositeWithTrainedAlgorithmicMedia"
BY_RULE = "algorithmicallyEnhanced"


class Inpaint(Edit):
    """Take something out: fill what the mask covers from its surroundings, and change nothing else."""

    # Growing by 4 swallows what a mask drawn along an edge leaves of the object: its blurred rim and the ringing that
    # JPEG and sharpening put around it. A rim left standing is continued into the hole as a new object.
    name: ClassVar[str] = "inpaint"
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("image", "image", "the photo"),
        Input("mask", "mask", "what may change: white is filled, black is kept"),
    )

    model: Literal["auto", "lama", "partialconv", "exemplar"] = Field(
        default="auto", description="what fills the hole: a method, or the best that is present"
    )
    weights: str = Field(default="", description="which weights of the method: a name from `retoucher weights list`")
    grow: int = Field(default=4, ge=0, le=64, description="pixels to grow the mask by, to swallow blurred rims")
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="another seed gives another fill, where the method draws lots"
    )
    opaque: bool = Field(default=False, description="make the filled pixels opaque (for holes that are transparent)")

    @property
    def loads(self) -> str:
        """The name given to `load`: the weights, or else the method."""
        return self.weights or self.model

    def run(self, image: Image, mask: Mask, *, load: Load, tell: Tell = silent) -> Result:
        """Fill the mask, grown by `grow`. An empty mask returns the very photo; what lies under it is never read.

        Raises UsageError where the mask has another size than the photo, or leaves nothing to fill it from.
        """
        started = perf_counter()
        check_size("mask", mask.size, "photo", image.size)
        hole = mask.grow(self.grow)
        if hole.empty:
            return Result((image,), hole, Report(notes=("The mask is empty, so the photo is returned as it was.",)))
        unknown = hole.array | _transparent(image)
        if unknown.all():
            grown = f", grown by {self.grow} pixels," if self.grow and not mask.full else ""
            raise UsageError(f"The mask{grown} covers the whole photo: leave something unmasked to fill it from.")
        tell(0, "loading")
        model = load(self.loads)
        report = self._fitting(model)
        filled, frames = self._filled(image, hole, unknown, model, tell)
        report = Report(report.method, report.weights, frames, perf_counter() - started, report.notes)
        return Result((filled,), hole, report)

    def _fitting(self, model: Any) -> Report:
        """Which method and weights `load` gave; the weights must be of the method that was asked for."""
        method = type(model).__name__.lower()
        if self.model not in ("auto", method):
            raise UsageError(f"The weights '{self.weights}' are for {method}, not for {self.model}: leave one out.")
        return Report(method, getattr(model, "weights_name", None) or "")

    def _filled(self, image: Image, hole: Mask, unknown: Bools, model: Any, tell: Tell) -> tuple[Image, int]:
        """Fill one frame after the other; what one has filled is known to the next."""
        import torch

        from retoucher.frame import Frame
        from retoucher.mask import Mask

        frames = Frame.around(hole, model.fit, unknown)
        left, mark = hole.array.copy(), BY_A_NETWORK if _tensors(model) else BY_RULE
        for number, frame in enumerate(frames):
            x, y, width, height = frame.hole
            place = slice(y, y + height), slice(x, x + width)
            tell(number / len(frames), f"filling {number + 1} of {len(frames)}")
            with torch.inference_mode():
                part = partial(_part, tell, number, len(frames))
                pixels = self._predict(model, frame.take(image, unknown), frame.take_mask(unknown), part)
            if not bool(pixels.isfinite().all()):
                raise RetoucherError(f"{type(model).__name__} gave no usable pixels: try another model or device.")
            image = frame.put(pixels, image, Mask(left), mark=mark, opaque=self.opaque)
            unknown[place] &= ~left[place]
            left[place] = False
        tell(1, "done")
        return image, len(frames)

    def _predict(self, model: Any, pixels: Tensor, mask: Tensor, tell: Tell) -> Tensor:
        """The model's picture of the frame, on the CPU. A network takes neither a seed nor progress."""
        learnt = _tensors(model)
        if not learnt:
            painted: Tensor = model(pixels, mask, seed=self.seed, tell=tell)
            return painted
        painted = model(pixels.to(learnt[0].device), mask.to(learnt[0].device))
        return painted.float().cpu()


def inpaint(
    image: Image | Picture,
    mask: Mask | Picture,
    *,
    device: str = "auto",
    tell: Tell = silent,
    **options: Any,
) -> Result:
    """Fill what the mask covers: `retoucher.inpaint("photo.jpg", "mask.png").image.save("without.jpg")`.

    Photo and mask are paths, bytes of files, numpy arrays (H, W) or (H, W, 1…4), or `Image` and `Mask`. `options` are
    the fields of `Inpaint`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or "mps".
    """

    from retoucher import catalogue
    from retoucher.image import Image
    from retoucher.mask import Mask

    edit = Inpaint.parse(options)
    return edit.run(Image.of(image), Mask.of(mask), load=partial(catalogue.load, device=device), tell=tell)


def _transparent(image: Image) -> Bools:
    """Where the photo is fully transparent its colours mean nothing: (H, W) bool."""
    import numpy as np

    return np.asarray(image.samples[..., -1] == 0) if image.has_alpha else np.zeros(image.size, bool)


def _tensors(model: Any) -> list[Tensor]:
    """What a trained network has learnt: its parameters, and buffers where they were folded; [] for an algorithm."""
    from torch import nn

    return [*model.parameters(), *model.buffers()] if isinstance(model, nn.Module) else []


def _part(tell: Tell, number: int, count: int, fraction: float, message: str, preview: object | None = None) -> None:
    """Report the progress within one frame as progress of the whole."""
    tell((number + fraction) / count, message, preview)
