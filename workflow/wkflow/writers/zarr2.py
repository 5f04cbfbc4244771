"""Zarr v2: a file for each chunk, and what describes them.

https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html with OME-Zarr 0.4, as `webknossos` 4.3.3
writes it: order `F`, nested chunk names, zstd; but for the arrays' shapes, which are the layer's
true ones. Chunks at the border are whole. The further axes come first: (t, c, x, y, z); chunks
have an extent of 1 along them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from wkflow.box import Triple
from wkflow.codec import Codec
from wkflow.durable import Growing
from wkflow.layer import Grid, Layer
from wkflow.writers.chunk import encoder, voxels_decoder, zeros
from wkflow.writers.document import as_json, multiscale
from wkflow.writers.frames import frame_position
from wkflow.writers.port import Decode, Encode
from wkflow.writers.single import ChunkFile, SingleChunk

GROUP = {"zarr_format": 2}


class Zarr2:
    """Arrays of chunks."""

    clips = False

    def refuse(self, layer: Layer) -> str | None:  # noqa: ARG002 -- it holds every layer
        return None

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a chunk: `em/1/<t>/0/x/y/z`."""
        place = [*frame_position(layer, frame), 0, *position]
        return f"{layer.name}/{grid.mag}/{'/'.join(map(str, place))}"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        """Give the groups of the dataset and the layer, and the array of each mag."""
        scales = {"version": "0.4"} | multiscale(layer, grids, voxel_size, unit)
        documents: list[dict[str, Any]] = [GROUP, GROUP, {"multiscales": [scales]}]
        documents += [_array(layer, grid, codec) for grid in grids]
        names = self.document_names(layer, grids)
        return {name: as_json(document) for name, document in zip(names, documents, strict=True)}

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        arrays = [f"{layer.name}/{grid.mag}/.zarray" for grid in grids]
        return [".zgroup", f"{layer.name}/.zgroup", f"{layer.name}/.zattrs", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:  # noqa: ARG002
        return encoder(codec)

    def decoder(self, layer: Layer, codec: Codec) -> Decode:
        return voxels_decoder(layer, codec)

    def sink(self, file: Growing, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:
        return SingleChunk(file, zeros(layer, codec, grid.chunk))

    def open(self, path: Path, layer: Layer, grid: Grid) -> ChunkFile:  # noqa: ARG002
        return ChunkFile(path)


def _array(layer: Layer, grid: Grid, codec: Codec) -> dict[str, Any]:
    sizes = [size for _, size in layer.axes]
    compressor = None if codec.name == "none" else {"id": codec.name, "level": codec.level}
    return {
        "shape": [*sizes, layer.channels, *grid.size],
        "chunks": [*[1] * len(sizes), layer.channels, *grid.chunk],
        "dtype": np.dtype(layer.dtype).newbyteorder("<").str,
        "fill_value": 0.0 if layer.dtype.startswith("float") else 0,
        "order": "F",
        "filters": None,
        "dimension_separator": "/",
        "compressor": compressor,
        "zarr_format": 2,
    }
