"""From the bytes of one frame to its voxels, by transfer syntax (PS3.5, annex A).

imagecodecs and simplejpeg release the GIL while they decode.
"""

import struct
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

from wkflow.errors import SourceError
from wkflow.formats.jpeg_stream import END_MARKER, decode_checked, frame_of, require_undisturbed
from wkflow.formats.size_limits import JPEG, JPEG_LS, LOSSLESS_JPEG, PACK_BITS
from wkflow.readers.dicom.pixels import Pixels, to_rgb, trim
from wkflow.readers.picture_head import require_extents
from wkflow.source_errors import REMEDY

Voxels = NDArray[Any]

J2K_BEGIN, J2K_DEPTH = b"\xff\x4f\xff\x51", 42
"""How a code stream begins, and which of its bytes tells depth and sign: ISO 15444-1, A.5.1."""

MOST_COMPONENTS = 4
"""Of a frame of one sample: alpha is not decoded."""

RLE_TABLE = struct.Struct("<16I")
"""How many planes of bytes there are, and where up to 15 of them begin."""

LUMA = frozenset({"YBR_FULL", "YBR_FULL_422"})


def decode(data: bytes, syntax: UID, pixels: Pixels, path: str) -> Voxels:
    """Decode one encapsulated frame.

    Parameters
    ----------
    data : bytes
        All fragments of the frame.
    syntax : UID
        One of `SYNTAXES`.
    pixels : Pixels
        What the voxels are to be.
    path : str
        The file, for the error.

    Returns
    -------
    array, shape (rows, columns, samples), dtype `pixels.dtype`
        Grey or RGB.
    """
    require_fit(data, pixels)
    decoded = SYNTAXES[syntax](data, pixels)
    voxels = decoded.reshape(*decoded.shape[:2], -1)
    expected = (pixels.rows, pixels.columns, pixels.samples)
    if voxels.shape != expected or voxels.dtype.itemsize > np.dtype(pixels.dtype).itemsize:
        raise SourceError(
            f"decodes to an array of {voxels.shape} {voxels.dtype}, its header promises "
            f"{expected} {pixels.dtype}",
            path,
            REMEDY,
        )
    # From uint16 to int16 the bits stay as they are.
    return voxels.astype(pixels.dtype, copy=False)


def require_fit(head: bytes, pixels: Pixels, size: int | None = None) -> None:
    """Refuse a frame of `size` bytes whose own head has other extents than the file."""
    fits = {(pixels.rows, pixels.columns)}
    require_extents(head, fits, max(MOST_COMPONENTS, pixels.samples), size)


def _run_lengths(data: bytes, pixels: Pixels) -> Voxels:
    """Decode RLE, in which each byte of each sample is a plane, the highest first: annex G.

    imagecodecs' own decoder of the whole ended the process on a damaged table.
    """
    count, *starts = RLE_TABLE.unpack_from(data)
    width = pixels.allocated // 8
    if count != pixels.samples * width:
        raise ValueError(f"a frame has {count} planes of bytes, not {pixels.samples * width}")
    ends = [*starts[1:count], len(data)]
    size = pixels.rows * pixels.columns
    planes = np.empty((pixels.samples, width, size), np.uint8)
    for plane, start, end in zip(planes.reshape(count, size), starts, ends, strict=False):
        plane[:] = np.frombuffer(_unpacked(data[start:end]), np.uint8, size)
    voxels = planes.transpose(2, 0, 1).copy().view(f">u{width}")
    shaped = voxels.reshape(pixels.rows, pixels.columns, pixels.samples)
    return _finished(shaped.astype(f"=u{width}"), pixels, pixels.stored, pixels.high)


def _unpacked(run: bytes) -> bytes:
    """Decode a plane of bytes; what fills it up at its end may look like half a code."""
    try:
        return bytes(imagecodecs.packbits_decode(run))
    except RuntimeError:
        if run[-1:] not in {b"\0", b"\xff"}:
            raise
        return bytes(imagecodecs.packbits_decode(run[:-1]))


