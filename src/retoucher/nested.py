"""Numbers inside a plain pickle: each storage is bytes that torch's older format wrote, a pickle in the pickle.

The usual loader hands those bytes to an unrestricted load. Here they are described by the same restricted reader,
which then knows no further nesting.
"""

import io
import struct

from retoucher import pickled
from retoucher.errors import RetoucherError
from retoucher.inert import SIZES, Pairs, Storage

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_STORAGES = 10_000  # a published file with three networks has a tenth of it
MAX_OPCODES = 100  # of each pickle around a storage; torch writes twenty


class Nested:
    """The storages that lie inside a pickle, by the keys that they are given here."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._data: dict[str, memoryview] = {}

    def unpack(self, data: bytes) -> Storage:
        """Describe one storage and remember where its numbers are.

        Raises RetoucherError when it is no storage, mentions anything else, or has fewer bytes than it says.
        """
        if len(self._data) >= MAX_STORAGES:
            raise RetoucherError(f"{self.where} was refused because it holds over {MAX_STORAGES:,} storages.")
        file = io.BytesIO(data)
        parts = [pickled.read(file, self.where, limit=MAX_OPCODES).top for _ in range(5)]
        magic, protocol, machine, storage, keys = parts
        little = isinstance(machine, Pairs) and machine.get("little_endian") is True
        if magic != MAGIC or protocol != PROTOCOL or not isinstance(storage, Storage) or not little:
            raise ValueError("no storage")
        if keys != [storage.key]:
            raise ValueError("not the one storage")
        start = file.tell() + 8
        size = storage.length * SIZES[storage.dtype]
        if struct.unpack("<q", data[start - 8 : start]) != (storage.length,) or len(data) < start + size:
            raise ValueError("fewer numbers than the storage says")
        key = str(len(self._data))
        self._data[key] = memoryview(data)[start : start + size]
        return Storage(storage.dtype, key, storage.length)

    def fetch(self, storage: Storage) -> memoryview:
        """The numbers of a storage that `unpack` described."""
        return self._data[storage.key]
