"""One chunk: the bytes of a small box of voxels, compressed as one piece.

The bytes are those of the chain `transpose [3, 2, 1, 0] -> bytes (little) -> compressor` of the
Zarr v3 specification (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html): x runs
fastest but for the channel, exactly as voxels lie in memory here. They are also those of Zarr v2
with the order `F`.
"""

import threading
import zlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import zstandard

from wkflow.formats.contract import Encode, Voxels
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer

_GZIP = 16 + zlib.MAX_WBITS
"""zlib's way to ask for gzip's frame instead of its own; no time stamp is written."""


def encoder(codec: Codec) -> Encode:
    """Give the function that compresses C-contiguous, little-endian chunks, shape (n, z, y, x, c).

    zstd frames carry a checksum of their content, so that a flipped bit is found on reading.
    """
    if codec.name == "zstd":
        return _zstd(codec.level)
    if codec.name == "gzip":
        return one_by_one(lambda chunk: _gzip(chunk, codec.level))
    return one_by_one(lambda chunk: chunk.tobytes())


def one_by_one(encode: Callable[[Voxels], bytes]) -> Encode:
    """Give what encodes many chunks, each of the shape (z, y, x, c), by one call for each."""
    return lambda chunks: [encode(chunk) for chunk in chunks]


@lru_cache
def zeros(layer: Layer, codec: Codec, chunk: Triple) -> bytes:
    """Give the encoded chunk of zeros, of the extents (x, y, z)."""
    x, y, z = chunk
    (encoded,) = encoder(codec)(np.zeros((1, z, y, x, layer.channels), layer.dtype))
    return encoded


def _zstd(level: int) -> Encode:
    """Compress many chunks by one call, without the interpreter's lock in between.

    Each thread has a compressor of its own. The frames are those of a call for each chunk.
    """
    kept = threading.local()

    def encode(chunks: Voxels) -> list[bytes]:
        if not hasattr(kept, "compressor"):
            kept.compressor = zstandard.ZstdCompressor(level, write_checksum=True)
        frames = kept.compressor.multi_compress_to_buffer([chunk.data for chunk in chunks])
        return [frames[number].tobytes() for number in range(len(frames))]

    return encode


def _gzip(chunk: Voxels, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return compressor.compress(chunk.data) + compressor.flush()
