"""One line at a terminal: how many bytes of a known number are done with, and how fast."""

import sys
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TextIO

from wkflow.cli.progress_line import State
from wkflow.cli.terminal_line import TerminalLine, is_terminal

PAUSE_S = 0.2
"""Between two lines."""


@dataclass
class ByteBar:
    """Shows nothing where nobody looks at a terminal; any thread may tick."""

    total: int
    out: TextIO = field(default_factory=lambda: sys.stderr)
    pause_s: float = PAUSE_S

    def __post_init__(self) -> None:
        self._line = TerminalLine(self.out) if is_terminal(self.out) else None
        self._done, self._lock = 0, Lock()
        self._began = self._drawn = monotonic()

    def tick(self, count: int) -> None:
        """Count bytes that are done with."""
        with self._lock:
            self._done = min(self._done + count, self.total)
            now = monotonic()
            if self._line and self.total and now - self._drawn >= self.pause_s:
                self._drawn = now
                rate = self._done / max(now - self._began, 1e-9)
                self._line.show(State("bytes", self._done, self.total, rate))

    def close(self) -> None:
        """Take the line away."""
        if self._line:
            self._line.clear()
