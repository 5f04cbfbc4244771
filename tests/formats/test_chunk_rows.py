"""Rows of chunks: how a box is cut into them, and how they are encoded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.formats import chunk_rows
from wkflow.formats.chunk_rows import RowEncoder, place_of, rows_of
from wkflow.formats.contract import Voxels
from wkflow.model.box import Box
from wkflow.model.layer import Grid
from wkflow.model.mag_ladder import FINEST

from tests.formats.stored import of
from tests.strategies import triples

U1 = np.dtype("u1")


@given(size=triples(1, 90), chunk=triples(1, 20), shards=triples(1, 3))
def test_rows_cover_a_shard_once(
    size: tuple[int, int, int], chunk: tuple[int, int, int], shards: tuple[int, int, int]
) -> None:
    """In the order of the file, each at its place, and none beyond the array."""
    x, y, z = (c * n for c, n in zip(chunk, shards, strict=True))
    grid = Grid(FINEST, size, chunk, (x, y, z))
    for position in grid.box.cells(grid.shard):
        box = grid.shard_box(position)
        rows = list(rows_of(grid, box))
        assert sum(row.voxels for row in rows) == box.voxels
        assert all(row.overlap(box) == row for row in rows)
        places = [place_of(grid, row) for row in rows]
        assert {at for at, _, _ in places} == {position}
        assert [(z, y) for _, y, z in places] == sorted({(z, y) for _, y, z in places})


def shapes(chunks: Voxels) -> list[bytes]:
    """Encode chunks as their shape, sum and order."""
    return [
        f"{chunk.shape} {chunk.sum(dtype=int)} {chunk.flags.c_contiguous}".encode()
        for chunk in chunks
    ]


def as_they_are(chunks: Voxels) -> list[bytes]:
    """Encode chunks as their voxels."""
    return [chunk.tobytes() for chunk in chunks]


def test_chunks_at_the_border_are_filled_with_zeros() -> None:
    """All have one shape; what they held before is gone."""
    block = np.ones((1, 10, 3, 3), np.uint8)
    encode = RowEncoder((4, 4, 4), U1, shapes, clips=False).encode
    row = encode(of(block), Box((0, 0, 0), (10, 3, 3)))
    assert row == [b"(4, 4, 4, 1) 36 True", b"(4, 4, 4, 1) 36 True", b"(4, 4, 4, 1) 18 True"]


def test_chunks_of_zeros_are_none() -> None:
    """Where all have one shape: the file knows how to say that."""
    block = np.zeros((1, 8, 4, 4), np.uint8)
    block[0, 5, 1, 1] = 1
    encode = RowEncoder((4, 4, 4), U1, shapes, clips=False).encode
    assert encode(of(block), Box((0, 0, 0), (8, 4, 4))) == [None, b"(4, 4, 4, 1) 1 True"]


def test_clipped_chunks_hold_what_is_inside() -> None:
    """Those of zeros too: each may have a shape of its own."""
    block = np.zeros((3, 10, 3, 2), np.uint8)
    encode = RowEncoder((4, 4, 4), U1, shapes, clips=True).encode
    row = encode(of(block), Box((0, 0, 0), (10, 3, 2)))
    assert row == [b"(2, 3, 4, 3) 0 True", b"(2, 3, 4, 3) 0 True", b"(2, 3, 2, 3) 0 True"]


@given(st.integers(1, 30))
def test_a_row_has_as_many_chunks_as_it_is_long(width: int) -> None:
    """The last one is begun by a single voxel."""
    encode = RowEncoder((4, 4, 4), U1, shapes, clips=False).encode
    row = encode(of(np.ones((1, width, 1, 1), np.uint8)), Box((0, 0, 0), (width, 1, 1)))
    assert len(row) == -(-width // 4)


@pytest.mark.parametrize("dtype", ["<u1", ">u2", "<u4", "<f8"])
@pytest.mark.parametrize("is_apart", [False, True])
@given(
    size=triples(1, 40),
    chunk=triples(1, 12),
    channels=st.integers(1, 4),
    at_once=st.integers(1, 4000),
)
def test_each_voxel_is_in_its_chunk(
    size: tuple[int, int, int], chunk: tuple[int, int, int], channels: int, at_once: int,
    dtype: str, *, is_apart: bool,
) -> None:  # fmt: skip
    """Whatever the strides, the byte order, and the chunks that are laid out at once."""
    (x, y, z), (cx, cy, cz) = size, chunk
    y, z = min(y, cy), min(z, cz)
    filled = np.arange(1, 1 + z * y * x * channels * 2).astype(dtype)
    block = filled.reshape(z, y, x, channels * 2)
    voxels = block[..., ::2] if is_apart else np.ascontiguousarray(block[..., :channels])
    own = np.dtype(dtype).newbyteorder("<")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk_rows, "AT_ONCE_BYTES", at_once)
        encoder = RowEncoder(chunk, own, as_they_are, clips=False)
        row = encoder.encode(lambda _: voxels.T, Box((0, 0, 0), (x, y, z)))
    assert len(row) == -(-x // cx)
    for number, encoded in enumerate(row):
        whole = np.zeros((cz, cy, cx, channels), own)
        part = voxels[:, :, number * cx : (number + 1) * cx]
        whole[:z, :y, : part.shape[2]] = part
        assert whole.tobytes() == (encoded or bytes(whole.nbytes))
