"""PNG files by Pillow, by imagecodecs and by hand."""

import struct
import zlib
from pathlib import Path
from typing import Any, ClassVar

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of


class TestPng(ReaderContract):
    suffix = ".png"
    kinds: ClassVar = (("uint8", 1), ("uint8", 3), ("uint16", 1), ("uint16", 3))

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        path.write_bytes(imagecodecs.png_encode(voxels.squeeze()))


def png(depth: int, colour: int, width: int, rows: list[bytes], *extra: bytes) -> bytes:
    """Write a PNG after the specification, without any library."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    voxels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *((piece[:4], piece[4:]) for piece in extra)]
    whole = [*chunks, (b"IDAT", voxels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in whole)


@pytest.mark.parametrize(
    ("depth", "row", "grey"),
    [(1, 0b10100000, [255, 0, 255]), (2, 0b00011100, [0, 85, 255]), (4, 0x1F, [17, 255, 0])],
)
def test_few_bits_are_spread_over_a_byte(
    tmp_path: Path, depth: int, row: int, grey: list[int]
) -> None:
    """1, 2 and 4 bit of grey become 0 to 255, as libpng has it."""
    path = tmp_path / "few.png"
    path.write_bytes(png(depth, 0, 3, [bytes([row, 0])[: (3 * depth + 7) // 8]]))
    assert_array_equal(read_all(str(path))[0, 0, 0, 0, :, 0], grey)


@pytest.mark.parametrize("transparency", [(), (b"tRNS\x00",)])
def test_a_palette_becomes_rgb(tmp_path: Path, transparency: tuple[bytes, ...]) -> None:
    """Whether or not one of its colours is transparent."""
    path = tmp_path / "palette.png"
    palette = b"PLTE" + bytes([1, 2, 3, 250, 251, 252])
    path.write_bytes(png(8, 3, 2, [bytes([1, 0])], palette, *transparency))
    assert_array_equal(read_all(str(path))[0, 0, 0, 0], [[250, 251, 252], [1, 2, 3]])
    assert probe(str(path))[0].header.samples == 3


def test_a_transparent_grey_stays_grey(tmp_path: Path) -> None:
    """The tRNS chunk makes no second channel."""
    path = tmp_path / "grey.png"
    path.write_bytes(png(8, 0, 3, [bytes([5, 6, 7])], b"tRNS\x00\x06"))
    assert_array_equal(read_all(str(path))[0, 0, 0, 0, :, 0], [5, 6, 7])


def test_a_transparent_colour_stays_rgb(tmp_path: Path) -> None:
    """Nor a fourth."""
    path = tmp_path / "rgb.png"
    path.write_bytes(png(8, 2, 2, [bytes([5, 6, 7, 8, 9, 10])], b"tRNS\x00\x05\x00\x06\x00\x07"))
    assert_array_equal(read_all(str(path))[0, 0, 0, 0], [[5, 6, 7], [8, 9, 10]])


@pytest.mark.parametrize(("mode", "samples", "kept"), [("LA", 2, 1), ("RGBA", 4, 3)])
def test_alpha_is_left_out(tmp_path: Path, mode: str, samples: int, kept: int) -> None:
    """Pillow's alpha does not become a sample, and it is said."""
    plane = voxels_of("uint8", 37, 53, samples)
    path = tmp_path / "alpha.png"
    PIL.Image.frombytes(mode, (53, 37), plane.tobytes()).save(path)
    assert_array_equal(read_all(str(path))[0, 0, 0], plane[:, :, :kept], strict=True)
    assert probe(str(path))[0].about.notes == ("alpha is left out",)


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    """In the header and in the voxels alike."""
    path = tmp_path / "plane.png"
    whole = imagecodecs.png_encode(voxels_of("uint8", 37, 53, 1).squeeze())
    for spot in (30, whole.rindex(b"IEND") - 6):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[spot] ^= 1
        path.write_bytes(damaged.tobytes())
        with pytest.raises(SourceError, match="damaged"):
            read_all(str(path))
