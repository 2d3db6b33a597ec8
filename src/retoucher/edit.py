"""Edit, Result and Report: what a person asks for, declared once, and what comes back.

The command line, the HTTP interface, the editor's panels and the documentation are generated from an edit's fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from retoucher.errors import UsageError

if TYPE_CHECKING:
    from retoucher.image import Image
    from retoucher.mask import Box, Mask
    from retoucher.picture import Samples

Load = Callable[[str], Any]
"""Gives the model of a method ("lama", "exemplar", "auto" …) or of a Weights entry, ready on its device."""


@dataclass(frozen=True)
class Input:
    """One picture that an edit takes: its `name`, what it is, whether it may be left out, and what it is for."""

    name: str
    kind: Literal["image", "mask"]
    description: str
    required: bool = True


@dataclass(frozen=True)
class About:
    """What can be said of a picture before any work: enough to see whether it belongs to the others.

    `size`: (height, width). `alpha`: whether some of it is transparent. `box`: what of it can be seen, or of a mask
    what may change; None where that is nothing.
    """

    size: tuple[int, int]
    alpha: bool
    box: Box | None

    @classmethod
    def of(cls, picture: Image | Mask) -> About:
        """What is said of this picture."""
        from retoucher.mask import Mask, box_of

        if isinstance(picture, Mask):
            return cls(picture.size, False, picture.box)
        if not picture.has_alpha:
            return cls(picture.size, False, (0, 0, picture.width, picture.height))
        opacity = picture.samples[..., -1]
        return cls(picture.size, bool((opacity < picture.maximum).any()), box_of(opacity > 0))


class WrongInput(UsageError):  # noqa: N818  (named for what the person reads)
    """A picture or an option that does not go with the others; `field` is its name."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture of work under way: `samples` (h, w, 4) uint8 sRGB and opacity, to be stretched over `box`."""

    samples: Samples
    box: Box


@dataclass(frozen=True)
class Report:
    """What was done: the method and the Weights entry that made the pixels, in how many frames and wall seconds.

    `method` is "" where nothing had to be done, `weights` is "" where the method has none. `notes` are plain
    sentences that the person should read. `faces`: the boxes of those that were worked on.
    """

    method: str = ""
    weights: str = ""
    frames: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    faces: tuple[Box, ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """The pictures or masks of an edit, the effective mask (outside it nothing changed) and the report.

    `views`: pictures that explain the result, by name.
    """

    images: tuple[Image, ...]
    changed: Mask
    report: Report
    masks: tuple[Mask, ...] = ()
    views: Mapping[str, Image] = field(default_factory=dict)

    @property
    def image(self) -> Image:
        """The one picture, or the first."""
        return self.images[0]

    @property
    def mask(self) -> Mask:
        """The one mask that was made, or the first."""
        return self.masks[0]


class Edit(BaseModel):
    """Options as fields, and `run`. Frozen; an unknown option or a value out of range is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    inputs: ClassVar[tuple[Input, ...]]

    if TYPE_CHECKING:  # each edit names its own pictures: run(image, mask, *, load, tell)
        run: ClassVar[Callable[..., Result]]

    @property
    def loads(self) -> str:
        """The name given to `load`: the weights, or else the method."""
        return "auto"

    @property
    def pace(self) -> tuple[object, ...]:
        """What decides how long it takes, beside the size of the photo: edits of one pace take about equally long."""
        return ()

    def check(self, given: Mapping[str, About]) -> None:
        """Refuse, before any work, inputs that do not go together: a `WrongInput` names the one that is wrong.

        `given` holds those that are there by their names. Here: a mask has the size of the photo.
        """
        photo = next((given[each.name] for each in self.inputs if each.kind == "image"), None)
        for each in self.inputs:
            if photo and each.kind == "mask" and each.name in given:
                check_size(each.name, given[each.name].size, "photo", photo.size)

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Self:
        """Check the options and make the edit; a `UsageError` names the first that is wrong and what it may be."""
        try:
            return cls.model_validate(dict(options))
        except ValidationError as error:
            raise UsageError(cls.explained(error)) from None

    @classmethod
    def explained(cls, error: ValidationError) -> str:
        """One sentence for what pydantic found first."""
        problem = error.errors()[0]
        option = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            return f"{cls.name} has no option '{option}'{did_you_mean(option, cls.model_fields)}."
        wanted = str(problem["msg"]).removeprefix("Input should be ")
        if problem["type"] != "literal_error":
            wanted = wanted.split(", ")[0]  # without how the text was read
        meant = did_you_mean(str(problem["input"]), re.findall("'(.*?)'", wanted))
        return f"The option '{option}' should be {wanted}, not '{problem['input']}'{meant}."


def schema(edit: type[Edit]) -> dict[str, Any]:
    """What doors are generated from: the edit's name, description and inputs, and its options as JSON Schema."""
    options = edit.model_json_schema()
    return {
        "name": edit.name,
        "description": options.pop("description"),
        "inputs": [asdict(each) for each in edit.inputs],
        "options": options,
    }


def check_size(name: str, size: tuple[int, int], other: str, wanted: tuple[int, int]) -> None:
    """Refuse a picture `name` that has not the size (height, width) of the `other` on which it should lie."""
    if size != wanted:
        turned = f" (turned as the {other} is shown)" if size == wanted[::-1] else ""
        raise WrongInput(
            name,
            f"The {name} is {size[1]}×{size[0]} pixels but the {other} is {wanted[1]}×{wanted[0]}: "
            f"give a {name} of the {other}'s size{turned}.",
        )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to add to an error, or "" where nothing is close.

    >>> did_you_mean("gorw", ["model", "grow"])
    " (did you mean 'grow'?)"
    """
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
