"""What all kernels promise, and which one a layer gets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.model.kernel import KERNELS, Kernel
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.kernels.edges import gather, reach

from tests.voxels.kernels.blocks import DTYPES, FACTORS, Block, Factor, lay_out, random_block

every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))


def reduce_cells(
    kernel: Kernel, source: Block, factor: Factor, cells: list[tuple[int, int]]
) -> Block:
    """Read cells of a source with their halo, mirrored where it ends, and reduce them."""
    ranges = [
        reach(begin * size - edge, end * size + edge, extent, window=kernel.window)
        for (begin, end), size, edge, extent in zip(
            cells, factor, kernel.halo(factor), source.shape[1:], strict=True
        )
    ]
    x, y, z = (slice(begin, end) for begin, end, _ in ranges)
    return REDUCERS[kernel.name](gather(source[:, x, y, z], [take for *_, take in ranges]), factor)


@pytest.mark.parametrize("name", KERNELS)
@settings(deadline=None, max_examples=25)
@given(
    factor=st.sampled_from(FACTORS),
    shape=st.tuples(st.integers(1, 3), *[st.integers(1, 20)] * 3),
    dtype=st.sampled_from(DTYPES),
    cuts=st.tuples(*[st.integers(0, 10)] * 3),
)
def test_a_mag_does_not_depend_on_how_it_is_cut(
    name: str,
    factor: Factor,
    shape: tuple[int, int, int, int],
    dtype: str,
    cuts: tuple[int, int, int],
) -> None:
    """Eight blocks make the same voxels as one, at borders too."""
    kernel = KERNELS[name]
    source = random_block(shape, dtype, seed=sum(shape))
    counts = [-(-extent // size) for extent, size in zip(shape[1:], factor, strict=True)]
    whole = reduce_cells(kernel, source, factor, [(0, count) for count in counts])
    assert whole.shape == (shape[0], *counts)
    pieced = np.empty_like(whole)
    for corner in np.ndindex(2, 2, 2):
        cells = [
            (min(cut, count), count) if is_upper else (0, min(cut, count))
            for is_upper, cut, count in zip(corner, cuts, counts, strict=True)
        ]
        if all(begin < end for begin, end in cells):
            x, y, z = (slice(begin, end) for begin, end in cells)
            pieced[:, x, y, z] = reduce_cells(kernel, source, factor, cells)
    assert_array_equal(pieced, whole, strict=True)


@every_kernel
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("factor", [(1, 1, 1), *FACTORS])
def test_the_block_stays_and_the_reduced_one_has_its_dtype_and_layout(
    kernel: Kernel, dtype: str, factor: Factor
) -> None:
    """A read-only block passes; c is fastest in what comes out, then x."""
    halo = kernel.halo(factor)
    extents = (2 * size + 2 * edge for size, edge in zip(factor, halo, strict=True))
    block = random_block((3, *extents), dtype, seed=11)
    before = block.copy()
    block.flags.writeable = False
    reduced = REDUCERS[kernel.name](block, factor)
    assert reduced.shape == (3, 2, 2, 2)
    assert reduced.dtype == block.dtype
    assert reduced.T.flags.c_contiguous
    assert not np.shares_memory(reduced, block)
    assert_array_equal(block, before, strict=True)


@every_kernel
def test_any_memory_layout_is_taken(kernel: Kernel) -> None:
    """A block that lies otherwise in memory has the same mag."""
    block = random_block((2, 10, 10, 10), "uint16", seed=12)
    other = np.ascontiguousarray(block)
    assert not other.T.flags.c_contiguous
    factor = (2, 2, 2)
    if kernel.halo(factor) == (0, 0, 0):
        block, other = block[:, 2:], other[:, 2:]
    assert_array_equal(
        REDUCERS[kernel.name](other, factor), REDUCERS[kernel.name](lay_out(block), factor)
    )


@every_kernel
def test_no_voxels_reduce_to_no_voxels(kernel: Kernel) -> None:
    """An empty block is no accident."""
    halo = kernel.halo((2, 2, 2))
    block = np.zeros((1, 2 * halo[0], 4 + 2 * halo[1], 4 + 2 * halo[2]), np.uint8)
    assert REDUCERS[kernel.name](block, (2, 2, 2)).shape == (1, 0, 2, 2)


@every_kernel
def test_cells_of_one_voxel_are_copied(kernel: Kernel) -> None:
    """Factor 1 along all axes changes nothing."""
    block = random_block((2, 4, 3, 5), "int16", seed=13)
    assert_array_equal(REDUCERS[kernel.name](block, (1, 1, 1)), block, strict=True)


def test_each_kernel_has_its_function() -> None:
    """What is known of it and what computes it stand under one name."""
    assert list(REDUCERS) == list(KERNELS)
