"""An array of Zarr, v3 or v2, wherever its files are: what its metadata say of it.

https://zarr-specs.readthedocs.io. The metadata are read by hand: importing zarr takes longer than
many a job, and it reads only what lies in its own stores.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import (
    ArrayFiles,
    ChunkPerFile,
    IndexCache,
    Places,
    Position,
    Ranges,
    ShardedFiles,
    damaged,
    document_at,
)
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded
from wkflow.formats.stored_array import StoredArray, own_axes
from wkflow.formats.zarr_codecs import (
    Pipeline,
    Shards,
    codec_name_v2,
    codec_name_v3,
    pipeline_v2,
    pipeline_v3,
)


def read_zarr3(files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
    """Read `zarr.json`: as `zarr3_array` does, or a SourceError if it is not there."""
    return zarr3_array(files, folder, document_at(files, f"{folder}/zarr.json"), axes)


def zarr3_array(
    files: Files, folder: str, meta: dict[str, Any], axes: tuple[str, ...]
) -> StoredArray:
    """Give the array that `zarr.json` describes.

    Parameters
    ----------
    files
        Of the dataset.
    folder
        Of the array.
    meta
        The document.
    axes
        Its axes as the properties name them, or none.

    Raises
    ------
    SourceError
        If the document is not whole, or names codecs that are not known here.
    """
    name = f"{folder}/zarr.json"
    with damaged(files, name):
        shape = tuple(int(size) for size in meta["shape"])
        grid = meta["chunk_grid"]["configuration"]["chunk_shape"]
        file_shape = tuple(int(size) for size in grid)
        dtype = np.dtype(meta["data_type"])
        pipeline, shards = pipeline_v3(meta["codecs"], file_shape, dtype)
        names = _names_v3(folder, meta["chunk_key_encoding"])
        fill = _fill(meta.get("fill_value"), dtype)
        axes = axes or own_axes(meta.get("dimension_names"), len(shape))
    known = _known(pipeline, files, name, meta["codecs"])
    chunk_files: ArrayFiles = ChunkPerFile(files, lambda at: (names(at),))
    if shards:
        places = partial(_places, IndexCache(partial(_index, files, shards)))
        most = 2 * known.decoded_bytes + 4096
        chunk_files = ShardedFiles(files, shards.grid, names, places, most)
    array = _array(files, name, axes, shape, known, chunk_files, fill)
    return replace(array, is_gapless=_promises_all(meta), codec=codec_name_v3(meta["codecs"]))


def _promises_all(meta: dict[str, Any]) -> bool:
    """Whether the array says that every shard is stored, as those do that `wkflow` wrote."""
    ours = (meta.get("attributes") or {}).get("wkflow")
    return isinstance(ours, dict) and ours.get("every_shard_is_stored") is True


def read_zarr2(files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
    """Read `.zarray`, and `.zattrs` where nobody else names the axes: as `read_zarr3` does."""
    meta = document_at(files, f"{folder}/.zarray")
    attributes: dict[str, Any] = {}
    if not axes and files.whole(f"{folder}/.zattrs") is not None:
        attributes = document_at(files, f"{folder}/.zattrs")
    return zarr2_array(files, folder, meta, axes, attributes.get("_ARRAY_DIMENSIONS"))


def zarr2_array(
    files: Files, folder: str, meta: dict[str, Any], axes: tuple[str, ...], names: object = None
) -> StoredArray:
    """Give the array that `.zarray` describes; `names` are its axes where `axes` are none."""
    name = f"{folder}/.zarray"
    with damaged(files, name):
        shape = tuple(int(size) for size in meta["shape"])
        chunk = tuple(int(size) for size in meta["chunks"])
        pipeline = pipeline_v2(meta, chunk)
        separator = str(meta.get("dimension_separator") or ".")
        fill = _fill(meta.get("fill_value"), np.dtype(meta["dtype"]))
        axes = axes or own_axes(names, len(shape))
    known = _known(pipeline, files, name, [meta.get("compressor"), *(meta.get("filters") or [])])
    chunk_files = ChunkPerFile(files, lambda at: (f"{folder}/{separator.join(map(str, at))}",))
    array = _array(files, name, axes, shape, known, chunk_files, fill)
    return replace(array, codec=codec_name_v2(meta))


def _array(
    files: Files, document: str, axes: tuple[str, ...], shape: tuple[int, ...],
    pipeline: Pipeline, chunk_files: ArrayFiles, fill: float,
) -> StoredArray:  # fmt: skip
    decode_chunk = pipeline.decoder()

    def decode(content: Encoded, position: Position) -> NDArray[Any]:  # noqa: ARG001
        return decode_chunk(content)

    dtype = pipeline.dtype.newbyteorder("=")
    return StoredArray(
        files, document, axes, shape, pipeline.shape, dtype, chunk_files, decode, fill=fill
    )


def _known(pipeline: Pipeline | None, files: Files, name: str, codecs: object) -> Pipeline:
    if pipeline is None:
        raise SourceError(
            f"has chunks in codecs that cannot be read: {json.dumps(codecs)[:160]}",
            files.where(name),
            "Convert the dataset with zstd, gzip, blosc or lz4.",
        )
    return pipeline


def _names_v3(folder: str, stated: dict[str, Any]) -> Callable[[Position], str]:
    """Give what names the file at a position of the grid of files."""
    is_default = stated["name"] == "default"
    if not is_default and stated["name"] != "v2":
        raise ValueError(f"its chunk_key_encoding is {stated['name']}")
    configuration = stated.get("configuration") or {}
    separator = str(configuration.get("separator") or ("/" if is_default else "."))
    prefix = f"{folder}/c{separator}" if is_default else f"{folder}/"

    def called(position: Position) -> str:
        return prefix + separator.join(map(str, position))

    return called


def _fill(stated: object, dtype: np.dtype[Any]) -> float:
    """Read a fill value: none is 0; of floats it may be a word or, as bits, `0x7fc00000`."""
    if stated is None:
        return 0
    if dtype.kind != "f":
        fill = stated if isinstance(stated, int | float) else str(stated)
        return int(np.array(int(fill), dtype))  # refused if it does not fit
    if isinstance(stated, str) and stated.startswith("0x"):
        bits = int(stated, 16).to_bytes(dtype.itemsize, "little")
        return float(np.frombuffer(bits, dtype.newbyteorder("<"))[0])
    return float(str(stated))


def _index(files: Files, shards: Shards, name: str) -> NDArray[Any] | None:
    """Read the index of a shard."""
    count = shards.index_bytes
    content = files.tail(name, count) if shards.is_index_last else files.part(name, 0, count)
    if content is None:
        return None
    if len(content) < count:
        raise ValueError("it is cut short")
    return shards.index.decode(content)


def _places(indexes: IndexCache[str], name: str, within: Ranges) -> Places | None:
    index = indexes.get(name)
    return None if index is None else index[tuple(slice(r.start, r.stop) for r in within)]
