"""One line at a terminal: how many bytes of a known number are done with, and how fast."""

import sys
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TextIO

from wkflow.model.units import shown_bytes

PAUSE_S = 0.2
"""Between two lines."""

CLEARED = "\r\x1b[K"
"""Goes to the begin of the terminal's line, and empties it."""


@dataclass
class ByteBar:
    """Shows nothing where nobody looks at a terminal; any thread may tick."""

    total: int
    out: TextIO = field(default_factory=lambda: sys.stderr)
    pause_s: float = PAUSE_S

    def __post_init__(self) -> None:
        self._is_shown, self._done, self._lock = self.out.isatty(), 0, Lock()
        self._began = self._drawn = monotonic()

    def tick(self, count: int) -> None:
        """Count bytes that are done with."""
        with self._lock:
            self._done = min(self._done + count, self.total)
            now = monotonic()
            if self._is_shown and self.total and now - self._drawn >= self.pause_s:
                self._drawn = now
                print(f"{CLEARED}{self._line(now)}", end="", file=self.out, flush=True)

    def _line(self, now: float) -> str:
        rate = self._done / max(now - self._began, 1e-9)
        done, total = shown_bytes(self._done), shown_bytes(self.total)
        return f"{self._done / self.total:4.0%}  {done} of {total}  {shown_bytes(rate)}/s"

    def close(self) -> None:
        """Take the line away."""
        if self._is_shown:
            print(CLEARED, end="", file=self.out, flush=True)
