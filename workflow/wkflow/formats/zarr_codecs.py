"""The codecs of Zarr: what its metadata say about the bytes of chunks and shards.

https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#codecs,
https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#metadata
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numcodecs
import numpy as np
from numcodecs.abc import Codec
from numpy.typing import NDArray

from wkflow.formats.decoders import DECODERS, Decoder, Encoded, undo

SHARDING = "sharding_indexed"

FILTERS = frozenset({"astype", "bitround", "delta", "fixedscaleoffset", "quantize", "shuffle"})
"""Filters of Zarr v2 (numcodecs), of which a byte becomes `WIDER` bytes at most."""

WIDER = 8
"""uint8 to float64, or the other way."""

COMPRESSORS = frozenset({"blosc", "bz2", "gzip", "lz4", "zlib", "zstd"})
"""That are the same in both versions, whatever their configuration."""

PREFIX = "numcodecs."
"""Of codecs of Zarr v2 in Zarr v3."""

INDEX_CODECS = frozenset({"bytes", "crc32c"})
"""Those of an index whose length is known beforehand."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How the bytes of a chunk become an array of `shape`.

    `decoders` undo the compression, the first first, then `filters` what was done to elements; then
    come elements of `dtype`, with the axes in `order`: of the stored axes the first is axis
    `order[0]` of the array.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...]
    decoders: tuple[Decoder, ...] = ()
    filters: tuple[Codec, ...] = ()

    @property
    def decoded_bytes(self) -> int:
        """Of a decoded chunk."""
        return prod(self.shape) * self.dtype.itemsize

    def decode(self, content: Encoded) -> NDArray[Any]:
        """Decode a chunk; refuse one of too few or too many bytes."""
        return self.decoder()(content)

    def decoder(self) -> Callable[[Encoded], NDArray[Any]]:
        """Give `decode` for many chunks."""
        stored = [self.shape[axis] for axis in self.order]
        turned = [self.order.index(axis) for axis in range(len(self.order))]
        decoders, dtype, filters = self.decoders, self.dtype, self.filters
        size = self.decoded_bytes * (WIDER if filters else 1)

        def decode(content: Encoded) -> NDArray[Any]:
            decoded: Any = undo(decoders, content, size)
            for one in filters:
                decoded = one.decode(decoded)
            if filters:
                decoded = np.ascontiguousarray(decoded).reshape(-1).view(np.uint8).data
            return np.frombuffer(decoded, dtype).reshape(stored).transpose(turned)

        return decode


@dataclass(frozen=True, slots=True)
class Shards:
    """Files of `grid` chunks, with an index: offset and size of each chunk, in C order."""

    grid: tuple[int, ...]
    index: Pipeline
    index_bytes: int
    is_index_last: bool


def pipeline_v2(meta: dict[str, Any], shape: tuple[int, ...]) -> Pipeline | None:
    """Read `.zarray`; None if it names a codec that is not known here."""
    name = (meta.get("compressor") or {}).get("id")
    stated = meta.get("filters") or []
    if {one["id"] for one in stated} - FILTERS or (name and name not in DECODERS):
        return None
    filters = tuple(numcodecs.get_codec(dict(one)) for one in reversed(stated))
    axes = tuple(range(len(shape)))
    order = axes[::-1] if meta.get("order") == "F" else axes
    decoders = (DECODERS[name],) if name else ()
    return Pipeline(shape, np.dtype(meta["dtype"]), order, decoders, filters)


def pipeline_v3(
    codecs: list[dict[str, Any]], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> tuple[Pipeline | None, Shards | None]:
    """Read the codecs of `zarr.json`; without a pipeline one of them is not known here.

    Parameters
    ----------
    codecs
        In the order of encoding.
    shape
        Of what a file holds: a chunk or, with shards, all chunks of one.
    dtype
        Of the array.
    """
    order = tuple(range(len(shape)))
    at = next((at for at, codec in enumerate(codecs) if codec["name"] == SHARDING), None)
    if at is None:
        return _pipeline(codecs, shape, dtype, order), None
    if at + 1 < len(codecs) or any(codec["name"] != "transpose" for codec in codecs[:at]):
        return None, None
    for codec in codecs[:at]:
        order = tuple(order[axis] for axis in codec["configuration"]["order"])
    return _sharded(codecs[at]["configuration"], shape, dtype, order)


def _sharded(
    stated: dict[str, Any], shape: tuple[int, ...], dtype: np.dtype[Any], order: tuple[int, ...]
) -> tuple[Pipeline | None, Shards | None]:
    """Read the codec of shards, whose axes are in `order`."""
    inner = tuple(int(size) for size in stated["chunk_shape"])
    chunk = tuple(inner[order.index(axis)] for axis in range(len(order)))
    if any(size % part for size, part in zip(shape, chunk, strict=True)):
        raise ValueError(f"shards of {shape} hold no chunks of {chunk}")
    grid = tuple(size // part for size, part in zip(shape, chunk, strict=True))
    names = [codec["name"] for codec in stated["index_codecs"]]
    index_order = (*order, len(order))
    index = _pipeline(stated["index_codecs"], (*grid, 2), np.dtype("u8"), index_order)
    if index is None or set(names) - INDEX_CODECS:
        return None, None
    index_bytes = index.decoded_bytes + 4 * names.count("crc32c")
    is_last = stated.get("index_location", "end") == "end"
    pipeline = _pipeline(stated["codecs"], chunk, dtype, order)
    return pipeline, Shards(grid, index, index_bytes, is_last)


def _pipeline(
    codecs: list[dict[str, Any]], shape: tuple[int, ...], dtype: np.dtype[Any],
    order: tuple[int, ...],
) -> Pipeline | None:  # fmt: skip
    pipeline = Pipeline(shape, dtype.newbyteorder("="), order)
    for codec in codecs:
        name, stated = codec["name"], codec.get("configuration") or {}
        if name == "bytes":
            is_big = stated.get("endian") == "big"
            pipeline = replace(pipeline, dtype=dtype.newbyteorder(">" if is_big else "<"))
        elif name == "transpose":
            turned = tuple(pipeline.order[axis] for axis in stated["order"])
            pipeline = replace(pipeline, order=turned)
        elif name in DECODERS or (name.startswith(PREFIX) and name[len(PREFIX) :] in COMPRESSORS):
            decoder = DECODERS[name.removeprefix(PREFIX)]
            pipeline = replace(pipeline, decoders=(decoder, *pipeline.decoders))
        else:
            return None
    return pipeline


def codec_name_v2(meta: dict[str, Any]) -> str:
    """Name what compresses the chunks of a `.zarray`.

    >>> codec_name_v2({"compressor": {"id": "blosc", "cname": "lz4"}}), codec_name_v2({})
    ('blosc (lz4)', 'none')
    """
    stated = meta.get("compressor") or {}
    return _spelled(str(stated.get("id", "none")), stated)


def codec_name_v3(codecs: list[dict[str, Any]]) -> str:
    """Name what compresses the chunks of a `zarr.json`, in the order of encoding.

    >>> codec_name_v3([{"name": "bytes"}, {"name": "zstd"}, {"name": "crc32c"}])
    'zstd'
    """
    for codec in codecs:
        if codec["name"] == SHARDING:
            return codec_name_v3(codec["configuration"]["codecs"])
    names = [
        _spelled(name, codec.get("configuration") or {})
        for codec in codecs
        if (name := codec["name"].removeprefix(PREFIX)) in COMPRESSORS
    ]
    return " + ".join(names) or "none"


def _spelled(name: str, stated: dict[str, Any]) -> str:
    return f"{name} ({stated['cname']})" if stated.get("cname") else name
