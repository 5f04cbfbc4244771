"""The one place where what foreign code raises becomes a `SourceError`."""

import errno
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from wkflow.errors import ResourceError, SourceError

REMEDY = "Export the image again, or take it out of the folder."

FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Seen from the decoders on damaged files. TiffFileError is a ValueError, imagecodecs raises
RuntimeErrors, Pillow OSErrors and SyntaxErrors; a header that lies makes tifffile divide by
zero, index past the end or compute with None."""

OF_THIS_MACHINE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
"""Limits that a process ran into while it read; the file is not to blame."""

DETAIL_MAX_CHARACTERS = 160
"""Two lines of a terminal: a decoder may quote half the file."""


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn whatever a decoder raises over `path` into a `SourceError`, or a `ResourceError`."""
    try:
        yield
    except FOREIGN as error:
        if isinstance(error, OSError) and error.errno in OF_THIS_MACHINE:
            raise
        raise _source_error(path, error) from error
    except MemoryError as error:
        raise ResourceError(
            "needs more memory than there is", path,
            "Give the job more memory; if the file is small, it is damaged: export it again.",
        ) from error  # fmt: skip


def _source_error(path: str, error: Exception) -> SourceError:
    match error:
        case FileNotFoundError():
            return SourceError("is not there", path, "Check the path; was the file moved?")
        case PermissionError():
            return SourceError("may not be read", path, f"Grant access: chmod u+r {path}")
        case IsADirectoryError():
            return SourceError("is a folder, not an image", path, "Rename it or take it away.")
        case OSError(errno=int(number)):
            remedy = "Check that the disk or the network share is well, then try again."
            return SourceError(f"cannot be read: {os.strerror(number)}", path, remedy)
        case _:
            return SourceError(f"is damaged or of an unknown kind: {_detail(error)}", path, REMEDY)


def _detail(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words[:DETAIL_MAX_CHARACTERS]
