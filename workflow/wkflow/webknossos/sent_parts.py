"""What a server has accepted of a batch: so that an interrupted job goes on where it stopped."""

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock

from wkflow.errors import TransientError

BEGUN = 0
"""Stands for "the first piece may be under way": pieces are numbered from 1."""


class Journal:
    """One line for each piece, appended when it is accepted; a torn last line counts as none.

    It is not flushed to the disk: what it forgets is asked of the server.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._marks: dict[str, str] = {}
        self._pieces: dict[tuple[str, int], bool] = {}
        self.is_resumed = path.exists()
        if self.is_resumed:
            self._read()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)

    def _read(self) -> None:
        text = self._path.read_text(errors="replace")
        if not text.endswith("\n"):
            with self._path.open("a") as file:  # what follows a torn line begins on one of its own
                file.write("\n")
        for line in text.splitlines():
            with suppress(ValueError, TypeError):
                path, number, mark, certain = json.loads(line)
                self._marks[path] = mark
                self._pieces[path, number] = certain

    def begin(self, path: str, mark: str) -> None:
        """Note that a file is on its way; `mark` changes when the file does.

        Raises
        ------
        ChangedError
            If the server has pieces of it from when it was another: it never takes them again.
        """
        if self._marks.setdefault(path, mark) != mark:
            raise ChangedError(
                "was sent in part when it was another", path,
                "Give the same command: it is sent to a new upload.",
            )  # fmt: skip
        self.note(path, BEGUN, certain=True)

    def has(self, path: str, number: int) -> bool:
        """Whether the server has a piece."""
        return (path, number) in self._pieces

    def is_certain(self, path: str, number: int) -> bool:
        """Whether the server accepted a piece, or only said later that it had it.

        It notes a piece before it writes it, so that a crash may leave a note without bytes.
        """
        return self._pieces.get((path, number), False)

    def note(self, path: str, number: int, *, certain: bool) -> None:
        """Remember that the server has a piece; from any thread."""
        with self._lock:
            if (path, number) in self._pieces:
                return
            self._pieces[path, number] = certain
            with self._path.open("a") as file:
                file.write(json.dumps([path, number, self._marks[path], certain]) + "\n")


class ChangedError(TransientError):
    """A file is no longer what the server has of it."""
