"""A block of N5: a header, and elements with the first axis fastest, big-endian.

https://github.com/saalfeldlab/n5#file-system-specification
"""

import struct
from math import prod
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.formats.decoders import DECODERS, undo

HEAD = struct.Struct(">HH")
"""Mode (0: as long as its extents say, 1: the number of elements follows) and number of axes."""

LZ4_HEAD = struct.Struct("<8s B III")
"""Of lz4-java's stream: magic, token, bytes encoded, bytes decoded, checksum."""

LZ4_MAGIC, LZ4_RAW = b"LZ4Block", 0x10


def decode(
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
