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
        for position in box.cells(self.grid.chunk):
            self._read_chunk(self._shard(shards, position), position, box, block)
        return block.T

    def _shard(self, shards: dict[Triple, ShardFile], chunk: Triple) -> ShardFile:
        position = self._owner(chunk)
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

    def _owner(self, chunk: Triple) -> Triple:
        """Give the position of the shard that holds a chunk."""
        x, y, z = (c // n for c, n in zip(chunk, self._chunks, strict=True))
        return x, y, z

    def _read_chunk(self, shard: ShardFile, position: Triple, box: Box, block: Block) -> None:
        """Decode one chunk into its place in `block`, shape (z, y, x, c)."""
        x, y, z = (c % n for c, n in zip(position, self._chunks, strict=True))
        encoded = shard.chunk((x, y, z))
        if encoded is None:
            return
        try:
            chunk = np.frombuffer(decoder(self.codec)(encoded), self.dtype)
            chunk = chunk.reshape(self._chunk_shape)
        except (RuntimeError, ValueError, zlib.error) as error:
            where = self.dataset / self.path(self._owner(position))
            raise VerificationError(
                f"chunk {position} of this mag is damaged ({error})", str(where),
                f"Remove {where} and give the same command: it is made anew.",
            ) from error  # fmt: skip
        into, out_of = [], []
        for axis in (2, 1, 0):
            begin = position[axis] * self.grid.chunk[axis]
            low = max(begin, box.begin[axis])
            high = min(begin + self.grid.chunk[axis], box.end[axis])
            into.append(slice(low - box.begin[axis], high - box.begin[axis]))
            out_of.append(slice(low - begin, high - begin))
        block[tuple(into)] = chunk[tuple(out_of)]
