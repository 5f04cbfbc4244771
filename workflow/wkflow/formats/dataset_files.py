"""Files by name, wherever they are kept: what readers of mags ask for."""

import os
import posixpath
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Protocol

from wkflow.source_errors import translated

HANDLES = 128
"""Files that stay open: a process may often open only 1024."""

FOLDERS = 64
"""Listings of folders that are remembered: names come folder by folder."""


class Files(Protocol):
    """Files below a root. Names are posix paths relative to it; threads may ask at once."""

    def whole(self, name: str) -> bytes | None:
        """Read a file; None if there is none."""

    def part(self, name: str, begin: int, end: int) -> bytes | None:
        """Read from `begin` to before `end`: fewer bytes where the file ends sooner."""

    def tail(self, name: str, count: int) -> bytes | None:
        """Read the last `count` bytes, or the whole of a shorter file."""

    def size(self, name: str) -> int | None:
        """Give the bytes of a file; None if there is none."""

    def where(self, name: str) -> str:
        """Say how a person finds it."""

    def close(self) -> None:
        """Let go of what is held."""


class LocalFiles:
    """Files below a folder; a name may also be an absolute path.

    Those that parts were read of last stay open, at most `handles` of them.

    Raises
    ------
    SourceError
        By every method: if a file is there and cannot be read.
    """

    def __init__(self, root: str | Path, handles: int = HANDLES) -> None:
        self._root, self._handles = os.fspath(root), handles
        self._open: OrderedDict[str, _Handle] = OrderedDict()
        self._lock = Lock()

    def whole(self, name: str) -> bytes | None:
        with translated(self.where(name)):
            try:
                return Path(self.where(name)).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def part(self, name: str, begin: int, end: int) -> bytes | None:
        with translated(self.where(name)):
            handle = self._handle(name)
            return handle.read(begin, end) if handle else None

    def tail(self, name: str, count: int) -> bytes | None:
        with translated(self.where(name)):
            handle = self._handle(name)
            return handle.read(max(0, handle.size - count), handle.size) if handle else None

    def size(self, name: str) -> int | None:
        with translated(self.where(name)):
            try:
                return Path(self.where(name)).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def where(self, name: str) -> str:
        # as text: a Path for every chunk would cost more than reading it
        return os.path.join(self._root, name)  # noqa: PTH118

    def absent(self, names: Iterable[tuple[str, ...]]) -> Iterator[str]:
        """Give the first of the names of each file that is there under none of them.

        Each folder is listed once, as long as its names come together.
        """
        folders: OrderedDict[str, set[str]] = OrderedDict()

        def is_there(name: str) -> bool:
            folder, base = posixpath.split(name)
            if folder not in folders:
                folders[folder] = self._listed(folder)
                if len(folders) > FOLDERS:
                    folders.popitem(last=False)
            return base in folders[folder]

        return (first for first, *others in names if not any(map(is_there, (first, *others))))

    def _listed(self, folder: str) -> set[str]:
        with translated(self.where(folder)):
            try:
                return set(os.listdir(self.where(folder)))  # noqa: PTH208 -- names are wanted
            except (FileNotFoundError, NotADirectoryError):
                return set()

    def close(self) -> None:
        self._open.clear()

    def _handle(self, name: str) -> "_Handle | None":
        """Give an open file; it is closed when no thread holds it any more."""
        with self._lock:
            if handle := self._open.get(name):
                self._open.move_to_end(name)
                return handle
        try:
            descriptor = os.open(self.where(name), os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        opened = _Handle(descriptor)
        with self._lock:
            self._open[name] = opened
            while len(self._open) > self._handles:
                self._open.popitem(last=False)
        return opened


class _Handle:
    """A file that is open as long as it is referred to: another thread may still read it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)
        self.size = os.fstat(descriptor).st_size

    def read(self, begin: int, end: int) -> bytes:
        """Read from `begin` to before `end`, or to the end of the file."""
        end = min(end, self.size)
        parts = []
        while begin < end and (part := os.pread(self._descriptor, end - begin, begin)):
            parts.append(part)
            begin += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
