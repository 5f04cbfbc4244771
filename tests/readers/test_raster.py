"""BMP files by Pillow and by hand, and the other kinds by Pillow."""

import os
import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of


class TestBmp(ReaderContract):
    suffix = ".bmp"

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        PIL.Image.fromarray(voxels.squeeze()).save(path)


class TestTga(TestBmp):
    suffix = ".tga"
    no_image: ClassVar = {**ReaderContract.no_image, b"this is text": "no TGA file"}


class TestIco(TestBmp):
    suffix = ".ico"
    no_image: ClassVar = {**ReaderContract.no_image, b"BM and so on": "holds BMP"}

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        image = PIL.Image.fromarray(voxels.squeeze())
        image.save(path, sizes=[image.size])


class TestWebp(TestBmp):
    suffix = ".webp"
    kinds: ClassVar = (("uint8", 3),)

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        PIL.Image.fromarray(voxels.squeeze()).save(path, lossless=True)


class TestAnimatedWebp(TestWebp):
    frames = 3

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        first, *others = map(PIL.Image.fromarray, voxels[:, 0, 0])
        first.save(path, lossless=True, save_all=True, append_images=others)


class TestGif(TestBmp):
    suffix = ".gif"
    kinds: ClassVar = (("uint8", 1), ("uint8", 3))
    no_image: ClassVar = {
        None: "is not there",
        b"": "is empty",
        b"this is text": "is no GIF",
        b"BM and so on": "holds BMP",
    }

    def voxels(self, dtype: str, samples: int) -> NDArray[Any]:
        """Give planes of 64 values, which fit a palette."""
        return super().voxels(dtype, 1).repeat(samples, axis=-1) % 64 * np.uint8(3) + np.arange(
            samples, dtype=np.uint8
        )

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        first, *others = (gif_image(plane) for plane in voxels[:, 0, 0])
        first.save(path, save_all=bool(others), append_images=others, optimize=False)


class TestAnimatedGif(TestGif):
    frames = 4


def gif_image(plane: NDArray[Any]) -> PIL.Image.Image:
    """Give a plane (y, x, samples) a palette of its colours, or leave it grey."""
    image = PIL.Image.fromarray(plane.squeeze())
    return image if plane.shape[2] == 1 else image.quantize(256)


def bmp(palette: bytes, row: bytes, width: int, depth: int) -> bytes:
    """Write a BMP of one row after the specification, without any library."""
    start = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, 1, 1, depth, 0, 4, 0, 0, len(palette) // 4, 0)
    return struct.pack("<2sIHHI", b"BM", start + 4, 0, 0, start) + info + palette + row


@pytest.mark.parametrize(
    ("palette", "samples", "first"),
    [(b"\0\0\0\0\xff\xff\xff\0", 1, [255]), (b"\1\2\3\0\4\5\6\0", 3, [6, 5, 4])],
)
def test_one_bit_is_grey_or_two_colours(
    tmp_path: Path, palette: bytes, samples: int, first: list[int]
) -> None:
    """Black and white give 0 and 255 in one sample, other colours RGB."""
    path = tmp_path / "bits.bmp"
    path.write_bytes(bmp(palette, b"\x80\0\0\0", width=3, depth=1))
    assert probe(str(path))[0].header.samples == samples
    assert_array_equal(read_all(str(path))[0, 0, 0, 0, 0], first)


@pytest.mark.parametrize(("suffix", "notes"), [(".bmp", ()), (".tga", ("alpha is left out",))])
def test_alpha_is_left_out(tmp_path: Path, suffix: str, notes: tuple[str, ...]) -> None:
    """RGBA keeps its colours as they are, not multiplied by alpha, and it is said.

    Pillow takes the fourth byte of a simple BMP for padding.
    """
    plane = voxels_of("uint8", 37, 53, 4)
    path = tmp_path / f"alpha{suffix}"
    PIL.Image.frombytes("RGBA", (53, 37), plane.tobytes()).save(path)
    assert_array_equal(read_all(str(path))[0, 0, 0], plane[:, :, :3], strict=True)
    assert probe(str(path))[0].about.notes == notes


def test_a_plane_of_many_voxels_is_no_attack(tmp_path: Path) -> None:
    """Pillow's guard against large images stays out of the way."""
    path = tmp_path / "large.bmp"
    path.write_bytes(bmp(b"", b"", width=400_000_000, depth=24))
    os.truncate(path, 1_200_000_054)  # a hole: it takes no room
    assert probe(str(path))[0].header.width == 400_000_000
