"""Loops compiled by numba, the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered (that is what lets them use the processor's wide registers), but infinity and NaN keep their
# meaning, which plain `fastmath` would give away.
SUMS = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call, without the interpreter lock, and keep the machine code for the next process.

    The code is kept beside the source or in the user's cache folder; where neither can be written, as in a read-only
    container, it is compiled anew in each process.
    """
    try:
        kept: Callable[P, R] = njit(cache=True, nogil=True, fastmath=SUMS)(function)
    except RuntimeError:
        kept = njit(nogil=True, fastmath=SUMS)(function)
    return kept
