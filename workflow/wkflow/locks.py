"""Locks between processes: of a run folder, of a dataset, of a file that several may download.

All are the kernel's, which frees them when their process dies, however it dies.
"""

import atexit
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil

from wkflow.atomic_files import discard
from wkflow.errors import TransientError
from wkflow.run_folder import LOCK

if os.name == "posix":  # elsewhere two at once are not noticed; they write the same bytes
    import fcntl

LOCKED = "WKFLOW_LOCKED"
"""In the environment: the dataset that the program which started this one has locked already."""

UNKNOWN = "unknown"


def _lock(file: IO[Any]) -> None:
    """Lock an open file, or raise OSError: BlockingIOError if another process has it locked."""
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Wait until no other process has a file locked; it stays locked for the block, and empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if os.name == "posix":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_locked(path: Path) -> bool:
    """Tell whether a process has a file locked; where the system does not say, one has."""
    if os.name != "posix":
        return True
    with path.open("ab") as file:
        try:
            _lock(file)
        except OSError:
            return True
        return False


@contextmanager
def run_folder_lock(folder: Path) -> Iterator[IO[str]]:
    """Lock a run folder; what an earlier, killed run left running is stopped first.

    Gives the lock file, in which `note_process_group` keeps the process group that the next run
    would have to stop.

    Raises
    ------
    TransientError
        If another run has it locked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / LOCK).is_dir():
        discard(folder / LOCK)
    with (folder / LOCK).open("a+", errors="replace") as file:
        if os.name == "posix":
            try:
                _lock(file)
            except OSError:
                file.seek(0)
                group = file.read().partition(" ")[0]
                raise TransientError(
                    f"another run is at work here (process group {group or '?'})",
                    str(folder),
                    "Wait for it, or stop it and give the same command.",
                ) from None
        _stop_orphans(folder, file)
        try:
            yield file
        finally:
            file.truncate(0)


def note_process_group(file: IO[str], group: int) -> None:
    """Note the process group of this run in the lock file, and when its first process began."""
    file.seek(0)
    file.truncate(0)
    file.write(f"{group} {_began(group)}")
    file.flush()


def _began(process: int) -> float | None:
    """Give when a process began; with its number that is one process only."""
    with suppress(psutil.Error, OSError):
        return float(psutil.Process(process).create_time())
    return None


def _stop_orphans(folder: Path, file: IO[str]) -> None:
    """Kill what is left of the noted group: all of it, if its first process is the noted one.

    If that is gone, those that work in the run folder, or will.
    """
    file.seek(0)
    group, _, began = file.read().strip().partition(" ")
    if not group.isdecimal() or os.name != "posix":
        return
    is_same = bool(began) and str(_began(int(group))) == began
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            is_member = os.getpgid(process.pid) == int(group)
            if is_member and (is_same or _works_in(process, folder)):
                process.send_signal(signal.SIGKILL)
                process.wait(5)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a process belongs to the run folder; one that only starts is not in it yet.

    It was told of it then, or, if it is a fork, writes its log there.
    """
    place = folder.resolve()
    if Path(process.cwd()) == place or any(str(folder) in word for word in process.cmdline()):
        return True
    return any(Path(file.path).is_relative_to(place) for file in process.open_files())


@contextmanager
def dataset_lock(dataset: Path) -> Iterator[IO[str] | None]:
    """Lock a dataset, where a lock can be had: not in read-only folders, nor on all file systems.

    The lock's file lies beside the dataset, so that runs of other run folders and other machines
    see it, and goes with the lock. It is given: a child that inherits it keeps the lock as well.

    Raises
    ------
    TransientError
        If another run has it locked.
    """
    file = _locked(dataset) if os.name == "posix" else None
    try:
        yield file
    finally:
        if file:
            _free(dataset_lock_file(dataset), file)


def lock_dataset_until_exit(dataset: Path) -> None:
    """Lock a dataset as `dataset_lock` does until this process ends, unless its parent did.

    Raises
    ------
    TransientError
        If another run has it locked.
    """
    if not has_lock_of_caller(dataset):
        with ExitStack() as stack:
            stack.enter_context(dataset_lock(dataset))
            atexit.register(stack.pop_all().close)


def has_lock_of_caller(dataset: Path) -> bool:
    """Whether the program that started this one holds the dataset's lock, and tells of the run."""
    return os.environ.get(LOCKED) == str(dataset)


def dataset_lock_file(dataset: Path) -> Path:
    """Give the file beside a dataset that its writer locks, by whatever path the dataset goes."""
    folder = dataset.resolve()
    return folder.with_name(f".{folder.name}.wkflow-lock")


def _locked(dataset: Path) -> IO[str] | None:
    path = dataset_lock_file(dataset)
    while file := _opened(path):
        try:
            _lock(file)
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
        file.close()  # its owner removed it between our opening and our locking it
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
    """Say who has locked it. No option is noted: one may be a token."""
    if not file.writable():
        return
    program, *words = Path(sys.argv[0]).name, *sys.argv[1:2]
    command = " ".join([program, *(word for word in words if word.isalpha())])
    file.truncate(0)
    json.dump({"host": platform.node(), "process": os.getpid(), "command": command}, file)
    file.flush()


def _taken(file: IO[str], dataset: Path) -> TransientError:
    try:
        owner = dict(json.loads(file.read()))
    except (TypeError, ValueError):  # it is about to sign
        owner = {}
    host, process = owner.get("host", UNKNOWN), owner.get("process", UNKNOWN)
    return TransientError(
        f"is being written by another run (host {host}, process {process})",
        str(dataset),
        "Wait for it, or stop it and give the same command.",
    )


def _free(path: Path, file: IO[str]) -> None:
    """Remove the file of a lock while it is locked, so that nobody else's is removed."""
    with file, suppress(OSError):
        path.unlink()
