"""A mag stored as WKW: files of cubes, cut into blocks in Morton order.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md: `header.wkw` in the
mag's folder says how all its files lie, and each file begins with one of its own.
"""

import struct
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import RESTORE, Places, Position, Ranges, Sharded, damaged
from wkflow.formats.dataset_files import Files
from wkflow.formats.index_cache import IndexCache
from wkflow.formats.stored_array import StoredArray

HEAD = struct.Struct("<3s 5B Q")
"""`WKW`, version, edges, kind of block, kind of voxel, bytes of a voxel, offset of the data."""

VERSION = 1

RAW, LZ4, LZ4HC = 1, 2, 3

DTYPES = {
    1: "uint8", 2: "uint16", 3: "uint32", 4: "uint64", 5: "float32", 6: "float64",
    7: "int8", 8: "int16", 9: "int32", 10: "int64",
}  # fmt: skip
"""By the kind of voxel."""

ENDLESS = 2**40
"""Voxels along an axis: no document of WKW says where an array ends."""


@dataclass(frozen=True, slots=True)
class Cube:
    """What a header says. Edges are in blocks, and in voxels; `offset` is the file's own."""

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
        if kind not in {RAW, LZ4, LZ4HC} or voxel not in DTYPES:
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
    def block_bytes(self) -> int:
        """Of one block before compression."""
        return self.block**3 * self.channels * self.dtype.itemsize

    def decode(self, content: bytes, position: Position) -> NDArray[Any]:  # noqa: ARG002
        """Decode a block into (c, x, y, z); the channel is fastest, then x."""
        if self.kind != RAW:
            content = bytes(imagecodecs.lz4_decode(content, out=self.block_bytes))
        edge = self.block
        return np.frombuffer(content, self.dtype).reshape(edge, edge, edge, self.channels).T


def wkw_array(files: Files, folder: str) -> StoredArray:
    """Read the header of a mag; its axes are (c, x, y, z).

    Raises
    ------
    SourceError
        If the header is missing or not one.
    """
    name = f"{folder}/header.wkw"
    head = files.whole(name)
    if head is None:
        raise SourceError("is missing", files.where(name), RESTORE)
    with damaged(files, name):
        cube = Cube.of(head)

    def called(position: Position) -> str:
        _, x, y, z = position
        return f"{folder}/z{z}/y{y}/x{x}.wkw"

    places = partial(_places, cube, IndexCache(partial(_bounds, files, cube)))
    most = 2 * cube.block_bytes + 4096
    shelf = Sharded(files, (1, cube.edge, cube.edge, cube.edge), called, places, most)
    shape = (cube.channels, ENDLESS, ENDLESS, ENDLESS)
    chunk = (cube.channels, cube.block, cube.block, cube.block)
    dtype = cube.dtype.newbyteorder("=")
    return StoredArray(files, name, tuple("cxyz"), shape, chunk, dtype, shelf, cube.decode)


def _bounds(files: Files, cube: Cube, name: str) -> NDArray[Any] | None:
    """Give where each block of a file begins, and where the last ends; of raw ones the begin."""
    count = cube.edge**3 if cube.kind != RAW else 0
    content = files.part(name, 0, HEAD.size + 8 * count)
    if content is None:
        return None
    found = Cube.of(content)
    if found.layout != cube.layout:
        raise ValueError("its header is not that of its mag")
    if len(content) < HEAD.size + 8 * count or found.offset < len(content):
        raise ValueError("it is cut short")
    ends = np.frombuffer(content, "<u8", offset=HEAD.size)
    bounds = np.concatenate([np.array([found.offset], np.uint64), ends])
    if (bounds[1:] < bounds[:-1]).any():
        raise ValueError("its blocks are in disorder")
    return bounds


def _places(cube: Cube, indexes: IndexCache[str], name: str, within: Ranges) -> Places | None:
    bounds = indexes.get(name)
    if bounds is None:
        return None
    codes = _morton(within[1:]).astype(np.uint64)
    if cube.kind == RAW:
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
