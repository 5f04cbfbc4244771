"""What a header promises, compared with what the bytes behind it can hold.

Asked before anything is allocated: a file of a kilobyte may promise more voxels than any machine
has memory. Each bound is the best that the codec can do at all, so an image of one colour passes.
"""

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.source_errors import REMEDY

DEFLATE = 1032
"""258 bytes for a length and a distance of one bit each: RFC 1951, 3.2.5."""

LZW = 2731
"""A code of 12 bits stands for at most 4096 bytes."""

PACK_BITS = 64
"""128 bytes for a count and a value."""

RUNS = 128
"""Pixels for a count and a value, whatever the value's size: RLE of TGA and BMP."""

JPEG = 512
"""Pixels of a byte: a block of 8 x 8 takes a bit of Huffman code at least."""

JPEG_ARITHMETIC = 2**23
"""Pixels of a byte: arithmetic coding takes 3e-5 bits for what is certain."""

JPEG_LS = 2**18
"""Pixels of a byte: a bit says that 2^15 go on alike (ITU-T T.87, A.7.1)."""

LOSSLESS_JPEG = 8
"""Samples of a byte: each has a code of its own."""

LZMA = 2**13
"""273 bytes for 14 decisions of 0.022 bits: the least that its range coder spends."""

ZSTD = 2**16
"""128 KiB for a block of 4 bytes (RFC 8878, 3.1.1.2), and twice that to be sure."""

LZ4 = 255
"""Bytes of a match for each byte of its length."""

BZIP2 = 2**21
"""45 MB of zeros came to 45 bytes."""

MOST_BYTES = 2**56
"""Of an image: fifty times the largest that was ever recorded."""

MOST_EXTENT, MOST_CHANNELS = 2**31 - 1, 2**16
"""WEBKNOSSOS counts voxels along an axis in 31 bits; channels are picked one by one."""


def require_possible(path: str, header: Header) -> None:
    """Refuse an image that no disk holds: a sparse array need not hold what it promises."""
    channels = header.channels * header.samples
    voxels = header.width * header.height * header.planes * channels * header.frames
    is_too_long = max(*header.size, header.frames) > MOST_EXTENT or channels > MOST_CHANNELS
    if is_too_long or voxels * np.dtype(header.dtype).itemsize > MOST_BYTES:
        raise SourceError(
            f"promises {header} in {header.planes} planes, more than any dataset can hold",
            path,
            REMEDY,
        )


def require_held(path: str, what: object, promised: int, stored: int, ratio: int = 1) -> None:
    """Refuse a file that promises more than its bytes can hold.

    Parameters
    ----------
    path : str
    what : object
        What is promised, for the error: a header, or words.
    promised, stored : int
        Bytes (or pixels, or samples) as the header has it, and bytes that are there.
    ratio : int
        The most that one stored byte can stand for.

    Examples
    --------
    >>> require_held("a.png", "100 x 100 uint8", 10000, 70, DEFLATE)
    >>> require_held("a.png", "100000 x 100000 uint8", 10**10, 70, DEFLATE)
    Traceback (most recent call last):
        ...
    wkflow.errors.SourceError: a.png: is cut short or damaged: its header promises 100000 x 100000 \
uint8, and its 70 bytes of data can hold less than 1 % of that
      Export the image again, or take it out of the folder.
    """
    if promised <= ratio * stored:
        return
    share = 100 * ratio * stored // promised
    raise SourceError(
        f"is cut short or damaged: its header promises {what}, and its {stored} bytes of data can "
        f"hold {'less than 1' if share < 1 else share} % of that",
        path,
        REMEDY,
    )
