"""A folder that several processes want: made once, and never taken for whole when it is not."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

WHOLE = ".whole"
"""Appears in the folder, by rename, when all of it is made."""


def make_whole(folder: Path, recipe: str, make: Callable[[Path], None]) -> Path:
    """Make `folder` unless it was made by the same recipe; others wait, a torn one is made anew.

    The folder is made in its final place, because the scripts of a virtual environment know it.
    """
    mark = folder / WHOLE
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != recipe:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            draft = mark.with_suffix(".draft")
            draft.write_text(recipe)
            draft.rename(mark)
    return folder
