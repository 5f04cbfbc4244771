"""Uncompressed DICOM frames whose voxels are no numbers of whole bytes, one after the other.

PS3.5, 8.1.1 and annex D (packed bits), 8.2.4 and PS3.3, C.7.6.3.1.2 (shared colours),
https://dicom.nema.org/medical/dicom/current/output/chtml/part05/chapter_8.html
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.dicom.file import DicomFile
from wkflow.readers.dicom.pixels import Pixels, to_rgb
from wkflow.source_errors import REMEDY

PADDING_BYTES = 512
"""Behind the last frame; what is longer may be a frame."""


def is_packed(dicom: DicomFile, pixels: Pixels) -> bool:
    """Tell whether frames are to be unpacked: they do not lie as numpy has arrays."""
    return pixels.allocated == 1 or pixels.is_subsampled or _is_swapped(dicom, pixels)


def require_whole(dicom: DicomFile, pixels: Pixels) -> None:
    """Refuse uncompressed pixel data that are shorter than their frames."""
    needed = -(-pixels.frames * pixels.frame_bits // 8)
    length = dicom.length or 0
    if dicom.start + max(length, needed) > dicom.size:
        raise SourceError(
            f"is cut short: its pixel data need {max(length, needed)} bytes, "
            f"{max(0, dicom.size - dicom.start)} are there",
            dicom.path,
            REMEDY,
        )
    if length < needed:
        raise SourceError(
            f"is damaged: its voxels need {needed} bytes, its pixel data have {length}",
            dicom.path,
            REMEDY,
        )
    if 8 * length >= (pixels.frames + 1) * pixels.frame_bits and length - needed > PADDING_BYTES:
        count = 8 * length // pixels.frame_bits
        raise SourceError(
            f"is damaged: it promises {pixels.frames} frames, its pixel data have {count}",
            dicom.path,
            REMEDY,
        )


def read_packed(dicom: DicomFile, pixels: Pixels, frame: int) -> NDArray[Any]:
    """Read and unpack one frame.

    Returns
    -------
    array, shape (rows, columns, samples), uint8
        0 and 1 for packed bits; RGB for shared colours.
    """
    first = frame * pixels.frame_bits
    end = first + pixels.frame_bits
    data = np.frombuffer(_bytes(dicom, pixels, first // 8, -(-end // 8)), np.uint8)
    shape = (pixels.rows, pixels.columns, pixels.samples)
    if pixels.allocated == 1:
        bits = np.unpackbits(data, bitorder="little")
        return bits[first % 8 :][: pixels.frame_bits].reshape(shape)
    if not pixels.is_subsampled:
        return data.reshape(shape)
    pairs = data.reshape(pixels.rows, -1, 4)  # luma of two neighbours, their blue, their red
    voxels = np.empty(shape, np.uint8)
    voxels[..., 0] = pairs[..., :2].reshape(shape[:2])
    voxels[..., 1:] = np.repeat(pairs[..., 2:], 2, axis=1)
    to_rgb(voxels, 8)
    return voxels


def _is_swapped(dicom: DicomFile, pixels: Pixels) -> bool:
    """Tell whether bytes lie in big-endian words of two."""
    return not dicom.is_little and pixels.allocated <= 8 and dicom.vr == "OW"


def _bytes(dicom: DicomFile, pixels: Pixels, begin: int, end: int) -> bytes:
    if not _is_swapped(dicom, pixels):
        return dicom.bytes_at(dicom.start + begin, end - begin)
    words = dicom.bytes_at(dicom.start + begin // 2 * 2, -(-end // 2) * 2 - begin // 2 * 2)
    swapped = np.frombuffer(words, ">u2").astype("<u2").tobytes()
    return swapped[begin % 2 :][: end - begin]
