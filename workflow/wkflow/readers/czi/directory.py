"""The directory of a CZI file: which tiles there are, and whether all of them are in the file.

After "ZEISS ZISRAW (CZI) file format, design specification", summed up in
https://zeiss.github.io/libczi/accessors.html and https://github.com/ZEISS/libczi-rs. All numbers
are little-endian. A file is a sequence of segments; the first one says where the others are.
"""

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.formats.size_limits import JPEG, LZW, ZSTD, require_held
from wkflow.source_errors import REMEDY

SEGMENT = struct.Struct("<16s q q")
"""Of every segment: its kind, the bytes allocated and the bytes used behind these 32."""

FILE = struct.Struct("<2i 8x 32x i q q i")
"""Behind the first segment header: version (2), part of a set, places of the directory and of the
metadata, whether an update was begun and not finished."""

COUNT = struct.Struct("<i 124x")
"""Of the directory: how many entries follow."""

ENTRY = struct.Struct("<2s i q i i B 5x i")
"""Of one tile: schema, pixel type, place, part of a set, compression, pyramid, dimensions."""

DIMENSION = struct.Struct("<4s i i f i")
"""Of one dimension of a tile: name, start, size, coordinate, size as stored."""

XML = struct.Struct("<i 252x")
"""Of the metadata: the size of the XML that follows."""


RATIOS = {0: 1, 1: JPEG, 2: LZW, 5: ZSTD, 6: ZSTD}
"""Compression to the most pixels of a byte: none, JPEG, LZW, and Zstandard with and without a
head."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of one plane.

    `spans` gives start and size for each dimension by its letter: X, Y in pixels, Z, C, T, S …
    """

    pixel_type: int
    position: int
    spans: dict[str, tuple[int, int]]
    compression: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """The tiles of full resolution, and the file's XML ("" if it has none)."""

    tiles: tuple[Tile, ...]
    xml: str


def read_directory(file: BinaryIO, path: str) -> Directory:
    """Read the directory of an open file, and make sure that the file goes on to its last tile."""
    size = os.fstat(file.fileno()).st_size
    _segment(file, 0, b"ZISRAWFILE", path)
    *_, part, directory, metadata, is_unfinished = FILE.unpack(file.read(FILE.size))
    if part != 0:
        raise SourceError("is a part of a set of CZI files", path, "Export it as one CZI file.")
    if is_unfinished or directory == 0:
        raise SourceError("was not written to its end: it has no directory", path, REMEDY)
    _require_bytes(directory, size, path)
    used = _segment(file, directory, b"ZISRAWDIRECTORY", path)
    _require_bytes(directory + SEGMENT.size + used, size, path)
    tiles = tuple(_tiles(file.read(used), path))
    if not tiles:
        raise SourceError("holds no image", path, REMEDY)
    _require_promise(tiles, size, path)
    _require_last(file, max(tile.position for tile in tiles), size, path)
    return Directory(tiles, _xml(file, metadata, size, path))


def _segment(file: BinaryIO, position: int, kind: bytes, path: str) -> int:
    """Go behind the header of a segment; give the bytes it uses."""
    file.seek(position)
    found, allocated, used = SEGMENT.unpack(file.read(SEGMENT.size))
    if found.rstrip(b"\0") != kind or allocated < 0 or used < 0:
        raise SourceError(f"is damaged: there is no {kind.decode()} where one is due", path, REMEDY)
    return int(used or allocated)


def _require_bytes(end: int, size: int, path: str) -> None:
    if not 0 <= end <= size:
        raise SourceError(f"is cut short: it has {size} bytes of {end}", path, REMEDY)


def _require_last(file: BinaryIO, position: int, size: int, path: str) -> None:
    _require_bytes(position + SEGMENT.size, size, path)
    file.seek(position)
    _, allocated, _ = SEGMENT.unpack(file.read(SEGMENT.size))
    _require_bytes(position + SEGMENT.size + allocated, size, path)


def _require_promise(tiles: tuple[Tile, ...], size: int, path: str) -> None:
    """Refuse tiles that the whole file cannot hold; JPEG XR knows no bound."""
    promised = sum(
        tile.spans.get("X", (0, 1))[1] * tile.spans.get("Y", (0, 1))[1] / RATIOS[tile.compression]
        for tile in tiles
        if tile.compression in RATIOS
    )
    require_held(path, f"{len(tiles)} tiles of {promised:.0f} bytes at least", int(promised), size)


def _tiles(entries: bytes, path: str) -> Iterable[Tile]:
    (count,) = COUNT.unpack_from(entries)
    place = COUNT.size
    for _ in range(count):
        schema, pixel_type, position, _, compression, _, dimensions = ENTRY.unpack_from(
            entries, place
        )
        first, place = place + ENTRY.size, place + ENTRY.size + dimensions * DIMENSION.size
        if schema != b"DV" or dimensions < 0 or place > len(entries):
            raise SourceError("is damaged: its directory makes no sense", path, REMEDY)
        rows = list(DIMENSION.iter_unpack(entries[first:place]))
        if all(stored in {0, size} for _, _, size, _, stored in rows):  # else it is of a pyramid
            spans = {row[0].rstrip(b"\0 ").decode(): (row[1], row[2]) for row in rows}
            yield Tile(pixel_type, position, spans, compression)


def _xml(file: BinaryIO, position: int, size: int, path: str) -> str:
    if position == 0:
        return ""
    _require_bytes(position + SEGMENT.size + XML.size, size, path)
    _segment(file, position, b"ZISRAWMETADATA", path)
    (length,) = XML.unpack(file.read(XML.size))
    _require_bytes(position + SEGMENT.size + XML.size + length, size, path)
    return file.read(length).decode("utf-8-sig", "replace").rstrip("\0")
