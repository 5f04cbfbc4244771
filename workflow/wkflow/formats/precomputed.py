"""Neuroglancer's precomputed volumes: a file of bare voxels for each chunk.

https://neuroglancer-docs.web.app/datasource/precomputed/volume.html, unsharded, encoding `raw`:
little-endian, x fastest, then y, z and the channel. Chunks at the border hold only the voxels
inside. There is no compression: the server of a volume is expected to do that.
"""

from pathlib import Path
from typing import Any

import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.contract import Decode, Encode, Voxels
from wkflow.formats.document import as_json
from wkflow.formats.frames import refuse_axes
from wkflow.formats.single_chunk import ChunkFile, SingleChunk
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.units import NANOMETERS


class Precomputed:
    """A volume for each layer, a scale for each mag."""

    clips = True

    def refuse(self, layer: Layer) -> str | None:
        if layer.dtype in {"int64", "float64"}:
            return f"precomputed volumes know no {layer.dtype}"
        return refuse_axes(layer, "a precomputed volume")

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:  # noqa: ARG002
        """Give the file of a chunk: `em/1/0-64_0-64_0-64`, begins and ends along x, y and z."""
        box = grid.shard_box(position)
        ends = zip(box.begin, box.end, strict=True)
        return f"{layer.path}/{grid.name}/{'_'.join(f'{begin}-{end}' for begin, end in ends)}"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,  # noqa: ARG002
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        """Give the `info` of the layer."""
        nanometers = [edge * NANOMETERS[unit] for edge in voxel_size]
        (name,) = self.document_names(layer, grids)
        volume = {
            "@type": "neuroglancer_multiscale_volume",
            "type": "segmentation" if layer.category == "segmentation" else "image",
            "data_type": layer.dtype,
            "num_channels": layer.channels,
            "scales": [_scale(grid, nanometers) for grid in grids],
        }
        return {name: as_json(volume)}

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:  # noqa: ARG002
        return [f"{layer.path}/info"]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:  # noqa: ARG002
        return lambda chunk: np.moveaxis(chunk, 3, 0).tobytes()

    def decoder(self, layer: Layer, codec: Codec) -> Decode:  # noqa: ARG002
        dtype = np.dtype(layer.dtype).newbyteorder("<")

        def decode(encoded: memoryview, extents: Triple) -> Voxels:
            x, y, z = extents
            planes = np.frombuffer(encoded, dtype).reshape(layer.channels, z, y, x)
            return np.moveaxis(planes, 0, 3)

        return decode

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:  # noqa: ARG002
        return SingleChunk(file)

    def open(self, path: Path, layer: Layer, grid: Grid) -> ChunkFile:  # noqa: ARG002
        return ChunkFile(path)


def _scale(grid: Grid, nanometers: list[float]) -> dict[str, Any]:
    """Describe a mag; its volume begins with the first chunk that holds voxels of the layer.

    Programs count chunks from `voxel_offset`, and WEBKNOSSOS reads cubes of 32 voxels from the
    dataset's origin on: from a multiple of the chunk, both are the dataset's own chunks.
    """
    begin = [b // c * c for b, c in zip(grid.begin, grid.chunk, strict=True)]
    return {
        "key": grid.name,
        "size": [end - b for end, b in zip(grid.size, begin, strict=True)],
        "resolution": [n * factor for n, factor in zip(nanometers, grid.mag.factors, strict=True)],
        "voxel_offset": begin,
        "chunk_sizes": [list(grid.chunk)],
        "encoding": "raw",
    }
