"""Whether the tiles of a CZI file hold what its directory promises.

libCZI fills up with zeros, cuts, or makes up what is missing, and says nothing. After
https://zeiss.github.io/libczi: behind the header of a segment come the sizes of metadata,
attachment and data, then the tile's entry of the directory; this head has 256 bytes at least.
Zstandard: RFC 8878, 3.1.1.1.
"""

import os
import struct
from collections import defaultdict
from collections.abc import Iterable
from threading import Lock

from wkflow.errors import SourceError
from wkflow.readers.czi.directory import ENTRY, SEGMENT, Tile
from wkflow.readers.picture_head import require_extents
from wkflow.source_errors import REMEDY

SIZES = struct.Struct("<i i q")
"""Bytes of metadata, attachment and data, behind the header of the segment."""

LEAST_HEAD, DIMENSION_BYTES = 256, 20

HEAD_BYTES = 2**12
"""Of the data of a tile, in which its own head ends."""

UNCOMPRESSED, JPEG_XR, ZSTD_0, ZSTD_1 = 0, 4, 5, 6

KNOWN = frozenset({UNCOMPRESSED, JPEG_XR, ZSTD_0, ZSTD_1})
"""Compressions that libCZI decodes."""

NAMES = {1: "JPEG", 2: "LZW"}

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

PLANE = "TCZ"


class StoredTiles:
    """The tiles of an open file; each is looked at when its plane is read, once."""

    def __init__(self, descriptor: int, path: str, tiles: Iterable[Tile], voxel_bytes: int) -> None:
        self._descriptor, self._path, self._voxel_bytes = descriptor, path, voxel_bytes
        self._lock = Lock()
        self._left: dict[tuple[int, ...], list[Tile]] = defaultdict(list)
        for tile in tiles:
            self._left[tuple(tile.spans.get(axis, (0, 1))[0] for axis in PLANE)].append(tile)

    def require(self, roi: tuple[int, int, int, int], place: dict[str, int]) -> None:
        """Refuse tiles of a plane that touch a rectangle (x, y, width, height) and do not fit.

        Raises
        ------
        SourceError
            If one is cut, larger or smaller; it is named by its place.
        """
        plane = tuple(place[axis] for axis in PLANE)
        with self._lock:
            touched = [tile for tile in self._left[plane] if _touches(tile, roi)]
            for tile in touched:
                self._require(tile)
            if touched:
                looked = {id(tile) for tile in touched}
                self._left[plane] = [one for one in self._left[plane] if id(one) not in looked]

    def _require(self, tile: Tile) -> None:
        head = self._at(tile.position + SEGMENT.size, SIZES.size + ENTRY.size)
        metadata, _, size = SIZES.unpack_from(head)
        *_, dimensions = ENTRY.unpack_from(head, SIZES.size)
        own = SIZES.size + ENTRY.size + dimensions * DIMENSION_BYTES
        begin = tile.position + SEGMENT.size + max(LEAST_HEAD, own) + metadata
        data = self._at(begin, min(size, HEAD_BYTES))
        try:
            self._require_fit(tile, data, size)
        except (LookupError, ValueError, struct.error) as error:
            x, y = tile.spans["X"][0], tile.spans["Y"][0]
            place = ", ".join(
                f"{axis}={tile.spans[axis][0]}" for axis in "SMTCZ" if axis in tile.spans
            )
            what = f"is damaged: the tile at x={x}, y={y}, {place}: {error}"
            raise SourceError(what, self._path, REMEDY) from error

    def _require_fit(self, tile: Tile, data: bytes, size: int) -> None:
        columns, rows = tile.spans["X"][1], tile.spans["Y"][1]
        needed = columns * rows * self._voxel_bytes
        if tile.compression == UNCOMPRESSED and size < needed:
            raise ValueError(f"it has {size} bytes of {needed}")
        if tile.compression == JPEG_XR:
            require_extents(data, {(rows, columns)}, size=size)
        if tile.compression in {ZSTD_0, ZSTD_1}:
            frame = data[data[0] :] if tile.compression == ZSTD_1 else data
            found = _zstd_bytes(frame)
            if found not in {None, needed}:
                raise ValueError(f"it becomes {found} bytes, its place has {needed}")

    def _at(self, begin: int, count: int) -> bytes:
        found = os.pread(self._descriptor, count, begin)
        if len(found) < count:
            raise SourceError("is cut short: its tiles are not all there", self._path, REMEDY)
        return found


def require_known(tiles: Iterable[Tile], path: str) -> None:
    """Refuse compressions that libCZI does not decode, before a voxel is read."""
    unknown = sorted({tile.compression for tile in tiles} - KNOWN)
    if unknown:
        name = NAMES.get(unknown[0], f"compression {unknown[0]}")
        what = f"has tiles in {name}, which cannot be read"
        raise SourceError(what, path, "Export it uncompressed, or as Zstandard or JPEG XR.")


def _touches(tile: Tile, roi: tuple[int, int, int, int]) -> bool:
    x, y, width, height = roi
    (left, wide), (top, high) = tile.spans["X"], tile.spans["Y"]
    return left < x + width and x < left + wide and top < y + height and y < top + high


def _zstd_bytes(frame: bytes) -> int | None:
    """Give what a frame of Zstandard says it becomes; None if it does not."""
    if not frame.startswith(ZSTD_MAGIC):
        raise ValueError("it is not in Zstandard")
    flags = frame[4]
    kind, is_single = flags >> 6, bool(flags & 0x20)
    at = 5 + (not is_single) + (0, 1, 2, 4)[flags & 3]
    count = (1 if is_single else 0, 2, 4, 8)[kind]
    stated = int.from_bytes(frame[at : at + count], "little")
    return (stated + 256 if kind == 1 else stated) if count else None
