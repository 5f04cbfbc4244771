"""DICOM files whose attributes and voxels are one deflated stream: PS3.5, A.5.

pydicom inflates all of it in memory, whatever it becomes. Here it goes to a file without a name,
and no further than the pixel data go.
"""

import struct
import tempfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

SYNTAX = b"1.2.840.10008.1.2.1.99"

PLAIN = b"1.2.840.10008.1.2.1\0\0\0"
"""Of what it inflates to: explicit, little-endian."""

MARK_END = 132

META_LENGTH = struct.Struct("<4s2s H I")
"""The first element behind the mark: how long those of the file itself are."""

META_BYTES = 2**16
"""More than these ever have."""

HEAD_BYTES = 2**24
"""Of what it inflates to, in which the attributes end."""

READ_BYTES = 2**16
"""Of the file at once: 64 MB inflated, at most."""

PixelEnd = Callable[[BinaryIO], int]
"""From a file to where its pixel data end, as its attributes have it."""


def plain(file: BinaryIO, pixel_end: PixelEnd | None) -> BinaryIO:
    """Give the file itself or, if it is deflated, what it inflates to; both at the beginning.

    Parameters
    ----------
    file : binary file
        Stays open.
    pixel_end : callable or None
        Tells from the first `HEAD_BYTES` how far the file may go; None if those are enough.

    Raises
    ------
    ValueError, zlib.error
        If it is damaged, or inflates to more than its pixel data.
    """
    file.seek(0)
    meta = file.read(META_BYTES)
    file.seek(0)
    if len(meta) < MARK_END + META_LENGTH.size:
        return file
    tag, vr, _, length = META_LENGTH.unpack_from(meta, MARK_END)
    begin = MARK_END + META_LENGTH.size + length
    if (tag, vr) != (b"\2\0\0\0", b"UL") or SYNTAX not in meta[:begin]:
        return file
    scratch = tempfile.TemporaryFile()  # noqa: SIM115 -- handed to the caller
    try:
        scratch.write(meta[:begin].replace(SYNTAX, PLAIN))
        file.seek(begin)
        _inflate(file, scratch, pixel_end)
        scratch.flush()
        scratch.seek(0)
    except BaseException:
        scratch.close()
        raise
    return scratch


def _inflate(file: BinaryIO, scratch: BinaryIO, pixel_end: PixelEnd | None) -> None:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    most = HEAD_BYTES
    while not stream.eof:
        packed = stream.unconsumed_tail or file.read(READ_BYTES)
        if not packed:
            raise ValueError("it is cut short")
        scratch.write(stream.decompress(packed, HEAD_BYTES))
        if scratch.tell() <= most or stream.eof:
            continue
        if pixel_end is None:
            return
        if most > HEAD_BYTES:
            raise ValueError("it inflates to more than its attributes and voxels")
        at = scratch.tell()
        scratch.flush()
        scratch.seek(0)
        most = max(pixel_end(scratch), HEAD_BYTES) + HEAD_BYTES
        scratch.seek(at)
