"""Rows of chunks: all along x, one along y and z; what is encoded and written as one piece."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.contract import Encode, ReadBox, Row
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.layer import Grid

Block = NDArray[np.generic]


def rows_of(grid: Grid, box: Box) -> Iterator[Box]:
    """Cut a box of whole chunks into rows, y fastest, then z; the last ones end with the array."""
    for _, y, z in Box((0, *box.begin[1:]), (1, *box.end[1:])).cells((1, *grid.chunk[1:])):
        row = Box.of_cell((0, y, z), (box.end[0], *grid.chunk[1:]), grid.size)
        yield Box((box.begin[0], *row.begin[1:]), row.end)


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

    def encode(self, region: ReadBox, box: Box) -> Row:
        """Encode the chunks of a row; where they are whole, those of zeros become None."""
        voxels = region(box).T
        if self._clips:
            return self._clipped(voxels)
        cx, cy, cz = self._chunk
        depth, height, width, channels = voxels.shape
        chunk = np.zeros((cz, cy, cx, channels), self._dtype)
        samples = chunk.view(np.uint8)
        row: Row = []
        for x in range(0, width, cx):
            if x + cx > width:
                chunk[...] = 0
            chunk[:depth, :height, : width - x] = voxels[:, :, x : x + cx]
            row.append(self._encode(chunk) if samples.max() else None)
        return row

    def _clipped(self, voxels: Block) -> Row:
        parts = range(0, voxels.shape[2], self._chunk[0])
        return [
            self._encode(np.ascontiguousarray(voxels[:, :, x : x + self._chunk[0]], self._dtype))
            for x in parts
        ]
