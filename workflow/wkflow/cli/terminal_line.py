"""The last line of a terminal, drawn anew in its place: a bar, as wide as there is room, and words.

rich draws it. It is imported with the first line: beside a Snakemake that starts, and in no program
that writes to a file. The cursor stays as it is, since nobody could bring it back after a kill.
"""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from wkflow.cli.progress_line import State

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDTH = 80
"""Of a terminal that does not say it."""

LEAST_CELLS = 8
"""How long a bar is before words are left out beside it."""

STYLES = ("progress.percentage", "progress.remaining", "progress.download")
"""Of the words, in rich's own theme: the most important ones first."""


def is_terminal(out: TextIO) -> bool:
    """Whether a line can be drawn anew in its place there."""
    return out.isatty() and os.environ.get("TERM") != "dumb"


@dataclass(slots=True)
class TerminalLine:
    """One line of a terminal; nothing is written before the first is shown."""

    out: TextIO
    _console: "Console | None" = field(default=None, init=False)
    _is_drawn: bool = field(default=False, init=False)

    def show(self, told: State | str) -> None:
        """Replace the line by a state and its bar, or by words alone.

        The terminal may have another width by now. What does not fit is left out, the least
        important first; the last column stays free, as it would wrap the line on some terminals.
        """
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 -- only where a terminal is
        from rich.segment import Segment, Segments  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        console = self._opened()
        console.width = room = max(1, width_of(self.out) - 1)
        words = Text(told) if isinstance(told, str) else _fitting(told, room)
        words.truncate(room)
        cells = room - len(words) - 1
        with console:  # as one write
            self._empty(console)
            if isinstance(told, State) and cells >= LEAST_CELLS:
                bar = console.render(ProgressBar(completed=told.share, total=1, width=cells))
                whole = Segment.adjust_line_length(list(bar), cells + 1)  # without colours it ends
                console.print(Segments(whole), end="")
            console.print(words, end="", no_wrap=True, overflow="ignore", crop=False)
        self._is_drawn = True

    def clear(self) -> None:
        """Take the line away, if there is one."""
        if self._is_drawn:
            self._is_drawn = False
            self._empty(self._opened())

    def _opened(self) -> "Console":
        if self._console is None:
            from rich.console import Console  # noqa: PLC0415 -- as above

            self._console = Console(
                file=self.out,
                color_system=None if os.environ.get("NO_COLOR") else "auto",
                highlight=False,
                force_jupyter=False,
            )
        return self._console

    def _empty(self, console: "Console") -> None:
        from rich.control import Control  # noqa: PLC0415 -- as above
        from rich.segment import ControlType  # noqa: PLC0415

        console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))


def width_of(out: TextIO) -> int:
    """Give how many letters a line of the terminal has now."""
    try:
        return os.get_terminal_size(out.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def _fitting(state: State, room: int) -> "Text":
    """Say a state in as many parts as leave room for a bar; the first in any case."""
    from rich.text import Text  # noqa: PLC0415 -- as above

    parts = state.parts()
    while len(parts) > 1 and len("  ".join(parts)) + 1 + LEAST_CELLS > room:
        parts.pop()
    styles = [*STYLES, *(["progress.data.speed"] * len(parts))]
    return Text("  ").join(Text(part, style) for part, style in zip(parts, styles, strict=False))
