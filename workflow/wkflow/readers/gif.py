"""What a GIF file is made of: GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.formats.size_limits import LZW, require_held
from wkflow.source_errors import REMEDY

SCREEN = struct.Struct("<6x 2H 3B")
"""Signature, width, height, flags, background, aspect ratio."""

DESCRIPTOR = struct.Struct("<4H B")
"""Left, top, width, height, flags of an image."""

EXTENSION, IMAGE, TRAILER = b"!", b",", b";"


@dataclass(frozen=True, slots=True)
class Survey:
    """How many images a file holds, and whether all of their colours are grey."""

    frames: int
    is_grey: bool


def survey(file: BinaryIO, path: str) -> Survey:
    """Walk from block to block, to the one that ends the file."""
    width, height, flags, _, _ = SCREEN.unpack(file.read(SCREEN.size))
    frames, is_grey, stored = 0, _is_grey(file, flags), 0
    while (block := file.read(1)) != TRAILER:
        across = down = 0
        if block == IMAGE:
            _, _, across, down, flags = DESCRIPTOR.unpack(file.read(DESCRIPTOR.size))
            is_grey = _is_grey(file, flags) and is_grey
            frames += 1
        elif block != EXTENSION:
            raise SourceError("is cut short or damaged: it has no end", path, REMEDY)
        file.seek(1, io.SEEK_CUR)  # the kind of an extension, the code size of an image
        skipped = _skip_pieces(file, path)
        require_held(path, f"a frame of {across} x {down}", across * down, skipped, LZW)
        stored += skipped if block == IMAGE else 0
    require_held(path, f"a screen of {width} x {height}", width * height, stored, LZW)
    return Survey(frames, is_grey)


def _is_grey(file: BinaryIO, flags: int) -> bool:
    """Read the table of colours that `flags` announce, if they do."""
    if not flags & 0x80:
        return True
    table = file.read(3 << (flags & 7) + 1)
    return table[::3] == table[1::3] == table[2::3]


def _skip_pieces(file: BinaryIO, path: str) -> int:
    """Go behind the pieces of a block; give the bytes that they hold."""
    total = 0
    while size := file.read(1):
        if size == b"\0":
            return total
        total += size[0]
        file.seek(size[0], io.SEEK_CUR)
    raise SourceError("is cut short: its last image is not whole", path, REMEDY)
