"""From what a person pointed at to how likely each pixel belongs: which part of the photo the model is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retoucher.edits.selecting.extent import reach
from retoucher.edits.selecting.prompt import Prompt
from retoucher.edits.selecting.windows import Floats, Window, carried, cut_off, reduced
from retoucher.jobs import Tell
from retoucher.mask import Bools, Box, box_of

if TYPE_CHECKING:
    from retoucher.edits.selecting.windows import Photo

LOOKS = 2
"""How often at most: a thing that goes on beyond what was looked at is looked at with more of its surroundings."""

WIDER = 1.0
"""By which share of its longer side what is looked at becomes wider then."""


def look(photo: Photo, prompt: Prompt, model: Any, tell: Tell) -> tuple[Window, Floats]:
    """The window that the thing was found in, and how likely each pixel of its view belongs: (h, w) in [0, 1]."""
    fit = model.fit
    if prompt.extent is not None:
        window = Window.around(prompt.extent, fit.context, photo.image.size, fit.best)
        guess = None if prompt.guess is None else _seen(prompt.guess.array, window)
    else:
        grown_in, region = reach(photo, prompt.points, prompt.exclude)
        window = Window.around(_box(grown_in, region > 0.5), fit.context, photo.image.size, fit.best)
        guess = carried(region, grown_in, window)
    for again in range(LOOKS):
        tell(0.2 + 0.2 * again, "looking")
        belief = _asked(model, window, window.take(photo), prompt, guess)
        if prompt.boxes or not cut_off(window, belief > 0.5, photo.image.size):
            break
        wider = Window.around(_box(window, belief > 0.5), WIDER, photo.image.size, fit.best)
        window, guess = wider, carried(belief, window, wider)
    return window, belief


def _asked(model: Any, window: Window, view: Floats, prompt: Prompt, guess: Floats | None) -> Floats:
    """The model's answer for a view (h, w, 3), clicks and boxes given in its pixels: (h, w)."""
    import torch

    points = window.inward(np.concatenate([prompt.points, prompt.exclude]))
    belongs = np.arange(len(points)) < len(prompt.points)
    seen = ((points >= 0) & (points < window.seen[::-1])).all(1)
    corners = np.array([[x, y, x + width, y + height] for x, y, width, height in prompt.boxes]).reshape(-1, 2)
    corners = window.inward(corners).reshape(-1, 4)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    first = None if guess is None else torch.from_numpy(np.ascontiguousarray(guess))[None, None]
    with torch.inference_mode():
        answer = model(
            torch.from_numpy(np.ascontiguousarray(view.transpose(2, 0, 1)))[None],
            torch.from_numpy(points[seen]).float(),
            torch.from_numpy(belongs[seen]),
            torch.from_numpy(boxes).float(),
            first,
        )
    return np.asarray(answer[0, 0].float().cpu().numpy())


def _seen(mask: Bools, window: Window) -> Floats:
    """A mask (H, W) of the photo as a window shows it: (h, w) in [0, 1]."""
    part = mask[window.place].astype(np.uint8)[..., None] * np.uint8(255)
    return np.asarray(reduced(part, window.seen)[..., 0] / np.float32(255))


def _box(window: Window, thing: Bools) -> Box:
    """The box in the photo around what is True in a view; a pixel in its middle where nothing is."""
    x, y, width, height = box_of(thing) or (thing.shape[1] // 2, thing.shape[0] // 2, 1, 1)
    across, down = window.width / thing.shape[1], window.height / thing.shape[0]
    left, top = int(window.x + x * across), int(window.y + y * down)
    right, bottom = int(np.ceil(window.x + (x + width) * across)), int(np.ceil(window.y + (y + height) * down))
    return left, top, right - left, bottom - top
