"""Restore: what covers a person's face is taken away, or a face of few pixels becomes a large one, as that person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from retoucher.edit import About, Input, Load, Report, Result, WrongInput, check_size
from retoucher.edits.inpaint import BY_A_NETWORK
from retoucher.edits.personal import notes
from retoucher.edits.personal.model import At, Searching
from retoucher.jobs import Tell, part_of, silent

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from retoucher.alignment import Square
    from retoucher.edits.personal.place import Place
    from retoucher.image import Image
    from retoucher.mask import Mask
    from retoucher.models.mystyle.degrade import FewPixels

    Picture = str | Path | bytes | np.ndarray[Any, Any]

FEWEST, TINY = 8, 32
"""Pixels of the smallest face that is enlarged, and below which it is said that little is known."""
SEARCHED = 0.6
"""How much of an answer is done when the face was found, before the model learns the photo."""
BLUR = 0.4
"""Of an enlarged face's few pixels, in pixels: small pictures have seen a lens and JPEG, not only an average."""


class Restore(Searching):
    """Repair or enlarge a face as that person: what the mask covers, or all of it `scale` times as large."""

    name: ClassVar[str] = "restore"
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("image", "image", "the photo"),
        Input("mask", "mask", "what covers the face: white is made anew, black is kept", False),
    )

    scale: int = Field(default=1, ge=1, le=16, description="how many times larger the photo becomes; 1 with a mask")
    count: int = Field(default=1, ge=1, le=4, description="how many answers to give")
    grow: int = Field(default=0, ge=0, le=64, description="pixels to grow the mask by")
    tune: int = Field(default=20, ge=0, le=500, description="steps in which the model learns a photo to be enlarged")

    @property
    def pace(self) -> tuple[object, ...]:
        """How long it takes."""
        return (self.steps, self.count, self.scale > 1 and self.tune)

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse a mask of another size, a face that is not on the photo, and neither or both of mask and scale."""
        from retoucher.edits.redrawing.boxes import check_face

        photo = given["image"].size
        check_face(self.face, photo)
        if "mask" not in given and self.scale == 1:
            raise WrongInput("mask", notes.NOTHING)
        if "mask" in given:
            check_size("mask", given["mask"].size, "photo", photo)
            if self.scale > 1:
                raise WrongInput("scale", notes.BOTH)

    def run(self, image: Image, mask: Mask | None = None, *, load: Load, tell: Tell = silent) -> Result:
        """`count` answers, each a whole photo. An empty mask returns the very photo.

        Outside the mask nothing changes; what lies under it is never looked at, except to find where the face is.
        Enlarged, everything changes: the photo is interpolated, and detail of the face added. Raises `WrongInput` where
        no face is found and none was given.
        """
        started = perf_counter()
        named = {"image": image, "mask": mask}
        self.check({name: About.of(each) for name, each in named.items() if each is not None})
        if mask is not None and mask.empty:
            return Result((image,), mask, Report(notes=(notes.EMPTY,)))
        tell(0, "loading")
        with self.at_work(load) as at:
            result = self._repaired(image, mask, at, tell) if mask is not None else self._enlarged(image, at, tell)
        tell(1, "done")
        return replace(result, report=replace(result.report, seconds=perf_counter() - started))

    def _repaired(self, image: Image, mask: Mask, at: At, tell: Tell) -> Result:
        """The face's own pixels outside the hole say which of the person's faces it is."""
        import torch

        from retoucher.alignment import ALL
        from retoucher.edits.personal.blend import in_photo, within
        from retoucher.edits.personal.place import place
        from retoucher.mask import Mask
        from retoucher.models.mystyle.degrade import Hole

        hole = mask.grow(self.grow)
        found = place(image, at.template, self.face, hole)
        box, where = within(hole.array, found.square, image.size)
        if not where.any():
            raise WrongInput("mask", "The mask lies beside the face: nothing of it can be repaired as this person.")
        unknown = hole.array | (image.samples[..., -1] == 0) if image.has_alpha else hole.array
        pixels, share = found.square.take(image, unknown, at.person.resolution)
        known = (share >= ALL).float()
        device, beta = at.person.anchors.device, at.beta(self.beta)
        seen = Hole((2 * pixels - 1).to(device), known.to(device))
        answers, said = [], found.said
        for number in range(self.count):
            part = self._part(tell, number)
            search = at.search(seen, pixels, beta, at.plan(self.steps), self.seed + number, part)
            with torch.inference_mode():
                picture = at.person(search.styles).float().cpu()
            square = search.placement.within(found.square)
            answers.append(self._laid(image, picture, replace(found, square=square), box, where, unknown, number))
            said = said if number else (*said, *at.said(search, beta))
        beyond = int(hole.area - where.sum())
        effective = Mask(in_photo(where, box, image.size))
        said = (*said, *((notes.BEYOND.format(beyond),) if beyond else ()))
        return Result(tuple(answers), effective, self._report(at, found, said))

    def _laid(
        self,
        image: Image,
        picture: Tensor,
        found: Place,
        box: tuple[int, int, int, int],
        where: Any,
        unknown: Any,
        number: int,
    ) -> Image:
        from retoucher.edits.redrawing.lay import laid
        from retoucher.edits.redrawing.squares import Part
        from retoucher.mask import box_of

        small = box_of(where)
        assert small is not None
        x, y, width, height = small
        inner = where[y : y + height, x : x + width]
        place = box[0] + x, box[1] + y, width, height
        scale = found.square.side / picture.shape[-1]
        seed = self.seed + number if self.grain else None
        pixels = laid(image, picture, Part(found.face, found.square, place), inner, unknown, None, scale, seed)
        return image.paste(pixels, inner, x=place[0], y=place[1], mark=BY_A_NETWORK)

    def _enlarged(self, image: Image, at: At, tell: Tell) -> Result:
        """The few pixels of the face say which of the person's faces it is."""
        import numpy as np

        from retoucher.edits.personal.blend import detailed, head
        from retoucher.edits.personal.place import place
        from retoucher.mask import Mask

        found, beta = place(image, at.template, self.face), at.beta(self.beta)
        few = min(max(round(found.square.side), FEWEST), at.person.resolution)
        plan = at.plan(self.steps, plus=False)
        seen, pixels = _few(image, found.square, few, at)
        whole = image.enlarged(self.scale)
        answers, said = [], found.said
        for number in range(self.count):
            searching, learning = (self._part(tell, number, *share) for share in ((0.0, SEARCHED), (SEARCHED, 1.0)))
            search = at.search(seen, pixels, beta, plan, self.seed + number, searching)
            square = search.placement.within(found.square)
            detail = self._detail(_few(image, square, few, at)[0], search.styles, at, learning)
            share = head(detail.shape[-1])
            answers.append(detailed(whole, detail, share, square.enlarged(self.scale), BY_A_NETWORK)[0])
            said = said if number else (*said, *at.said(search, beta))
        if few < TINY:
            said = (*said, notes.TINY.format(few))
        if found.square.side > at.person.resolution:
            said = (*said, notes.LARGE.format(round(found.square.side), at.person.resolution))
        everything = Mask(np.ones(whole.size, bool))
        return Result(tuple(answers), everything, self._report(at, found, (*said, notes.CAUTION)))

    def _detail(self, seen: FewPixels, styles: Tensor, at: At, tell: Tell) -> Tensor:
        """What the person's face has beyond the pixels of the photo: (1, 3, R, R), of [0, 1], around 0.

        Published: the picture that was found, as it is. Ours learns the photo for some steps, and takes only what the
        photo does not say itself, so that colours, light and shapes that it does say are never lost.
        """
        import torch

        synthesis = at.learnt(seen, styles, self.tune, tell)
        with torch.inference_mode():
            picture = synthesis(styles, "const").float().clamp(-1, 1)
            return seen.detail(picture).cpu() / 2

    def _part(self, tell: Tell, number: int, start: float = 0.0, end: float = 1.0) -> Tell:
        """Progress of a part of one answer of several."""
        before = f"answer {number + 1} of {self.count}: " if self.count > 1 else ""
        return part_of(tell, (number + start) / self.count, (number + end) / self.count, before)

    def _report(self, at: At, found: Place, said: tuple[str, ...]) -> Report:
        return Report("mystyle", at.weights, self.count, 0.0, said, (found.face.box,))


