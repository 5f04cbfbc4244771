"""N5: a file for each chunk, big-endian, with a header of its own.

https://github.com/saalfeldlab/n5#file-system-specification. Dimensions are (c, x, y, z), the first
one fastest, and one chunk holds all channels; chunks at the border hold only the voxels inside.
`axes`, `resolution` and `units` are what Neuroglancer and tensorstore read besides.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.chunk_codec import decoder, encoder
from wkflow.formats.contract import Decode, Encode, Voxels
from wkflow.formats.document import as_json
from wkflow.formats.frames import refuse_axes
from wkflow.formats.single_chunk import ChunkFile, SingleChunk
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.units import NANOMETERS

HEADER = struct.Struct(">HH4I")
"""Mode 0, four dimensions, their extents (c, x, y, z)."""


class N5:
    """Arrays of chunks."""

    clips = True

    def refuse(self, layer: Layer) -> str | None:
        return refuse_axes(layer, "N5")

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:  # noqa: ARG002
        """Give the file of a chunk: `em/1/0/x/y/z`."""
        return f"{layer.path}/{grid.name}/0/{'/'.join(map(str, position))}"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        """Give the version of the container, the mags of the layer, and the array of each."""
        nanometers = [edge * NANOMETERS[unit] for edge in voxel_size]
        scales = [list(grid.mag.factors) for grid in grids]
        documents: list[dict[str, Any]] = [{"n5": "2.5.0"}, {"scales": scales}]
        documents += [_array(layer, grid, codec, nanometers) for grid in grids]
        names = self.document_names(layer, grids)
        return {name: as_json(document) for name, document in zip(names, documents, strict=True)}

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        arrays = [f"{layer.path}/{grid.name}/attributes.json" for grid in grids]
        return ["attributes.json", f"{layer.path}/attributes.json", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:
        encode, dtype = encoder(codec), np.dtype(layer.dtype).newbyteorder(">")

        def encode_block(chunk: Voxels) -> bytes:
            head = HEADER.pack(0, 4, *reversed(chunk.shape))
            return head + encode(np.ascontiguousarray(chunk, dtype))

        return encode_block

    def decoder(self, layer: Layer, codec: Codec) -> Decode:
        decode, dtype = decoder(codec), np.dtype(layer.dtype).newbyteorder(">")

        def decode_block(encoded: memoryview, extents: Triple) -> Voxels:
            x, y, z = extents
            if bytes(encoded[: HEADER.size]) != HEADER.pack(0, 4, layer.channels, x, y, z):
                raise ValueError(f"no block of {x}x{y}x{z} voxels")
            block = np.frombuffer(decode(encoded[HEADER.size :]), dtype)
            return block.reshape(z, y, x, layer.channels)

        return decode_block

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:  # noqa: ARG002
        return SingleChunk(file)

    def open(self, path: Path, layer: Layer, grid: Grid) -> ChunkFile:  # noqa: ARG002
        return ChunkFile(path)


def _array(layer: Layer, grid: Grid, codec: Codec, nanometers: list[float]) -> dict[str, Any]:
    compressions: dict[str, dict[str, Any]] = {
        "gzip": {"type": "gzip", "level": codec.level, "useZlib": False},
        "zstd": {"type": "zstd", "level": codec.level},
        "none": {"type": "raw"},
    }
    edges = [n * factor for n, factor in zip(nanometers, grid.mag.factors, strict=True)]
    return {
        "dimensions": [layer.channels, *grid.size],
        "blockSize": [layer.channels, *grid.chunk],
        "dataType": layer.dtype,
        "compression": compressions[codec.name],
        "axes": ["c", "x", "y", "z"],
        "resolution": [1.0, *edges],
        "units": ["", "nm", "nm", "nm"],
        "downsamplingFactors": [1, *grid.mag.factors],
    }
