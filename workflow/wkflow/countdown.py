"""Something that happens when the last of several others is done, whichever thread does it."""

from collections.abc import Callable
from threading import Lock


class Countdown:
    """Calls `then` when `tick` was called so many times, in the thread of the last call."""

    def __init__(self, count: int, then: Callable[[], object]) -> None:
        self._left, self._then, self._lock = count, then, Lock()

    def tick(self) -> None:
        """Count one down."""
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            self._then()
