"""What every target format promises; tests/formats/contract.py holds each of them to it.

A *shard* is one file of the dataset: many chunks in zarr3 and WKW, one chunk elsewhere.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer

Voxels = NDArray[np.generic]
ReadBox = Callable[[Box], Voxels]
"""Gives the voxels (c, x, y, z) of a box; their transpose need not be contiguous."""
Encode = Callable[[Voxels], bytes]
Decode = Callable[[memoryview, Triple], Voxels]
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


class OpenShard(Protocol):
    """A shard open for reading; chunks may be asked for from several threads."""

    def row(self, x: range, y: int, z: int) -> list[memoryview | None]:
        """Read the encoded chunks at `x` of one row; None stands for zeros."""
        ...

    def close(self) -> None: ...


class Format(Protocol):
    """One way to store a mag. All methods take the layer, most of them one of its grids."""

    clips: bool
    """Whether a chunk at the border holds only the voxels inside the array."""

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
        """Give what encodes a chunk, shape (z, y, x, c), C-contiguous, little-endian."""
        ...

    def decoder(self, layer: Layer, codec: Codec) -> Decode:
        """Give what decodes a chunk of the given extents (x, y, z) to shape (z, y, x, c).

        A damaged chunk makes it raise what the library raises: RuntimeError, ValueError,
        zlib.error.
        """
        ...

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> ShardSink:
        """Begin a shard in a file that grows."""
        ...

    def open(self, path: Path, layer: Layer, grid: Grid) -> OpenShard:
        """Open a shard.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        VerificationError
            If it is damaged.
        """
        ...
