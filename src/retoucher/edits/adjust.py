"""Adjust: something about a person's face is changed a little, such as its smile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from retoucher.edit import About, Input, Load, Report, Result, WrongInput, did_you_mean
from retoucher.edits.inpaint import BY_A_NETWORK
from retoucher.edits.personal import notes
from retoucher.edits.personal.model import At, Searching
from retoucher.jobs import Tell, part_of, silent

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from retoucher.alignment import Square
    from retoucher.image import Image

    Picture = str | Path | bytes | np.ndarray[Any, Any]

FEW = 0.5
"""Pixels of the photo for each of the model's, below which a face is too small to be changed."""
CHANGED, SURE = 0.02, 0.08
"""Difference of two pictures in [0, 1] from which the changed one counts, and from which it counts wholly."""
LIT, MOVED = 0.12, 0.3
"""Difference from which it is more than light that has changed, and from which the photo's own detail is of no use."""
SOFT = 0.03
"""Share of the square's side over which that is blurred."""


class Adjust(Searching):
    """Change something about a person's face: how it smiles, turns, or what else its base knows."""

    name: ClassVar[str] = "adjust"
    inputs: ClassVar[tuple[Input, ...]] = (Input("image", "image", "the photo"),)

    direction: str = Field(default="smile", description="what changes: a name from `retoucher person show`")
    amount: float = Field(default=1.0, ge=-5, le=5, description="how much, in steps by which faces usually differ")
    tune: int = Field(default=40, ge=0, le=500, description="steps in which the model learns this photo first")
    strict: bool = Field(default=False, description="go no further than the photos reach with `beta`")

    @property
    def pace(self) -> tuple[object, ...]:
        """How long it takes."""
        return (self.steps, self.tune)

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse a face that is not on the photo."""
        from retoucher.edits.redrawing.boxes import check_face

        check_face(self.face, given["image"].size)

    def run(self, image: Image, *, load: Load, tell: Tell = silent) -> Result:
        """The photo with the face changed where the change shows, and nowhere else.

        The face is found in the person's space, the model learns this very photo (as PTI does; without it the rest of
        the face would change, too), and the photo gets what differs between the model's picture and its changed one.
        Where that is light or colour it is added, and the photo keeps its pores and lashes; where shapes move, the
        changed picture takes its place, since the photo's own detail would be a ghost there.
        Raises `WrongInput` for a direction that the base does not know and where no face is found.
        """
        from retoucher.mask import Mask

        started = perf_counter()
        self.check({"image": About.of(image)})
        if not self.amount:
            return Result((image,), Mask.none(image.size), Report(notes=(notes.UNCHANGED,)))
        tell(0, "loading")
        with self.at_work(load) as at:
            images, changed, said, box = self._changed(image, at, tell)
        tell(1, "done")
        report = Report("mystyle", at.weights, 1, perf_counter() - started, said, (box,))
        return Result(images, Mask(changed), report)

    def _changed(self, image: Image, at: At, tell: Tell) -> tuple[tuple[Image, ...], Any, tuple[str, ...], Any]:
        from retoucher.edits.personal.blend import blended, detailed, head
        from retoucher.edits.personal.place import place

        direction = self._direction(at)
        found = place(image, at.template, self.face)
        if found.square.side < FEW * at.person.resolution:
            raise WrongInput("face", notes.SMALL.format(found.face.box[2]))
        change = self._change(image, found.square, direction, at, tell)
        before, after, square = change.before, change.after, change.square
        share, moved = differing(before, after) * head(before.shape[-1]), moving(before, after)
        result, lit = detailed(image, after - before, share * (1 - moved), square, BY_A_NETWORK)
        seed = self.seed if self.grain else None
        result, drawn = blended(result, after, share * moved, square, seed, BY_A_NETWORK)
        return (result,), lit | drawn, (*found.said, *change.said, notes.CAUTION), found.face.box

    def _change(self, image: Image, square: Square, direction: Tensor, at: At, tell: Tell) -> Change:
        """The face found in the person's space, learnt, and moved along the direction."""
        import torch

        from retoucher.models.mystyle import space
        from retoucher.models.mystyle.degrade import Nothing

        pixels, _ = square.take(image, None, at.person.resolution)
        anchors, beta = at.person.anchors, at.beta(self.beta)
        seen = Nothing((2 * pixels - 1).to(anchors.device))
        search = at.search(seen, pixels, beta, at.plan(self.steps), 0, part_of(tell, 0, 0.6))
        square = search.placement.within(square)
        seen = Nothing((2 * square.take(image, None, at.person.resolution)[0] - 1).to(anchors.device))
        gamma, _, cosine = space.projected_direction(direction, anchors, affine=True)
        coefficients = search.coefficients + self.amount * gamma
        needed = space.needed_beta(coefficients)
        if self.strict and needed > beta:
            coefficients = space.projected(coefficients @ anchors, anchors, beta)
        synthesis = at.learnt(seen, search.styles, self.tune, part_of(tell, 0.6, 1))
        with torch.inference_mode():
            before, after = (
                ((synthesis(styles, "const") + 1) / 2).clamp(0, 1).cpu()
                for styles in (search.styles, (coefficients @ anchors)[None])
            )
        said = (*at.said(search, beta), *((notes.ABSENT.format(cosine),) if cosine < 0.5 else ()))
        said = (*said, *((notes.NEEDED.format(needed),) if needed > beta and not self.strict else ()))
        return Change(before, after, square, said)

    def _direction(self, at: At) -> Tensor:
        """The direction that was asked for; raises `WrongInput` naming those that there are."""
        known = at.person.base.directions
        if not known:
            raise WrongInput("direction", notes.NO_DIRECTIONS.format(at.name))
        if self.direction not in known:
            meant = did_you_mean(self.direction, known)
            said = notes.DIRECTIONS.format(at.name, self.direction, ", ".join(known))
            raise WrongInput("direction", said.removesuffix(".") + f"{meant}.")
        return known[self.direction].to(at.person.anchors.device)


