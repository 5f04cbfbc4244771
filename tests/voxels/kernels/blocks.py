"""Blocks of voxels (c, x, y, z) as kernels take them, and their cells one by one."""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Block = NDArray[np.generic]
Factor = tuple[int, int, int]

INTEGERS = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
DTYPES = (*INTEGERS, "float32")

FACTORS: tuple[Factor, ...] = (
    *((1, 1, 2), (1, 2, 1), (2, 1, 1), (2, 2, 1), (2, 1, 2), (1, 2, 2), (2, 2, 2)),
    *((4, 1, 1), (1, 4, 2), (4, 4, 1), (4, 2, 2), (2, 2, 8), (4, 4, 8)),
)


def lay_out(block: Block) -> Block:
    """Give a block the memory layout of the program: c fastest, then x."""
    return np.ascontiguousarray(block.T).T


def random_block(
    shape: tuple[int, ...], dtype: str, seed: int, *, kinds: int | None = None
) -> Block:
    """Fill a block with values of the whole range, or with few kinds of small ones."""
    rng = np.random.default_rng(seed)
    if kinds is None and dtype == "float32":
        return lay_out(rng.normal(scale=1e3, size=shape).astype(dtype))
    if kinds is None:
        ends = np.iinfo(dtype)
        return lay_out(rng.integers(ends.min, ends.max, shape, dtype=dtype, endpoint=True))
    least = 0 if dtype.startswith("u") else -(kinds // 2)
    return lay_out(rng.integers(least, least + kinds, shape).astype(dtype))


@st.composite
def blocks(
    draw: st.DrawFn,
    *,
    dtypes: tuple[str, ...] = DTYPES,
    factors: tuple[Factor, ...] = FACTORS,
) -> tuple[Block, Factor]:
    """Draw whole cells and their factor."""
    factor = draw(st.sampled_from(factors))
    cells = draw(st.tuples(*[st.integers(1, 4)] * 3))
    extents = tuple(count * size for count, size in zip(cells, factor, strict=True))
    channels = draw(st.integers(1, 4))
    return (
        random_block(
            (channels, *extents),
            draw(st.sampled_from(dtypes)),
            draw(st.integers(0, 2**32 - 1)),
            kinds=draw(st.sampled_from([None, 2, 3, 9])),
        ),
        factor,
    )


def cells_of(block: Block, factor: Factor) -> Iterator[tuple[tuple[int, ...], Block]]:
    """Visit the cells of a block: where the reduced voxel stands, and the cell (x, y, z)."""
    fx, fy, fz = factor
    channels, x, y, z = block.shape
    for place in np.ndindex(channels, x // fx, y // fy, z // fz):
        c, i, j, k = place
        yield (
            place,
            block[c, i * fx : (i + 1) * fx, j * fy : (j + 1) * fy, k * fz : (k + 1) * fz],
        )
