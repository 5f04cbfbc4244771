"""The voxels of one mag on disk: read any box, write one shard.

All blocks have the shape (c, x, y, z), and their transpose (z, y, x, c) is C-contiguous: that is
how images are decoded, how chunks are stored, and what kernels work on.
"""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Box, Triple, ceil_div
from wkflow.codec import Codec
from wkflow.errors import VerificationError
from wkflow.layer import Grid, Layer
from wkflow.receipt import ShardFile as Written
from wkflow.writers.chunk import decoder, encoder
from wkflow.writers.shard import Row, ShardFile, write_shard

Block = NDArray[np.generic]
Region = Callable[[Box], Block]


class MagVoxels:
    """One mag of a layer, below the folder of its dataset."""

    def __init__(self, dataset: Path, layer: Layer, grid: Grid, codec: Codec) -> None:
        self.dataset, self.layer, self.grid, self.codec = dataset, layer, grid, codec
        self.dtype = np.dtype(layer.dtype).newbyteorder("<")
        self._chunks = ceil_div(grid.shard, grid.chunk)

    def path(self, position: Triple) -> str:
        """Give the file of the shard at `position`, relative to the dataset."""
        x, y, z = position
        return f"{self.layer.name}/{self.grid.mag}/c/0/{x}/{y}/{z}"

    def write(self, position: Triple, region: Region, pool: Executor) -> Written:
        """Write one shard out of what `region` gives for each row of its chunks.

        `region(box)` gives the voxels of a box as (c, x, y, z); it is called from the threads of
        `pool`, once for each row: all x of the shard, one chunk of y and of z.
        """
        rows = pool.map(partial(self._encode_row, region), self._rows(position))
        zeros = np.zeros(self._chunk_shape, self.dtype)
        empty = encoder(self.codec)(zeros)
        path = self.path(position)
        size, crc = write_shard(self.dataset / path, self._chunks, rows, empty)
        return Written(path, size, crc)

    def _rows(self, position: Triple) -> Iterator[Box | None]:
        """Give the boxes of all rows of a shard; None for those outside the array."""
        box = self.grid.shard_box(position)
        _, cy, cz = self.grid.chunk
        for z in range(self._chunks[2]):
            for y in range(self._chunks[1]):
                y0, z0 = box.begin[1] + y * cy, box.begin[2] + z * cz
                y1, z1 = min(y0 + cy, box.end[1]), min(z0 + cz, box.end[2])
                inside = y0 < y1 and z0 < z1
                yield Box((box.begin[0], y0, z0), (box.end[0], y1, z1)) if inside else None

    @property
    def _chunk_shape(self) -> tuple[int, int, int, int]:
        x, y, z = self.grid.chunk
        return z, y, x, self.layer.channels

    def _encode_row(self, region: Region, box: Box | None) -> Row:
        if box is None:
            return []
        voxels = region(box).T
        depth, height, width, _ = voxels.shape
        edge = self.grid.chunk[0]
        chunk = np.zeros(self._chunk_shape, self.dtype)
        samples = chunk.view(np.uint8)
        encode = encoder(self.codec)
        row: Row = []
        for x in range(0, width, edge):
            if x + edge > width:
                chunk[...] = 0
            chunk[:depth, :height, : width - x] = voxels[:, :, x : x + edge]
            row.append(encode(chunk) if samples.max() else None)
        return row

    @contextmanager
    def reading(self) -> Iterator[Region]:
        """Give a function that reads boxes, from several threads; files are closed at the end."""
        shards: dict[Triple, ShardFile] = {}
        try:
            yield partial(self._read, shards)
        finally:
            for shard in shards.values():
                shard.close()

    def _read(self, shards: dict[Triple, ShardFile], box: Box) -> Block:
        x, y, z = box.size
        block = np.zeros((z, y, x, self.layer.channels), self.dtype)
        for position in box.cells(self.grid.shard):
            part = box.overlap(self.grid.shard_box(position))
            self._read_part(self._shard(shards, position), position, part, box, block)
        return block.T

    def _shard(self, shards: dict[Triple, ShardFile], position: Triple) -> ShardFile:
        if position not in shards:
            opened = self._open(self.dataset / self.path(position))
            if shards.setdefault(position, opened) is not opened:  # another thread was faster
                opened.close()
        return shards[position]

    def _open(self, path: Path) -> ShardFile:
        try:
            return ShardFile(path, self._chunks)
        except FileNotFoundError:
            raise VerificationError(
                "this shard is missing", str(path), "Remove the run folder's receipts and resume."
            ) from None

    def _read_part(
        self, shard: ShardFile, position: Triple, part: Box, box: Box, block: Block
    ) -> None:
        """Decode what one shard holds of `box` into its place in `block`, shape (z, y, x, c)."""
        decode = decoder(self.codec)
        cx, cy, cz = self.grid.chunk
        nx, ny, nz = self._chunks
        (x0, y0, z0), (x1, y1, z1) = part.begin, part.end
        columns = range(x0 // cx, -(-x1 // cx))
        in_shard = range(columns.start - position[0] * nx, columns.stop - position[0] * nx)
        for z in range(z0 // cz, -(-z1 // cz)):
            into_z, out_z = _overlap(z, cz, z0, z1, box.begin[2])
            for y in range(y0 // cy, -(-y1 // cy)):
                into_y, out_y = _overlap(y, cy, y0, y1, box.begin[1])
                row = shard.row(in_shard, y - position[1] * ny, z - position[2] * nz)
                for x, encoded in zip(columns, row, strict=True):
                    if encoded is None:
                        continue
                    into_x, out_x = _overlap(x, cx, x0, x1, box.begin[0])
                    chunk = self._decode(decode, encoded, position)
                    block[into_z, into_y, into_x] = chunk[out_z, out_y, out_x]

    def _decode(
        self, decode: Callable[[memoryview], bytes], encoded: memoryview, position: Triple
    ) -> Block:
        try:
            return np.frombuffer(decode(encoded), self.dtype).reshape(self._chunk_shape)
        except (RuntimeError, ValueError, zlib.error) as error:
            where = self.dataset / self.path(position)
            raise VerificationError(
                f"a chunk of this shard is damaged ({error})", str(where),
                f"Remove {where} and give the same command: it is made anew.",
            ) from error  # fmt: skip


def _overlap(chunk: int, edge: int, low: int, high: int, origin: int) -> tuple[slice, slice]:
    """Give where the voxels of a chunk lie along one axis: in the block, and in the chunk.

    The block begins at `origin`; of the chunk only the voxels from `low` to `high` count.
    """
    begin = chunk * edge
    first, last = max(begin, low), min(begin + edge, high)
    return slice(first - origin, last - origin), slice(first - begin, last - begin)
