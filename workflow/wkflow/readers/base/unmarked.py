"""Files whose first bytes tell no format: MRC, Analyze, raw voxels."""

from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.readers.base.file_type import plain_size
from wkflow.source_errors import REMEDY


def open_unmarked(path: str) -> BinaryIO:
    """Open a file of any content, at its beginning; the caller closes it.

    Raises
    ------
    SourceError
        If it is empty, or a pipe or a device. What the operating system raises is left to the
        caller.
    """
    if plain_size(path) == 0:
        raise SourceError("is empty (0 bytes)", path, REMEDY)
    return open(path, "rb")  # noqa: PTH123 -- ten thousand slices: no Path for each
