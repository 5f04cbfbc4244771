"""Strips and tiles that are JPEG streams.

TIFF Technical Note 2 (https://www.awaresystems.be/imaging/tiff/specification/TIFFTechNote2.txt):
tables may stand outside of them, and the directory says whether three samples are RGB or YCbCr.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffPage

from wkflow.formats.jpeg_stream import (
    END_MARKER,
    FRAME_MARKERS,
    HUFFMAN_MARKERS,
    Frame,
    decode_checked,
    frame_of,
    parts,
    require_undisturbed,
)
from wkflow.readers.tiff.page import StoredPage
from wkflow.readers.tiff.place import TilePlace

JPEG = frozenset({6, 7, 34892, 33007})
"""Compressions: of old, as of today, of DNG, and that of some slide scanners."""

RGB, YCBCR = 2, 6
"""PhotometricInterpretation."""

LOSSLESS_MARKER = 0xC3
"""Of a frame whose rows may hold several rows of the image, or half of one in two components."""

ADOBE_RGB = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
"""A marker that says that three samples are red, green and blue: APP14, transform 0."""

START_MARKER = b"\xff\xd8"


def decode_jpeg(stored: StoredPage, data: bytes, place: TilePlace) -> NDArray[Any]:
    """Decode a strip or tile.

    Returns
    -------
    array, shape (depth, rows, columns, samples)
        At least what of it lies within the image.

    Raises
    ------
    ValueError
        If anything of it is missing, or if it does not fit its place.
    """
    page = stored.keyframe
    stream = _stream(data, stored.jpegtables, page.jpegheader)
    frame = frame_of(stream)
    _require_fit(page, frame, place)
    colours = _colours(page, frame, place)
    if colours is None:
        return _decode_rare(page, stream, place)
    is_rgb = int(page.photometric) == RGB and not page.is_jfif
    try:
        decoded = decode_checked(_marked_rgb(stream) if is_rgb else stream, colours)
    except ValueError:
        if page.jpegheader is None:
            raise
        # a restart interval of an NDPI, and what fills the file up to the next: that is no damage
        return _decode_rare(page, stream, place)
    return decoded.reshape(place.shape[0], -1, *decoded.shape[1:])


def _stream(data: bytes, tables: bytes | None, header: bytes | None) -> bytes:
    """Put together what makes a whole stream."""
    if header is not None:
        return header + data + END_MARKER
    if tables is None:
        return data
    return tables[: tables.rfind(END_MARKER)] + data.removeprefix(START_MARKER)


def _require_fit(page: TiffPage, frame: Frame, place: TilePlace) -> None:
    """Refuse what is larger or smaller than its place."""
    if frame.height == 0 or frame.width == 0:
        return  # stated elsewhere
    fits = place.fits(page)
    if frame.marker == LOSSLESS_MARKER:
        voxels = frame.height * frame.width * frame.components
        if voxels in {rows * columns * place.shape[3] for rows, columns in fits}:
            return
    elif (frame.height, frame.width) in fits:
        return
    raise ValueError(f"it has {frame.width} x {frame.height} voxels, its place {place}")


def _colours(page: TiffPage, frame: Frame, place: TilePlace) -> str | None:
    """Say what the strict decoder is to give; None if it cannot."""
    is_known = frame.precision == 8 and frame.marker in HUFFMAN_MARKERS
    if not is_known or frame.components != place.shape[3] or 0 in {frame.height, frame.width}:
        return None
    if frame.components == 1:
        return "GRAY"
    is_colour = int(page.photometric) in {RGB, YCBCR} and not page.extrasamples
    return "RGB" if frame.components == 3 and is_colour else None


def _marked_rgb(stream: bytes) -> bytes:
    at = next(begin for marker, begin, _ in parts(stream) if marker in FRAME_MARKERS)
    return stream[:at] + ADOBE_RGB + stream[at:]


def _decode_rare(page: TiffPage, stream: bytes, place: TilePlace) -> NDArray[Any]:
    """Decode more bits, other codes or other colours."""

    def decode(content: bytes) -> NDArray[Any]:
        return np.asarray(page.decode(content, place.index, _fullsize=False)[0])

    decoded = decode(stream)
    require_undisturbed(stream, decode, decoded)
    return decoded
