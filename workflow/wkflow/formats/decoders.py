"""What undoes the compression of a chunk, by the names that stores of arrays give it.

The elements of a chunk are known beforehand, so each decoder is told the most bytes that it may
give: 30 kB that inflate to a gigabyte are refused before they are inflated.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, cast

import google_crc32c

from wkflow.formats.size_limits import BZIP2, DEFLATE, LZ4, LZMA, ZSTD

Encoded = bytes | memoryview
"""A chunk as it was read: a part of what was read with it is not copied."""

Decoder = Callable[[bytes, int], bytes]
"""From encoded bytes, and the most that they may become, to the decoded ones. Raises whatever its
library does on bytes that are damaged, cut or too many."""

BLOSC_HEAD = struct.Struct("<4x III")
"""Bytes decoded, bytes of a part, bytes of the whole chunk."""

LENGTH = struct.Struct("<I")
"""Bytes decoded: at the end of gzip, at the beginning of LZ4."""

CHECKSUM_BYTES = 4

SLACK_BYTES = 2**16
"""What one codec may add to the bytes that another one compresses, besides a 64th."""

XZ_MEMORY = 2**28
"""For the dictionary of LZMA: the strongest preset takes a quarter of that."""


def _imagecodecs() -> ModuleType:
    """Load the library when a chunk is decoded: a dry run writes nothing and reads none."""
    import imagecodecs  # noqa: PLC0415

    return imagecodecs


def blosc(encoded: bytes, most: int) -> bytes:
    """Decode a chunk of Blosc 1."""
    # the library trusts the lengths it reads, and would read past the end of a cut chunk
    if len(encoded) < 16:
        raise ValueError("a chunk is cut short")
    decoded, _, whole = BLOSC_HEAD.unpack_from(encoded)
    if whole > len(encoded):
        raise ValueError("a chunk is cut short")
    _require(encoded, decoded, most, ZSTD)
    return bytes(_imagecodecs().blosc_decode(encoded))


def gzip(encoded: bytes, most: int) -> bytes:
    """Decode one member of gzip; twice as fast as the standard library, and as strict."""
    if len(encoded) < LENGTH.size:
        raise ValueError("a chunk is cut short")
    _require(encoded, LENGTH.unpack(encoded[-LENGTH.size :])[0], most, DEFLATE)
    try:
        return bytes(_imagecodecs().gzip_decode(encoded))
    except SystemError as error:  # it trusts the length at the end, even below 0
        raise ValueError("a chunk is cut short") from error


def zstd(encoded: bytes, most: int) -> bytes:
    """Decode a frame of Zstandard."""
    _require(encoded, most, most, ZSTD)
    return bytes(_imagecodecs().zstd_decode(encoded, out=most))


def lz4(encoded: bytes, most: int) -> bytes:
    """Decode a block of LZ4 behind its decoded size, as numcodecs writes it."""
    _require(encoded, LENGTH.unpack_from(encoded)[0], most, LZ4)
    return bytes(_imagecodecs().lz4_decode(encoded, header=True))


def xz(encoded: bytes, most: int) -> bytes:
    """Decode streams of LZMA, with an error like those of the others."""
    _require(encoded, most, most, LZMA)
    try:
        return _streamed(lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY), encoded, most)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


def bzip2(encoded: bytes, most: int) -> bytes:
    """Decode streams of bzip2."""
    _require(encoded, most, most, BZIP2)
    return _streamed(bz2.BZ2Decompressor, encoded, most)


def inflated(encoded: bytes, most: int) -> bytes:
    """Decode a stream of zlib."""
    stream = zlib.decompressobj()
    decoded = stream.decompress(encoded, most + 1)
    if len(decoded) <= most and not stream.eof:  # of an empty one, the end was not read
        decoded += stream.flush(1)
    _require_most(len(decoded), most)
    if not stream.eof:
        raise ValueError("a chunk is cut short")
    return decoded


def crc32c(content: bytes, most: int) -> bytes:  # noqa: ARG001 -- nothing becomes more
    """Take the checksum (Castagnoli, little-endian) from the end, and refuse a wrong one."""
    content = bytes(content)  # its library takes nothing else; of bytes this makes no copy
    body, stated = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if google_crc32c.value(body).to_bytes(CHECKSUM_BYTES, "little") != stated:
        raise ValueError("the checksum of a chunk is wrong")
    return body


DECODERS: dict[str, Decoder] = {
    "blosc": blosc,
    "bz2": bzip2,
    "bzip2": bzip2,
    "crc32c": crc32c,
    "gzip": gzip,
    "lz4": lz4,
    "lzma": xz,
    "xz": xz,
    "zlib": inflated,
    "zstd": zstd,
}
"""By the names of Zarr v2 (numcodecs), Zarr v3 and N5, which do not contradict each other but for
lz4: that of N5 is another container."""


def undo(decoders: Sequence[Decoder], content: Encoded, size: int) -> bytes:
    """Apply decoders one after the other; the last may give `size` bytes, the others a bit more."""
    decoded = cast("bytes", content)  # any buffer does, whatever the libraries' stubs say
    for left in range(len(decoders) - 1, -1, -1):
        most = size if left == 0 else size + size // 64 + SLACK_BYTES
        decoded = decoders[-1 - left](decoded, most)
    return decoded


def _require(encoded: bytes, promised: int, most: int, ratio: int) -> None:
    """Refuse what becomes more bytes than it may, or can."""
    _require_most(promised, most)
    if promised > ratio * len(encoded):
        raise ValueError(f"{len(encoded)} bytes cannot hold a chunk of {promised}")


def _require_most(promised: int, most: int) -> None:
    if promised > most:
        raise ValueError(f"a chunk of {most} bytes would become {promised} or more")


def _streamed(begin: Callable[[], Any], encoded: bytes, most: int) -> bytes:
    """Decode streams one behind the other, as far as they may go."""
    parts: list[bytes] = []
    room = most
    while True:
        stream = begin()
        while not stream.eof:
            part = stream.decompress(encoded, room + 1)
            encoded = b""
            parts.append(part)
            room -= len(part)
            _require_most(most - room, most)
            if not part and stream.needs_input:
                raise ValueError("a chunk is cut short")
        encoded = stream.unused_data
        if not encoded.strip(b"\0"):
            return b"".join(parts)
