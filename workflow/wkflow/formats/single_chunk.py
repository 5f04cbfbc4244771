"""A file that holds one chunk: what a shard is in Zarr v2, N5 and precomputed."""

from pathlib import Path

import google_crc32c

from wkflow.atomic_files import PartialFile
from wkflow.formats.contract import Row


class SingleChunk:
    """A file of one chunk that is being written; `empty` is the encoded chunk of zeros."""

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


class ChunkFile:
    """A file of one chunk, opened when it is read: a mag may have thousands of them."""

    def __init__(self, path: Path) -> None:
        path.stat()
        self._path = path

    def row(self, x: range, y: int, z: int) -> list[memoryview | None]:  # noqa: ARG002
        """Read the one chunk."""
        return [memoryview(self._path.read_bytes())]

    def close(self) -> None:
        """Do nothing: the file is not open."""
