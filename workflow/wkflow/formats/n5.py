"""N5: a file for each chunk, big-endian, with a header of its own.

https://github.com/saalfeldlab/n5#file-system-specification. Dimensions are (c, x, y, z), the first
one fastest, and one chunk holds all channels; chunks at the border hold only the voxels inside.
`axes`, `resolution` and `units` are what Neuroglancer and tensorstore read besides.
"""

import struct
from math import prod
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.atomic_files import PartialFile
from wkflow.formats.chunk_codec import encoder
from wkflow.formats.chunk_files import ChunkPerFile, Position, damaged, document_at
from wkflow.formats.contract import INDEX_FAULT, Encode, Voxels
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import DECODERS, Encoded, undo
from wkflow.formats.layout import as_json, refuse_axes
from wkflow.formats.shard import SingleChunk
from wkflow.formats.stored_array import StoredArray, own_axes
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.units import NANOMETERS

HEADER = struct.Struct(">HH4I")
"""Mode 0, four dimensions, their extents (c, x, y, z)."""

HEAD = struct.Struct(">HH")
"""Mode (0: as long as its extents say, 1: the number of elements follows) and number of axes."""

LZ4_HEAD = struct.Struct("<8s B III")
"""Of lz4-java's stream: magic, token, bytes encoded, bytes decoded, checksum."""

LZ4_MAGIC, LZ4_RAW = b"LZ4Block", 0x10


