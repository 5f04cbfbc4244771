"""Extents in the heads of pictures, by the encoders of imagecodecs and Pillow."""

import contextlib
import io
import struct
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from wkflow.readers.picture_head import extents_of, require_extents

Plane = NDArray[Any]


def pillow(kind: str, *, colours: bool = False, **options: Any) -> Callable[[Plane], bytes]:  # noqa: ANN401
    def encode(plane: Plane) -> bytes:
        content = io.BytesIO()
        image = PIL.Image.fromarray(plane.astype("uint8"))
        (image.convert("RGB") if colours else image).save(content, kind, **options)
        return content.getvalue()

    return encode


ENCODERS: dict[str, Callable[[Plane], bytes]] = {
    "jpeg": pillow("JPEG"),
    "progressive": pillow("JPEG", colours=True, progressive=True),
    "png": pillow("PNG"),
    "webp": pillow("WEBP", colours=True),
    "webp_lossless": pillow("WEBP", colours=True, lossless=True),
    "webp_canvas": lambda plane: imagecodecs.webp_encode(
        np.dstack([plane.astype("uint8")] * 4), lossless=False, level=50
    ),
    "j2k": lambda plane: imagecodecs.jpeg2k_encode(plane, codecformat="J2K"),
    "jp2": imagecodecs.jpeg2k_encode,
    "htj2k": imagecodecs.htj2k_encode,
    "jpegls": imagecodecs.jpegls_encode,
    "lossless": imagecodecs.ljpeg_encode,
    "jpegxl": lambda plane: imagecodecs.jpegxl_encode(plane, usecontainer=False),
    "jpegxl_boxes": lambda plane: imagecodecs.jpegxl_encode(plane, usecontainer=True),
    "jpegxr": imagecodecs.jpegxr_encode,
    "lerc": imagecodecs.lerc_encode,
}


@pytest.mark.parametrize("kind", ENCODERS)
def test_extents_are_read_from_the_head(kind: str) -> None:
    """Small, odd, of ratios that JPEG XL shortens, and long."""
    for rows, columns in ((1, 1), (8, 8), (37, 53), (40, 48), (300, 200), (9000, 3)):
        plane = np.zeros((rows, columns), "uint16")
        plane[0, 0] = 5
        content = bytes(ENCODERS[kind](plane))
        found = extents_of(content)
        assert found is not None
        assert (found.rows, found.columns) == (rows, columns)
        require_extents(content, {(rows, columns), (7, 7)})
        with pytest.raises(ValueError, match=f"it has {columns} x {rows}"):
            require_extents(content, {(rows + 1, columns)})


@pytest.mark.parametrize("kind", ENCODERS)
def test_a_head_that_is_cut_raises(kind: str) -> None:
    """Nothing but what `translated` knows; where more is to come it passes."""
    content = bytes(ENCODERS[kind](np.zeros((16, 16), "uint16")))
    for end in range(12, 40, 3):
        with contextlib.suppress(ValueError):
            require_extents(content[:end], {(16, 16)})
        require_extents(content[:end], {(16, 16)}, size=len(content))


def test_too_many_components_are_refused() -> None:
    """JPEG 2000 may have 16384."""
    content = bytearray(imagecodecs.jpeg2k_encode(np.zeros((8, 8), "uint8"), codecformat="J2K"))
    struct.pack_into(">H", content, 40, 16384)
    with pytest.raises(ValueError, match="8 x 8 x 16384"):
        require_extents(bytes(content), {(8, 8)})


def test_what_is_not_known_passes() -> None:
    """Its decoder knows better."""
    assert extents_of(b"") is None
    require_extents(b"RIFF....WAVE", {(1, 1)})


def test_a_jpeg_xr_that_contradicts_itself_is_refused() -> None:
    """Libraries trust one of both."""
    content = bytes(imagecodecs.jpegxr_encode(np.zeros((24, 32), "uint8")))
    other = content.replace(struct.pack("<HHII", 0xBC81, 4, 1, 24),
                            struct.pack("<HHII", 0xBC81, 4, 1, 9999))  # fmt: skip
    with pytest.raises(ValueError, match="is 32 x 24, its directory says 32 x 9999"):
        extents_of(other)
