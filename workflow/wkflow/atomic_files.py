"""Files that are there whole or not at all, also after a power cut.

The single module that knows temporary names, fsync and replacement. A killed writer leaves at
most a file with the suffix `.partial`, which `sweep` removes.
"""

import errno
import json
import os
import shutil
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Self

from wkflow.errors import ResourceError

PARTIAL = ".partial"
"""Ends the name of every file that is not whole yet: never read, uploaded or counted."""

FLUSHES = 4
"""At once: file systems gather them, which counts where each chunk is a file."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

MOST_PIECES = 1024
"""IOV_MAX of Linux and macOS."""

HANDLES = 128
"""Files open at once among those that grow side by side: a process may often open only 1024."""


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that appears under its name only when the block ends well.

    The temporary name is new each time, so that two writers of one file cannot mix their bytes.

    Raises
    ------
    ResourceError
        If the disk is full.
    """
    partial = _partial(path)
    try:
        with _telling_full(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("xb") as file:
                yield file
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}{PARTIAL}")


@contextmanager
def _telling_full(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ResourceError(
                "the disk is full",
                str(path.parent),
                "Free space there and give the same command: what is written is kept.",
            ) from error
        raise


class Handles:
    """Files that grow side by side: those written last are open, the others wait closed.

    For one thread at a time.
    """

    def __init__(self, most: int = HANDLES) -> None:
        self._most = most
        self._open: OrderedDict[Path, IO[bytes]] = OrderedDict()

    def get(self, path: Path) -> IO[bytes]:
        """Give a file open for reading and writing anywhere; it is made where there is none."""
        if path not in self._open:
            while len(self._open) >= self._most:
                self._open.popitem(last=False)[1].close()
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._open[path] = os.fdopen(os.open(path, flags, 0o666), "r+b", buffering=0)
        self._open.move_to_end(path)
        return self._open[path]

    def close(self, path: Path) -> None:
        """Close one file if it is open."""
        if path in self._open:
            self._open.pop(path).close()


class PartialFile:
    """A file that is written over time; it appears under its name only by `finish`.

    `before` is called just before that.

    Raises
    ------
    ResourceError
        From any method, if the disk is full.
    """

    def __init__(
        self, path: Path, handles: Handles, before: Callable[[], object] | None = None
    ) -> None:
        self.path, self._handles, self._before = path, handles, before
        self._partial = _partial(path)
        self.size = 0
        with _telling_full(path):
            path.parent.mkdir(parents=True, exist_ok=True)

    def beside(self) -> "PartialFile":
        """Give another one in the same folder: room for what is put in order later."""
        return PartialFile(self.path, self._handles)

    def append(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Write pieces behind one another at the end."""
        with _telling_full(self.path):
            file = self._handles.get(self._partial)
            for count in _written(file, pieces, self.size):
                self.size += count

    def put(self, offset: int, piece: bytes | memoryview) -> None:
        """Write a piece anywhere; what lies between it and the end reads as zeros."""
        with _telling_full(self.path):
            file = self._handles.get(self._partial)
            for _ in _written(file, [piece], offset):
                pass
            self.size = max(self.size, offset + len(piece))

    def stretch(self, size: int) -> None:
        """Let the file end at `size`; what was never written reads as zeros."""
        with _telling_full(self.path):
            self._handles.get(self._partial).truncate(size)
            self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Read what was written."""
        with _telling_full(self.path):
            file = self._handles.get(self._partial)
            file.seek(offset)
            return file.read(length)

    def finish(self) -> None:
        """Put the file in its place."""
        with _telling_full(self.path):
            self._handles.get(self._partial)  # made here, if nothing was written
            self._handles.close(self._partial)
            if self._before:
                self._before()
            self._partial.replace(self.path)

    def abandon(self) -> None:
        """Leave nothing behind; after `finish` the file stays."""
        with suppress(OSError):  # what is not flushed to a full disk is not wanted
            self._handles.close(self._partial)
        self._partial.unlink(missing_ok=True)


def _written(file: IO[bytes], pieces: Iterable[bytes | memoryview], place: int) -> Iterator[int]:
    """Write pieces behind one another from a place on; give how many bytes each call wrote.

    As many as the system takes are one call: each lets other threads go first, and waits for them.
    """
    waiting = deque(memoryview(piece).cast("B") for piece in pieces if len(piece))
    while waiting:
        if hasattr(os, "pwritev"):
            count = os.pwritev(file.fileno(), list(islice(waiting, MOST_PIECES)), place)
        else:
            file.seek(place)
            count = file.write(waiting[0])
        yield count
        place += count
        while waiting and count >= len(waiting[0]):
            count -= len(waiting.popleft())
        if count:
            waiting[0] = waiting[0][count:]


def flush(paths: Iterable[Path]) -> None:
    """Return when the files and the folders that name them are on the disk itself."""
    folders = set()
    for path in paths:
        _sync(path)
        folders.add(path.parent)
    _sync_folders(folders)


def _sync_folders(folders: Iterable[Path]) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        for folder in folders:
            _sync(folder)


class Flusher:
    """Flushes files beside other work; its end waits for all of them, and for their folders.

    An idle one flushes nothing: for files that are compared with their receipts before anything
    relies on them, and made again if the power took them.
    """

    def __init__(self, *, is_idle: bool = False) -> None:
        self._is_idle = is_idle

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(FLUSHES)
        self._flushed: list[Future[None]] = []
        self._folders: set[Path] = set()
        return self

    def flush(self, path: Path) -> None:
        """Begin to flush a file that is whole."""
        if not self._is_idle:
            self._flushed.append(self._threads.submit(_sync, path))
            self._folders.add(path.parent)

    def __exit__(self, *failure: object) -> None:
        self._threads.shutdown()
        for flushed in self._flushed:
            flushed.result()
        _sync_folders(self._folders)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_json(document: object, *, indent: int | None = 1) -> bytes:
    """Give what `write_json` writes."""
    return json.dumps(document, indent=indent).encode() + b"\n"


def write_json(path: Path, document: object, *, indent: int | None = 1) -> None:
    """Replace `path` by the JSON form of `document`, durably."""
    with atomic_write(path) as file:
        file.write(as_json(document, indent=indent))
        file.flush()
        os.fsync(file.fileno())
    flush([path])


def sweep(folder: Path, *, is_deep: bool = True) -> int:
    """Remove what killed writers left below `folder`; say how many files that were.

    A sweep that is not deep leaves the folders below as they are.
    """
    swept = 0
    for parent, below, names in os.walk(folder):
        if not is_deep:
            below.clear()
        for name in names:
            if name.startswith(".") and name.endswith(PARTIAL):
                Path(parent, name).unlink(missing_ok=True)
                swept += 1
    return swept


def discard(path: Path) -> None:
    """Remove a file, or the folder that is in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
