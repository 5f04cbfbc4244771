"""Strips and tiles that are images of their own: JPEG 2000, JPEG XR, JPEG XL, PNG, WebP ..."""

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from tifffile import TIFF, TiffPage

from wkflow.readers.tiff.jpeg import JPEG
from wkflow.readers.tiff.place import Place

ELECTRON_EVENTS, JETRAW, WEBP = frozenset({65000, 65001, 65002}), 48124, 50001

PICTURES = frozenset(TIFF.IMAGE_COMPRESSIONS) - JPEG - ELECTRON_EVENTS - {JETRAW}
"""Compressions whose data state their own extents; those of the others are the directory's."""

JPEG_XR = frozenset({22610, 34934})

JXR_HEAD, JXR_ENTRY = struct.Struct("<4x I"), struct.Struct("<HHII")
"""Where the directory of a JPEG XR is; one entry of it: tag, type, count, value."""

JXR_OFFSET, JXR_BYTES = 0xBCC0, 0xBCC1
"""Tags of the place and the size of the image: ITU-T T.832, annex A."""


def decode_picture(page: TiffPage, data: bytes, place: Place) -> NDArray[Any]:
    """Decode a strip or tile, as `decode_jpeg` does."""
    if page.compression in JPEG_XR:
        _require_whole(data)
    if page.compression == WEBP and page.samplesperpixel == 4:
        decoded = imagecodecs.webp_decode(data, hasalpha=True)
    else:
        decoded = np.asarray(TIFF.DECOMPRESSORS[page.compression](data))
    depth, _, _, samples = place.shape
    extents = (decoded.shape[0], decoded.shape[1])
    if extents not in place.fits(page) or decoded.size != extents[0] * extents[1] * samples:
        raise ValueError(f"it has {extents[1]} x {extents[0]} voxels, its place {place}")
    return decoded.reshape(depth, -1, extents[1], samples)


def _require_whole(data: bytes) -> None:
    """Refuse a JPEG XR that is cut: its decoder makes up the rest."""
    (at,) = JXR_HEAD.unpack_from(data)
    (count,) = struct.unpack_from("<H", data, at)
    entries = (JXR_ENTRY.unpack_from(data, at + 2 + 12 * number) for number in range(count))
    said = {tag: value for tag, _, _, value in entries}
    if said.get(JXR_OFFSET, 0) + said.get(JXR_BYTES, 0) > len(data):
        raise ValueError("a JPEG XR in it ends early")
