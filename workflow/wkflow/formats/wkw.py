"""WKW: files of cubes, cut into blocks.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md. Voxels of a block
lie with the channel fastest, then x, y and z, as they do in memory here. Blocks at the border are
whole. LZ4 blocks are bare, without a frame or their size.
"""

from pathlib import Path

import imagecodecs
import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.contract import Decode, Encode, ShardSink, Voxels
from wkflow.formats.frames import refuse_axes
from wkflow.formats.wkw_file import (
    HEADER_BYTES,
    CubeFile,
    PackedCube,
    RawCube,
    block_bytes,
    header,
)
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer


class Wkw:
    """Cubes of blocks."""

    clips = False

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

    def decoder(self, layer: Layer, codec: Codec) -> Decode:
        dtype = np.dtype(layer.dtype).newbyteorder("<")
        is_packed = codec.name != "none"

        def decode(encoded: memoryview, extents: Triple) -> Voxels:
            x, y, z = extents
            size = x * y * z * layer.voxel_bytes
            data = imagecodecs.lz4_decode(bytes(encoded), out=size) if is_packed else encoded
            return np.frombuffer(data, dtype).reshape(z, y, x, layer.channels)

        return decode

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> ShardSink:
        edge, size = grid.shard[0] // grid.chunk[0], block_bytes(layer, grid)
        if codec.name == "none":
            return RawCube(file, header(layer, grid, codec.name, HEADER_BYTES), edge, size)
        head = header(layer, grid, codec.name, HEADER_BYTES + 8 * edge**3)
        return PackedCube(file, head, edge, encoder(codec)(np.zeros(size, np.uint8)))

    def open(self, path: Path, layer: Layer, grid: Grid) -> CubeFile:
        return CubeFile(path, grid.shard[0] // grid.chunk[0], block_bytes(layer, grid))


def encoder(codec: Codec) -> Encode:
    """Give what makes a block; level 0 of `lz4hc` is its default, 9."""
    if codec.name == "none":
        return lambda chunk: chunk.tobytes()
    is_high = codec.name == "lz4hc"
    level = codec.level or None
    return lambda chunk: bytes(imagecodecs.lz4_encode(chunk.tobytes(), level=level, hc=is_high))
