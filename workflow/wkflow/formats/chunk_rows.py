"""Rows of chunks: all along x, one along y and z; what is encoded and written as one piece."""

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.contract import Encode, ReadBox, Row
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.layer import Grid

Block = NDArray[np.generic]

AT_ONCE_BYTES = 2**21
"""Voxels that are laid out and encoded by one call: they stay in the cache in between."""


def rows_of(grid: Grid, box: Box) -> Iterator[Box]:
    """Cut a box of whole chunks into rows, y fastest, then z; the last ones end with the array."""
    for _, y, z in Box((0, *box.begin[1:]), (1, *box.end[1:])).cells((1, *grid.chunk[1:])):
        row = Box.of_cell((0, y, z), (box.end[0], *grid.chunk[1:]), grid.size)
        yield Box((box.begin[0], *row.begin[1:]), row.end)


def neighbours(rows: Iterable[Box], most_voxels: int) -> list[list[Box]]:
    """Put rows together that follow each other along y, as long as they are not too many voxels.

    >>> rows = [Box((0, y, z), (8, y + 4, z + 4)) for z in (0, 4) for y in (0, 4, 8)]
    >>> [len(group) for group in neighbours(rows, 256)]
    [2, 1, 2, 1]
    """
    groups: list[list[Box]] = []
    voxels = 0
    for row in rows:
        voxels += row.voxels
        ends = groups[-1][-1].end[1:] if groups else ()
        if ends == (row.begin[1], row.end[2]) and voxels <= most_voxels:
            groups[-1].append(row)
        else:
            groups.append([row])
            voxels = row.voxels
    return groups


def part_of(voxels: Block, whole: Box, box: Box) -> Block:
    """View the part of voxels (c, x, y, z) of a box that another box inside it has."""
    x, y, z = (slice(b - o, e - o) for b, e, o in zip(box.begin, box.end, whole.begin, strict=True))
    return voxels[:, x, y, z]


def whole_chunks(grid: Grid, box: Box) -> Box:
    """Widen a box that begins where the layer does: to its first shard along x, else to chunks."""
    x, y, z = (
        begin // step * step
        for begin, step in zip(box.begin, (grid.shard[0], *grid.chunk[1:]), strict=True)
    )
    return Box((x, y, z), box.end)


def from_begin(grid: Grid, region: ReadBox) -> ReadBox:
    """Give what asks `region` only for voxels of the layer: what lies before its begin is zero."""

    def whole(box: Box) -> Block:
        inner = box.overlap(grid.box)
        found = region(inner)
        if inner == box:
            return found
        x, y, z = box.size
        padded = np.zeros((z, y, x, found.shape[0]), found.dtype)
        x, y, z = (i - b for i, b in zip(inner.begin, box.begin, strict=True))
        padded[z:, y:, x:] = found.T
        return padded.T

    return whole


def place_of(grid: Grid, row: Box) -> tuple[Triple, int, int]:
    """Give the shard of a row's first chunk, and its y and z in chunks within the shard."""
    x, y, z = (begin // chunk for begin, chunk in zip(row.begin, grid.chunk, strict=True))
    nx, ny, nz = ceil_div(grid.shard, grid.chunk)
    return (x // nx, y // ny, z // nz), y % ny, z % nz


class RowEncoder:
    """Encodes rows, in any thread; `clips` leaves what is beyond the array out of its chunks."""

    def __init__(
        self, chunk: Triple, dtype: np.dtype[np.generic], encode: Encode, *, clips: bool
    ) -> None:
        self._chunk, self._dtype, self._encode, self._clips = chunk, dtype, encode, clips
        self._empty: dict[int, bytes] = {}

    def encode(self, region: ReadBox, box: Box) -> Row:
        """Encode the chunks of a row; where they are whole, those of zeros become None."""
        voxels = region(box).T
        if self._clips:
            return self._clipped(voxels)
        channels = voxels.shape[3]
        step = self._chunk[0] * max(1, AT_ONCE_BYTES // self._bytes(channels))
        parts = range(0, voxels.shape[2], step)
        chunks = (
            one for x in parts for one in self._encode(self._side(voxels[:, :, x : x + step]))
        )
        empty = self._zeros(channels)
        return [None if one == empty else one for one in chunks]

    def _bytes(self, channels: int) -> int:
        return prod(self._chunk) * channels * self._dtype.itemsize

    def _zeros(self, channels: int) -> bytes:
        """Encode a chunk of zeros, once."""
        if channels not in self._empty:
            shape = (1, *self._chunk[::-1], channels)
            (self._empty[channels],) = self._encode(np.zeros(shape, self._dtype))
        return self._empty[channels]

    def _side(self, voxels: Block) -> Block:
        """Lay a part (z, y, x, c) of a row out as whole chunks (n, z, y, x, c)."""
        cx, cy, cz = self._chunk
        depth, height, width, channels = voxels.shape
        count, whole = -(-width // cx), width // cx
        is_full = (depth, height, whole) == (cz, cy, count)
        chunks = (np.empty if is_full else np.zeros)((count, cz, cy, cx, channels), self._dtype)
        inner = chunks[:, :depth, :height]
        _lay(voxels[:, :, : whole * cx], inner[:whole])
        if whole < count:
            inner[whole, :, :, : width - whole * cx] = voxels[:, :, whole * cx :]
        return chunks

    def _clipped(self, voxels: Block) -> Row:
        step = self._chunk[0]
        row: Row = []
        for x in range(0, voxels.shape[2], step):
            row += self._encode(
                np.ascontiguousarray(voxels[np.newaxis, :, :, x : x + step], self._dtype)
            )
        return row


def _lay(voxels: Block, chunks: Block) -> None:
    """Copy voxels (z, y, x, c) to where they lie in chunks (n, z, y, x, c) of the same height.

    What lies together, a chunk's x and c, is moved as one piece: more than twice as fast as one by
    one for chunks of 32 bytes in x.
    """
    count, depth, height, width, channels = chunks.shape
    apart = voxels.reshape(depth, height, count, width * channels)
    if count and voxels.dtype == chunks.dtype and voxels[0, 0].flags.c_contiguous:
        piece = np.dtype((np.void, width * channels * voxels.itemsize))
        target = chunks.reshape(count, depth, height, width * channels).view(piece)
        target[...] = apart.view(piece).transpose(2, 0, 1, 3)
    else:
        chunks[...] = apart.reshape(*apart.shape[:3], width, channels).transpose(2, 0, 1, 3, 4)
