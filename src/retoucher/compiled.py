"""Loops compiled by numba, the same way everywhere. Importing this module imports numba: do it inside functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call, without the interpreter lock, and keep the machine code for the next process.

    The code is kept beside the source or in the user's cache folder; where neither can be written, as in a read-only
    container, it is compiled anew in each process.
    """
    return _compiled(function, fastmath=False)


def compiled_sums(function: Callable[P, R]) -> Callable[P, R]:
    """`compiled`, and sums may be reordered, which is what lets them use the processor's wide registers.

    Infinity and NaN keep their meaning, which plain "fast" arithmetic would give away.
    """
    return _compiled(function, fastmath={"reassoc", "contract", "nsz", "arcp"})


def _compiled(function: Callable[P, R], fastmath: bool | set[str]) -> Callable[P, R]:
    try:
        kept: Callable[P, R] = njit(cache=True, nogil=True, error_model="numpy", fastmath=fastmath)(function)
    except RuntimeError:
        kept = njit(nogil=True, error_model="numpy", fastmath=fastmath)(function)
    return kept