class N5:
    """Arrays of chunks."""

    clips = True
    index_fault = INDEX_FAULT

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
        documents += [_array(layer, grid, codec) | _meaning(grid, nanometers) for grid in grids]
        names = self.document_names(layer, grids)
        return {name: as_json(document) for name, document in zip(names, documents, strict=True)}

    def document_names(self, layer: Layer, grids: tuple[Grid, ...]) -> list[str]:
        arrays = [f"{layer.path}/{grid.name}/attributes.json" for grid in grids]
        return ["attributes.json", f"{layer.path}/attributes.json", *arrays]

    def encoder(self, layer: Layer, codec: Codec) -> Encode:
        encode, dtype = encoder(codec), np.dtype(layer.dtype).newbyteorder(">")

        def encode_blocks(chunks: Voxels) -> list[bytes]:
            head = HEADER.pack(0, 4, *reversed(chunks.shape[1:]))
            return [head + one for one in encode(np.ascontiguousarray(chunks, dtype))]

        return encode_blocks

    def sink(self, file: PartialFile, layer: Layer, grid: Grid, codec: Codec) -> SingleChunk:  # noqa: ARG002
        return SingleChunk(file)

    def array(self, files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
        """Read the attributes of an array; its axes are in N5's own order, the fastest first."""
        return n5_array(files, folder, document_at(files, f"{folder}/attributes.json"), axes)

    def planned_array(
        self,
        files: Files,
        layer: Layer,
        grid: Grid,
        codec: Codec,
        frame: int,  # noqa: ARG002
    ) -> StoredArray:
        document = _array(layer, grid, codec)
        return n5_array(files, f"{layer.path}/{grid.name}", document, tuple("cxyz"))


def _array(layer: Layer, grid: Grid, codec: Codec) -> dict[str, Any]:
    compressions: dict[str, dict[str, Any]] = {
        "gzip": {"type": "gzip", "level": codec.level, "useZlib": False},
        "zstd": {"type": "zstd", "level": codec.level},
        "none": {"type": "raw"},
    }
    return {
        "dimensions": [layer.channels, *grid.size],
        "blockSize": [layer.channels, *grid.chunk],
        "dataType": layer.dtype,
        "compression": compressions[codec.name],
    }


def _meaning(grid: Grid, nanometers: list[float]) -> dict[str, Any]:
    edges = [n * factor for n, factor in zip(nanometers, grid.mag.factors, strict=True)]
    return {
        "axes": ["c", "x", "y", "z"],
        "resolution": [1.0, *edges],
        "units": ["", "nm", "nm", "nm"],
        "downsamplingFactors": [1, *grid.mag.factors],
    }


def n5_array(
    files: Files, folder: str, attributes: dict[str, Any], axes: tuple[str, ...]
) -> StoredArray:
    """Give the array that `attributes.json` describes; its axes begin with the fastest.

    Raises
    ------
    SourceError
        If the document describes no array.
    """
    name = f"{folder}/attributes.json"
    with damaged(files, name):
        shape = tuple(int(size) for size in attributes["dimensions"])
        chunk = tuple(int(size) for size in attributes["blockSize"])
        dtype = np.dtype(attributes["dataType"]).newbyteorder(">")
        compression = compression_of(attributes)
        axes = axes or own_axes(attributes.get("axes"), len(shape))

    def decode(content: Encoded, position: Position) -> NDArray[Any]:
        block = decode_block(bytes(content), dtype, compression, prod(chunk)).T
        sides = zip(block.shape, position, chunk, shape, strict=True)
        if any(have < min(edge, whole - at * edge) for have, at, edge, whole in sides):
            raise ValueError("a block is too small")
        return block

    chunk_files = ChunkPerFile(files, lambda at: (f"{folder}/{'/'.join(map(str, at))}",))
    native = dtype.newbyteorder("=")
    codec = str(compression.get("type")).replace("raw", "none")
    return StoredArray(files, name, axes, shape, chunk, native, chunk_files, decode, codec=codec)


def decode_block(
    content: bytes, dtype: np.dtype[Any], compression: dict[str, Any], most: int
) -> NDArray[Any]:
    """Decode a block.

    Parameters
    ----------
    content : bytes
        The file of the block.
    dtype : numpy.dtype
        Of one element, big-endian.
    compression : dict
        As in `attributes.json`: `{"type": "gzip"}`.
    most : int
        Voxels that a block of the array may have.

    Returns
    -------
    array, of the block's own extents, in C order of the axes reversed (z, y, x)

    Raises
    ------
    ValueError
        If the block does not hold what its header promises.
    """
    mode, count = HEAD.unpack_from(content)
    extents = struct.unpack_from(f">{count}I", content, HEAD.size)
    begin = HEAD.size + 4 * count
    if mode > 1:
        raise ValueError(f"a block of mode {mode} holds no voxels")
    voxels = prod(extents)
    if voxels > most:
        raise ValueError(f"a block of {extents} voxels is larger than the array's blocks")
    decoded = _inflate(content[begin + 4 * mode :], compression, voxels * dtype.itemsize)
    elements = np.frombuffer(decoded, dtype)
    if elements.size != voxels:
        raise ValueError(f"a block of {extents} voxels holds {elements.size}")
    return elements.reshape(extents[::-1])


def compression_of(attributes: dict[str, Any]) -> dict[str, Any]:
    """Give the compression of an array, which old files state as one word."""
    found = attributes.get("compression") or attributes.get("compressionType", "raw")
    return found if isinstance(found, dict) else {"type": str(found)}


def _inflate(encoded: bytes, compression: dict[str, Any], size: int) -> bytes:
    kind = str(compression.get("type"))
    if kind == "raw":
        return encoded
    if kind == "lz4":
        return _lz4(encoded, size)
    if kind == "gzip" and compression.get("useZlib"):
        kind = "zlib"
    if kind not in DECODERS:
        raise ValueError(f"blocks are compressed with {kind}, which is not known")
    return undo((DECODERS[kind],), encoded, size)


def _lz4(encoded: bytes, most: int) -> bytes:
    """Decode the stream of lz4-java: parts with a header each, an empty one at the end."""
    parts: list[bytes] = []
    at = 0
    while True:
        magic, token, size, decoded, _ = LZ4_HEAD.unpack_from(encoded, at)
        if magic != LZ4_MAGIC:
            raise ValueError("a block is no LZ4 stream")
        at += LZ4_HEAD.size
        if decoded == 0:
            return b"".join(parts)
        most -= decoded
        if most < 0:
            raise ValueError("a block holds more voxels than its header promises")
        part = encoded[at : at + size]
        is_raw = token & 0xF0 == LZ4_RAW
        parts.append(part if is_raw else bytes(imagecodecs.lz4_decode(part, out=decoded)))
        if len(parts[-1]) != decoded:
            raise ValueError("a block is cut short")
        at += size
