"""Tiles that do not hold what the directory promises: of libCZI, their data replaced by hand."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pylibCZIrw.czi import create_czi
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all

PLANE = np.add.outer(np.arange(24), np.arange(32)).astype("uint8")


def with_data(path: Path, data: bytes, compression: int) -> str:
    """Write a tile of the plane's size whose data are these."""
    with create_czi(str(path), exist_ok=True) as writer:
        writer.write(np.zeros((*PLANE.shape, 1), "uint8"), plane={"Z": 0})
    content = bytearray(path.read_bytes())
    tile = content.index(b"ZISRAWSUBBLOCK") + 32
    metadata, _, size = struct.unpack_from("<iiq", content, tile)
    assert len(data) <= size
    (dimensions,) = struct.unpack_from("<i", content, tile + 16 + 28)
    begin = tile + max(256, 16 + 32 + 20 * dimensions) + metadata
    content[begin : begin + len(data)] = data
    struct.pack_into("<q", content, tile + 8, len(data))
    for entry in (tile + 16, content.index(b"ZISRAWDIRECTORY") + 32 + 128):
        struct.pack_into("<i", content, entry + 18, compression)
    path.write_bytes(content)
    return str(path)


def jxr(plane: NDArray[np.uint8]) -> bytes:
    return bytes(imagecodecs.jpegxr_encode(np.ascontiguousarray(plane)))


def zstd(plane: NDArray[np.uint8]) -> bytes:
    return bytes(imagecodecs.zstd_encode(plane.tobytes()))


@pytest.mark.parametrize(
    ("compression", "data"),
    [(0, PLANE.tobytes()), (4, jxr(PLANE)), (5, zstd(PLANE)), (6, b"\1" + zstd(PLANE))],
    ids=range(4),
)
def test_tiles_that_are_whole_are_read(tmp_path: Path, compression: int, data: bytes) -> None:
    """In each compression that libCZI knows."""
    found = read_all(with_data(tmp_path / "a.czi", data, compression))
    assert_array_equal(found[0, 0, 0, :, :, 0], PLANE)


@pytest.mark.parametrize(
    ("compression", "data", "words"),
    [
        (0, PLANE.tobytes()[:-40], "it has 728 bytes of 768"),
        (4, jxr(PLANE)[:-10], "a JPEG XR in it ends early"),
        (4, jxr(PLANE[:20]), "it has 32 x 20 voxels, its place 32 x 24"),
        (4, jxr(np.tile(PLANE, (1, 2))[:, :40]), "it has 40 x 24 voxels"),
        (4, jxr(PLANE)[:50], "a picture in it ends early"),
        (5, zstd(PLANE[:20]), "it becomes 640 bytes, its place has 768"),
        (6, b"\1" + zstd(np.tile(PLANE, (2, 1))), "it becomes 1536 bytes"),
        (5, b"no Zstandard", "it is not in Zstandard"),
    ],
    ids=range(8),
)
def test_tiles_that_do_not_fit_are_refused(
    tmp_path: Path, compression: int, data: bytes, words: str
) -> None:
    """By their place: libCZI fills up with zeros, cuts, or makes up the rest."""
    path = with_data(tmp_path / "a.czi", data, compression)
    with pytest.raises(SourceError, match=f"the tile at x=0, y=0, .*Z=0: .*{words}") as caught:
        read_all(path)
    assert caught.value.where == path


def test_what_libczi_does_not_decode_is_named_before(tmp_path: Path) -> None:
    """While planning."""
    for compression, name in ((1, "JPEG"), (2, "LZW"), (77, "compression 77")):
        path = with_data(tmp_path / "a.czi", b"", compression)
        with pytest.raises(SourceError, match=f"has tiles in {name}, which cannot be read"):
            probe(path)
