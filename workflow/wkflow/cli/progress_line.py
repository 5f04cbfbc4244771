"""How far a run is, in words, and as a line of a file: in letters that can be shown there."""

from dataclasses import dataclass
from math import ceil, inf
from typing import TextIO

BAR_CELLS = 24
"""How long the bar is in a file."""


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


def line_of(state: State, out: TextIO) -> str:
    """Draw a bar for a file, and say the rest.

    >>> import io
    >>> line_of(State("voxels", 5, 10), io.TextIOWrapper(io.BytesIO(), "ascii"))
    '############------------  50%  5 of 10 voxels  starting'
    """
    full, empty = cells_of(out)
    filled = int(BAR_CELLS * state.share)
    return f"{full * filled}{empty * (BAR_CELLS - filled)} {'  '.join(state.parts())}"


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


def _clock(seconds: float) -> str:
    minutes, rest = divmod(ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
