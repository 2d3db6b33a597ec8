"""The eight EXIF orientations: between the way a file stores its rows and the way the picture is looked at.

The tag (EXIF 2.32, 0x0112) says which side of the scene row 0 and column 0 show.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BACK = {6: 8, 8: 6}
"""Which orientation undoes which, where it is not its own inverse."""


def upright(stored: Array, orientation: int) -> Array:
    """A view of (H, W, …) turned the right way up; sides change places for orientations 5 to 8.

    >>> upright(np.array([[1, 2, 3], [4, 5, 6]]), 6)
    array([[4, 1],
           [5, 2],
           [6, 3]])
    """
    view = stored.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else stored
    if orientation in (3, 4, 7, 8):
        view = view[::-1]
    if orientation in (2, 3, 6, 7):
        view = view[:, ::-1]
    return view


def stored(view: Array, orientation: int) -> Array:
    """The inverse of `upright`: the rows as a file with this orientation tag holds them, a view."""
    return upright(view, BACK.get(orientation, orientation))
