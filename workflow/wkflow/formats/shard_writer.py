"""Many shards that are written side by side, row of chunks by row of chunks."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import closing
from functools import partial
from itertools import repeat
from typing import TypeVar

from wkflow.countdown import Countdown
from wkflow.formats.chunk_rows import RowEncoder, neighbours, part_of, place_of, rows_of
from wkflow.formats.contract import Band, ReadBox, Row, ShardSink
from wkflow.model.box import Box, Triple
from wkflow.model.layer import Grid
from wkflow.model.receipt import ShardFile as Written

Piece = TypeVar("Piece")
Done = TypeVar("Done")

AHEAD = 2
"""Pieces per thread that are under way or waiting: one in work, one to go on with."""


class Sink:
    """Takes boxes of voxels and puts them into all shards that they touch.

    `begin` starts the shard at a position, `path` names its file.
    """

    def __init__(
        self,
        grid: Grid,
        encoder: RowEncoder,
        begin: Callable[[Triple], ShardSink],
        path: Callable[[Triple], str],
    ) -> None:
        self._grid, self._encoder, self._begin, self._path = grid, encoder, begin, path
        self._open: dict[Triple, ShardSink] = {}
        self._columns = grid.shard[0] // grid.chunk[0]

    def write(self, box: Box, region: ReadBox, pool: Executor) -> list[tuple[Box, Written]]:
        """Write the voxels of a box; give the shards that are whole now, and their boxes.

        The box spans all x. Along y and z it begins at a chunk, and ends at one or with the
        array. Boxes come with y fastest, then z; one of several chunks along z spans all y.
        `region(row)` is called from the threads of `pool`, once for each row of chunks.
        """
        return list(self.stream([box], region, pool))

    def stream(
        self, boxes: Iterable[Box], region: ReadBox, pool: Executor
    ) -> Iterator[tuple[Box, Written]]:
        """Write the voxels of many boxes; give each shard, and its box, when it is whole.

        Boxes are as for `write`, or those of whole shards in any order. No thread waits for the
        end of one box before it begins with the next.
        """
        for _, whole in self.pipe(((box, region, lambda: None) for box in boxes), pool):
            yield from whole

    def pipe(
        self, bands: Iterable[Band], pool: Executor, *, most_voxels: int = 1
    ) -> Generator[tuple[Box, list[tuple[Box, Written]]]]:
        """Write many bands; give each row of chunks, and the shards that are whole with it.

        Their boxes are as for `stream`. The next band is asked for while rows of those before it
        are read; each is told, by any thread, when its last row was read. Neighbouring rows are
        read at once as long as they hold no more than `most_voxels`.
        """
        waiting: deque[list[Box]] = deque()  # rows that are being encoded

        def pieces() -> Iterator[tuple[list[Box], ReadBox, Countdown]]:
            for box, region, release in bands:
                groups = neighbours(rows_of(self._grid, box), most_voxels)
                left = Countdown(len(groups), release)
                for group in groups:
                    waiting.append(group)
                    yield group, region, left

        with closing(in_order(pool, self._encode, pieces())) as encoded:
            for found in encoded:
                for row, chunks in zip(waiting.popleft(), found, strict=True):
                    self._append(row, chunks)
                    yield row, list(self._finish(row))

    def _encode(self, piece: tuple[list[Box], ReadBox, Countdown]) -> list[Row]:
        rows, region, left = piece
        try:
            before = self._before(rows[0])
            rows = [_without(row, before * self._grid.chunk[0]) for row in rows]
            if len(rows) > 1:
                whole = Box(rows[0].begin, rows[-1].end)
                region = partial(part_of, region(whole), whole)
            return [[*repeat(None, before), *self._encoder.encode(region, row)] for row in rows]
        finally:
            left.tick()

    def _before(self, row: Box) -> int:
        """Count the chunks of a row before the layer's begin: they hold nothing but zeros."""
        chunk = self._grid.chunk[0]
        return max(0, self._grid.begin[0] // chunk - row.begin[0] // chunk)

    def _append(self, row: Box, chunks: Row) -> None:
        first, y, z = place_of(self._grid, row)
        for x in range(0, len(chunks), self._columns):
            position = (first[0] + x // self._columns, *first[1:])
            if position not in self._open:
                self._open[position] = self._begin(position)
            self._open[position].append(chunks[x : x + self._columns], y, z)

    def _finish(self, row: Box) -> Iterator[tuple[Box, Written]]:
        """Finish the shards whose last row this was."""
        for position in row.cells(self._grid.shard):
            box = self._grid.shard_box(position)
            if row.end[1:] == box.end[1:]:
                size, crc = self._open.pop(position).finish()
                yield box, Written(self._path(position), size, crc)

    def abandon(self) -> None:
        """Remove the shards that are not whole."""
        for shard in self._open.values():
            shard.abandon()
        self._open.clear()


def _without(row: Box, width: int) -> Box:
    """Leave the first voxels of a row along x out."""
    x, y, z = row.begin
    return Box((x + width, y, z), row.end)


def in_order(
    pool: Executor, work: Callable[[Piece], Done], pieces: Iterable[Piece]
) -> Generator[Done]:
    """Do what `Executor.map` does without beginning everything at once.

    When the caller stops, nothing is begun any more, and what is under way has ended: the memory
    that it reads may be used again.
    """
    most = AHEAD * getattr(pool, "_max_workers", 1)
    ahead: deque[Future[Done]] = deque()
    try:
        for piece in pieces:
            if len(ahead) >= most:
                yield ahead.popleft().result()
            ahead.append(pool.submit(work, piece))
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()
        wait(ahead)
