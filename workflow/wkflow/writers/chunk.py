"""One chunk: the bytes of a small box of voxels, compressed as one piece.

The bytes are those of the chain `transpose [3, 2, 1, 0] -> bytes (little) -> compressor` of the
Zarr v3 specification (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html): x runs
fastest but for the channel, exactly as voxels lie in memory here.
"""

import zlib
from collections.abc import Callable

import numpy as np
from numcodecs import zstd
from numpy.typing import NDArray

from wkflow.codec import Codec

Voxels = NDArray[np.generic]
Encode = Callable[[Voxels], bytes]
Decode = Callable[[memoryview], bytes]

_GZIP = 16 + zlib.MAX_WBITS
"""zlib's way to ask for gzip's frame instead of its own; no time stamp is written."""


def encoder(codec: Codec) -> Encode:
    """Give the function that compresses a C-contiguous, little-endian chunk.

    zstd frames carry a checksum of their content, so that a flipped bit is found on reading.
    """
    if codec.name == "zstd":
        return lambda chunk: bytes(zstd.compress(chunk, codec.level, checksum=True))
    if codec.name == "gzip":
        return lambda chunk: _gzip(chunk, codec.level)
    return lambda chunk: chunk.tobytes()


def decoder(codec: Codec) -> Decode:
    """Give the function that undoes `encoder`'s.

    A damaged chunk makes it raise what the library raises: RuntimeError or zlib.error.
    """
    if codec.name == "zstd":
        return lambda encoded: bytes(zstd.decompress(encoded))
    if codec.name == "gzip":
        return lambda encoded: zlib.decompress(encoded, _GZIP)
    return bytes


def _gzip(chunk: Voxels, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return compressor.compress(chunk.data) + compressor.flush()
