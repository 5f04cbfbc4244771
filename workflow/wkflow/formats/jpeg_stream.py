"""The markers of a JPEG stream in memory, and whether all of its voxels are there.

ITU-T T.81, annex B. Decoders make grey, or the last value they saw, of what is missing, and only
simplejpeg says so: of 8 bit and Huffman coding. For the rest, `require_undisturbed` asks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from wkflow.formats.size_limits import JPEG

FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 without the tables that lie between them: table B.1."""

HUFFMAN_MARKERS = frozenset({0xC0, 0xC1, 0xC2})
"""What simplejpeg decodes: baseline, extended, progressive."""

PROGRESSIVE, ARITHMETIC = frozenset({0xC2, 0xC6, 0xCA, 0xCE}), frozenset(range(0xC9, 0xD0))

MARKER_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})

SCAN, END = 0xDA, 0xD9

END_MARKER = b"\xff\xd9"

COEFFICIENTS = 64

_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]", re.DOTALL)
_INTERVAL_END = re.compile(rb"\xff[\xd0-\xd7]", re.DOTALL)

_FILLER = bytes(number * 73 % 251 + 1 for number in range(64))
"""Bytes that mean something to every decoder, and no marker."""

Decode = Callable[[bytes], NDArray[Any]]

Part = tuple[int, int, int]
"""A marker, and where it and what belongs to it begin and end: for a scan, only its header."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame header says: B.2.2."""

    marker: int
    precision: int
    height: int
    width: int
    components: int


def parts(content: bytes) -> Iterator[Part]:
    """Go from marker to marker up to the end of the image.

    Raises
    ------
    ValueError
        If there is none where one is due: the stream is cut or damaged.
    """
    at = 2
    while True:
        found = _MARKER.match(content, at)
        if found is None:
            raise ValueError("a JPEG in it ends early, or is damaged")
        marker, at = found[1][0], found.end()
        if marker not in MARKER_WITHOUT_LENGTH and marker != END:
            at += int.from_bytes(content[at : at + 2], "big")
        yield marker, found.start(), at
        if marker == END:
            return
        if marker == SCAN:
            at = _end_of_scan(content, at)


def frame_of(content: bytes) -> Frame:
    """Read the frame header."""
    for marker, begin, end in parts(content):
        if marker in FRAME_MARKERS:
            return _frame(marker, content[begin:end])
    raise ValueError("a JPEG in it has no frame header")


def _frame(marker: int, part: bytes) -> Frame:
    body = _body(part)
    if len(body) < 6:
        raise ValueError("a JPEG in it has half a frame header")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return Frame(marker, body[0], height, width, body[5])


def _body(part: bytes) -> bytes:
    """Take away marker and length."""
    return part.lstrip(b"\xff")[3:]


def _end_of_scan(content: bytes, at: int) -> int:
    found = _SCAN_END.search(content, at)
    if found is None:
        raise ValueError("a JPEG in it ends early: it has no end marker")
    return found.start()


def decode_checked(
    content: bytes, colours: str, buffer: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Decode 8 bit, Huffman coded: the strict decoder of all readers.

    Parameters
    ----------
    content : bytes
        A whole stream, its tables included.
    colours : str
        GRAY, RGB or CMYK.
    buffer : array of uint8, C-contiguous, optional
        Decoded into.

    Raises
    ------
    ValueError
        If anything is missing or damaged.
    """
    require_scans(content)
    frame = frame_of(content)
    if frame.width * frame.height > JPEG * len(content):  # before room for it is made
        raise ValueError(f"a JPEG in it promises {frame.width} x {frame.height} voxels")
    decoded = simplejpeg.decode_jpeg(content, colours, buffer=buffer, strict=True)
    return np.asarray(decoded)


def require_scans(content: bytes) -> None:
    """Refuse a stream that ends between two scans: no decoder misses those that should follow.

    Of a progressive one, every coefficient of every component is to be sent to its last bit.
    """
    frame: Frame | None = None
    open_bits: dict[int, list[int]] = {}
    for marker, begin, end in parts(content):
        if marker in FRAME_MARKERS:
            body = _body(content[begin:end])
            frame = _frame(marker, content[begin:end])
            whole = COEFFICIENTS if marker in PROGRESSIVE else 1
            open_bits = {number: [1] * whole for number in body[6 : 6 + 3 * frame.components : 3]}
        elif marker == SCAN and frame is not None:
            body = _body(content[begin:end])
            if body[0] == frame.components and frame.marker not in PROGRESSIVE:
                return  # one scan of all components: the usual case
            first, last, bits = _sent(body, frame)
            for number in body[1 : 1 + 2 * body[0] : 2]:
                if number in open_bits:
                    open_bits[number][first : last + 1] = [bits] * (last + 1 - first)
    if frame is None or any(map(any, open_bits.values())):
        raise ValueError("a JPEG in it ends early: scans are missing")


def _sent(body: bytes, frame: Frame) -> tuple[int, int, int]:
    """Say which coefficients a scan sends, and how many of their bits it leaves to others."""
    if frame.marker not in PROGRESSIVE:
        return 0, 0, 0
    first, last, approximation = body[-3:]
    return first, min(last, COEFFICIENTS - 1), approximation & 15


def require_undisturbed(content: bytes, decode: Decode, decoded: NDArray[Any]) -> None:
    """Refuse a stream whose decoder, which says nothing, wanted more than there is.

    Bytes are put behind the codes of each scan and each restart interval, and it is decoded
    again: one that is whole has no use for them.

    Parameters
    ----------
    content : bytes
        A whole stream. Of arithmetic codes, the last ones may depend on what follows: then the
        last voxels are not compared.
    decode : callable
        The decoder.
    decoded : array
        What it made of `content`.
    """
    try:
        again = decode(_disturbed(content))
    except (RuntimeError, OSError) as error:
        raise ValueError(f"a JPEG in it ends early, or is damaged: {error}") from error
    if not _are_alike(again, decoded, frame_of(content)):
        raise ValueError("a JPEG in it ends early: its last voxels are missing")


def _are_alike(one: NDArray[Any], other: NDArray[Any], frame: Frame) -> bool:
    if one.shape != other.shape:
        return False
    differs = one != other
    if frame.marker in ARITHMETIC:
        differs[-16:, -32:] = False
    return not differs.any()


def _disturbed(content: bytes) -> bytes:
    made, copied = [], 0
    for marker, _, end in parts(content):
        if marker == SCAN:
            stop = _end_of_scan(content, end)
            codes = _INTERVAL_END.sub(lambda found: _FILLER + found[0], content[end:stop])
            made += [content[copied:end], codes, _FILLER]
            copied = stop
    return b"".join([*made, content[copied:]])
