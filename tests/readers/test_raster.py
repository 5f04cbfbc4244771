"""BMP files by Pillow and by hand."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.readers import probe

from .contract import ReaderContract, read_all, voxels_of


class TestBmp(ReaderContract):
    suffix = ".bmp"

    def write(self, path: Path, plane: NDArray[Any]) -> None:
        PIL.Image.fromarray(plane.squeeze()).save(path)


def bmp(palette: bytes, row: bytes, width: int, depth: int) -> bytes:
    """Write a BMP of one row after the specification, without any library."""
    start = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, 1, 1, depth, 0, 4, 0, 0, len(palette) // 4, 0)
    return struct.pack("<2sIHHI", b"BM", start + 4, 0, 0, start) + info + palette + row


@pytest.mark.parametrize(
    ("palette", "channels", "first"),
    [(b"\0\0\0\0\xff\xff\xff\0", 1, [255]), (b"\1\2\3\0\4\5\6\0", 3, [6, 5, 4])],
)
def test_one_bit_is_grey_or_two_colours(
    tmp_path: Path, palette: bytes, channels: int, first: list[int]
) -> None:
    """Black and white give 0 and 255 in one channel, other colours RGB."""
    path = tmp_path / "bits.bmp"
    path.write_bytes(bmp(palette, b"\x80\0\0\0", width=3, depth=1))
    assert probe(str(path)).channels == channels
    assert_array_equal(read_all(str(path))[0, 0, 0], first)


def test_alpha_is_left_out(tmp_path: Path) -> None:
    """RGBA keeps its colours as they are, not multiplied by alpha."""
    plane = voxels_of("uint8", 4)
    path = tmp_path / "alpha.bmp"
    PIL.Image.frombytes("RGBA", (53, 37), plane.tobytes()).save(path)
    assert_array_equal(read_all(str(path))[0], plane[:, :, :3], strict=True)


def test_a_plane_of_many_voxels_is_no_attack(tmp_path: Path) -> None:
    """Pillow's guard against large images stays out of the way."""
    path = tmp_path / "large.bmp"
    path.write_bytes(bmp(b"", b"", width=400_000_000, depth=24))
    assert probe(str(path)).width == 400_000_000
    assert np.iinfo(np.int32).max > 400_000_000
