"""A chunk of Neuroglancer's precomputed format, decoded.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/volume.md
"""

import struct
from math import prod
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.formats.jpeg_stream import decode_checked, frame_of

ENCODINGS = frozenset({"raw", "jpeg", "png", "compressed_segmentation"})
"""What `decode` knows."""

PNG_SIZE = struct.Struct(">16x 2I")
"""Width and height."""

LARGEST_BLOCK = 2**21
"""Voxels of a block of compressed_segmentation; usual are 512."""

Shape = tuple[int, int, int, int]
"""c, z, y, x."""


def decode(
    content: bytes, dtype: np.dtype[Any], shape: Shape, encoding: str, block: tuple[int, int, int]
) -> NDArray[Any]:
    """Decode a chunk.

    Parameters
    ----------
    content : bytes
    dtype : numpy.dtype
        Little-endian.
    shape : (c, z, y, x)
    encoding : str
        One of `ENCODINGS`.
    block : (x, y, z)
        Of compressed_segmentation only.

    Returns
    -------
    array, of the shape
    """
    match encoding:
        case "raw":
            return np.frombuffer(content, dtype).reshape(shape)
        case "jpeg":
            frame = frame_of(content)
            _require_pixels(frame.width * frame.height, shape)
            space = "GRAY" if shape[0] == 1 else "RGB"
            return _of_pixels(decode_checked(content, space), shape)
        case "png":
            width, height = PNG_SIZE.unpack_from(content)
            _require_pixels(width * height, shape)
            return _of_pixels(imagecodecs.png_decode(content), shape)
        case "compressed_segmentation":
            return decode_segmentation(content, dtype, shape, block)
        case _:
            raise ValueError(f"chunks are encoded as {encoding}")


def _require_pixels(count: int, shape: Shape) -> None:
    """Refuse a picture of another size before it is decoded."""
    if count != prod(shape[1:]):
        raise ValueError(f"a chunk of {prod(shape[1:])} voxels promises {count}")


def _of_pixels(pixels: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """Turn an image, whose pixels are voxels with x fastest, whatever its width, into a chunk."""
    return np.moveaxis(pixels.reshape(*shape[1:], shape[0]), -1, 0)


def decode_segmentation(
    content: bytes, dtype: np.dtype[Any], shape: Shape, block: tuple[int, int, int]
) -> NDArray[Any]:
    """Decode segment ids that are packed block by block, with a table for each block.

    https://github.com/google/neuroglancer/tree/master/src/sliceview/compressed_segmentation: per
    channel a list of blocks (offset of the table and bits in one word, offset of the packed values
    in the next; offsets in words of 32 bit from the channel's beginning), x fastest.
    """
    if prod(block) > LARGEST_BLOCK:
        raise ValueError(f"its blocks are {block} voxels")
    words = np.frombuffer(content, "<u4")
    out = np.empty(shape, dtype)
    for channel in range(shape[0]):
        _fill_channel(words[words[channel] :], out[channel], block)
    return out


def _fill_channel(words: NDArray[Any], out: NDArray[Any], block: tuple[int, int, int]) -> None:
    bx, by, bz = block
    grid = [-(-size // step) for size, step in zip(out.shape, (bz, by, bx), strict=True)]
    for number, (z, y, x) in enumerate(np.ndindex(*grid)):
        head, values_at = int(words[2 * number]), int(words[2 * number + 1])
        table_at, bits = head & 0xFFFFFF, head >> 24
        indices = _unpacked(words[values_at:], bits, bx * by * bz)
        table = words[table_at:]
        if out.itemsize == 8:
            table = table[: len(table) // 2 * 2].view("<u8")
        target = out[z * bz : (z + 1) * bz, y * by : (y + 1) * by, x * bx : (x + 1) * bx]
        decoded = table[indices].reshape(bz, by, bx)
        target[...] = decoded[tuple(slice(size) for size in target.shape)]


def _unpacked(words: NDArray[Any], bits: int, count: int) -> NDArray[Any]:
    """Give `count` numbers of so many bits, the lowest bits of a word first."""
    if bits == 0:
        return np.zeros(count, np.uint32)
    per_word = 32 // bits
    shifts = np.arange(per_word, dtype=np.uint32) * np.uint32(bits)
    needed = words[: -(-count // per_word)]
    unpacked = (needed[:, None] >> shifts) & np.uint32(2**bits - 1)
    flat: NDArray[Any] = unpacked.reshape(-1)[:count]
    return flat
