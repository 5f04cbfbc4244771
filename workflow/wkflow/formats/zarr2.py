"""Zarr v2: a file for each chunk, and what describes them.

https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html with OME-Zarr 0.4, as `webknossos` 4.3.3
writes it: order `F`, nested chunk names, zstd; but for the arrays' shapes, which are the layer's
true ones. Chunks at the border are whole. The further axes come first: (t, c, x, y, z); chunks
have an extent of 1 along them.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from wkflow.atomic_files import PartialFile
from wkflow.formats.chunk_codec import encoder, zeros
from wkflow.formats.chunk_files import ChunkPerFile, Position
from wkflow.formats.contract import INDEX_FAULT, Encode
from wkflow.formats.dataset_files import Files
from wkflow.formats.layout import as_json, axis_names, frame_ends, frame_position, multiscale
from wkflow.formats.shard import SingleChunk
from wkflow.formats.stored_array import StoredArray
from wkflow.formats.zarr_array import read_zarr2, zarr2_array
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer

GROUP = {"zarr_format": 2}


class Zarr2:
    """Arrays of chunks."""

    clips = False
    index_fault = INDEX_FAULT

    def refuse(self, layer: Layer) -> str | None:  # noqa: ARG002 -- it holds every layer
        return None

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a chunk: `em/1/<t>/0/x/y/z`."""
        place = layer.arranged(frame_position(layer, frame), [0, *position])
        return f"{layer.path}/{grid.name}/{'/'.join(map(str, place))}"

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
        arrays = [f"{layer.path}/{grid.name}/.zarray" for grid in grids]
        return [".zgroup", f"{layer.path}/.zgroup", f"{layer.path}/.zattrs", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:
        encode, turn = encoder(codec), _turn(layer)
        if turn is None:
            return encode
        turned = [0, *(1 + axis for axis in turn)]
        return lambda chunks: encode(np.ascontiguousarray(chunks.transpose(turned)))

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:
        return SingleChunk(file, zeros(layer, codec, grid.chunk))

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
        return read_zarr2(files, folder, axes)

    def planned_array(
        self, files: Files, layer: Layer, grid: Grid, codec: Codec, frame: int
    ) -> StoredArray:
        folder, axes = f"{layer.path}/{grid.name}", tuple(axis_names(layer))
        array = zarr2_array(files, folder, _array(layer, grid, codec), axes)

        def called(position: Position) -> tuple[str, ...]:
            x, y, z = (position[axes.index(axis)] for axis in "xyz")
            return (self.path(layer, grid, frame, (x, y, z)),)

        return replace(array, chunk_files=ChunkPerFile(files, called))


def _turn(layer: Layer) -> list[int] | None:
    """Give the axes of a chunk (z, y, x, c) in the order of the array's; None if it lies so.

    It does where these are z, y, x, c, or the same backwards; one of extent 1 may be anywhere.
    """
    names = [name for name in axis_names(layer) if name in "zyxc"]
    names += [] if "c" in names else ["c"]
    long = [name for name in names if name != "c" or layer.channels > 1]
    memory = [name for name in "zyxc" if name in long]
    return None if memory in (long, long[::-1]) else ["zyxc".index(name) for name in names]


def _order(layer: Layer) -> str:
    """Say which axis of the array is fastest in its chunks: the first (F) or the last (C)."""
    wanted = "zyxc" if layer.channels > 1 else "zyx"
    names = [name for name in axis_names(layer) if name in wanted]
    return "F" if "".join(reversed(names)) == wanted else "C"


def _array(layer: Layer, grid: Grid, codec: Codec) -> dict[str, Any]:
    ones = [1] * len(layer.axes)
    compressor = None if codec.name == "none" else {"id": codec.name, "level": codec.level}
    return {
        "shape": layer.arranged(frame_ends(layer), [layer.channels, *grid.size]),
        "chunks": layer.arranged(ones, [layer.channels, *grid.chunk]),
        "dtype": np.dtype(layer.dtype).newbyteorder("<").str,
        "fill_value": 0.0 if layer.dtype.startswith("float") else 0,
        "order": _order(layer),
        "filters": None,
        "dimension_separator": "/",
        "compressor": compressor,
        "zarr_format": 2,
    }
