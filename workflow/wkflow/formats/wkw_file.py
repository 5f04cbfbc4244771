"""One WKW file: a cube of blocks in Morton order, behind a header and, compressed, their ends.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md. Sixteen bytes of
header: `WKW`, version 1, an octet with the binary logarithms of a cube's edge in blocks (upper
half) and of a block's in voxels (lower half), the kind of block, the kind of voxel, the bytes of a
voxel with all its channels, and the offset of the first block as uint64. Where blocks are
compressed, the offset of each block's end as uint64 comes before them. All is little-endian. Every
block is there, also beyond the layer and where there are only zeros.
"""

import os
from functools import cache
from math import prod
from pathlib import Path
from threading import Lock

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.errors import ConfigError, VerificationError
from wkflow.formats.contract import Row
from wkflow.model.box import Triple
from wkflow.model.layer import ITEM_BYTES, Grid, Layer

HEADER_BYTES = 16
BLOCKS = {"none": 1, "lz4": 2, "lz4hc": 3}
"""The kinds of block, by the codec that makes them."""

VOXELS = {
    "uint8": 1, "uint16": 2, "uint32": 3, "uint64": 4, "float32": 5, "float64": 6,
    "int8": 7, "int16": 8, "int32": 9, "int64": 10,
}  # fmt: skip
"""The kinds of voxel, by numpy's name."""

STRETCH_BYTES = 2**23
"""Read at once where a file is summed or put in order: large enough for a disk, small in memory."""


def header(layer: Layer, grid: Grid, codec_name: str, offset: int) -> bytes:
    """Give the header of a file, its first block at `offset`; of a mag's `header.wkw` with 0.

    Raises
    ------
    ConfigError
        If blocks or cubes are no cubes of powers of two.
    """
    edges = _log2(grid.shard) - _log2(grid.chunk) << 4 | _log2(grid.chunk)
    size = ITEM_BYTES[layer.dtype] * layer.channels
    kinds = (1, edges, BLOCKS[codec_name], VOXELS[layer.dtype], size)
    return b"WKW" + bytes(kinds) + offset.to_bytes(8, "little")


def _log2(extents: Triple) -> int:
    edge = extents[0]
    if set(extents) != {edge} or edge.bit_count() != 1 or edge > 2**15:
        raise ConfigError(
            f"WKW holds no chunks or shards of {'x'.join(map(str, extents))} voxels",
            "chunk_shape",
            "Use one power of two for x, y and z, such as 32,32,32.",
        )
    return edge.bit_length() - 1


@cache
def morton(edge: int) -> NDArray[np.int64]:
    """Give the place of each block of a cube, shape (x, y, z): bits interleaved, x the lowest.

    >>> morton(2)[:, 1, 0].tolist()
    [2, 3]
    """
    place = np.zeros(edge, np.int64)
    for bit in range(edge.bit_length()):
        place |= (np.arange(edge) >> bit & 1) << 3 * bit
    places: NDArray[np.int64] = (
        place[:, None, None] | place[None, :, None] << 1 | place[None, None, :] << 2
    )
    places.flags.writeable = False
    return places


class RawCube:
    """A file of uncompressed blocks that is being written: each is put where it belongs."""

    def __init__(self, file: PartialFile, head: bytes, edge: int, block_bytes: int) -> None:
        self._file, self._places, self._block_bytes = file, morton(edge), block_bytes
        file.append([head])

    def append(self, row: Row, y: int, z: int) -> None:
        """Put the blocks of one row; where there are only zeros, the file has a hole."""
        for place, block in zip(self._places[:, y, z].tolist(), row, strict=False):
            if block is not None:
                self._file.put(HEADER_BYTES + place * self._block_bytes, block)

    def finish(self) -> tuple[int, str]:
        """Sum the file up and put it in its place; give its bytes and its crc32c."""
        self._file.stretch(HEADER_BYTES + self._places.size * self._block_bytes)
        crc = 0
        for offset in range(0, self._file.size, STRETCH_BYTES):
            crc = google_crc32c.extend(crc, self._file.read(offset, STRETCH_BYTES))
        self._file.finish()
        return self._file.size, f"{crc:08x}"

    def abandon(self) -> None:
        self._file.abandon()


