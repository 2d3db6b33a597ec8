"""CRC-32C (Castagnoli), the checksum of TensorFlow's files. Importing this imports numba: do it inside functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retoucher.compiled import compiled

POLYNOMIAL = 0x82F63B78
MASK = 0xA282EAD8


def _tables() -> NDArray[np.uint32]:
    """What a byte adds to the sum when 0 to 7 further bytes follow it: (8, 256)."""
    row = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        row = np.where(row & 1, row >> 1 ^ np.uint32(POLYNOMIAL), row >> 1)
    tables = [row]
    for _ in range(7):
        tables.append(row[tables[-1] & 255] ^ tables[-1] >> 8)
    return np.stack(tables)


TABLES = _tables()


def crc32c(data: NDArray[np.uint8]) -> int:
    """The checksum of bytes (N,), contiguous (about 1.5 GB/s).

    >>> hex(crc32c(np.frombuffer(b"123456789", np.uint8)))
    '0xe3069283'
    """
    return int(_sum(data, TABLES))


def masked(data: NDArray[np.uint8]) -> int:
    """The checksum as TensorFlow stores it: turned by 15 bits, and a constant added."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


@compiled
def _sum(data: NDArray[np.uint8], tables: NDArray[np.uint32]) -> np.uint32:
    crc = np.uint32(0xFFFFFFFF)
    eight = data.size // 8 * 8
    for at in range(0, eight, 8):
        low = crc ^ (
            np.uint32(data[at])
            | np.uint32(data[at + 1]) << np.uint32(8)
            | np.uint32(data[at + 2]) << np.uint32(16)
            | np.uint32(data[at + 3]) << np.uint32(24)
        )
        crc = (
            tables[7, low & np.uint32(255)]
            ^ tables[6, low >> np.uint32(8) & np.uint32(255)]
            ^ tables[5, low >> np.uint32(16) & np.uint32(255)]
            ^ tables[4, low >> np.uint32(24)]
            ^ tables[3, data[at + 4]]
            ^ tables[2, data[at + 5]]
            ^ tables[1, data[at + 6]]
            ^ tables[0, data[at + 7]]
        )
    for at in range(eight, data.size):
        crc = tables[0, (crc ^ np.uint32(data[at])) & np.uint32(255)] ^ crc >> np.uint32(8)
    return np.uint32(crc ^ np.uint32(0xFFFFFFFF))
