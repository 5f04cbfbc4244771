"""One WKW file: a cube of blocks in Morton order, behind a header and, compressed, their ends.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md. Sixteen bytes of
header: `WKW`, version 1, an octet with the binary logarithms of a cube's edge in blocks (upper
half) and of a block's in voxels (lower half), the kind of block, the kind of voxel, the bytes of a
voxel with all its channels, and the offset of the first block as uint64. Where blocks are
compressed, the offset of each block's end as uint64 comes before them. All is little-endian. Every
block is there, also beyond the layer and where there are only zeros.
"""

import struct
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Self, cast

import google_crc32c
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.errors import ConfigError
from wkflow.formats.chunk_files import IndexCache, Places, Position, Ranges, ShardedFiles, damaged
from wkflow.formats.contract import Row
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded
from wkflow.formats.stored_array import StoredArray
from wkflow.model.box import Triple
from wkflow.model.layer import ITEM_BYTES, Grid, Layer

HEAD = struct.Struct("<3s 5B Q")
HEADER_BYTES = HEAD.size
VERSION = 1

BLOCKS = {"none": 1, "lz4": 2, "lz4hc": 3}
"""The kinds of block, by the codec that makes them."""

VOXELS = {
    "uint8": 1, "uint16": 2, "uint32": 3, "uint64": 4, "float32": 5, "float64": 6,
    "int8": 7, "int16": 8, "int32": 9, "int64": 10,
}  # fmt: skip
"""The kinds of voxel, by numpy's name."""

DTYPES = {kind: name for name, kind in VOXELS.items()}

ENDLESS = 2**40
"""Voxels along an axis: no document of WKW says where an array ends."""

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
    kinds = (VERSION, edges, BLOCKS[codec_name], VOXELS[layer.dtype], size)
    return HEAD.pack(b"WKW", *kinds, offset)


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
    places = _morton([range(edge)] * 3)
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


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a file or a mag says: edges in blocks and voxels, `offset` of the file."""

    edge: int
    block: int
    kind: int
    dtype: np.dtype[Any]
    channels: int
    offset: int

    @classmethod
    def of(cls, head: bytes) -> Self:
        """Read a header; raise ValueError if it is none."""
        if len(head) < HEAD.size:
            raise ValueError("it is cut short")
        magic, version, edges, kind, voxel, size, offset = HEAD.unpack_from(head)
        if magic != b"WKW" or version != VERSION:
            raise ValueError(f"it begins with {head[:4]!r}, not as WKW of version {VERSION} does")
        if kind not in BLOCKS.values() or voxel not in DTYPES:
            raise ValueError(f"it holds blocks of kind {kind} and voxels of kind {voxel}")
        dtype = np.dtype(DTYPES[voxel]).newbyteorder("<")
        if not size or size % dtype.itemsize:
            raise ValueError(f"a voxel of {dtype.name} has {size} bytes")
        channels = size // dtype.itemsize
        return cls(1 << (edges >> 4), 1 << (edges & 15), kind, dtype, channels, offset)

    @property
    def layout(self) -> tuple[object, ...]:
        """What all files of a mag have in common."""
        return self.edge, self.block, self.kind, self.dtype, self.channels

    @property
    def is_packed(self) -> bool:
        """Whether blocks are compressed, and a table of their ends comes before them."""
        return self.kind != BLOCKS["none"]

    @property
    def block_bytes(self) -> int:
        """Of one block before compression."""
        return self.block**3 * self.channels * self.dtype.itemsize

    def decode(self, content: Encoded, position: Position) -> NDArray[Any]:  # noqa: ARG002
        """Decode a block into (c, x, y, z); the channel is fastest, then x."""
        if self.is_packed:
            content = bytes(imagecodecs.lz4_decode(cast("bytes", content), out=self.block_bytes))
        edge = self.block
        return np.frombuffer(content, self.dtype).reshape(edge, edge, edge, self.channels).T


def wkw_array(
    files: Files, folder: str, head: bytes, *, requires_size: bool = False
) -> StoredArray:
    """Give the array that `header.wkw` describes; its axes are (c, x, y, z).

    With `requires_size` a file that does not end with its last block is damaged.

    Raises
    ------
    SourceError
        If the header is none.
    """
    name = f"{folder}/header.wkw"
    with damaged(files, name):
        cube = Header.of(head)

    def called(position: Position) -> str:
        _, x, y, z = position
        return f"{folder}/z{z}/y{y}/x{x}.wkw"

    indexes = IndexCache(partial(_bounds, files, cube, requires_size))
    most = 2 * cube.block_bytes + 4096
    chunk_files = ShardedFiles(
        files, (1, cube.edge, cube.edge, cube.edge), called, partial(_places, cube, indexes), most
    )
    shape = (cube.channels, ENDLESS, ENDLESS, ENDLESS)
    chunk = (cube.channels, cube.block, cube.block, cube.block)
    dtype = cube.dtype.newbyteorder("=")
    codec = next(name for name, kind in BLOCKS.items() if kind == cube.kind)
    axes = tuple("cxyz")
    return StoredArray(
        files, name, axes, shape, chunk, dtype, chunk_files, cube.decode, codec=codec
    )


def _bounds(files: Files, cube: Header, requires_size: bool, name: str) -> NDArray[Any] | None:  # noqa: FBT001 -- bound by `partial`
    """Give where each block of a file begins, and where the last ends; of raw ones the begin."""
    count = cube.edge**3 if cube.is_packed else 0
    content = files.part(name, 0, HEADER_BYTES + 8 * count)
    if content is None:
        return None
    found = Header.of(content)
    if found.layout != cube.layout:
        raise ValueError("its header is not that of its mag")
    if len(content) < HEADER_BYTES + 8 * count or found.offset < len(content):
        raise ValueError("it is cut short")
    ends = np.frombuffer(content, "<u8", offset=HEADER_BYTES)
    bounds = np.concatenate([np.array([found.offset], np.uint64), ends])
    if (bounds[1:] < bounds[:-1]).any():
        raise ValueError("its blocks are in disorder")
    end = int(bounds[-1]) + (0 if cube.is_packed else cube.edge**3 * cube.block_bytes)
    if requires_size and files.size(name) != end:
        raise ValueError("it is cut short")
    return bounds


def _places(cube: Header, indexes: IndexCache[str], name: str, within: Ranges) -> Places | None:
    bounds = indexes.get(name)
    if bounds is None:
        return None
    codes = _morton(within[1:]).astype(np.uint64)
    if not cube.is_packed:
        size = np.uint64(cube.block_bytes)
        begins = bounds[0] + codes * size
        return np.stack([begins, np.full_like(begins, size)], -1)[None]
    begins = bounds[codes]
    return np.stack([begins, bounds[codes + np.uint64(1)] - begins], -1)[None]


def _morton(ranges: Ranges) -> NDArray[np.int64]:
    """Give the places of blocks in their file: bits of x, y and z interleaved, x the lowest.

    >>> _morton([range(0, 2), range(1, 2), range(0, 1)])[:, 0, 0].tolist()
    [2, 3]
    """
    x, y, z = (_spread(side) for side in ranges)
    places: NDArray[np.int64] = x[:, None, None] | y[None, :, None] << 1 | z[None, None, :] << 2
    return places


def _spread(side: range) -> NDArray[np.int64]:
    """Put two zeros between the bits of each number."""
    numbers, spread = np.arange(side.start, side.stop), np.zeros(len(side), np.int64)
    for bit in range(side.stop.bit_length()):
        spread |= (numbers >> bit & 1) << 3 * bit
    return spread
