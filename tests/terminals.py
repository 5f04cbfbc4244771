"""Pseudo-terminals: programs that believe that a person looks at them, and what they show."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator

from tests.runs import TIMEOUT_S, environment

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Sets a colour or bold, or ends it."""

QUIET = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "COLORTERM", "TTY_COMPATIBLE")
"""Variables that would decide in place of a test."""


def resize(terminal: int, columns: int) -> None:
    """Give a terminal another width."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


@contextlib.contextmanager
def terminal(columns: int) -> Iterator[tuple[int, int]]:
    """Open a terminal: our end of it, and that of a program."""
    ours, theirs = pty.openpty()
    resize(theirs, columns)
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def at_terminal(
    *words: object, columns: int = 80, cwd: object = None, **variables: str
) -> tuple[int, str]:
    """Run the command at a terminal; give its exit status, and all that the terminal got."""
    env = {name: value for name, value in environment().items() if name not in QUIET}
    env |= {"TERM": "xterm-256color", **variables}
    with terminal(columns) as (ours, theirs):
        command = [sys.executable, "-m", "wkflow", *map(str, words)]
        ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        with subprocess.Popen(command, env=env, cwd=cwd, **ends) as process:  # type: ignore[call-overload]  # of the ends
            os.close(theirs)
            told = all_of(ours)
            return process.wait(TIMEOUT_S), told


def all_of(ours: int) -> str:
    """Read what a terminal gets until nobody has it open any more."""
    told = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while block := os.read(ours, 65536):
            told += block
    return told.decode().replace("\r\n", "\n")


def shown_to(show: Callable[[object], None], columns: int = 80) -> str:
    """Let something write to a terminal in this process; give what that got, at most some kB."""
    with terminal(columns) as (ours, theirs):
        with os.fdopen(theirs, "w", encoding="utf-8") as out:
            show(out)
        return all_of(ours)
