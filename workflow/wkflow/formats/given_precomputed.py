"""A mag stored as a scale of a precomputed volume, its chunks in files of their own or in shards.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/volume.md
"""

import posixpath
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import RESTORE, ArrayFiles, Loose, Position, damaged
from wkflow.formats.dataset_files import Files
from wkflow.formats.precomputed_chunk import ENCODINGS, decode
from wkflow.formats.precomputed_shard import HashedShards, Sharding
from wkflow.formats.read_json import document_at
from wkflow.formats.stored_array import Decode, StoredArray
from wkflow.model.box import Triple

AXES = ("c", "z", "y", "x")


def precomputed_array(files: Files, folder: str) -> StoredArray:
    """Read the scale that is called like the folder from the `info` beside it.

    Raises
    ------
    SourceError
        If the info is missing, or lists no such scale.
    """
    above, key = posixpath.split(folder)
    name = posixpath.join(above, "info")
    info = document_at(files, name)
    with damaged(files, name):
        scale = next((scale for scale in info["scales"] if scale["key"] == key), None)
    if scale is None:
        raise SourceError(f"lists no scale of the key {key}", files.where(name), RESTORE)
    return scale_array(files, name, folder, info, scale)


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
    shelf: ArrayFiles = Loose(files, _namer(folder, size, edge, offset), most)
    if sharding:
        shelf = HashedShards(files, folder, sharding, most)
    native, origin = dtype.newbyteorder("="), (0, *offset[::-1])
    return StoredArray(files, document, AXES, shape, chunk, native, shelf, decodes, origin=origin)


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

    def decode_chunk(content: bytes, position: Position) -> NDArray[Any]:
        sides = zip(position, chunk, shape, strict=True)
        channels, z, y, x = (min(edge, whole - at * edge) for at, edge, whole in sides)
        return decode(content, dtype, (channels, z, y, x), encoding, block)

    return decode_chunk


def _triple(stated: Any) -> Triple:  # noqa: ANN401 -- a part of a JSON document
    x, y, z = (int(part) for part in stated)
    return x, y, z
