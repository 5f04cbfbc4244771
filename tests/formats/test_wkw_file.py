"""WKW files: the order of their blocks, and what is noticed when they are damaged."""

import struct
from pathlib import Path

import google_crc32c
import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.atomic_files import Handles, PartialFile
from wkflow.errors import SourceError
from wkflow.formats.chunk_files import DamagedFileError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.wkw_file import PackedCube, RawCube, header, morton, wkw_array
from wkflow.model.box import Box
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag_ladder import FINEST

from tests.formats.stored_mags import given_at, layer_of, noise, opened, require_voxels

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


def row(folder: Path) -> list[bytes]:
    """Read three blocks of the file that `packed` writes."""
    head = header(LAYER, GRID, "lz4", 0)
    array = wkw_array(LocalFiles(folder), "1", head, requires_size=True)
    chunks = array.chunk_files.chunks([range(1), range(1, 4), range(1, 2), range(1)])
    return [bytes(chunk.content or b"") for chunk in sorted(chunks, key=lambda one: one.position)]


def test_rows_are_read_back(tmp_path: Path) -> None:
    """From any x on."""
    packed(tmp_path / "1" / "z0" / "y0" / "x0.wkw")
    assert row(tmp_path) == [b"empty", b"third", b"empty"]


def test_a_damaged_table_is_noticed(tmp_path: Path) -> None:
    """Ends that fall, or that are not those of the file."""
    path = tmp_path / "1" / "z0" / "y0" / "x0.wkw"
    packed(path)
    content = path.read_bytes()
    for place in (0, 3, 17, 16 + 8 * 63, 16 + 8 * 63 + 5):
        damaged = bytearray(content)
        damaged[place] ^= 0x80
        path.write_bytes(damaged)
        with pytest.raises(DamagedFileError) as caught:
            row(tmp_path)
        assert caught.value.is_index
        assert caught.value.where == str(path)


VOXELS = noise("uint16", 1, 1, 40, 19, 21)

KINDS = {"uint8": 1, "uint16": 2, "uint32": 3, "uint64": 4, "float32": 5, "float64": 6}
KINDS |= {"int8": 7, "int16": 8, "int32": 9, "int64": 10}


