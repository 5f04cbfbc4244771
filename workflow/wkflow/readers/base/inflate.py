"""The bytes of a gzip file (RFC 1952), read from the first on."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.base.file_type import open_as
from wkflow.source_errors import REMEDY, translated

try:  # twice as fast as zlib; comes with the extra `nifti`
    from isal import igzip as gzip
    from isal import isal_zlib as zlib
except ImportError:  # the twins of their interfaces
    import gzip  # type: ignore[no-redef]
    import zlib  # type: ignore[no-redef]

SKIP_BYTES = 2**20
"""Unwanted bytes are inflated a piece at a time."""


class Inflated:
    """One position in the inflated bytes: ascending reads are one pass. For one thread at a time.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".gz") as file:
    ...     _ = file.write(gzip.compress(b"abcdef"))
    ...     file.flush()
    ...     inflated, two = Inflated(file.name), np.empty(2, np.uint8)
    ...     inflated.read_into(3, two)
    ...     inflated.close()
    >>> bytes(two)
    b'de'
    """

    def __init__(self, path: str) -> None:
        self._path, self._position = path, 0
        with translated(path):
            self._file = open_as("gzip", path)
            self._stream = gzip.GzipFile(fileobj=self._file, mode="rb")  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let the file go."""
        self._stream.close()
        self._file.close()

    def read_into(self, start: int, out: NDArray[Any]) -> None:
        """Fill a C-contiguous array with the bytes from `start` on.

        Raises
        ------
        SourceError
            If the file ends before, or is damaged.
        """
        with self._translated():
            if start < self._position:
                self._rewind()
            self._skip(start - self._position)
            self._fill(memoryview(out.reshape(-1).view(np.uint8).data))

    def finish(self) -> None:
        """Go on to the end: only there the checksum is compared."""
        with self._translated():
            while block := self._stream.read(SKIP_BYTES):
                self._position += len(block)

    def head(self, size: int) -> bytes:
        """Give the first bytes, fewer if the file has fewer."""
        with self._translated():
            self._rewind()
            found = self._stream.read(size)
            self._position = len(found)
            return found

    def _rewind(self) -> None:
        self._stream.close()
        self._file.seek(0, io.SEEK_SET)
        self._stream = gzip.GzipFile(fileobj=self._file, mode="rb")  # type: ignore[no-untyped-call]
        self._position = 0

    def _skip(self, count: int) -> None:
        nowhere = memoryview(bytearray(min(count, SKIP_BYTES)))
        while count:
            self._fill(nowhere[:count])
            count -= min(count, len(nowhere))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._path):
            try:
                yield
            except EOFError:
                raise SourceError("is cut short", self._path, REMEDY) from None
            except zlib.error as error:  # type: ignore[misc] # its stub has an instance
                raise SourceError(f"is damaged: {error}", self._path, REMEDY) from error

    def _fill(self, rest: memoryview) -> None:
        while rest:
            count = self._stream.readinto(rest)
            if count == 0:
                raise SourceError("is cut short: its voxels are not all there", self._path, REMEDY)
            self._position += count
            rest = rest[count:]
