"""Files that are there whole or not at all, also after a power cut.

The single module that knows temporary names, fsync and replacement. A killed writer leaves at
most a file with the suffix `.partial`, which `sweep` removes.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from wkflow.errors import ResourceError

PARTIAL = ".partial"
"""Ends the name of every file that is not whole yet: never read, uploaded or counted."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that appears under its name only when the block ends well.

    The temporary name is new each time, so that two writers of one file cannot mix their bytes.

    Raises
    ------
    ResourceError
        If the disk is full.
    """
    partial = path.with_name(f".{path.name}.{os.urandom(6).hex()}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        if error.errno in _FULL:
            raise ResourceError(
                "the disk is full",
                str(path.parent),
                "Free space there and give the same command: what is written is kept.",
            ) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


def flush(paths: Iterable[Path]) -> None:
    """Return when the files and the folders that name them are on the disk itself."""
    folders = set()
    for path in paths:
        _sync(path)
        folders.add(path.parent)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        for folder in folders:
            _sync(folder)


class Flusher:
    """Flushes files one after the other beside other work; its end waits for all of them.

    An idle one flushes nothing: for files that are compared with their receipts before anything
    relies on them, and made again if the power took them.
    """

    def __init__(self, *, is_idle: bool = False) -> None:
        self._is_idle = is_idle

    def __enter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1)
        self._flushed: list[Future[None]] = []
        return self

    def flush(self, path: Path) -> None:
        """Begin to flush a file that is whole."""
        if not self._is_idle:
            self._flushed.append(self._thread.submit(flush, [path]))

    def __exit__(self, *failure: object) -> None:
        self._thread.shutdown()
        for flushed in self._flushed:
            flushed.result()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, document: object, *, indent: int | None = 1) -> None:
    """Replace `path` by the JSON form of `document`, durably."""
    with replacing(path) as file:
        file.write(json.dumps(document, indent=indent).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    flush([path])


def sweep(folder: Path) -> int:
    """Remove what killed writers left below `folder`; say how many files that were."""
    swept = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(PARTIAL):
                Path(parent, name).unlink(missing_ok=True)
                swept += 1
    return swept
