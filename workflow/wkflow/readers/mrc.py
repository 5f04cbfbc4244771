"""MRC 2014 and its kin (CCP4 maps, IMOD's stacks), plain or gzipped.

https://www.ccpem.ac.uk/mrc-format/mrc2014/ and https://bio3d.colorado.edu/imod/doc/mrc_format.txt
"""

import os
import struct
from contextlib import AbstractContextManager, closing
from math import isfinite

import numpy as np

from wkflow.errors import SourceError
from wkflow.formats.size_limits import DEFLATE, require_held
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.model.units import to_nm
from wkflow.readers.base.file_type import not_of, plain_size
from wkflow.readers.base.gzip_image import StreamedImage, open_streamed
from wkflow.readers.base.inflate import Inflated
from wkflow.readers.base.uncompressed import ArrayImage, FileArray, open_arrays, require_bytes
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.source_errors import translated

HEADER_BYTES = 1024

FIELDS = "4i 12x 3i 3f 12x 3i 3f i i"
"""Columns, rows, sections, mode; mx, my, mz; cell (angstrom); axes; least, most, mean; space
group, bytes of the extended header."""

MODES = {0: "i1", 1: "i2", 2: "f4", 3: "", 4: "", 6: "u2", 12: "f2", 16: "u1", 101: ""}
"""Mode to numpy's type; 16 is RGB (IMOD); no type: not to be read."""

UNREADABLE = {
    3: ("holds complex numbers, which no layer can", "Export its magnitude or its real part."),
    4: ("holds complex numbers, which no layer can", "Export its magnitude or its real part."),
    101: ("holds voxels of 4 bit (mode 101)", "Make bytes of them: newstack -mode 0 (IMOD)."),
}

IMOD_STAMP = 1146047817
"""At byte 152; the flags behind it tell whether bytes are signed."""

SIGNED_BYTES = 1
"""A bit of IMOD's flags."""


class MrcReader:
    """One image: sections are z, also those of movies and of stacks of volumes."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the header of 1024 bytes."""
        return (_image(path)[0],)

    def open(
        self, path: str
    ) -> AbstractContextManager[list[ArrayImage]] | AbstractContextManager[list[StreamedImage]]:
        """Open the image; one in a gzip file is a stream."""
        image = _image(path)
        return open_streamed(path, [image]) if image[0].is_stream else open_arrays(path, [image])


def _image(path: str) -> tuple[ImageInfo, FileArray]:
    is_stream = path.lower().endswith(".gz")
    head, size = _head_of_stream(path) if is_stream else _head(path)
    order = _byte_order(head)
    if order is None:
        raise not_of("MRC", path, head)
    header, about, array = _describe(path, order, head)
    if is_stream:
        require_held(path, header, array.end(header), size, DEFLATE)
    else:
        require_bytes(path, size, array.end(header))
    grain = (header.width, header.height, 1) if is_stream else (1, 1, 1)
    return ImageInfo(header, grain, about, is_stream=is_stream), array


def _head_of_stream(path: str) -> tuple[bytes, int]:
    with closing(Inflated(path)) as inflated:
        return inflated.head(HEADER_BYTES), plain_size(path)


def _head(path: str) -> tuple[bytes, int]:
    with translated(path), open_unmarked(path) as file:
        return file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size


def _byte_order(head: bytes) -> str | None:
    """Tell by the machine stamp, or where that is missing or lies, by what makes sense."""
    if len(head) < HEADER_BYTES:
        return None
    orders = (">", "<") if head[212:214] == b"\x11\x11" else ("<", ">")
    for order in orders:
        *extents, mode = struct.unpack_from(order + "4i", head)
        axes = struct.unpack_from(order + "3i", head, 64)
        extended = struct.unpack_from(order + "i", head, 92)[0]
        is_sensible = min(extents) > 0 and extended >= 0 and mode in MODES
        if is_sensible and set(axes) in ({1, 2, 3}, {0}):
            return order
    return None


def _describe(path: str, order: str, head: bytes) -> tuple[Header, ImageMetadata, FileArray]:
    fields = struct.unpack_from(order + FIELDS, head)
    (x, y, z, mode), extended = fields[:4], fields[-1]
    if mode in UNREADABLE:
        raise SourceError(UNREADABLE[mode][0], path, UNREADABLE[mode][1])
    stored, notes = (MODES[mode], ()) if mode else _bytes_of(order, head, fields[13], fields[14])
    header = Header(x, y, z, 3 if mode == 16 else 1, np.dtype(stored).name)
    about = ImageMetadata(voxel_nm=_voxel_nm(fields[4:7], fields[7:10], fields[10:13]), notes=notes)
    return header, about, FileArray.packed(header, order + stored, HEADER_BYTES + extended)


def _bytes_of(order: str, head: bytes, least: float, most: float) -> tuple[str, tuple[str, ...]]:
    """Tell whether voxels of mode 0 are signed: old programs wrote unsigned ones."""
    stamp, flags = struct.unpack_from(order + "2i", head, 152)
    if stamp == IMOD_STAMP:
        return ("i1" if flags & SIGNED_BYTES else "u1"), ()
    if isfinite(most) and 127 < most <= 255 and least >= 0:
        return "u1", (f"bytes are taken as unsigned: its header says they reach {most:g}",)
    return "i1", ()


def _voxel_nm(
    grid: tuple[int, ...], cell: tuple[float, ...], axes: tuple[int, ...]
) -> tuple[float | None, float | None, float | None]:
    """Give the size along columns, rows and sections, which need not be x, y and z of the cell."""
    sizes = [
        to_nm(cell[axis - 1] / grid[axis - 1], "angstrom") if grid[axis - 1] else None
        for axis in (axes if 0 not in axes else (1, 2, 3))
    ]
    return sizes[0], sizes[1], sizes[2]