def _lossy_jpeg(data: bytes, pixels: Pixels) -> Voxels:
    """Decode 8 or 12 bit. Colours become RGB here, unless they are RGB in the file."""
    data = _ended(data)
    if pixels.allocated > 8 and frame_of(data).precision > 8:
        decoded = imagecodecs.jpeg8_decode(data)
        require_undisturbed(data, imagecodecs.jpeg8_decode, decoded)
        return _finished(decoded, pixels, pixels.stored)
    colours = "GRAY" if pixels.samples == 1 else "RGB"
    checked = decode_checked(data, colours)
    if pixels.photometric == "RGB" and b"JFIF" not in data[:32]:
        return np.asarray(imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB"))
    return checked


def _lossless_jpeg(data: bytes, pixels: Pixels) -> Voxels:
    data = _ended(data)
    decoded = imagecodecs.jpegsof3_decode(data)
    require_undisturbed(data, imagecodecs.jpegsof3_decode, decoded)
    return _finished(decoded, pixels, pixels.stored)


def _jpeg_ls(data: bytes, pixels: Pixels) -> Voxels:
    return _finished(imagecodecs.jpegls_decode(_ended(data)), pixels, pixels.stored)


def _jpeg_2000(data: bytes, pixels: Pixels) -> Voxels:
    """Decode JPEG 2000, whose code stream says itself whether values are signed."""
    depth = data[data.index(J2K_BEGIN) + J2K_DEPTH]
    decoded = imagecodecs.jpeg2k_decode(data)
    if depth & 0x80:  # then libopenjp2 has extended the sign
        return np.asarray(decoded)
    return _finished(decoded, pixels, (depth & 0x7F) + 1)


def _jpeg_xl(data: bytes, pixels: Pixels) -> Voxels:
    return _finished(imagecodecs.jpegxl_decode(data), pixels, pixels.stored)


def _finished(decoded: Voxels, pixels: Pixels, stored: int, high: int | None = None) -> Voxels:
    """Extend the sign of `stored` bits, turn brightness and colour into RGB."""
    wide = np.ascontiguousarray(decoded)
    if pixels.is_signed:
        wide = wide.astype(f"u{np.dtype(pixels.dtype).itemsize}", copy=False)
        trim(wide, stored, stored - 1 if high is None else high, is_signed=True)
    elif high is not None:
        trim(wide, stored, high, is_signed=False)
    if pixels.photometric in LUMA:
        to_rgb(wide, pixels.allocated)
    return wide


def _ended(data: bytes) -> bytes:
    """Take away what stands behind the end of a JPEG: frames are filled up to an even length.

    Refused is one without its end: decoders fill up with grey, or never end.
    """
    end = data.rfind(END_MARKER)
    if end < 0:
        raise ValueError("a frame has no end")  # `translated` names the file
    return data[: end + len(END_MARKER)]


SYNTAXES: dict[str, Callable[[bytes, Pixels], Voxels]] = {
    "1.2.840.10008.1.2.5": _run_lengths,
    **{f"1.2.840.10008.1.2.4.{number}": _lossy_jpeg for number in (50, 51)},
    **{f"1.2.840.10008.1.2.4.{number}": _lossless_jpeg for number in (57, 70)},
    **{f"1.2.840.10008.1.2.4.{number}": _jpeg_ls for number in (80, 81)},
    **{f"1.2.840.10008.1.2.4.{number}": _jpeg_2000 for number in (90, 91, 201, 202, 203)},
    **{f"1.2.840.10008.1.2.4.{number}": _jpeg_xl for number in (110, 112)},
}
"""How each transfer syntax is decoded; the others are uncompressed, or films. libopenjp2 decodes
High-Throughput JPEG 2000 as well."""

SAMPLES_A_BYTE: dict[str, int] = {
    "1.2.840.10008.1.2.5": PACK_BITS,
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (50, 51)), 3 * JPEG),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (57, 70)), LOSSLESS_JPEG),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (80, 81)), 3 * JPEG_LS),
}
"""The most samples that a byte can hold; JPEG 2000 and JPEG XL know no bound."""
