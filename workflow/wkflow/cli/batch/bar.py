"""The line that shows how many datasets of a batch are done."""

import os
from dataclasses import dataclass, field
from time import monotonic

from wkflow.cli.messages import Messages
from wkflow.cli.process import mute_if_unread
from wkflow.cli.progress import CLEARED, EVENT_S, LINE_S
from wkflow.cli.progress_line import State, cells_of, fitted, width_of

DRAWN_S = 0.3
"""Between two looks at the terminal."""


@dataclass(slots=True)
class BatchBar:
    """A bar at a terminal, a line now and then in a file, or events for programs."""

    messages: Messages
    total: int
    _began: float = field(default_factory=monotonic)
    _shown: float = field(default_factory=monotonic)
    _is_drawn: bool = False

    def show(self, done: int, failed: int, running: int) -> None:
        """Show the state if it is time to: datasets that ended, of these failed, and at work."""
        if self.messages.quiet:
            return
        now, out = monotonic(), self.messages.stream
        is_plain = self.messages.as_events or os.environ.get("TERM") == "dumb"
        is_terminal = out.isatty() and not is_plain
        pause = DRAWN_S if is_terminal else EVENT_S if self.messages.as_events else LINE_S
        if now - self._shown < pause:
            return
        self._shown = now
        at_work = f"{running} at work" + (f", {failed} failed" if failed else "")
        rate = done / (now - self._began)
        state = State("datasets", done, self.total, rate, jobs=at_work)
        if not is_terminal:
            words = fitted(state, None, cells_of(out))
            self.messages.tell("progress", words, unit="datasets", done=done, total=self.total,
                               failed=failed, running=running)  # fmt: skip
            return
        self._is_drawn = True
        line = fitted(state, width_of(out), cells_of(out))
        self._print(f"{CLEARED}{line}")

    def close(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._print(CLEARED)

    def _print(self, words: str) -> None:
        """Print a part of a line; that nobody reads it any more stops no dataset."""
        try:
            print(words, end="", file=self.messages.stream, flush=True)
        except OSError:
            if not mute_if_unread():
                raise
