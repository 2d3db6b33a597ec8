"""Decoded photos held in memory: decoding costs more than all else that is done to a sample."""

from __future__ import annotations

import torch
from torch import Tensor

from retoucher.errors import RetoucherError
from retoucher.training.decode import RGB
from retoucher.training.photos import Photos

CHUNK = 1 << 27
"""Bytes in one piece of memory. Few large pieces, for a started process is handed each through an open file."""


class Memory:
    """The first photos, decoded, as many as `budget` bytes hold; read only.

    A forked process shares them with its parent; to a spawned one torch hands them through shared memory.
    """

    def __init__(self, photos: Photos, shorter: int | None, budget: int) -> None:
        self.unreadable: dict[int, str] = {}
        self._places: dict[int, tuple[int, int, int, int]] = {}  # chunk, start, height, width
        self._chunks: list[Tensor] = []
        start = taken = 0
        for index in range(len(photos)):
            try:
                photo = photos.decode(index, shorter)
            except RetoucherError as error:
                self.unreadable[index] = str(error)
                continue
            taken += photo.size
            if taken > budget:
                break
            if not self._chunks or start + photo.size > len(self._chunks[-1]):
                self._chunks.append(torch.empty(max(min(CHUNK, budget), photo.size), dtype=torch.uint8))
                start = 0
            self._chunks[-1][start : start + photo.size] = torch.from_numpy(photo).flatten()
            self._places[index] = len(self._chunks) - 1, start, *photo.shape[:2]
            start += photo.size

    def __len__(self) -> int:
        return len(self._places)

    def get(self, index: int) -> RGB | None:
        """The photo (H, W, 3), not to be written to; None where it is not held."""
        place = self._places.get(index)
        if place is None:
            return None
        chunk, start, height, width = place
        held: RGB = self._chunks[chunk][start : start + height * width * 3].numpy().reshape(height, width, 3)
        return held