def write_wkw(
    folder: Path, voxels: NDArray[np.generic], kind: int = 2, block: int = 8, edge: int = 2
) -> None:
    """Write (c, x, y, z) in cubes of `edge` blocks of `block` voxels; 1 is raw, 2 LZ4, 3 LZ4HC."""
    channels, *sizes = voxels.shape
    size = voxels.dtype.itemsize * channels
    edges = (edge.bit_length() - 1) << 4 | (block.bit_length() - 1)

    def head(offset: int) -> bytes:
        return struct.pack("<3s5BQ", b"WKW", 1, edges, kind, KINDS[voxels.dtype.name], size, offset)

    cube = edge * block
    counts = [-(-extent // cube) for extent in sizes]
    padding = [(0, 0)] + [(0, n * cube - s) for n, s in zip(counts, sizes, strict=True)]
    padded = np.pad(voxels, padding)
    folder.mkdir(parents=True)
    (folder / "header.wkw").write_bytes(head(0))
    for x, y, z in np.ndindex(*counts):
        sides = tuple(slice(at * cube, (at + 1) * cube) for at in (x, y, z))
        blocks = blocks_of(padded[(slice(None), *sides)], block, edge)
        if kind > 1:
            blocks = [imagecodecs.lz4_encode(content) for content in blocks]
        begin = 16 + (8 * len(blocks) if kind > 1 else 0)
        ends = np.cumsum([begin + len(blocks[0]), *map(len, blocks[1:])]).astype("<u8")
        file = folder / f"z{z}" / f"y{y}" / f"x{x}.wkw"
        file.parent.mkdir(parents=True, exist_ok=True)
        table = ends.tobytes() if kind > 1 else b""
        file.write_bytes(head(begin) + table + b"".join(blocks))


def blocks_of(cube: NDArray[np.generic], block: int, edge: int) -> list[bytes]:
    """Cut a cube (c, x, y, z) into blocks: halves of halves, z slowest, as Morton's curve goes."""
    if edge == 1:
        return [cube.tobytes("F")]
    half = block * edge // 2
    halves = [slice(0, half), slice(half, None)]
    return [
        content
        for z in halves
        for y in halves
        for x in halves
        for content in blocks_of(cube[:, x, y, z], block, edge // 2)
    ]


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("edge", [1, 2, 4])
def test_cubes_of_every_kind(tmp_path: Path, kind: int, edge: int) -> None:
    """Of any length, compressed or not."""
    write_wkw(tmp_path / "1", VOXELS[0], kind, edge=edge)
    require_voxels(given_at(tmp_path / "1", "wkw", "cxyz"), VOXELS)


@pytest.mark.parametrize("dtype", KINDS)
def test_voxels_of_every_dtype(tmp_path: Path, dtype: str) -> None:
    """With two channels each."""
    voxels = noise(dtype, 1, 2, 9, 8, 17)
    write_wkw(tmp_path / "1", voxels[0])
    require_voxels(given_at(tmp_path / "1", "wkw"), voxels)


def test_red_green_blue(tmp_path: Path) -> None:
    """uint24 is three channels of uint8."""
    voxels = noise("uint8", 1, 3, 20, 8, 17)
    write_wkw(tmp_path / "2-2-1", voxels[0], 1, block=16)
    require_voxels(given_at(tmp_path / "2-2-1", "wkw"), voxels)


def test_a_missing_cube_is_zeros_and_is_named(tmp_path: Path) -> None:
    """Unless it is refused."""
    write_wkw(tmp_path / "1", VOXELS[0])
    (tmp_path / "1" / "z0" / "y1" / "x0.wkw").unlink()
    expected = VOXELS[0].copy()
    expected[:, :16, 16:, :16] = 0
    mag = opened(given_at(tmp_path / "1", "wkw"), layer_of(VOXELS))
    assert mag.absent() == ["1/z0/y1/x0.wkw"]
    assert not mag.shows_gaps()
    assert_array_equal(mag.region(0)(Box((0, 0, 0), (40, 19, 21))), expected, strict=True)
    strict = opened(given_at(tmp_path / "1", "wkw", misses="refuse"), layer_of(VOXELS))
    with pytest.raises(SourceError, match="is missing") as failure:
        strict.region(0)(Box((10, 10, 10), (20, 19, 20)))
    assert failure.value.where == str(tmp_path / "1" / "z0" / "y1" / "x0.wkw")
    beyond = opened(given_at(tmp_path / "1", "wkw"), layer_of(VOXELS), (16, 0, 0))
    assert beyond.absent() == []


@pytest.mark.parametrize("kind", [1, 2])
def test_a_cut_cube_is_refused(tmp_path: Path, kind: int) -> None:
    """In its header, its table or its last block."""
    write_wkw(tmp_path / "1", VOXELS[0], kind)
    file = tmp_path / "1" / "z0" / "y0" / "x0.wkw"
    whole = file.read_bytes()
    for end in (0, 3, 15, 16, 40, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        mag = opened(given_at(tmp_path / "1", "wkw"), layer_of(VOXELS))
        with pytest.raises(SourceError, match="is damaged") as failure:
            mag.region(0)(Box((0, 0, 0), (40, 19, 21)))
        assert failure.value.where == str(file)


@pytest.mark.parametrize(
    ("at", "content"),
    [
        (0, b"X"),
        (3, b"\2"),
        (4, b"\x23"),
        (5, b"\1"),
        (6, b"\1"),
        (8, b"\0" * 8),
        (16, b"\xff" * 8),
        (24, b"\0" * 8),
        (80, b"\0" * 3),
    ],
)
def test_a_damaged_cube_is_refused(tmp_path: Path, at: int, content: bytes) -> None:
    """Its header is not that of the mag, its table in disorder, a block no LZ4."""
    write_wkw(tmp_path / "1", VOXELS[0])
    file = tmp_path / "1" / "z0" / "y0" / "x0.wkw"
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + content + whole[at + len(content) :])
    mag = opened(given_at(tmp_path / "1", "wkw"), layer_of(VOXELS))
    with pytest.raises(SourceError, match="is damaged"):
        mag.region(0)(Box((0, 0, 0), (40, 19, 21)))


@pytest.mark.parametrize(
    "content", [None, b"", b"WKW", b"WKV" + bytes(13), b"WKW\1\x23\2\2\3" + bytes(8)]
)
def test_a_header_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Its file is named."""
    (tmp_path / "1").mkdir()
    if content is not None:
        (tmp_path / "1" / "header.wkw").write_bytes(content)
    with pytest.raises(SourceError) as failure:
        opened(given_at(tmp_path / "1", "wkw"), layer_of(VOXELS))
    assert failure.value.where == str(tmp_path / "1" / "header.wkw")
