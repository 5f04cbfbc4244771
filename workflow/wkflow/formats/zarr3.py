"""Zarr v3: shards of many chunks, and what describes them.

Array metadata: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html; it is what
`webknossos` 4.3.3 writes, but for the arrays' shapes, which are the layer's true ones. The further
axes come first, as OME-Zarr 0.5 asks for time and as `webknossos convert` writes them: (t, c, x,
y, z); shards and chunks have an extent of 1 along them.
"""

from typing import Any

from wkflow.atomic_files import PartialFile
from wkflow.formats.chunk_codec import encoder, zeros
from wkflow.formats.contract import INDEX_FAULT, Encode
from wkflow.formats.dataset_files import Files
from wkflow.formats.layout import as_json, axis_names, frame_ends, frame_position, multiscale
from wkflow.formats.shard import IndexedShard
from wkflow.formats.stored_array import StoredArray
from wkflow.formats.zarr_array import read_zarr3, zarr3_array
from wkflow.model.box import Triple, ceil_div
from wkflow.model.codec import Codec
from wkflow.model.layer import ITEM_BYTES, Grid, Layer

GROUP = {"zarr_format": 3, "node_type": "group"}


class Zarr3:
    """Arrays of shards."""

    clips = False
    index_fault = INDEX_FAULT

    def refuse(self, layer: Layer) -> str | None:  # noqa: ARG002 -- it holds every layer
        return None

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a shard: `em/1/c/<t>/0/x/y/z`."""
        place = layer.arranged(frame_position(layer, frame), [0, *position])
        return f"{layer.path}/{grid.name}/c/{'/'.join(map(str, place))}"

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
        arrays = [f"{layer.path}/{grid.name}/zarr.json" for grid in grids]
        return ["zarr.json", f"{layer.path}/zarr.json", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:  # noqa: ARG002
        return encoder(codec)

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> IndexedShard:
        empty = zeros(layer, codec, grid.chunk)
        return IndexedShard(file, ceil_div(grid.shard, grid.chunk), empty, _space(layer))

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
        return read_zarr3(files, folder, axes)

    def planned_array(
        self,
        files: Files,
        layer: Layer,
        grid: Grid,
        codec: Codec,
        frame: int,  # noqa: ARG002
    ) -> StoredArray:
        folder, axes = f"{layer.path}/{grid.name}", tuple(axis_names(layer))
        return zarr3_array(files, folder, _array(layer, grid, codec), axes)


def _array(layer: Layer, grid: Grid, codec: Codec) -> dict[str, Any]:
    ones = [1] * len(layer.axes)
    names = axis_names(layer)
    shard = layer.arranged(ones, [layer.channels, *grid.shard])
    chunk = layer.arranged(ones, [layer.channels, *grid.chunk])
    return {
        "shape": layer.arranged(frame_ends(layer), [layer.channels, *grid.size]),
        "data_type": layer.dtype,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": shard},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0 if layer.dtype.startswith("float") else 0,
        "codecs": [_sharding(chunk, _memory(names), codec, ITEM_BYTES[layer.dtype])],
        "attributes": {"wkflow": {"every_shard_is_stored": True}},
        "dimension_names": names,
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def _space(layer: Layer) -> Triple:
    """Give the axes of space as arrays have them: (0, 1, 2) for x, y, z."""
    first, second, third = ("xyz".index(name) for name in axis_names(layer) if name in "xyz")
    return first, second, third


def _memory(names: list[str]) -> list[int]:
    """Give the order of axes in which a chunk lies: z, y, x, c, then those of extent 1."""
    slowest = [name for name in "zyxc" if name in names]
    rest = [name for name in reversed(names) if name not in slowest]
    return [names.index(name) for name in (*slowest, *rest)]


def _sharding(chunk: list[int], order: list[int], codec: Codec, item_bytes: int) -> dict[str, Any]:
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    compressors = {
        "zstd": [{"name": "zstd", "configuration": {"level": codec.level, "checksum": True}}],
        "gzip": [{"name": "gzip", "configuration": {"level": codec.level}}],
        "none": [],
    }
    plain = little if item_bytes > 1 else {"name": "bytes"}
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
