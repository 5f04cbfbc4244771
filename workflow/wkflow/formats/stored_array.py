"""An array as it is stored: chunks, wherever they lie, copied to where they are wanted.

All formats are read so: sources, mags that are there before a run, and those of the run itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.chunk_files import (
    BROKEN,
    RESTORE,
    ArrayFiles,
    MissingFileError,
    Position,
    Ranges,
    damage,
)
from wkflow.formats.chunk_grid import Span
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded

Decode = Callable[[Encoded, Position], NDArray[Any]]
"""From an encoded chunk and its position to its elements, in the array's order of axes; one at the
end of an axis may be cut to what lies inside the array, or not."""

Piece = tuple[tuple[str, ...], Ranges]
"""A file, by the names that it may have, and the positions of chunks in it."""

PIECE_CHUNKS = 2048
"""Chunks of a piece at most, so that several threads share a large file."""

CHANNEL = frozenset({"channel", "channels", "c^"})
"""Other names of the axis c."""

UNNAMED = {4: ("c", "x", "y", "z"), 3: ("x", "y", "z")}
"""The axes of an array if nobody says them, by their number."""


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array as it lies in its files.

    `axes` are one name for each axis, `shape` and `chunk` in the same order. The first element
    stands at `origin` in the coordinates of the mag, zeros by default. `document` is the file that
    describes the array; `is_gapless` says that it promises all files, those of zeros as well.
    `codec` is the name of what compresses chunks, `none` if nothing does.
    """

    files: Files = field(repr=False)
    document: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk_files: ArrayFiles = field(repr=False)
    decode: Decode = field(repr=False)
    fill: float = 0
    origin: tuple[int, ...] = ()
    is_gapless: bool = False
    codec: str = "none"

    @property
    def shard(self) -> tuple[int, ...]:
        """Extents of what one file of many chunks holds; empty where no file holds a box of them.

        In the order of `axes`.
        """
        return tuple(c * g for c, g in zip(self.chunk, self.chunk_files.grid, strict=False))

    def copy(self, spans: tuple[Span, ...], out: NDArray[Any], *, refuses: bool = False) -> None:
        """Copy a region into `out`, which holds the fill value and has the array's axes.

        Raises
        ------
        DamagedFileError
            If a file cannot be decoded.
        MissingFileError
            If a file is not there and the caller `refuses` that.
        SourceError
            If a file may not or cannot be read.
        """
        inside = self._inside(spans)
        if any(begin >= end for begin, end in inside):
            return
        origin = self.origin or (0,) * len(spans)
        firsts = [begin - first for (begin, _), first in zip(spans, origin, strict=True)]
        ranges = self._ranges(inside)
        sides = [
            list(_sides(*of_axis))
            for of_axis in zip(inside, self.chunk, ranges, firsts, strict=True)
        ]
        begins = [side.start for side in ranges]
        for name, position, content in self.chunk_files.chunks(ranges):
            if content is None:
                self._miss(name, refuses=refuses)
                continue
            pairs = [
                side[at - begin] for side, at, begin in zip(sides, position, begins, strict=True)
            ]
            target = out[tuple(ours for ours, _ in pairs)]
            try:
                found = self.decode(content, position)[tuple(theirs for _, theirs in pairs)]
            except BROKEN as error:
                raise damage(self.files, name, error) from error
            if found.shape != target.shape:
                raise damage(self.files, name, ValueError("a chunk is too small"))
            target[...] = found

    def names(self, spans: tuple[Span, ...]) -> Iterator[tuple[str, ...]]:
        """Name the files that hold elements of a region, with other names each may have."""
        inside = self._inside(spans)
        if all(begin < end for begin, end in inside):
            yield from self.chunk_files.names(self._ranges(inside))

    def pieces(self, spans: tuple[Span, ...]) -> Iterator[Piece]:
        """Cut the chunks of a region, file by file; a file of many chunks is several pieces."""
        inside = self._inside(spans)
        if any(begin >= end for begin, end in inside):
            return
        ranges = self._ranges(inside)
        grid = self.chunk_files.grid or (1,) * len(ranges)
        sides = zip(ranges, grid, strict=True)
        for shard in product(*(range(r.start // g, -(-r.stop // g)) for r, g in sides)):
            within = [
                range(max(r.start, s * g), min(r.stop, (s + 1) * g))
                for r, s, g in zip(ranges, shard, grid, strict=True)
            ]
            (names,) = self.chunk_files.names(within)
            yield from ((names, part) for part in _parts(within))

    def decode_all(self, ranges: Ranges) -> int:
        """Decode all chunks of a piece that were written; give their number.

        Raises
        ------
        DamagedFileError
            If a file cannot be decoded.
        SourceError
            If a file may not or cannot be read.
        """
        count = 0
        for name, position, content in self.chunk_files.chunks(ranges):
            if content is None:
                continue
            try:
                self.decode(content, position)
            except BROKEN as error:
                raise damage(self.files, name, error) from error
            count += 1
        return count

    def has_gaps(self, spans: tuple[Span, ...]) -> bool:
        """Tell whether a shard that is there leaves out a chunk of a region."""
        inside = self._inside(spans)
        is_empty = any(begin >= end for begin, end in inside)
        return not is_empty and self.chunk_files.has_gaps(self._ranges(inside))

    def _inside(self, spans: tuple[Span, ...]) -> list[Span]:
        """Clip a region to the array, and count it from the array's first element."""
        origin = self.origin or (0,) * len(spans)
        return [
            (max(begin - first, 0), min(end - first, size))
            for (begin, end), first, size in zip(spans, origin, self.shape, strict=True)
        ]

    def _ranges(self, inside: list[Span]) -> Ranges:
        return [range(b // c, -(-e // c)) for (b, e), c in zip(inside, self.chunk, strict=True)]

    def _miss(self, name: str, *, refuses: bool) -> None:
        if refuses:
            raise MissingFileError("is missing", self.files.where(name), RESTORE)


def _parts(ranges: Ranges) -> Iterator[Ranges]:
    """Cut ranges across the longest until each part has few chunks."""
    if prod(map(len, ranges)) <= PIECE_CHUNKS:
        yield ranges
        return
    at = max(range(len(ranges)), key=lambda axis: len(ranges[axis]))
    middle = ranges[at].start + len(ranges[at]) // 2
    halves = (range(ranges[at].start, middle), range(middle, ranges[at].stop))
    for half in halves:
        yield from _parts([*ranges[:at], half, *ranges[at + 1 :]])


def _sides(span: Span, chunk: int, positions: range, first: int) -> Iterator[tuple[slice, slice]]:
    """Give, for each position along an axis, where a chunk goes and what of it."""
    for position in positions:
        begin = max(span[0], position * chunk)
        end = min(span[1], (position + 1) * chunk)
        yield (
            slice(begin - first, end - first),
            slice(begin - position * chunk, end - position * chunk),
        )


def own_axes(names: object, count: int) -> tuple[str, ...]:
    """Give the names of the axes of an array as it says them itself, if it does.

    >>> own_axes(["T", "channel", "y", "x"], 4), own_axes(None, 3)
    (('t', 'c', 'y', 'x'), ('x', 'y', 'z'))
    """
    if isinstance(names, list) and len(names) == count:
        stated = [str(name).lower() for name in names]
        found = tuple("c" if name in CHANNEL else name for name in stated)
        if {"x", "y"} <= set(found) and len(set(found)) == count:
            return found
    if count not in UNNAMED:
        raise ValueError(f"its {count} axes have no names")
    return UNNAMED[count]
