"""The median against `np.median`."""

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal
from wkflow.voxels.kernels.median import NETWORK_MAX, median

from tests.voxels.kernels.blocks import (
    DTYPES,
    FACTORS,
    Block,
    Factor,
    blocks,
    lay_out,
    random_block,
)


def numpy_median(block: Block, factor: Factor) -> Block:
    """Let numpy sort each cell; what no 64-bit integer holds becomes the largest one."""
    fx, fy, fz = factor
    c, x, y, z = block.shape
    cells = block.reshape(c, x // fx, fx, y // fy, fy, z // fz, fz)
    medians = np.median(cells, axis=(2, 4, 6))
    if block.dtype.kind == "f":
        return medians
    ends = np.iinfo(block.dtype)
    is_beyond = medians >= float(ends.max)
    return np.where(is_beyond, ends.max, np.where(is_beyond, 0, medians).astype(block.dtype))


@settings(deadline=None)
@given(case=blocks())
def test_median_is_numpys_median(case: tuple[Block, Factor]) -> None:
    """Whatever dtype and cell, the voxels are those of `np.median` and a cast."""
    block, factor = case
    assert_array_equal(median(block, factor), numpy_median(block, factor), strict=True)


@pytest.mark.parametrize("factor", [(4, 8, 4), (16, 16, 1), (1, 1, 128)])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_large_cells_are_sorted_otherwise_with_the_same_result(dtype: str, factor: Factor) -> None:
    """Cells beyond the network's size have numpy's median too."""
    assert np.prod(factor) > NETWORK_MAX
    fx, fy, fz = factor
    block = random_block((2, 2 * fx, fy, 2 * fz), dtype, seed=3)
    assert_array_equal(median(block, factor), numpy_median(block, factor), strict=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("factor", [(2, 2, 1), (2, 2, 2), (1, 2, 2), (4, 2, 1)])
def test_blocks_of_many_pieces_are_seamless(dtype: str, factor: Factor) -> None:
    """A block larger than the cache is cut into pieces, and nobody can tell."""
    block = random_block((1, 512, 72, 36), dtype, seed=4)
    assert_array_equal(median(block, factor), numpy_median(block, factor), strict=True)


def test_rows_longer_than_a_piece_are_reduced() -> None:
    """One row alone may exceed what is taken at once."""
    block = random_block((1, 2**19, 4, 2), "uint8", seed=5)
    assert_array_equal(median(block, (2, 2, 2)), numpy_median(block, (2, 2, 2)), strict=True)


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name.startswith("int")])
def test_means_of_negative_voxels_are_truncated_toward_zero(dtype: str) -> None:
    """Between -3 and -2 lies -2, between -1 and 0 lies 0."""
    block = np.array([-3, -2, -1, 0, -1, 1, -128, 127], dtype).reshape(1, 8, 1, 1)
    assert median(block, (2, 1, 1)).ravel().tolist() == [-2, 0, 0, 0]


def test_the_largest_ids_do_not_wrap_around() -> None:
    """The float64 of the largest uint64 is one too many, yet the median stays at the end."""
    block = np.full((1, 2, 2, 2), 2**64 - 1, np.uint64)
    assert median(block, (2, 2, 2)).item() == 2**64 - 1


@pytest.mark.parametrize("factor", [*FACTORS, (8, 8, 2)])
def test_a_nan_spoils_its_own_cell_only(factor: Factor) -> None:
    """One NaN anywhere in a cell makes its median NaN, and no other."""
    fx, fy, fz = factor
    for seed in range(5):
        block = random_block((1, 2 * fx, 2 * fy, 2 * fz), "float32", seed)
        rng = np.random.default_rng(seed)
        spoilt = tuple(int(rng.integers(extent)) for extent in block.shape)
        block[spoilt] = np.nan
        reduced = median(block, factor)
        place = tuple(at // size for at, size in zip(spoilt, (1, *factor), strict=True))
        assert np.isnan(reduced[place])
        assert np.isnan(reduced).sum() == 1


def test_infinities_behave_as_in_numpy() -> None:
    """A mean of opposite infinities is NaN; an overflow is infinite; neither warns."""
    largest = np.finfo(np.float32).max
    voxels = np.array([np.inf, -np.inf, largest, largest, 1, np.inf], np.float32)
    reduced = median(lay_out(voxels.reshape(1, 6, 1, 1)), (2, 1, 1)).ravel()
    assert_array_equal(reduced, np.array([np.nan, np.inf, np.inf], np.float32))
