"""Neuroglancer's precomputed volumes: a file of bare voxels for each chunk.

https://neuroglancer-docs.web.app/datasource/precomputed/volume.html, unsharded, encoding `raw`:
little-endian, x fastest, then y, z and the channel. Chunks at the border hold only the voxels
inside. There is no compression: the server of a volume is expected to do that.
"""

import posixpath
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.errors import SourceError
from wkflow.formats.chunk_codec import one_by_one
from wkflow.formats.chunk_files import (
    RESTORE,
    ArrayFiles,
    ChunkPerFile,
    Position,
    damaged,
    document_at,
)
from wkflow.formats.contract import INDEX_FAULT, Encode
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded
from wkflow.formats.layout import as_json, refuse_axes
from wkflow.formats.precomputed_chunk import ENCODINGS, decode
from wkflow.formats.precomputed_shard import HashedShards, Sharding
from wkflow.formats.shard import SingleChunk
from wkflow.formats.stored_array import Decode, StoredArray
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.units import NANOMETERS

AXES = ("c", "z", "y", "x")


class Precomputed:
    """A volume for each layer, a scale for each mag."""

    clips = True
    index_fault = INDEX_FAULT

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
        return one_by_one(lambda chunk: np.moveaxis(chunk, 3, 0).tobytes())

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:  # noqa: ARG002
        return SingleChunk(file)

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:  # noqa: ARG002
        """Read the scale that is called like the folder from the `info` beside it."""
        above, key = posixpath.split(folder)
        name = posixpath.join(above, "info")
        info = document_at(files, name)
        with damaged(files, name):
            scale = next((scale for scale in info["scales"] if scale["key"] == key), None)
        if scale is None:
            raise SourceError(f"lists no scale of the key {key}", files.where(name), RESTORE)
        return scale_array(files, name, folder, info, scale)

    def planned_array(
        self,
        files: Files,
        layer: Layer,
        grid: Grid,
        codec: Codec,  # noqa: ARG002
        frame: int,  # noqa: ARG002
    ) -> StoredArray:
        info = {"data_type": layer.dtype, "num_channels": layer.channels}
        folder = f"{layer.path}/{grid.name}"
        return scale_array(files, f"{layer.path}/info", folder, info, _scale(grid, [1, 1, 1]))


def _scale(grid: Grid, nanometers: Sequence[float]) -> dict[str, Any]:
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


def scale_array(
    files: Files, document: str, folder: str, info: dict[str, Any], scale: dict[str, Any]
) -> StoredArray:
    """Give the array of a scale, which `document` describes; its first voxel is at `voxel_offset`.

    Raises
    ------
    SourceError
        If chunks are encoded in a way that is not known here.
    """
    with damaged(files, document):
        size, edge = _triple(scale["size"]), _triple(scale["chunk_sizes"][0])
        offset = _triple(scale.get("voxel_offset") or (0, 0, 0))
        shape = (int(info["num_channels"]), *size[::-1])
        chunk = (shape[0], *edge[::-1])
        dtype = np.dtype(info["data_type"]).newbyteorder("<")
        encoding = scale["encoding"]
        stated = scale.get("sharding")
        sharding = Sharding.of(stated, size, edge) if stated else None
        decodes = _decoder(scale, dtype, shape, chunk)
    if encoding not in ENCODINGS:
        raise SourceError(
            f"has chunks encoded as {encoding}, which cannot be read",
            files.where(folder),
            f"Encodings that can be: {', '.join(sorted(ENCODINGS))}.",
        )
    most = 4 * dtype.itemsize * prod(chunk) + 4096
    chunk_files: ArrayFiles = ChunkPerFile(files, _namer(folder, size, edge, offset), most)
    if sharding:
        chunk_files = HashedShards(files, folder, sharding, most)
    native, origin = dtype.newbyteorder("="), (0, *offset[::-1])
    codec = str(encoding).replace("raw", "none")
    return StoredArray(
        files, document, AXES, shape, chunk, native, chunk_files, decodes, origin=origin,
        codec=codec,
    )  # fmt: skip


def _namer(
    folder: str, size: Triple, edge: Triple, offset: Triple
) -> Callable[[Position], tuple[str, ...]]:
    """Give what names the file of a chunk, and that of cloud-volume.

    It writes compressed to a disk what a web server would send compressed.
    """

    def called(position: Position) -> tuple[str, ...]:
        sides = zip(position[:0:-1], edge, size, offset, strict=True)
        spans = [(at * e + o, min((at + 1) * e, s) + o) for at, e, s, o in sides]
        name = f"{folder}/{'_'.join(f'{begin}-{end}' for begin, end in spans)}"
        return name, f"{name}.gz"

    return called


def _decoder(
    scale: dict[str, Any], dtype: np.dtype[Any], shape: tuple[int, ...], chunk: tuple[int, ...]
) -> Decode:
    block = _triple(scale.get("compressed_segmentation_block_size") or (8, 8, 8))
    encoding = str(scale["encoding"])

    def decode_chunk(content: Encoded, position: Position) -> NDArray[Any]:
        sides = zip(position, chunk, shape, strict=True)
        channels, z, y, x = (min(edge, whole - at * edge) for at, edge, whole in sides)
        return decode(bytes(content), dtype, (channels, z, y, x), encoding, block)

    return decode_chunk


def _triple(stated: Any) -> Triple:  # noqa: ANN401 -- a part of a JSON document
    x, y, z = (int(part) for part in stated)
    return x, y, z
