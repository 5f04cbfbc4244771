"""Chunks of Zarr arrays, decoded in the thread that asks for them.

zarr-python decodes behind an event loop that all threads share: of shards of small chunks it reads
a quarter of what one thread can, and a second thread gains nothing. What is not known here is left
to it. https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#codecs
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import zarr
from numpy.typing import NDArray

from wkflow.formats.chunk_files import NEVER_WRITTEN
from wkflow.formats.chunk_grid import Span, gather
from wkflow.formats.zarr_codecs import Pipeline, Shards, pipeline_v2, pipeline_v3
from wkflow.readers.dataset.image import Fetch
from wkflow.readers.dataset.zarr_node import Node


@dataclass(frozen=True, slots=True)
class ZarrChunks:
    """The chunks of an array; with `shards`, a file holds `shards.grid` of them."""

    array: zarr.Array[Any]
    folder: Path
    pipeline: Pipeline
    shards: Shards | None

    def fetch(self, spans: tuple[Span, ...]) -> NDArray[Any]:
        """Decode the chunks that a region touches, one after the other."""
        shape = [end - begin for begin, end in spans]
        out = np.empty(shape, self.pipeline.dtype.newbyteorder("="))
        fill = self.array.fill_value
        with ExitStack() as stack:
            opened = Opened(self, stack)
            gather(spans, self.pipeline.shape, opened.load, out, 0 if fill is None else fill)
        return out

    def file(self, position: tuple[int, ...]) -> Path:
        """Give the file at a position of the grid of chunks, or of shards."""
        return self.folder / self.array.metadata.encode_chunk_key(position)


class Opened:
    """The shards that a region touches: each is opened, and its index read, once."""

    def __init__(self, chunks: ZarrChunks, stack: ExitStack) -> None:
        self.chunks = chunks
        self.stack = stack
        self.shards: dict[tuple[int, ...], tuple[BinaryIO, NDArray[Any]] | None] = {}

    def load(self, position: tuple[int, ...]) -> NDArray[Any] | None:
        """Decode the chunk at a position; None if it was never written."""
        shards = self.chunks.shards
        if shards is None:
            content = self._whole(self.chunks.file(position))
        else:
            where = tuple(p // g for p, g in zip(position, shards.grid, strict=True))
            within = tuple(p % g for p, g in zip(position, shards.grid, strict=True))
            content = self._part(where, within, shards)
        return None if content is None else self.chunks.pipeline.decode(content)

    def _whole(self, file: Path) -> bytes | None:
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None

    def _part(
        self, where: tuple[int, ...], within: tuple[int, ...], shards: Shards
    ) -> bytes | None:
        if where not in self.shards:
            self.shards[where] = self._shard(self.chunks.file(where), shards)
        shard = self.shards[where]
        if shard is None:
            return None
        file, index = shard
        offset, size = (int(number) for number in index[within])
        if offset == NEVER_WRITTEN:
            return None
        if offset + size > os.fstat(file.fileno()).st_size:  # before room for it is made
            raise ValueError("a shard is cut short")
        file.seek(offset)
        return file.read(size)

    def _shard(self, path: Path, shards: Shards) -> tuple[BinaryIO, NDArray[Any]] | None:
        try:
            file = self.stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            return None
        end = file.seek(0, 2)
        file.seek(max(end - shards.index_bytes, 0) if shards.is_index_last else 0)
        return file, shards.index.decode(file.read(shards.index_bytes))


def fetch_of(array: zarr.Array[Any], node: Node) -> Fetch | None:
    """Give what fetches the regions of an array; None if its codecs are not known here."""
    shape = array.shards or array.chunks
    dtype = np.dtype(array.dtype)
    if dtype.kind not in "biuf":
        return None
    if node.version == 2:
        pipeline, shards = pipeline_v2(node.meta, shape), None
    else:
        pipeline, shards = pipeline_v3(node.meta["codecs"], shape, dtype)
    return ZarrChunks(array, node.folder, pipeline, shards).fetch if pipeline else None
