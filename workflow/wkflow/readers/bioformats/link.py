"""The way to the process in which Bio-Formats runs."""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from wkflow.errors import SourceError
from wkflow.readers.bioformats.java import find_jar, find_jvm
from wkflow.source_errors import REMEDY

PROGRAM = str(Path(__file__).with_name("process.py"))

PATIENCE_SECONDS = 5
"""How long a process may take to end."""

WORDS = {
    "UnknownFormatException": "is of no kind that Bio-Formats knows",
    "EOFException": "is cut short",
    "EOFError": "is cut short",
    "FileNotFoundException": "needs a file that is not there",
    "OutOfMemoryError": "needs more memory than Java was given",
}
"""What is said of some of Java's exceptions; of others, that the file cannot be read."""

REMEDIES = {
    "FileNotFoundException": "Copy the files that belong to it, too.",
    "OutOfMemoryError": "Give Java more: export _JAVA_OPTIONS=-Xmx4g",
}

MESSAGE_MAX_CHARACTERS = 160


class Link:
    """A process with one open file; its requests come one after the other."""

    def __init__(self, path: str) -> None:
        command = [sys.executable, "-P", PROGRAM, find_jar(path), find_jvm(path)]
        self._lock, self._owner = threading.Lock(), os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 -- our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it ends with us: an interrupt is not for it
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    @property
    def is_usable(self) -> bool:
        """Tell whether the process still runs, and listens to us: not after a fork."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, path: str, /, **request: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401
        """Send a request and wait for its answer; `path` is the file, for errors."""
        with self._lock:
            try:
                answer, voxels = self._exchange(request)
            except (OSError, ValueError, EOFError):
                self._kill()
                what = "made Bio-Formats end in the middle of its work"
                raise SourceError(what, path, REMEDY) from None
            except BaseException:
                self._kill()  # the rest of an answer must not meet the next request
                raise
        if "error" in answer:
            raise _source_error(path, answer["error"], answer["message"])
        return answer, voxels

    def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.flush()
        answer: dict[str, Any] = json.loads(self._answers.readline())
        voxels = self._answers.read(answer.get("size", 0))
        if len(voxels) != answer.get("size", 0):
            raise EOFError
        return answer, voxels

    def close(self) -> None:
        """End the process."""
        with self._lock, suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
        self._answers.close()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _source_error(path: str, error: str, message: str) -> SourceError:
    detail = " ".join(message.split())[:MESSAGE_MAX_CHARACTERS]
    words = WORDS.get(error, f"cannot be read by Bio-Formats ({error})")
    return SourceError(f"{words}: {detail}" if detail else words, path, REMEDIES.get(error, REMEDY))


_IDLE: list[Link] = []
"""One process at most that waits for the next file: it takes a second to start one."""

_IDLE_LOCK = threading.Lock()


@contextmanager
def linked(path: str) -> Iterator[Link]:
    """Lend a process until the end of the `with` block: the waiting one, or a new one."""
    with _IDLE_LOCK:
        link = _IDLE.pop() if _IDLE else None
    if link is None or not link.is_usable:
        link = Link(path)
    try:
        yield link
    finally:
        _give_back(link)


def _give_back(link: Link) -> None:
    with suppress(SourceError):  # a process that ended has no file open
        link.ask("", do="close")
    with _IDLE_LOCK:
        if link.is_usable and not _IDLE:
            _IDLE.append(link)
            return
    link.close()


@atexit.register
def _end_idle() -> None:
    while _IDLE:
        link = _IDLE.pop()
        if link.is_usable:  # else it belongs to the process that forked us
            link.close()
