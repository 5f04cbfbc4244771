"""What the headers of BMP, ICO, TGA and WebP promise; Pillow allocates it before it looks.

BMP: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage, ICO: an entry of 16 bytes for
each picture, which is a PNG or a BMP without its first header. TGA: Truevision's specification of
1991, C.2. WebP: https://developers.google.com/speed/webp/docs/riff_container.
"""

import io
import struct
from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.formats.size_limits import DEFLATE, RUNS, require_held
from wkflow.source_errors import REMEDY

BITMAP = struct.Struct("<I 2i 2H I")
"""Bytes of the header, width, height, planes, bits of a pixel, compression."""

CORE = struct.Struct("<I 2H 2H")
"""The same of OS/2, without compression."""

BMP_HEAD_BYTES, CORE_BYTES = 14, 12

BMP_RUNS = frozenset({1, 2})
"""Compressions of runs: of 8 and of 4 bits."""

TGA = struct.Struct("<3B 5x 4x 2H 2B")
"""Bytes of the name, kind of palette, kind of image; width, height, bits of a pixel, flags."""

TGA_RUNS = range(9, 12)
TGA_KINDS = frozenset({1, 2, 3, *TGA_RUNS})
"""Kinds of images in runs; those of one by one are 1 to 3."""

ICO_COUNT, ICO_ENTRY = struct.Struct("<4x H"), struct.Struct("<8x 2I")
"""How many pictures; of each the bytes and where they begin."""

PNG_SIZE = struct.Struct(">8x 8x 2I 2B")
"""Width, height, depth, colour type."""

WEBP_CHUNK = 12
"""Where the first chunk begins."""

WEBP_VP8 = 1024
"""Pixels of a byte: a macroblock of 16 x 16 takes three bits for its modes."""

WEBP_MOST = 2**14
"""Pixels along an edge of a picture: its size has 14 bits."""


def require_raster_held(kind: str, file: BinaryIO, path: str) -> None:
    """Refuse a file whose header promises more pixels than its bytes can hold."""
    size = file.seek(0, io.SEEK_END)
    if kind == "BMP":
        file.seek(BMP_HEAD_BYTES)
        _require_bitmap(file.read(BITMAP.size), size, path)
    elif kind == "TGA":
        file.seek(0)
        _require_tga(file.read(TGA.size), size, path)
    elif kind == "ICO":
        _require_icons(file, path)
    elif kind == "WEBP":
        file.seek(WEBP_CHUNK)
        _require_webp(file.read(30), size, path)


def _require_bitmap(head: bytes, stored: int, path: str, pictures: int = 1) -> None:
    """Compare a bitmap of `pictures` one over the other: an icon has a mask below it."""
    if len(head) < BITMAP.size:
        return  # Pillow says that it is none
    size, width, height, _, bits, compression = BITMAP.unpack(head)
    if size == CORE_BYTES:
        (_, width, height, _, bits), compression = CORE.unpack_from(head), 0
    width, height = abs(width), abs(height) // pictures
    what = f"{width} x {height} of {bits} bits"
    if compression in BMP_RUNS:
        require_held(path, what, width * height, stored, RUNS)
    else:
        require_held(path, what, -(-width * bits // 32) * 4 * height, stored)


def _require_tga(head: bytes, stored: int, path: str) -> None:
    if len(head) < TGA.size or head[2] not in TGA_KINDS:
        return  # Pillow says that it is none
    _, _, kind, width, height, bits, _ = TGA.unpack(head)
    what = f"{width} x {height} of {bits} bits"
    if kind in TGA_RUNS:
        require_held(path, what, width * height, stored, RUNS)
    else:
        require_held(path, what, width * height * -(-bits // 8), stored)


def _require_icons(file: BinaryIO, path: str) -> None:
    file.seek(0)
    (count,) = ICO_COUNT.unpack(file.read(ICO_COUNT.size))
    for stored, start in list(ICO_ENTRY.iter_unpack(file.read(count * ICO_ENTRY.size))):
        file.seek(start)
        head = file.read(PNG_SIZE.size)
        if head.startswith(b"\x89PNG") and len(head) == PNG_SIZE.size:
            width, height, depth, _ = PNG_SIZE.unpack(head)
            require_held(path, f"{width} x {height}", width * height * depth // 8, stored, DEFLATE)
        else:
            _require_bitmap(head[: BITMAP.size], stored, path, pictures=2)


def _require_webp(head: bytes, stored: int, path: str) -> None:
    if head.startswith(b"VP8 ") and len(head) >= 18:
        width, height = (side & (WEBP_MOST - 1) for side in struct.unpack_from("<2H", head, 14))
        require_held(path, f"{width} x {height}", width * height, stored, WEBP_VP8)
    if head.startswith(b"VP8X") and len(head) >= 18:
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (12, 15))
        if max(width, height) > WEBP_MOST:
            what = f"is damaged: its header promises {width} x {height}, and no WebP is that large"
            raise SourceError(what, path, REMEDY)
