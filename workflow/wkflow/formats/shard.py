"""One shard: a file of many chunks with an index at its end.

The format is `sharding_indexed` of Zarr v3
(https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html), the index at
the end, little-endian, with its crc32c: for each chunk, in C order of the grid (c, x, y, z), the
offset and the number of bytes; both are 2**64 - 1 where the chunk holds nothing but zeros.

tensorstore writes the same files; through it a shard of 512 MiB took three to four times as long
here and 1.6 GB of memory, because it keeps a copy of every chunk until the last one is there.
"""

from math import prod
from pathlib import Path
from threading import Lock

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.errors import VerificationError
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


class ShardReader:
    """A shard open for reading; chunks may be asked for from several threads."""

    def __init__(self, path: Path, chunks: Triple, axes: Triple = XYZ) -> None:
        self._path, self._lock = path, Lock()
        self._file = path.open("rb", buffering=0)
        self._index = self._read_index(chunks, axes)

    def _read_index(self, chunks: Triple, axes: Triple) -> NDArray[np.uint64]:
        length = prod(chunks) * 16
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - length - 4))
        tail = self._file.read(length + 4)
        is_short = len(tail) < length + 4
        if is_short or google_crc32c.value(tail[:-4]).to_bytes(4, "little") != tail[-4:]:
            self.close()
            raise VerificationError(
                "the index of this shard is damaged", str(self._path), _REMEDY.format(self._path)
            )
        index = np.frombuffer(tail, "<u8", prod(chunks) * 2)
        return index.reshape(*(chunks[axis] for axis in axes), 2).transpose(*np.argsort(axes), 3)

    def row(self, x: range, y: int, z: int) -> list[memoryview | None]:
        """Read the encoded chunks at `x` of one row; None stands for zeros.

        They lie behind one another where we wrote them, so that one read gives them all; what
        others wrote may lie anywhere in the file, and is then read in one stretch all the same.
        """
        places = self._index[x.start : x.stop, y, z].tolist()
        stored = [place for place in places if place[1] != EMPTY]
        if not stored:
            return [None] * len(places)
        begin = min(offset for offset, _ in stored)
        end = max(offset + length for offset, length in stored)
        with self._lock:
            self._file.seek(begin)
            stretch = memoryview(self._file.read(end - begin))
        return [
            None if length == EMPTY else stretch[offset - begin : offset - begin + length]
            for offset, length in places
        ]

    def close(self) -> None:
        self._file.close()


_REMEDY = "Remove {} and give the same command: it is made anew."
