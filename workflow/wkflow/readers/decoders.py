"""What undoes the compression of a chunk, by the names that stores of arrays give it."""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable

import google_crc32c
import imagecodecs

Decoder = Callable[[bytes], bytes]
"""Raises whatever its library does on bytes that are damaged or cut."""

BLOSC_HEAD = struct.Struct("<4x III")
"""Bytes decoded, bytes of a part, bytes of the whole chunk."""

CHECKSUM_BYTES = 4


def blosc(encoded: bytes) -> bytes:
    """Decode a chunk of Blosc 1."""
    # the library trusts the length it reads, and would read past the end of a cut chunk
    if len(encoded) < 16 or BLOSC_HEAD.unpack_from(encoded)[2] > len(encoded):
        raise ValueError("a chunk is cut short")
    return bytes(imagecodecs.blosc_decode(encoded))


def gzip(encoded: bytes) -> bytes:
    """Decode one member of gzip; twice as fast as the standard library, and as strict."""
    try:
        return bytes(imagecodecs.gzip_decode(encoded))
    except SystemError as error:  # it trusts the length at the end, even below 0
        raise ValueError("a chunk is cut short") from error


def zstd(encoded: bytes) -> bytes:
    """Decode a frame of Zstandard."""
    return bytes(imagecodecs.zstd_decode(encoded))


def lz4(encoded: bytes) -> bytes:
    """Decode a block of LZ4 behind its decoded size, as numcodecs writes it."""
    return bytes(imagecodecs.lz4_decode(encoded, header=True))


def xz(encoded: bytes) -> bytes:
    """Decode a stream of LZMA, with an error like those of the others."""
    try:
        return lzma.decompress(encoded)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


def crc32c(content: bytes) -> bytes:
    """Take the checksum (Castagnoli, little-endian) from the end, and refuse a wrong one."""
    body, stated = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if google_crc32c.value(body).to_bytes(CHECKSUM_BYTES, "little") != stated:
        raise ValueError("the checksum of a chunk is wrong")
    return body


DECODERS: dict[str, Decoder] = {
    "blosc": blosc,
    "bz2": bz2.decompress,
    "bzip2": bz2.decompress,
    "crc32c": crc32c,
    "gzip": gzip,
    "lz4": lz4,
    "lzma": xz,
    "xz": xz,
    "zlib": zlib.decompress,
    "zstd": zstd,
}
"""By the names of Zarr v2 (numcodecs), Zarr v3 and N5, which do not contradict each other but for
lz4: that of N5 is another container."""
