"""Files whose first bytes tell no format: MRC, Analyze, raw voxels."""

import os
import stat
from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.readers.content import MAGIC
from wkflow.readers.fault import REMEDY


def open_unmarked(path: str) -> BinaryIO:
    """Open a file of any content, at its beginning; the caller closes it.

    Raises
    ------
    SourceError
        If it is empty, or a pipe or a device. What the operating system raises is left to the
        caller.
    """
    found = os.stat(path)  # noqa: PTH116 -- ten thousand slices: no Path for each
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise SourceError("is a pipe or a device, not a file", path, "Copy it to a plain file.")
    if found.st_size == 0:
        raise SourceError("is empty (0 bytes)", path, REMEDY)
    return open(path, "rb")  # noqa: PTH123 -- as above


def not_of(kind: str, path: str, head: bytes) -> SourceError:
    """Give the error over a file that is no `kind`, and say what it holds if `head` tells."""
    suffix = os.path.splitext(path)[1]  # noqa: PTH122 -- as above
    held = next((name for name, magics in MAGIC.items() if head.startswith(magics)), None)
    if held is None:
        return SourceError(f"is no {kind} file, though it is named {suffix}", path, REMEDY)
    return SourceError(
        f"is named {suffix} but holds {held}",
        path,
        f"Give it the suffix of what it holds, or export it as {kind}.",
    )
