"""Chunks by hand; those of tensorstore are in test_store_precomputed."""

import io
from typing import Any

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.formats.precomputed_chunk import decode, decode_segmentation

SHAPE = (1, 2, 3, 4)
CHUNK = np.arange(24, dtype="<u1").reshape(SHAPE)


@pytest.mark.parametrize("width", [4, 12, 24, 1])
def test_pictures_are_of_any_width(width: int) -> None:
    """Their pixels in order are the voxels, x fastest."""
    content = imagecodecs.png_encode(CHUNK.reshape(-1, width))
    assert_array_equal(decode(content, CHUNK.dtype, SHAPE, "png", (8, 8, 8)), CHUNK)


def test_a_segmentation_by_hand() -> None:
    """A channel's offset, then the block's header, values and table."""
    # one block of 2 x 2 x 1 with 1 bit a voxel: values at word 2, table at word 3
    words = np.array([1, 3 | 1 << 24, 2, 0b0110, 77, 99], "<u4")
    found = decode_segmentation(words.tobytes(), np.dtype("<u4"), (1, 1, 2, 2), (2, 2, 1))
    assert_array_equal(found, [[[[77, 99], [99, 77]]]])


def test_no_bits_are_one_label() -> None:
    """Of 64 bits: the table has two words for each."""
    words = np.array([1, 2, 2, 5, 1], "<u4")
    found = decode_segmentation(words.tobytes(), np.dtype("<u8"), (1, 1, 1, 3), (8, 8, 8))
    assert_array_equal(found, np.full((1, 1, 1, 3), 2**32 + 5))


def test_what_is_not_known_is_refused() -> None:
    """By name."""
    with pytest.raises(ValueError, match="jxl"):
        decode(b"", CHUNK.dtype, SHAPE, "jxl", (8, 8, 8))


@pytest.mark.parametrize("colours", [1, 3])
def test_a_jpeg_that_is_cut_or_does_not_fit_is_refused(colours: int) -> None:
    """With its end marker; larger, or smaller."""
    plane = np.random.default_rng(0).integers(0, 255, (64, 32, colours), np.uint8).squeeze()
    content = io.BytesIO()
    PIL.Image.fromarray(plane).save(content, "JPEG")
    whole, uint8 = content.getvalue(), np.dtype("u1")

    def decoded(encoded: bytes, depth: int) -> NDArray[Any]:
        return decode(encoded, uint8, (colours, depth, 8, 32), "jpeg", (8, 8, 8))

    assert decoded(whole, 8).shape == (colours, 8, 8, 32)
    for share in (50, 80, 95):
        with pytest.raises(ValueError, match=r"JPEG|Premature|premature"):
            decoded(whole[: len(whole) * share // 100] + b"\xff\xd9", 8)
    for depth in (7, 9):
        with pytest.raises(ValueError, match="promises 2048"):
            decoded(whole, depth)
