"""WKW: files of cubes, cut into blocks.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md. Voxels of a block
lie with the channel fastest, then x, y and z, as they do in memory here. Blocks at the border are
whole. LZ4 blocks are bare, without a frame or their size.
"""

from math import prod

import imagecodecs
import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.chunk_codec import one_by_one
from wkflow.formats.chunk_files import RESTORE, MissingFileError
from wkflow.formats.contract import Encode, ShardSink
from wkflow.formats.dataset_files import Files
from wkflow.formats.layout import refuse_axes
from wkflow.formats.stored_array import StoredArray
from wkflow.formats.wkw_file import (
    HEADER_BYTES,
    PackedCube,
    RawCube,
    header,
    wkw_array,
)
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer


class Wkw:
    """Cubes of blocks."""

    clips = False
    index_fault = "this file is damaged or cut short"

    def refuse(self, layer: Layer) -> str | None:
        return refuse_axes(layer, "WKW")

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:  # noqa: ARG002
        """Give the file of a cube: `em/1/z0/y0/x0.wkw`."""
        x, y, z = position
        return f"{layer.path}/{grid.name}/z{z}/y{y}/x{x}.wkw"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,  # noqa: ARG002
    ) -> dict[str, bytes]:  # fmt: skip
        """Give the header of each mag."""
        heads = [header(layer, grid, codec.name, 0) for grid in grids]
        return dict(zip(self.document_names(layer, grids), heads, strict=True))

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        return [f"{layer.path}/{grid.name}/header.wkw" for grid in grids]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:  # noqa: ARG002
        return encoder(codec)

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> ShardSink:
        edge, size = grid.shard[0] // grid.chunk[0], block_bytes(layer, grid)
        if codec.name == "none":
            return RawCube(file, header(layer, grid, codec.name, HEADER_BYTES), edge, size)
        head = header(layer, grid, codec.name, HEADER_BYTES + 8 * edge**3)
        return PackedCube(file, head, edge, *encoder(codec)(np.zeros((1, size), np.uint8)))

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:  # noqa: ARG002
        """Read the header of a mag; its axes are (c, x, y, z)."""
        name = f"{folder}/header.wkw"
        head = files.whole(name)
        if head is None:
            raise MissingFileError("is missing", files.where(name), RESTORE)
        return wkw_array(files, folder, head)

    def planned_array(
        self,
        files: Files,
        layer: Layer,
        grid: Grid,
        codec: Codec,
        frame: int,  # noqa: ARG002
    ) -> StoredArray:
        head = header(layer, grid, codec.name, 0)
        return wkw_array(files, f"{layer.path}/{grid.name}", head, requires_size=True)


def encoder(codec: Codec) -> Encode:
    """Give what makes blocks; level 0 of `lz4hc` is its default, 9."""
    if codec.name == "none":
        return one_by_one(lambda chunk: chunk.tobytes())
    is_high = codec.name == "lz4hc"
    level = codec.level or None
    return one_by_one(
        lambda chunk: bytes(imagecodecs.lz4_encode(chunk.tobytes(), level=level, hc=is_high))
    )


def block_bytes(layer: Layer, grid: Grid) -> int:
    """Bytes of one block before compression."""
    return prod(grid.chunk) * layer.voxel_bytes
