"""PNG: the header by hand, the voxels by libpng through imagecodecs, which keeps 16 bit."""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.size_limits import DEFLATE, require_held
from wkflow.model.source import Header, ImageInfo
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.samples import fits, store
from wkflow.readers.base.slice import WITHOUT_ALPHA, Slice, probe_of
from wkflow.source_errors import REMEDY, translated

IHDR = struct.Struct(">8x I4s IIBBBBB I")
"""Signature, chunk length, chunk type, the header's seven fields, checksum:
https://www.w3.org/TR/png-3/#11IHDR"""

IHDR_COLOUR = 25
"""Where the colour type stands."""

SAMPLES = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}
"""Colour type to samples kept: grey, RGB, palette (expanded to RGB), grey + alpha, RGBA."""

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type to samples stored."""

ALPHA = frozenset({4, 6})
"""Colour types with alpha."""


class PngReader:
    """Grey stays grey and 16 bit stay 16 bit; fewer than 8 bit are spread over 0 to 255."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the 33 bytes that tell all."""
        with translated(path), open_as("PNG", path) as file:
            size = os.fstat(file.fileno()).st_size
            return (_probe(file.read(IHDR.size), size, path),)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple[Slice, ...]]:
        """Hold the content of `path`."""
        with translated(path), open_as("PNG", path) as file:
            content = file.read()
        yield (Slice(path, _probe(content, len(content), path), content, _decode),)


def _probe(content: bytes, file_bytes: int, path: str) -> ImageInfo:
    if len(content) < IHDR.size:
        raise SourceError("is cut short: its header is not whole", path, REMEDY)
    length, chunk, width, height, depth, colour, *_, checksum = IHDR.unpack_from(content)
    is_whole = (length, chunk) == (13, b"IHDR") and zlib.crc32(content[12:29]) == checksum
    if not is_whole or colour not in SAMPLES or width == 0 or height == 0:
        raise SourceError("is damaged: its header makes no sense", path, REMEDY)
    header = Header(width, height, 1, SAMPLES[colour], "uint16" if depth == 16 else "uint8")
    row_bits = width * CHANNELS[colour] * depth
    require_held(path, header, height * (1 + -(-row_bits // 8)), file_bytes, DEFLATE)
    return probe_of(header, WITHOUT_ALPHA if colour in ALPHA else None)


def _decode(content: bytes, out: NDArray[Any], path: str) -> None:
    colour = content[IHDR_COLOUR]
    has_transparency = content.find(b"tRNS", 0, content.find(b"IDAT")) >= 0
    if colour in {0, 2} and not has_transparency and fits(out, SAMPLES[colour]):
        imagecodecs.png_decode(content, out=out[:, :, 0] if colour == 0 else out)
    else:  # alpha is left out here, or there is a gap between the rows of `out`
        store(imagecodecs.png_decode(content), out, path)
