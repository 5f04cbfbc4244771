"""The line that shows how far a run is: as wide as there is room, in letters that can be shown."""

import os
from dataclasses import dataclass
from math import ceil, inf
from typing import TextIO

BAR_CELLS, LEAST_CELLS = 24, 8
"""How long the bar is in a file, and on a narrow terminal before other parts are left out."""

WIDTH = 80
"""Of a terminal that does not say it."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is: `done` of `total` in a `unit`, and how many of it a second.

    Beside it the bytes that are `sent` of those that are `ready` to be; of a cluster, what its
    `jobs` do.
    """

    unit: str
    done: int
    total: int
    rate: float = 0.0
    sent: int = 0
    ready: int = 0
    jobs: str = ""

    @property
    def share(self) -> float:
        """What is done, from 0 to 1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time until the end at this rate; None where nothing has moved yet, or hardly."""
        seconds = max(0, self.total - self.done) / self.rate if self.rate > 0 else inf
        return seconds if seconds < inf else None

    def parts(self) -> list[str]:
        """Say it in words, the most important first."""
        left = self.seconds_left
        until = "starting" if left is None else f"{_clock(left)} left"
        return [
            f"{self.share:4.0%}  {si(self.done)} of {si(self.total)} {self.unit}",
            "finishing" if self.done >= self.total else until,
            *([f"sent {si(self.sent)} of {si(self.ready)} bytes"] if self.ready else []),
            *([self.jobs] if self.jobs else []),
            *([f"{si(self.rate)}/s"] if self.rate > 0 else []),
        ]


def fitted(state: State, width: int | None, cells: tuple[str, str]) -> str:
    """Draw a bar and say the rest; what does not fit into `width` letters is left out.

    >>> fitted(State("voxels", 5, 10), 50, ("#", "-"))
    '#########---------  50%  5 of 10 voxels  starting'
    >>> fitted(State("voxels", 5, 10), 12, ("#", "-"))
    ' 50%  5 of '
    """
    parts = state.parts()
    if width is None:
        return f"{_bar(state.share, BAR_CELLS, cells)} {'  '.join(parts)}"
    room = width - 1  # the last column would wrap the line on some terminals
    while len(parts) > 1 and len("  ".join(parts)) + 1 + LEAST_CELLS > room:
        parts.pop()
    words = "  ".join(parts)
    length = room - len(words) - 1
    if length < LEAST_CELLS:
        return words[:room]
    return f"{_bar(state.share, length, cells)} {words}"


def width_of(out: TextIO) -> int:
    """Give how many letters a line of the terminal has now."""
    try:
        return os.get_terminal_size(out.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def cells_of(out: TextIO) -> tuple[str, str]:
    """Give what a bar is made of: blocks where they can be shown, else ASCII.

    >>> import io
    >>> cells_of(io.TextIOWrapper(io.BytesIO(), "latin-1"))
    ('#', '-')
    """
    blocks = ("█", "░")
    try:
        "".join(blocks).encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "#", "-"
    return blocks


def si(number: float) -> str:
    """Write 1234567 as 1.2M.

    >>> si(1234567), si(12)
    ('1.2M', '12')
    """
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= power:
            return f"{number / power:.1f}{letter}"
    return f"{number:.0f}"


def _bar(share: float, length: int, cells: tuple[str, str]) -> str:
    filled = int(length * share)
    return cells[0] * filled + cells[1] * (length - filled)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
