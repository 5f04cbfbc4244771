"""What the directory of a zip archive says of its members, and whether that can be.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import bz2
import copy
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

BLOCK_BYTES = 2**20

LOCAL_HEAD_BYTES = 30
"""Before the name of a member, and its data."""

RATIOS = {
    zipfile.ZIP_STORED: 1,
    zipfile.ZIP_DEFLATED: 1032,
    zipfile.ZIP_BZIP2: 2**21,
    zipfile.ZIP_LZMA: 2**13,
}
"""The most bytes that one byte can become."""

LEAST_READ = 2**12
"""Of packed LZMA at once: it may become 32 MB."""


def fault_of_sizes(members: Sequence[zipfile.ZipInfo], directory: int) -> str | None:
    """Say which member cannot be what the archive says: too large, or over another one.

    `directory` is where the archive's own directory begins.
    """
    for info in members:
        ratio = RATIOS.get(info.compress_type)
        if ratio is not None and info.file_size > ratio * info.compress_size:
            return (
                f"promises {info.file_size} bytes for {info.filename}, and its "
                f"{info.compress_size} bytes cannot hold them"
            )
    placed = sorted(members, key=lambda info: info.header_offset)
    for one, other in pairwise(placed):
        if _end(one) > other.header_offset:
            return f"holds {one.filename} and {other.filename} at the same place"
    if placed and _end(placed[-1]) > directory:
        return f"holds {placed[-1].filename} past its own end"
    return None


def blocks_of(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack a member block by block, in bounded memory.

    Raises
    ------
    zipfile.BadZipFile
        If it is damaged, or becomes more or fewer bytes than the archive says.
    """
    if info.compress_type == zipfile.ZIP_BZIP2:  # zipfile does not bound what a read becomes
        yield from _of_bzip2(file, info)
        return
    size = LEAST_READ if info.compress_type == zipfile.ZIP_LZMA else BLOCK_BYTES
    left = info.file_size
    with file.open(info) as packed:
        while block := packed.read(size):
            left -= len(block)
            yield block
    if left:
        raise zipfile.BadZipFile(f"{left} of its {info.file_size} bytes are missing")


def _of_bzip2(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    stored = copy.copy(info)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, info.compress_size
    del stored.CRC  # of the packed bytes there is none: zipfile looks whether it is there
    stream, crc, left = bz2.BZ2Decompressor(), 0, info.file_size
    with file.open(stored) as packed:
        while not stream.eof and left >= 0:
            more = packed.read(BLOCK_BYTES) if stream.needs_input else b""
            if stream.needs_input and not more:
                break
            block = stream.decompress(more, BLOCK_BYTES)
            left, crc = left - len(block), zlib.crc32(block, crc)
            yield block
    if left or crc != info.CRC:
        raise zipfile.BadZipFile(f"it is not the {info.file_size} bytes that it should be")


def _end(info: zipfile.ZipInfo) -> int:
    return info.header_offset + LOCAL_HEAD_BYTES + len(info.orig_filename) + info.compress_size