class PackedCube:
    """A file of compressed blocks that is being written.

    Rows come in another order than blocks lie in the file, and nobody knows how long a block will
    be: blocks wait in a second file until the last one is there.
    """

    def __init__(self, file: PartialFile, head: bytes, edge: int, empty: bytes) -> None:
        self._file, self._head, self._empty = file, head, empty
        self._spool, self._places = file.beside(), morton(edge)
        self._offsets = np.zeros(edge**3, np.int64)
        self._lengths = np.zeros(edge**3, np.int64)

    def append(self, row: Row, y: int, z: int) -> None:
        """Add the blocks of one row."""
        end = self._spool.size
        for place, block in zip(self._places[:, y, z].tolist(), row, strict=False):
            if block is not None:
                self._offsets[place], self._lengths[place] = end, len(block)
                end += len(block)
        self._spool.append(block for block in row if block is not None)

    def finish(self) -> tuple[int, str]:
        """Put all blocks in order and the file in its place; give its bytes and its crc32c."""
        lengths = np.where(self._lengths, self._lengths, len(self._empty))
        ends = len(self._head) + 8 * lengths.size + np.cumsum(lengths)
        crc = self._write([self._head, ends.astype("<u8").tobytes()], 0)
        pending: list[bytes] = []
        for offset, length in zip(self._offsets.tolist(), self._lengths.tolist(), strict=True):
            pending.append(self._spool.read(offset, length) if length else self._empty)
            if len(pending) == 256:  # a few megabytes at most: one call for many small blocks
                crc, pending = self._write(pending, crc), []
        crc = self._write(pending, crc)
        self._spool.abandon()
        self._file.finish()
        return self._file.size, f"{crc:08x}"

    def _write(self, pieces: list[bytes], crc: int) -> int:
        self._file.append(pieces)
        for piece in pieces:
            crc = google_crc32c.extend(crc, piece)
        return crc

    def abandon(self) -> None:
        self._spool.abandon()
        self._file.abandon()


class CubeFile:
    """A WKW file open for reading; blocks may be asked for from several threads."""

    def __init__(self, path: Path, edge: int, block_bytes: int) -> None:
        self._path, self._lock, self._places = path, Lock(), morton(edge)
        self._file = path.open("rb", buffering=0)
        try:
            self._bounds = self._read_bounds(block_bytes)
        except BaseException:
            self.close()
            raise

    def _read_bounds(self, block_bytes: int) -> NDArray[np.int64]:
        """Give where each block begins, and where the last one ends."""
        count = self._places.size
        head = self._file.read(HEADER_BYTES)
        if head[:4] != b"WKW\1" or len(head) < HEADER_BYTES:
            raise self._damaged()
        begin = int.from_bytes(head[8:], "little")
        if head[5] == BLOCKS["none"]:
            bounds = begin + block_bytes * np.arange(count + 1)
        else:
            ends = self._file.read(8 * count)
            if len(ends) < 8 * count:
                raise self._damaged()
            bounds = np.concatenate([[begin], np.frombuffer(ends, "<i8")])
        if (np.diff(bounds) < 0).any() or bounds[-1] != os.fstat(self._file.fileno()).st_size:
            raise self._damaged()
        return bounds

    def _damaged(self) -> VerificationError:
        return VerificationError(
            "this file is damaged or cut short",
            str(self._path),
            f"Remove {self._path} and give the same command: it is made anew.",
        )

    def row(self, x: range, y: int, z: int) -> list[memoryview | None]:
        """Read the blocks at `x` of one row."""
        blocks: list[memoryview | None] = []
        for place in self._places[x.start : x.stop, y, z].tolist():
            begin, end = self._bounds[place : place + 2].tolist()
            with self._lock:
                self._file.seek(begin)
                blocks.append(memoryview(self._file.read(end - begin)))
        return blocks

    def close(self) -> None:
        self._file.close()


def block_bytes(layer: Layer, grid: Grid) -> int:
    """Bytes of one block before compression."""
    return prod(grid.chunk) * layer.voxel_bytes
