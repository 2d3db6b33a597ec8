"""Imagine: new pictures of a person, between the photos that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from retoucher.edit import About, Input, Load, Report, Result
from retoucher.edits.personal import notes
from retoucher.edits.personal.model import OfPerson
from retoucher.jobs import Tell, silent

if TYPE_CHECKING:
    from retoucher.image import Image

MADE = "trainedAlgorithmicMedia"
"""The IPTC word for pictures that a network made as a whole."""


class Imagine(OfPerson):
    """New pictures of a person, each between a few of their photos."""

    name: ClassVar[str] = "imagine"
    inputs: ClassVar[tuple[Input, ...]] = ()

    count: int = Field(default=4, ge=1, le=16, description="how many pictures")
    between: int = Field(default=3, ge=1, le=10, description="between how many of the photos each one lies")
    even: bool = Field(
        default=False, description="draw evenly between the photos; the published way favours the middle"
    )

    @property
    def pace(self) -> tuple[object, ...]:
        """How long it takes."""
        return (self.count,)

    def check(self, given: Mapping[str, About]) -> None:
        """There is nothing that could not go together."""

    def run(self, *, load: Load, tell: Tell = silent) -> Result:
        """The pictures, each as large as the person's model makes them; the same for the same seed."""
        import numpy as np
        import torch

        from retoucher.image import Image
        from retoucher.mask import Mask
        from retoucher.models.mystyle.space import imagined

        started = perf_counter()
        tell(0, "loading")
        with self.at_work(load) as at:
            person = at.person
            chance = torch.Generator().manual_seed(self.seed)
            shares = imagined(person.anchors.cpu(), self.count, chance, together=self.between, even=self.even)
            images, said = [], []
            for number, share in enumerate(shares):
                tell(number / self.count, f"picture {number + 1} of {self.count}")
                styles = (share.to(person.anchors.device) @ person.anchors)[None, None]
                with torch.inference_mode():
                    picture = person(styles.expand(-1, person.synthesis.rows, -1))[0]
                images.append(_marked(Image.from_tensor(picture)))
                said.append(f"{number + 1}: between {', '.join(person.contributors(share[None], self.between))}.")
            side = person.resolution
            report = Report("mystyle", at.weights, self.count, perf_counter() - started, (*said, notes.CAUTION))
        tell(1, "done")
        return Result(tuple(images), Mask(np.ones((side, side), bool)), report)


def _marked(image: Image) -> Image:
    """The picture with the note that all of it was made."""
    import numpy as np

    return replace(image, mark=MADE, changed=np.ones(image.size, bool))


def imagine(person: str, *, device: str = "auto", tell: Tell = silent, **options: Any) -> Result:
    """New pictures of a person: `retoucher.imagine("ada", count=4).images[0].save("new.png")`.

    `options` are the fields of `Imagine`: a misspelt one is a `UsageError`.
    """
    from retoucher import catalogue

    edit = Imagine.parse({"person": person, **options})
    return edit.run(load=partial(catalogue.load, device=device), tell=tell)
