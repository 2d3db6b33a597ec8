"""What was used last, kept in memory up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """A dictionary that lets go of what was not used for longest once its things are more than `limit` bytes.

    The thing put in last always stays, even where it alone is larger. Safe to use from any thread.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> T | None:
        """The thing of that key, which thereby is the one used last; None where it is not held."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def put(self, key: Hashable, thing: T, size: int) -> None:
        """Hold a thing of `size` bytes."""
        with self._lock:
            self._held += size - self._things.pop(key, (None, 0))[1]
            self._things[key] = thing, size
            while self._held > self._limit and len(self._things) > 1:
                _, (_, freed) = self._things.popitem(last=False)
                self._held -= freed

    def drop(self, key: Hashable) -> None:
        """Let go of a thing, if it is held."""
        with self._lock:
            self._held -= self._things.pop(key, (None, 0))[1]

    def all_keys(self) -> list[Hashable]:
        """The keys of all that is held."""
        with self._lock:
            return list(self._things)

    @property
    def held(self) -> int:
        """How many bytes are held."""
        return self._held
