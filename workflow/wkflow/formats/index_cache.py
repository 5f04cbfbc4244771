"""What was read last and may be wanted again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

RECENT_BYTES = 2**26
"""Held at most by one mag: the indexes of 64 shards of 65536 chunks."""

Key = TypeVar("Key", bound=Hashable)


class IndexCache(Generic[Key]):
    """Arrays by key; those used last are kept, for any thread. None says that there is nothing."""

    def __init__(
        self, make: Callable[[Key], NDArray[Any] | None], most: int = RECENT_BYTES
    ) -> None:
        self._make, self._most, self._bytes = make, most, 0
        self._kept: OrderedDict[Key, NDArray[Any] | None] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> NDArray[Any] | None:
        """Give the array of a key; it is made if it is not kept, outside of the lock."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += _cost(made)
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= _cost(self._kept.popitem(last=False)[1])
        return made


def _cost(array: NDArray[Any] | None) -> int:
    """Bytes of an array and of what Python needs to keep it."""
    return 256 + (0 if array is None else array.nbytes)