def _few(image: Image, square: Square, few: int, at: At) -> tuple[FewPixels, Tensor]:
    """What a square of the photo says about a face, and its pixels (1, 3, few, few) in [0, 1]."""
    from retoucher.models.mystyle.degrade import FewPixels

    pixels, _ = square.take(image, None, few)
    return FewPixels((2 * pixels - 1).to(at.person.anchors.device), BLUR), pixels


def restore(
    image: Image | Picture,
    mask: Mask | Picture | None = None,
    *,
    person: str,
    device: str = "auto",
    tell: Tell = silent,
    **options: Any,
) -> Result:
    """Repair or enlarge a face: `retoucher.restore("me.jpg", "mask.png", person="ada").image.save("repaired.jpg")`.

    Pictures are paths, bytes of files, numpy arrays (H, W) or (H, W, 1…4), or `Image` and `Mask`. `options` are the
    fields of `Restore`: a misspelt one is a `UsageError`. `device`: "auto", "cpu", "cuda" or "mps".
    """
    from retoucher import catalogue
    from retoucher.image import Image
    from retoucher.mask import Mask

    edit = Restore.parse({"person": person, **options})
    return edit.run(
        Image.of(image),
        None if mask is None else Mask.of(mask),
        load=partial(catalogue.load, device=device),
        tell=tell,
    )