@dataclass(frozen=True)
class Change:
    """A face in the model's pictures, (1, 3, R, R) in [0, 1], their square, and what there is to say."""

    before: Tensor
    after: Tensor
    square: Square
    said: tuple[str, ...]


def differing(before: Tensor, after: Tensor) -> Tensor:
    """Where a picture has changed: (1, 3, s, s) twice -> shares (1, 1, s, s), soft."""
    import torch.nn.functional as F

    from retoucher.models.mystyle.degrade import blurred

    side = before.shape[-1]
    apart = (before - after).abs().amax(1, keepdim=True)
    reach = max(1, round(SOFT * side))
    apart = F.max_pool2d(blurred(apart, max(1.0, side / 100)), 2 * reach + 1, 1, reach)
    share = ((apart - CHANGED) / (SURE - CHANGED)).clamp(0, 1)
    return blurred(share, max(1.0, SOFT * side))


def moving(before: Tensor, after: Tensor) -> Tensor:
    """Where shapes move, not only light: (1, 3, s, s) twice -> shares (1, 1, s, s), soft."""
    from retoucher.models.mystyle.degrade import blurred

    apart = blurred((before - after).abs().amax(1, keepdim=True), max(1.0, before.shape[-1] / 64))
    return ((apart - LIT) / (MOVED - LIT)).clamp(0, 1)


def adjust(
    image: Image | Picture, *, person: str, direction: str, device: str = "auto", tell: Tell = silent, **options: Any
) -> Result:
    """Change a face: `retoucher.adjust("me.jpg", person="ada", direction="smile", amount=1).image.save("smiling.jpg")`.

    `options` are the fields of `Adjust`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or "mps".
    """
    from retoucher import catalogue
    from retoucher.image import Image

    edit = Adjust.parse({"person": person, "direction": direction, **options})
    return edit.run(Image.of(image), load=partial(catalogue.load, device=device), tell=tell)
