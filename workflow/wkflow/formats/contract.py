"""What every target format promises; tests/formats/contract.py holds each of them to it.

A *shard* is one file of the dataset: many chunks in zarr3 and WKW, one chunk elsewhere.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.formats.dataset_files import Files
from wkflow.formats.stored_array import StoredArray
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer

Voxels = NDArray[np.generic]
ReadBox = Callable[[Box], Voxels]
"""Gives the voxels (c, x, y, z) of a box; their transpose need not be contiguous."""
Encode = Callable[[Voxels], list[bytes]]
"""Encodes chunks, of the shape (n, z, y, x, c): one for each n."""
Band = tuple[Box, ReadBox, Callable[[], object]]
"""A box of voxels, what reads from it, and what to call, once, when nothing reads it any more."""
INDEX_FAULT = "the index of this shard is damaged"

Row = list[bytes | None]
"""Encoded chunks at growing x; None stands for nothing but zeros."""


class ShardSink(Protocol):
    """A shard that is being written; it appears under its name when it is finished."""

    def append(self, row: Row, y: int, z: int) -> None:
        """Add the chunks of one row from x = 0 on; rows come with y fastest, then z.

        `y` and `z` count chunks within the shard. Rows and chunks that never come are zeros, and
        so are those that are None, which come only where the format does not clip.
        """
        ...

    def finish(self) -> tuple[int, str]:
        """Put the shard in its place; give its bytes and its crc32c in hexadecimal."""
        ...

    def abandon(self) -> None:
        """Leave nothing behind; after `finish` the shard stays."""
        ...


class Format(Protocol):
    """One way to store a mag. All methods take the layer, most of them one of its grids."""

    clips: bool
    """Whether a chunk at the border holds only the voxels inside the array."""

    index_fault: str
    """What is said of a file whose index is damaged."""

    def refuse(self, layer: Layer) -> str | None:
        """Say why the format cannot hold such a layer; None if it can."""
        ...

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a shard, relative to the dataset."""
        ...

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        """Give all metadata files of a layer and its mags, and of the dataset: path to content."""
        ...

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        """List the paths that `documents` gives."""
        ...

    def encoder(self, layer: Layer, codec: Codec) -> Encode:
        """Give what encodes chunks, shape (n, z, y, x, c), C-contiguous, little-endian."""
        ...

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> ShardSink:
        """Begin a shard in a file that grows."""
        ...

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
        """Give the array in a folder as its metadata describe it, whoever wrote it.

        `axes` name its axes where the properties of its dataset do; they may be empty.

        Raises
        ------
        SourceError
            If the metadata are missing, damaged or of a kind that cannot be read.
        """
        ...

    def planned_array(
        self, files: Files, layer: Layer, grid: Grid, codec: Codec, frame: int
    ) -> StoredArray:
        """Give the array of a mag as it is written here, to read one of its frames.

        Its metadata need not be there yet.
        """
        ...
