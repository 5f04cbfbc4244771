"""Where the encoded chunks of an array lie, and how they are read: few and large pieces."""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded, gzip
from wkflow.source_errors import FOREIGN

RESTORE = "Restore it from a backup, or remove it and give the command that made it again."

Position = tuple[int, ...]
"""Of a chunk in the grid of chunks, or of a shard in that of shards, one number per axis."""

Ranges = Sequence[range]
"""Positions of chunks along each axis of the array."""

Places = NDArray[np.uint64]
"""Offset and size of each chunk, along the last axis; both are `NEVER_WRITTEN` where none is."""

NEVER_WRITTEN = 2**64 - 1

GAP_BYTES = 2**16
"""Reading over such a gap is sooner done than asking a server once more."""

RUN_BYTES = 2**23
"""Read at once at most, unless a single chunk is larger."""

RECENT_BYTES = 2**26
"""Indexes held at most by one mag: those of 64 shards of 65536 chunks."""

DETAIL_CHARACTERS = 120

BROKEN = (*FOREIGN, SystemError)
"""Raised over damaged chunks; imagecodecs trusts the length at the end of gzip, even below 0."""


class EncodedChunk(NamedTuple):
    """An encoded chunk; without content the file is not there, and no chunk of it."""

    name: str
    position: Position
    content: Encoded | None


class ArrayFiles(Protocol):
    """The files of an array; where `has_shards`, each holds many chunks.

    `grid` counts those of one file along each axis, where they are a box; else it is empty.
    """

    has_shards: bool

    @property
    def grid(self) -> Position: ...

    def chunks(self, ranges: Ranges) -> Iterator[EncodedChunk]:
        """Read the chunks at all positions of the ranges; those never written are left out.

        Raises
        ------
        SourceError
            If a file is damaged.
        """

    def names(self, ranges: Ranges) -> Iterator[tuple[str, ...]]:
        """Name the files that hold these chunks, each once, with other names it may have."""

    def has_gaps(self, ranges: Ranges) -> bool:
        """Tell whether a shard that is there leaves out one of these chunks."""


class MissingFileError(SourceError):
    """A file of an array is not there, where it has to be."""


class DamagedFileError(SourceError):
    """A file of an array cannot be decoded: by its index if `is_index`, else one of its chunks.

    `cause` is what the decoder raised.
    """

    cause: Exception
    is_index: bool


@contextmanager
def damaged(files: Files, name: str, *, is_index: bool = False) -> Iterator[None]:
    """Turn whatever a decoder raises over a file into a `DamagedFileError` that names it."""
    try:
        yield
    except BROKEN as error:
        raise damage(files, name, error, is_index=is_index) from error


def damage(
    files: Files, name: str, cause: Exception, *, is_index: bool = False
) -> DamagedFileError:
    """Make the error of a file that cannot be decoded."""
    detail = " ".join(str(cause).split())[:DETAIL_CHARACTERS] or type(cause).__name__
    error = DamagedFileError(f"is damaged: {detail}", files.where(name), RESTORE)
    error.cause, error.is_index = cause, is_index
    return error


def document_at(files: Files, name: str) -> dict[str, Any]:
    """Read a JSON document.

    Raises
    ------
    SourceError
        If there is none, or it is not one.
    """
    content = files.whole(name)
    if content is None:
        raise MissingFileError("is missing", files.where(name), RESTORE)
    with damaged(files, name):
        document = json.loads(content)
        if not isinstance(document, dict):
            raise TypeError("it is no JSON object")
    return document


Key = TypeVar("Key", bound=Hashable)


