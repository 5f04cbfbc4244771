"""One shard that is being written: a file of many chunks with an index, or of a single one.

The format of the first is `sharding_indexed` of Zarr v3
(https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html), the index at
the end, little-endian, with its crc32c: for each chunk, in C order of the grid (c, x, y, z), the
offset and the number of bytes; both are 2**64 - 1 where the chunk holds nothing but zeros.

tensorstore writes the same files; through it a shard of 512 MiB took three to four times as long
here and 1.6 GB of memory, because it keeps a copy of every chunk until the last one is there.
"""

import google_crc32c
import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.contract import Row
from wkflow.model.box import Triple

XYZ = (0, 1, 2)

EMPTY = 2**64 - 1
"""Offset and size of a chunk that is not stored, by the specification."""


class IndexedShard:
    """A shard of `chunks` (x, y, z) chunks that is being written, row by row.

    `empty` is the encoded chunk of zeros, stored once where a shard would hold no chunk at all:
    every planned file then holds at least one, as readers expect. `axes` say which of x, y and z
    the first, second and third of these axes of the array is: its index lies so.
    """

    def __init__(self, file: PartialFile, chunks: Triple, empty: bytes, axes: Triple = XYZ) -> None:
        self._file, self._empty, self._crc, self._axes = file, empty, 0, axes
        self._index = np.full((*chunks, 2), EMPTY, "<u8")

    def append(self, row: Row, y: int, z: int) -> None:
        """Add the chunks of one row; those that are None are left out."""
        end = self._file.size
        for x, chunk in enumerate(row):
            if chunk is not None:
                self._index[x, y, z] = end, len(chunk)
                end += len(chunk)
                self._crc = google_crc32c.extend(self._crc, chunk)
        self._file.append(chunk for chunk in row if chunk is not None)

    def finish(self) -> tuple[int, str]:
        """Write the index and put the shard in its place; give its bytes and its crc32c."""
        if self._file.size == 0:
            self.append([self._empty], 0, 0)
        tail = self._index.transpose(*self._axes, 3).tobytes()
        tail += google_crc32c.value(tail).to_bytes(4, "little")
        self._file.append([tail])
        self._file.finish()
        return self._file.size, f"{google_crc32c.extend(self._crc, tail):08x}"

    def abandon(self) -> None:
        self._file.abandon()


class SingleChunk:
    """A file of one chunk, as in Zarr v2, N5 and precomputed; `empty` is the encoded zeros."""

    def __init__(self, file: PartialFile, empty: bytes = b"") -> None:
        self._file, self._chunk = file, empty

    def append(self, row: Row, y: int, z: int) -> None:  # noqa: ARG002 -- it has one place
        """Take the chunk."""
        (chunk,) = row
        self._chunk = chunk or self._chunk

    def finish(self) -> tuple[int, str]:
        """Write the chunk and put the file in its place; give its bytes and its crc32c."""
        self._file.append([self._chunk])
        self._file.finish()
        return self._file.size, f"{google_crc32c.value(self._chunk):08x}"

    def abandon(self) -> None:
        self._file.abandon()
