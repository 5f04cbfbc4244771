"""What the head of an encoded picture says of its extents, before anything is decoded.

Decoders make room for what it says, whatever the file says in which the picture lies.
JPEG: ITU-T T.81, B.2.2 (JPEG-LS: T.87, C.2.2). JPEG 2000: T.800, A.5.1. JPEG XR: T.832, annex A.
JPEG XL: ISO/IEC 18181-1, size header, and 18181-2, boxes. PNG: https://www.w3.org/TR/png-3.
WebP: RFC 9649. LERC: https://github.com/Esri/lerc.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from wkflow.formats.jpeg_stream import FRAME_MARKERS, MARKER_WITHOUT_LENGTH

JPEG_BEGIN, J2K_BEGIN, JXR_BEGIN = b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"II\xbc"
JXL_BEGIN, PNG_BEGIN, LERC_BEGIN = b"\xff\x0a", b"\x89PNG", b"Lerc2 "
BOX_BEGINS = (b"\0\0\0\x0cjP  ", b"\0\0\0\x0cJXL ")

J2K_SIZE = struct.Struct(">6x 2I 2I 16x H")
"""Behind the markers: width and height of the grid, where the image begins on it, components."""

JPEG_LS = 0xF7

JPEG_FRAMES = FRAME_MARKERS | {JPEG_LS}
"""Markers of frames."""

JPEG_FRAME = struct.Struct(">3x 2H B")
"""Behind the marker: length, precision; height, width, components."""

PNG_HEAD = struct.Struct(">16x 2I")

JXR_HEAD, JXR_ENTRY = struct.Struct("<4x I"), struct.Struct("<HHII")
"""Where the directory of a JPEG XR is; one entry of it: tag, type, count, value."""

JXR_WIDTH, JXR_HEIGHT, JXR_OFFSET, JXR_BYTES = 0xBC80, 0xBC81, 0xBCC0, 0xBCC1
"""Tags of a directory; the last two tell where the image is, and how long."""

JXR_STREAM = b"WMPHOTO\0"
JXR_EXTENTS = struct.Struct(">12x 2H")
JXR_LONG_EXTENTS = struct.Struct(">12x 2I")
"""Extents of the stream itself, less one: 16 bits if the byte before them says so."""

JXL_DEEP = (9, 13, 18, 30)
"""Bits of an extent, by its first two."""

JXL_RATIOS = ((1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
"""Width to height."""


@dataclass(frozen=True, slots=True)
class Extents:
    """Rows, columns and, where the head says it, components."""

    rows: int
    columns: int
    components: int = 1

    def __str__(self) -> str:
        more = f" x {self.components}" if self.components > 4 else ""
        return f"{self.columns} x {self.rows}{more}"


def extents_of(content: bytes, size: int | None = None) -> Extents | None:
    """Read what a picture says of itself; None where it is of no kind that is known here.

    `size` are the bytes of all of it, where `content` is only its beginning.

    Raises
    ------
    LookupError, ValueError, struct.error
        If its head is cut or damaged.
    """
    if content.startswith(BOX_BEGINS):
        content = _in_box(content)
    for begin, read in _HEADS:
        if content.startswith(begin):
            return read(content, size or len(content))
    return None


def require_extents(
    content: bytes, fits: set[tuple[int, int]], components: int = 4, size: int | None = None
) -> None:
    """Refuse a picture that is larger or smaller than its place, before it is decoded.

    Parameters
    ----------
    content : bytes
        Of any kind; those that are not known here pass.
    fits : set of (int, int)
        Rows and columns that it may have.
    components : int
        The most that it may have.
    size : int, optional
        Bytes of all of it, where `content` is its beginning: then a head that goes on passes, too.
    """
    try:
        found = extents_of(content, size)
    except (LookupError, struct.error) as error:
        if size is None or len(content) == size:
            raise ValueError("a picture in it ends early") from error
        return
    if found is None or 0 in {found.rows, found.columns}:  # stated elsewhere
        return
    if (found.rows, found.columns) in fits and found.components <= components:
        return
    if (found.columns, found.rows) in fits and content.startswith((*BOX_BEGINS, JXL_BEGIN)):
        return  # a JPEG XL may be turned when it is shown
    rows, columns = max(fits)
    raise ValueError(f"it has {found} voxels, its place {columns} x {rows}")


def _in_box(content: bytes) -> bytes:
    """Find the code stream in the boxes of JPEG 2000 or JPEG XL."""
    at = 0
    while True:
        size, kind = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, at + 8)
            head = 16
        if kind in {b"jp2c", b"jxlc"}:
            return content[at + head :]
        if kind == b"jxlp":  # behind its number
            return content[at + head + 4 :]
        if size < head:
            raise ValueError("a picture in it has no code stream")
        at += size


def _of_jpeg_2000(content: bytes, _: int) -> Extents:
    right, bottom, left, top, components = J2K_SIZE.unpack_from(content, 2)
    return Extents(bottom - top, right - left, components)


def _of_png(content: bytes, _: int) -> Extents:
    columns, rows = PNG_HEAD.unpack_from(content)
    return Extents(rows, columns)


def _of_lerc(content: bytes, _: int) -> Extents:
    (version,) = struct.unpack_from("<i", content, len(LERC_BEGIN))
    at = len(LERC_BEGIN) + (8 if version >= 3 else 4)
    return Extents(*struct.unpack_from("<2i", content, at))


def _of_jpeg(content: bytes, _: int) -> Extents:
    at = 2
    while True:
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        if marker in JPEG_FRAMES:
            rows, columns, components = JPEG_FRAME.unpack_from(content, at + 1)
            if marker == JPEG_LS and 0 in {rows, columns}:
                raise ValueError("a JPEG-LS in it is larger than 65535 along an edge")
            return Extents(rows, columns, components)
        at += 1
        if marker not in MARKER_WITHOUT_LENGTH:
            at += struct.unpack_from(">H", content, at)[0]
        if content[at] != 0xFF:
            raise ValueError("a JPEG in it is damaged: no marker where one is due")


def _of_jpeg_xr(content: bytes, size: int) -> Extents:
    """Read the directory, and refuse a stream that is cut, or says otherwise: libraries do not."""
    (at,) = JXR_HEAD.unpack_from(content)
    (count,) = struct.unpack_from("<H", content, at)
    entries = (JXR_ENTRY.unpack_from(content, at + 2 + 12 * number) for number in range(count))
    said = {tag: value for tag, _, _, value in entries}
    begin = said.get(JXR_OFFSET, 0)
    if begin + said.get(JXR_BYTES, 0) > size:
        raise ValueError("a JPEG XR in it ends early")
    stated = Extents(said.get(JXR_HEIGHT, 0), said.get(JXR_WIDTH, 0))
    if content.startswith(JXR_STREAM, begin):
        is_short = content[begin + 10] & 0x80
        shape = JXR_EXTENTS if is_short else JXR_LONG_EXTENTS
        columns, rows = (side + 1 for side in shape.unpack_from(content, begin))
        if (rows, columns) != (stated.rows, stated.columns):
            raise ValueError(f"a JPEG XR in it is {columns} x {rows}, its directory says {stated}")
    return stated


def _of_jpeg_xl(content: bytes, _: int) -> Extents:
    bits, at = int.from_bytes(content[2:14], "little"), 0

    def taken(count: int) -> int:
        nonlocal at
        at += count
        return bits >> (at - count) & (1 << count) - 1

    def side() -> int:
        return 8 * (1 + taken(5)) if is_small else 1 + taken(JXL_DEEP[taken(2)])

    is_small = taken(1)
    rows = side()
    ratio = taken(3)
    if ratio == 0:
        return Extents(rows, side())
    wide, high = JXL_RATIOS[ratio - 1]
    return Extents(rows, rows * wide // high)


def _of_webp(content: bytes, _: int) -> Extents | None:
    kind = content[8:16].removeprefix(b"WEBP")
    if kind == b"VP8X":
        sides = struct.unpack_from("<HBHB", content, 24)
        columns, rows = 1 + sides[0] + (sides[1] << 16), 1 + sides[2] + (sides[3] << 16)
    elif kind == b"VP8L":
        (packed,) = struct.unpack_from("<I", content, 21)
        columns, rows = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        columns, rows = (side & 0x3FFF for side in struct.unpack_from("<2H", content, 26))
    else:
        return None
    return Extents(rows, columns)


_HEADS: tuple[tuple[bytes, Callable[[bytes, int], Extents | None]], ...] = (
    (JPEG_BEGIN, _of_jpeg),
    (J2K_BEGIN, _of_jpeg_2000),
    (JXR_BEGIN, _of_jpeg_xr),
    (JXL_BEGIN, _of_jpeg_xl),
    (PNG_BEGIN, _of_png),
    (LERC_BEGIN, _of_lerc),
    (b"RIFF", _of_webp),
)
