"""Zarr v3: shards of many chunks, and what describes them.

Array metadata: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html; it is what
`webknossos` 4.3.3 writes, but for the arrays' shapes, which are the layer's true ones. The further
axes come first, as OME-Zarr 0.5 asks for time and as `webknossos convert` writes them: (t, c, x,
y, z); shards and chunks have an extent of 1 along them.
"""

from pathlib import Path
from typing import Any

from wkflow.box import Triple, ceil_div
from wkflow.codec import Codec
from wkflow.durable import Growing
from wkflow.layer import ITEM_BYTES, Grid, Layer
from wkflow.writers.chunk import encoder, voxels_decoder, zeros
from wkflow.writers.document import as_json, axis_names, multiscale
from wkflow.writers.frames import frame_position
from wkflow.writers.port import Decode, Encode
from wkflow.writers.shard import IndexedShard, ShardFile

GROUP = {"zarr_format": 3, "node_type": "group"}


class Zarr3:
    """Arrays of shards."""

    clips = False

    def refuse(self, layer: Layer) -> str | None:  # noqa: ARG002 -- it holds every layer
        return None

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a shard: `em/1/c/<t>/0/x/y/z`."""
        place = [*frame_position(layer, frame), 0, *position]
        return f"{layer.name}/{grid.mag}/c/{'/'.join(map(str, place))}"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        """Give the groups of the dataset and the layer, and the array of each mag."""
        scales = {"version": "0.5", "multiscales": [multiscale(layer, grids, voxel_size, unit)]}
        documents: list[dict[str, Any]] = [{"attributes": {}}, {"attributes": {"ome": scales}}]
        documents = [document | GROUP for document in documents]
        documents += [_array(layer, grid, codec) for grid in grids]
        names = self.document_names(layer, grids)
        return {name: as_json(document) for name, document in zip(names, documents, strict=True)}

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        arrays = [f"{layer.name}/{grid.mag}/zarr.json" for grid in grids]
        return ["zarr.json", f"{layer.name}/zarr.json", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:  # noqa: ARG002
        return encoder(codec)

    def decoder(self, layer: Layer, codec: Codec) -> Decode:
        return voxels_decoder(layer, codec)

    def sink(self, file: Growing, layer: Layer, grid: Grid, codec: Codec) -> IndexedShard:
        empty = zeros(layer, codec, grid.chunk)
        return IndexedShard(file, ceil_div(grid.shard, grid.chunk), empty)

    def open(self, path: Path, layer: Layer, grid: Grid) -> ShardFile:  # noqa: ARG002
        return ShardFile(path, ceil_div(grid.shard, grid.chunk))


def _array(layer: Layer, grid: Grid, codec: Codec) -> dict[str, Any]:
    sizes = [size for _, size in layer.axes]
    ones = [1] * len(sizes)
    names = axis_names(layer)
    return {
        "shape": [*sizes, layer.channels, *grid.size],
        "data_type": layer.dtype,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [*ones, layer.channels, *grid.shard]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0 if layer.dtype.startswith("float") else 0,
        "codecs": [_sharding([*ones, layer.channels, *grid.chunk], codec, ITEM_BYTES[layer.dtype])],
        "attributes": {},
        "dimension_names": names,
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def _sharding(chunk: list[int], codec: Codec, item_bytes: int) -> dict[str, Any]:
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    compressors = {
        "zstd": [{"name": "zstd", "configuration": {"level": codec.level, "checksum": True}}],
        "gzip": [{"name": "gzip", "configuration": {"level": codec.level}}],
        "none": [],
    }
    plain = little if item_bytes > 1 else {"name": "bytes"}
    order = list(reversed(range(len(chunk))))
    return {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": chunk,
            "codecs": [
                {"name": "transpose", "configuration": {"order": order}},
                plain,
                *compressors[codec.name],
            ],
            "index_codecs": [little, {"name": "crc32c"}],
            "index_location": "end",
        },
    }
