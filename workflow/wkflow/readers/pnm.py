"""PBM, PGM and PPM, with the values they hold: Pillow spreads them over 0 to 255.

https://netpbm.sourceforge.net/doc/pnm.html
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.whole_plane import cut, require_inside
from wkflow.source_errors import REMEDY, translated

HEADER_MAX_BYTES = 65536
"""Comments may make a header long."""

BLANK = rb"(?:\s+|#[^\n\r]*[\n\r])+"
HEADER = re.compile(rb"P([1-6])" + BLANK + rb"(\d+)" + BLANK + rb"(\d+)\s?")
LARGEST = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])*(\d+)\s")
"""What follows the extents, but for bitmaps: the value that is white."""

COMMENT = re.compile(rb"#[^\n\r]*")


@dataclass(frozen=True, slots=True)
class Layout:
    """Kind 1 to 6: bits, grey, RGB as text, then the same as bytes; where the first voxel is."""

    kind: int
    offset: int
    stored: np.dtype[Any]


class PnmReader:
    """Grey or RGB, 8 or 16 bit; bits become 0 (black) and 255."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the header, and see that the file is long enough."""
        return (_understood(path)[0],)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["PnmImage", ...]]:
        """Remember where the voxels lie."""
        yield (PnmImage(path, *_understood(path)),)


@dataclass(frozen=True, slots=True)
class PnmImage:
    """An open file; voxels stored as bytes are mapped, others are read as a whole."""

    path: str
    probe: ImageInfo
    layout: Layout = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Copy the box out of the plane."""
        header = self.probe.header
        require_inside(self.path, header, box, channel, frame)
        with translated(self.path):
            for only in out:
                cut(_plane(self.path, header, self.layout), box, only)


def _understood(path: str) -> tuple[ImageInfo, Layout]:
    with translated(path), open_as("PNM", path) as file:
        head, size = file.read(HEADER_MAX_BYTES), os.fstat(file.fileno()).st_size
    first = HEADER.match(head)
    second = LARGEST.match(head, first.end() - 1) if first and first[1] not in b"14" else None
    if first is None or (second is None and first[1] not in b"14"):
        raise SourceError("is cut short or damaged: its header makes no sense", path, REMEDY)
    kind, width, height = (int(group) for group in first.groups())
    white = int(second[1]) if second else 1
    header = Header(width, height, 1, 3 if kind in {3, 6} else 1, _dtype(white))
    layout = Layout(kind, (second or first).end(), np.dtype(">u2" if white > 255 else "u1"))
    if not (0 < white < 65536 and width and height):
        raise SourceError("is damaged: its header makes no sense", path, REMEDY)
    if size < layout.offset + _least_bytes(header, layout):
        raise SourceError("is cut short: voxels are missing at its end", path, REMEDY)
    notes = () if white in {1, 255, 65535} else (f"its white is {white}",)
    grain = (1, 1, 1) if kind in {5, 6} else (width, height, 1)
    return ImageInfo(header, grain, ImageMetadata(notes=notes)), layout


def _dtype(white: int) -> str:
    return "uint16" if white > 255 else "uint8"


def _least_bytes(header: Header, layout: Layout) -> int:
    voxels = header.width * header.height * header.samples
    if layout.kind == 4:
        return -(-header.width // 8) * header.height
    return voxels * layout.stored.itemsize if layout.kind > 4 else voxels


def _plane(path: str, header: Header, layout: Layout) -> NDArray[Any]:
    shape = (header.height, header.width, header.samples)
    if layout.kind > 4:
        return np.memmap(path, layout.stored, "r", layout.offset, shape)
    with open(path, "rb") as file:  # noqa: PTH123 -- ten thousand slices: no Path for each
        content = file.read()[layout.offset :]
    if layout.kind == 4:
        rows = np.frombuffer(content, np.uint8, _least_bytes(header, layout))
        bits = np.unpackbits(rows.reshape(header.height, -1), axis=1, count=header.width)
        return (255 * (1 - bits)).reshape(shape)
    text = COMMENT.sub(b"", content)
    if layout.kind == 1:
        digits = np.frombuffer(b"".join(text.split()), np.uint8, header.width * header.height)
        return (255 * (1 - (digits - ord("0")))).reshape(shape)
    return np.array(text.split(), dtype=np.int64).astype(header.dtype).reshape(shape)
