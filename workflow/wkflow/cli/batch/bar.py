"""The line that shows how many datasets of a batch are done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from wkflow.cli.messages import Messages
from wkflow.cli.process import mute_if_unread
from wkflow.cli.progress import EVENT_S, LINE_S
from wkflow.cli.progress_line import State, line_of
from wkflow.cli.terminal_line import TerminalLine, is_terminal

DRAWN_S = 0.3
"""Between two looks at the terminal."""


@dataclass(slots=True)
class BatchBar:
    """A bar at a terminal, a line now and then in a file, or events for programs."""

    messages: Messages
    total: int
    _began: float = field(default_factory=monotonic)
    _shown: float = field(default_factory=monotonic)
    _line: TerminalLine | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if is_terminal(self.messages.stream) and not self.messages.as_events:
            self._line = TerminalLine(self.messages.stream)

    def show(self, done: int, failed: int, running: int) -> None:
        """Show the state if it is time to: datasets that ended, of these failed, and at work."""
        if self.messages.quiet:
            return
        now = monotonic()
        pause = DRAWN_S if self._line else EVENT_S if self.messages.as_events else LINE_S
        if now - self._shown < pause:
            return
        self._shown = now
        at_work = f"{running} at work" + (f", {failed} failed" if failed else "")
        rate = done / (now - self._began)
        state = State("datasets", done, self.total, rate, jobs=at_work)
        if self._line:
            with _unread_is_no_fault():
                self._line.show(state)
            return
        words = line_of(state, self.messages.stream)
        self.messages.tell("progress", words, unit="datasets", done=done, total=self.total,
                           failed=failed, running=running)  # fmt: skip

    def close(self) -> None:
        """Take the line away."""
        if self._line:
            with _unread_is_no_fault():
                self._line.clear()


@contextmanager
def _unread_is_no_fault() -> Iterator[None]:
    """Let a terminal that nobody reads any more stop no dataset."""
    try:
        yield
    except OSError:
        if not mute_if_unread():
            raise
