"""Locks between processes, which the kernel frees when their holder dies, however it dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if os.name == "posix":  # elsewhere two at once do the same work twice
    import fcntl


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for a lock, and hold it during the block; its file stays, empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if os.name == "posix":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Tell whether somebody holds a lock; where the system does not say, somebody does."""
    if os.name != "posix":
        return True
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
