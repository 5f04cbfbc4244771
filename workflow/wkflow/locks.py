"""One run at a time in a run folder, also after the last one was killed."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from wkflow.atomic_files import discard
from wkflow.errors import TransientError

if os.name == "posix":  # elsewhere two runs at once are not noticed; they write the same bytes
    import fcntl

LOCK = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[IO[str]]:
    """Hold the run folder; what an earlier, killed run left running is stopped first.

    The kernel frees the lock when its holder dies, however it dies. Gives the lock file, in which
    `remember` keeps the process group that the next run would have to stop.

    Raises
    ------
    TransientError
        If another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / LOCK).is_dir():
        discard(folder / LOCK)
    with (folder / LOCK).open("a+", errors="replace") as file:
        if os.name == "posix":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise TransientError(
                    f"another run is at work here (process group {file.read().strip() or '?'})",
                    str(folder),
                    "Wait for it, or stop it and give the same command.",
                ) from None
        _stop_orphans(folder, file)
        try:
            yield file
        finally:
            file.truncate(0)


def remember(file: IO[str], group: int) -> None:
    """Note the process group of this run in the lock file."""
    file.truncate(0)
    file.write(json.dumps(group))
    file.flush()


def _stop_orphans(folder: Path, file: IO[str]) -> None:
    """Kill what is left of the noted group: its processes work in the run folder, or will."""
    file.seek(0)
    text = file.read().strip()
    if not text.isdecimal() or os.name != "posix":
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == int(text) and _works_in(process, folder):
                process.send_signal(signal.SIGKILL)
                process.wait(5)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a process belongs to the run folder; one that only starts is not in it yet."""
    is_there = Path(process.cwd()) == folder.resolve()
    return is_there or any(str(folder) in word for word in process.cmdline())
