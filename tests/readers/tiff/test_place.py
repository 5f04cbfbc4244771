"""Strips and tiles at the edge of the image."""

from pathlib import Path
from typing import Any

import imagecodecs
import pytest
from numpy.testing import assert_array_equal

from tests.readers.contract import read_all
from tests.readers.tiff.test_jpeg import STRIPS, TILES, grey, replace, save


@pytest.mark.parametrize(
    ("layout", "number", "extents"),
    [(STRIPS, 2, (16, 53)), (STRIPS, 2, (5, 53)), (TILES, 5, (16, 32)), (TILES, 5, (5, 21))],
)
def test_the_last_one_may_be_filled_up_or_end_with_the_image(
    tmp_path: Path, layout: dict[str, Any], number: int, extents: tuple[int, int]
) -> None:
    """As libtiff takes them."""
    path = tmp_path / "image.tif"
    save(path, "grey", layout)
    replace(path, number, lambda _: grey(*extents))
    decoded = imagecodecs.jpeg8_decode(grey(*extents))
    corner = read_all(str(path))[0, 0, 0, 32:, 32 if layout is TILES else 0 :, 0]
    assert_array_equal(corner, decoded[: corner.shape[0], : corner.shape[1]])
