"""Keep memory that was freed for the next step, where the C library is glibc."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Numbers of glibc's `mallopt`."""


def keep_freed_memory() -> bool:
    """Have the C library give nothing back to the system while it runs; returns whether it could be told.

    A step frees and takes gigabytes in large pieces. glibc maps each anew, and the system clears every page: measured,
    that is a third to a half of the time of a step on the processor (docs/performance.md).
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    told = mallopt(M_MMAP_MAX, 0), mallopt(M_TRIM_THRESHOLD, 2**31 - 1), mallopt(M_TOP_PAD, 1 << 29)
    return all(told)
