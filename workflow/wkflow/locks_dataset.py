"""One writer of a dataset at a time, also from other run folders and other machines.

The lock is the kernel's, on a file beside the dataset: a holder that is killed frees it.
"""

import atexit
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from wkflow.errors import TransientError

if os.name == "posix":  # elsewhere two writers are not noticed
    import fcntl

UNKNOWN = "unknown"

HELD = "WKFLOW_HOLDS"
"""In the environment: the dataset that the program which started this one holds already."""


@contextmanager
def holding(dataset: Path) -> Iterator[IO[str] | None]:
    """Hold a dataset; where no lock can be had (a read-only folder, a file system without), do not.

    Gives the lock file: a child that inherits it holds the dataset as well, until it ends.

    Raises
    ------
    TransientError
        If another run holds it.
    """
    file = _held(dataset) if os.name == "posix" else None
    try:
        yield file
    finally:
        if file:
            _free(lock_of(dataset), file)


def hold_until_exit(dataset: Path) -> None:
    """Hold a dataset as `holding` does until this process ends, unless `HELD` says who does.

    Raises
    ------
    TransientError
        If another run holds it.
    """
    if os.environ.get(HELD) != str(dataset):
        with ExitStack() as stack:
            stack.enter_context(holding(dataset))
            atexit.register(stack.pop_all().close)


def lock_of(dataset: Path) -> Path:
    """Give the file beside a dataset that its writer holds, by whatever path the dataset goes."""
    folder = dataset.resolve()
    return folder.with_name(f".{folder.name}.wkflow-lock")


def _held(dataset: Path) -> IO[str] | None:
    path = lock_of(dataset)
    while file := _opened(path):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                raise _taken(file, dataset) from None
        except OSError:  # this file system has no locks, or none for files of others
            if file.writable():
                _free(path, file)
            file.close()
            return None
        if _is_at(path, file):
            _sign(file)
            return file
        file.close()  # its holder removed it between our opening and our locking it
    return None


def _opened(path: Path) -> IO[str] | None:
    """Open the lock, made where there is none; another user's may be for reading only."""
    for flags, mode in ((os.O_RDWR | os.O_CREAT, "r+"), (os.O_RDONLY, "r")):
        with suppress(OSError):
            return os.fdopen(os.open(path, flags, 0o666), mode, encoding="utf-8")
    return None


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _sign(file: IO[str]) -> None:
    """Say who holds it. No option is noted: one may be a token."""
    if not file.writable():
        return
    program, *words = Path(sys.argv[0]).name, *sys.argv[1:2]
    command = " ".join([program, *(word for word in words if word.isalpha())])
    file.truncate(0)
    json.dump({"host": platform.node(), "process": os.getpid(), "command": command}, file)
    file.flush()


def _taken(file: IO[str], dataset: Path) -> TransientError:
    try:
        holder = dict(json.loads(file.read()))
    except (TypeError, ValueError):  # it is about to sign
        holder = {}
    host, process = holder.get("host", UNKNOWN), holder.get("process", UNKNOWN)
    return TransientError(
        f"is being written by another run (host {host}, process {process})",
        str(dataset),
        "Wait for it, or stop it and give the same command.",
    )


def _free(path: Path, file: IO[str]) -> None:
    """Remove the lock while it is still held, so that nobody else's is removed."""
    with file, suppress(OSError):
        path.unlink()
