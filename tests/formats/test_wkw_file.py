"""WKW files: the order of their blocks, and what is noticed when they are damaged."""

from pathlib import Path

import google_crc32c
import numpy as np
import pytest
from wkflow.atomic_files import Handles, PartialFile
from wkflow.errors import VerificationError
from wkflow.formats.wkw_file import CubeFile, PackedCube, RawCube, header, morton
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag_ladder import FINEST

LAYER = Layer("em", "color", "uint8", 1, (9, 9, 9), data_format="wkw")
GRID = Grid(FINEST, (9, 9, 9), (4, 4, 4), (16, 16, 16))
EDGE, BLOCK_BYTES = 4, 64


def packed(path: Path) -> tuple[int, str]:
    """Write two blocks into a file of 64."""
    head = header(LAYER, GRID, "lz4", 16 + 8 * 64)
    cube = PackedCube(PartialFile(path, Handles()), head, EDGE, b"empty")
    cube.append([b"second", None, b"third"], 1, 0)
    cube.append([b"first"], 0, 0)
    return cube.finish()


def test_blocks_lie_in_morton_order() -> None:
    """The lowest bit is that of x, then y, then z."""
    places = morton(4)
    assert [places[at] for at in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0, 0), (3, 3, 3))] == [
        1, 2, 4, 8, 63,
    ]  # fmt: skip
    assert sorted(places.ravel().tolist()) == list(range(64))


def test_packed_blocks_are_put_in_order(tmp_path: Path) -> None:
    """However they came; those that never came are there as zeros. Nothing else is left."""
    size, crc = packed(tmp_path / "x0.wkw")
    content = (tmp_path / "x0.wkw").read_bytes()
    assert (size, crc) == (len(content), f"{google_crc32c.value(content):08x}")
    ends = np.frombuffer(content, "<u8", 64, 16)
    assert ends[-1] == size
    assert content[16 + 8 * 64 : ends[1]] == b"firstempty"
    assert content[ends[1] : ends[2]] == b"second"
    assert content[ends[morton(4)[2, 1, 0] - 1] : ends[morton(4)[2, 1, 0]]] == b"third"
    assert [path.name for path in tmp_path.iterdir()] == ["x0.wkw"]


def test_raw_blocks_have_their_places(tmp_path: Path) -> None:
    """Where none came, the file has a hole that reads as zeros."""
    cube = RawCube(PartialFile(tmp_path / "x0.wkw", Handles()), header(LAYER, GRID, "none", 16),
                   EDGE, BLOCK_BYTES)  # fmt: skip
    cube.append([None, b"7" * 64], 1, 0)
    size, crc = cube.finish()
    content = (tmp_path / "x0.wkw").read_bytes()
    assert (size, crc) == (16 + 64 * 64, f"{google_crc32c.value(content):08x}")
    place = 16 + 64 * int(morton(4)[1, 1, 0])
    assert content[place : place + 64] == b"7" * 64
    assert content[16:].count(b"7") == 64


@pytest.mark.parametrize("kind", [PackedCube, RawCube])
def test_an_abandoned_cube_leaves_nothing(tmp_path: Path, kind: type) -> None:
    """Neither the file nor the blocks that waited beside it."""
    more = b"empty" if kind is PackedCube else BLOCK_BYTES
    cube = kind(PartialFile(tmp_path / "x0.wkw", Handles()), bytes(16), EDGE, more)
    cube.append([b"x" * 64], 0, 0)
    cube.abandon()
    assert not list(tmp_path.iterdir())


def test_rows_are_read_back(tmp_path: Path) -> None:
    """From any x on."""
    packed(tmp_path / "x0.wkw")
    cube = CubeFile(tmp_path / "x0.wkw", EDGE, BLOCK_BYTES)
    assert [bytes(block or b"") for block in cube.row(range(1, 4), 1, 0)] == [
        b"empty", b"third", b"empty",
    ]  # fmt: skip
    cube.close()


def test_a_damaged_table_is_noticed(tmp_path: Path) -> None:
    """Ends that fall, or that are not those of the file."""
    path = tmp_path / "x0.wkw"
    packed(path)
    content = path.read_bytes()
    for place in (0, 3, 17, 16 + 8 * 63, 16 + 8 * 63 + 5):
        damaged = bytearray(content)
        damaged[place] ^= 0x80
        path.write_bytes(damaged)
        with pytest.raises(VerificationError, match="damaged or cut short"):
            CubeFile(path, EDGE, BLOCK_BYTES)
