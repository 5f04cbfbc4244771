"""Strips and tiles that are images of their own: JPEG 2000, JPEG XR, JPEG XL, PNG, WebP ..."""

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from tifffile import TIFF, TiffPage

from wkflow.readers.picture_head import require_extents
from wkflow.readers.tiff.jpeg import JPEG
from wkflow.readers.tiff.page import StoredPage
from wkflow.readers.tiff.place import TilePlace

ELECTRON_EVENTS, JETRAW, WEBP = frozenset({65000, 65001, 65002}), 48124, 50001

PICTURES = frozenset(TIFF.IMAGE_COMPRESSIONS) - JPEG - ELECTRON_EVENTS - {JETRAW}
"""Compressions whose data state their own extents; those of the others are the directory's."""

MOST_COMPONENTS = 4
"""Of a picture in any place: alpha may be left out."""

LERC = 34887
"""Its data state their own extents, unless they are compressed once more."""

HEAD_BYTES = 2**16
"""The most that is read of a picture to plan."""


def decode_picture(page: TiffPage, data: bytes, place: TilePlace) -> NDArray[Any]:
    """Decode a strip or tile, as `decode_jpeg` does."""
    require_picture(page, data, place)
    if page.compression == WEBP and page.samplesperpixel == 4:
        decoded = imagecodecs.webp_decode(data, hasalpha=True)
    else:
        decoded = np.asarray(TIFF.DECOMPRESSORS[page.compression](data))
    depth, _, _, samples = place.shape
    extents = (decoded.shape[0], decoded.shape[1])
    if extents not in place.fits(page) or decoded.size != extents[0] * extents[1] * samples:
        raise ValueError(f"it has {extents[1]} x {extents[0]} voxels, its place {place}")
    return decoded.reshape(depth, -1, extents[1], samples)


def require_picture(page: TiffPage, data: bytes, place: TilePlace, size: int | None = None) -> None:
    """Refuse a picture whose head says that it does not fit its place."""
    require_extents(data, place.fits(page), max(MOST_COMPONENTS, place.shape[3]), size)


def require_first(stored: StoredPage) -> None:
    """Look at the head of the first picture of a page, before anything is planned with its place.

    Raises
    ------
    ValueError
        If it does not fit: what its directory promises is not there.
    """
    page = stored.keyframe
    written = next((at for at, count in enumerate(stored.counts) if count), None)
    if page.compression not in PICTURES | {LERC} or written is None:
        return
    _, begin, shape = page.decode(None, written, _fullsize=False)
    place = TilePlace.of(page, written, begin, shape)
    file, size = page.parent.filehandle, stored.counts[written]
    with file.lock:
        file.seek(stored.offsets[written])
        head = file.read(min(size, HEAD_BYTES))
    kind = "tile" if page.is_tiled else "strip"
    try:
        require_picture(page, head, place, size)
    except (LookupError, ValueError, struct.error) as error:
        raise ValueError(f"{kind} {written + 1}: {error}") from error