class IndexCache(Generic[Key]):
    """Arrays by key; those used last are kept, for any thread. None says that there is nothing."""

    def __init__(
        self, make: Callable[[Key], NDArray[Any] | None], most: int = RECENT_BYTES
    ) -> None:
        self._make, self._most, self._bytes = make, most, 0
        self._kept: OrderedDict[Key, NDArray[Any] | None] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> NDArray[Any] | None:
        """Give the array of a key; it is made if it is not kept, outside of the lock."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += _cost(made)
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= _cost(self._kept.popitem(last=False)[1])
        return made


def _cost(array: NDArray[Any] | None) -> int:
    """Bytes of an array and of what Python needs to keep it."""
    return 256 + (0 if array is None else array.nbytes)


class ChunkPerFile:
    """A file for each chunk. `called` gives its name, and that of a twin compressed by gzip.

    A twin may become `most` bytes.
    """

    has_shards = False
    grid: Position = ()

    def __init__(
        self, files: Files, called: Callable[[Position], tuple[str, ...]], most: int = 0
    ) -> None:
        self._files, self._called, self._most = files, called, most

    def chunks(self, ranges: Ranges) -> Iterator[EncodedChunk]:
        for position in product(*ranges):
            name, *twins = self._called(position)
            content = self._files.whole(name)
            for twin in twins if content is None else ():
                if (packed := self._files.whole(twin)) is not None:
                    name = twin
                    with damaged(self._files, name):
                        content = gzip(packed, self._most)
            yield EncodedChunk(name, position, content)

    def names(self, ranges: Ranges) -> Iterator[tuple[str, ...]]:
        return map(self._called, product(*ranges))

    def has_gaps(self, ranges: Ranges) -> bool:  # noqa: ARG002 -- there is nothing to look at
        return False


class ShardedFiles:
    """Files of `grid` chunks each, one number per axis.

    `called` names the shard at a position; `places` says where its chunks at these positions
    within it lie, None if it is not there. No chunk may be longer than `most` bytes.
    """

    has_shards = True

    def __init__(
        self,
        files: Files,
        grid: Position,
        called: Callable[[Position], str],
        places: Callable[[str, Ranges], Places | None],
        most: int,
    ) -> None:
        self._files, self.grid, self._called = files, grid, called
        self._places, self._most = places, most

    def chunks(self, ranges: Ranges) -> Iterator[EncodedChunk]:
        for name, begin, within in self._shards(ranges):
            with damaged(self._files, name, is_index=True):
                places = self._places(name, within)
            if places is None:
                yield EncodedChunk(name, begin, None)
                continue
            flat = places.reshape(-1, 2)
            at = np.flatnonzero((flat != NEVER_WRITTEN).any(1))
            where = np.stack(np.unravel_index(at, places.shape[:-1]), 1) + [
                first + side.start for first, side in zip(begin, within, strict=True)
            ]
            positions: list[Position] = list(map(tuple, where.tolist()))
            yield from read_runs(self._files, name, positions, flat[at], self._most)

    def names(self, ranges: Ranges) -> Iterator[tuple[str, ...]]:
        return ((self._called(shard),) for shard in self._touched(ranges))

    def has_gaps(self, ranges: Ranges) -> bool:
        for name, _, within in self._shards(ranges):
            with damaged(self._files, name, is_index=True):
                places = self._places(name, within)
            if places is not None and (places == NEVER_WRITTEN).any():
                return True
        return False

    def _touched(self, ranges: Ranges) -> Iterator[Position]:
        sides = zip(ranges, self.grid, strict=True)
        return product(*(range(r.start // g, -(-r.stop // g)) for r, g in sides))

    def _shards(self, ranges: Ranges) -> Iterator[tuple[str, Position, Ranges]]:
        """Give the name of each shard, its first chunk, and the ranges counted from there."""
        for shard in self._touched(ranges):
            begin = tuple(s * g for s, g in zip(shard, self.grid, strict=True))
            sides = zip(ranges, begin, self.grid, strict=True)
            within = [range(max(r.start - b, 0), min(r.stop - b, g)) for r, b, g in sides]
            yield self._called(shard), begin, within


def read_runs(
    files: Files, name: str, positions: Sequence[Position], places: NDArray[Any], most: int
) -> Iterator[EncodedChunk]:
    """Read chunks of one file, whatever their order; those that lie close are read at once."""
    order = np.argsort(places[:, 0], kind="stable")
    chunks = [
        (positions[at], offset, size)
        for at, (offset, size) in zip(order.tolist(), places[order].tolist(), strict=True)
    ]
    if any(size > most for _, _, size in chunks):
        raise damage(files, name, ValueError("its index is wrong"))
    first = 0
    while first < len(chunks):
        begin = end = chunks[first][1]
        last = first
        while last < len(chunks) and _joins(chunks[last], begin, end):
            end = max(end, sum(chunks[last][1:]))
            last += 1
        run = memoryview(files.part(name, begin, end) or b"")
        for position, offset, size in chunks[first:last]:
            content = run[offset - begin : offset - begin + size]
            if len(content) != size:
                raise damage(files, name, ValueError("it is cut short"))
            yield EncodedChunk(name, position, content)
        first = last


def _joins(chunk: tuple[Position, int, int], begin: int, end: int) -> bool:
    """Tell whether a chunk is read with those before it, which lie from `begin` to `end`."""
    _, offset, size = chunk
    return begin == end or (offset - end <= GAP_BYTES and offset + size - begin <= RUN_BYTES)
