"""A file as memory: what is not read costs nothing."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
from numpy.typing import NDArray

Content = NDArray[np.uint8]
"""The bytes of a file."""


@contextmanager
def mapped(path: str) -> Iterator[Content]:
    """Map a file that is not empty, for reading.

    The map outlives the block as long as a view of it is left: a thread that still reads, or the
    traceback of a failed read.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield np.frombuffer(content, np.uint8)
    finally:
        with suppress(BufferError):
            content.close()
