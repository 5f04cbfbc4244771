"""The voxels of one mag on disk: read any box, write shards one by one or side by side.

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

from wkflow.atomic_files import Handles, PartialFile
from wkflow.errors import IncompleteError, VerificationError
from wkflow.formats.chunk_rows import Block, RowEncoder
from wkflow.formats.contract import Decode, OpenShard, ReadBox, ShardSink
from wkflow.formats.shard_writer import Sink
from wkflow.formats.table import format_of
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.receipt import ShardFile as Written
from wkflow.path_safety import require_inside

__all__ = ["Block", "MagVoxels", "ReadBox"]


class MagVoxels:
    """One mag of one frame of a layer, below the folder of its dataset.

    `before` is called just before a shard appears, or replaces an older one.
    """

    def __init__(
        self, dataset: Path, layer: Layer, grid: Grid, codec: Codec, frame: int = 0,
        *, before: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        self._before = before
        self.dataset, self.layer, self.grid, self.codec = dataset, layer, grid, codec
        self.frame, self.format = frame, format_of(layer.data_format)
        self.dtype = np.dtype(layer.dtype).newbyteorder("<")
        self._chunks = ceil_div(grid.shard, grid.chunk)

    def path(self, position: Triple) -> str:
        """Give the file of the shard at `position`, relative to the dataset."""
        return self.format.path(self.layer, self.grid, self.frame, position)

    def write(self, position: Triple, region: ReadBox, pool: Executor) -> Written:
        """Write one shard out of what `region` gives for each row of its chunks.

        `region(box)` gives the voxels of a box as (c, x, y, z); it is called from the threads of
        `pool`, once for each row: all x of the shard, one chunk of y and of z.
        """
        with self.writing() as sink:
            ((_, written),) = sink.write(self.grid.shard_box(position), region, pool)
        return written

    @contextmanager
    def writing(self) -> Iterator[Sink]:
        """Give what writes the mag box by box; shards that are not whole at the end are removed.

        Boxes need not begin at the array's: they are those of whole shards.
        """
        require_inside(self.dataset, f"{self.layer.path}/{self.grid.name}")
        encode = self.format.encoder(self.layer, self.codec)
        encoder = RowEncoder(self.grid.chunk, self.dtype, encode, clips=self.format.clips)
        sink = Sink(self.grid, encoder, partial(self._begin, Handles()), self.path)
        try:
            yield sink
        finally:
            sink.abandon()

    def _begin(self, handles: Handles, position: Triple) -> ShardSink:
        file = PartialFile(self.dataset / self.path(position), handles, self._before)
        return self.format.sink(file, self.layer, self.grid, self.codec)

    @contextmanager
    def reading(self) -> Iterator[ReadBox]:
        """Give a function that reads boxes, from several threads; files are closed at the end."""
        shards: dict[Triple, OpenShard] = {}
        try:
            yield partial(self._read, shards)
        finally:
            for shard in shards.values():
                shard.close()

    def _read(self, shards: dict[Triple, OpenShard], box: Box) -> Block:
        x, y, z = box.size
        block = np.zeros((z, y, x, self.layer.channels), self.dtype)
        for position in box.cells(self.grid.shard):
            part = box.overlap(self.grid.shard_box(position))
            self._read_part(self._shard(shards, position), position, part, box, block)
        return block.T

    def _shard(self, shards: dict[Triple, OpenShard], position: Triple) -> OpenShard:
        if position not in shards:
            opened = self._open(self.dataset / self.path(position))
            if shards.setdefault(position, opened) is not opened:  # another thread was faster
                opened.close()
        return shards[position]

    def _open(self, path: Path) -> OpenShard:
        try:
            return self.format.open(path, self.layer, self.grid)
        except FileNotFoundError:
            raise IncompleteError(
                "this shard is missing", str(path), "Give the same command again: it is made anew."
            ) from None

    def _read_part(
        self, shard: OpenShard, position: Triple, part: Box, box: Box, block: Block
    ) -> None:
        """Decode what one shard holds of `box` into its place in `block`, shape (z, y, x, c)."""
        decode = self.format.decoder(self.layer, self.codec)
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
                    extents = self._extents((x, y, z))
                    chunk = self._decode(decode, encoded, extents, position)
                    block[into_z, into_y, into_x] = chunk[out_z, out_y, out_x]

    def _extents(self, chunk: Triple) -> Triple:
        """Give the extents of the chunk at a position in the grid of chunks."""
        if not self.format.clips:
            return self.grid.chunk
        return Box.of_cell(chunk, self.grid.chunk, self.grid.size).size

    def _decode(
        self, decode: Decode, encoded: memoryview, extents: Triple, position: Triple
    ) -> Block:
        try:
            return decode(encoded, extents)
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
