"""The mode against a loop that counts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal
from wkflow.voxels.kernels.mode import mode

from tests.voxels.kernels.blocks import (
    DTYPES,
    Block,
    Factor,
    blocks,
    cells_of,
    lay_out,
    random_block,
)


def counted_mode(block: Block, factor: Factor) -> Block:
    """Count each cell; `Counter` keeps the order in which values are met, y first, then x."""
    extents = (size // step for size, step in zip(block.shape[1:], factor, strict=True))
    reduced = np.empty((block.shape[0], *extents), block.dtype)
    for place, cell in cells_of(block, factor):
        met = cell.transpose(2, 0, 1).ravel()
        reduced[place] = Counter(met.tolist()).most_common(1)[0][0]
    return reduced


@settings(deadline=None, max_examples=80)
@given(case=blocks())
def test_mode_is_the_most_frequent_voxel(case: tuple[Block, Factor]) -> None:
    """Whatever dtype and cell, the value with the most voxels wins, the first one met if tied."""
    block, factor = case
    assert_array_equal(mode(block, factor), counted_mode(block, factor), strict=True)


@pytest.mark.parametrize("factor", [(2, 2, 1), (2, 2, 2), (4, 4, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64"])
def test_label_volumes_are_reduced_piece_by_piece(dtype: str, factor: Factor) -> None:
    """Large equal regions are copied, their borders counted, across the pieces of a block."""
    coarse = random_block((1, 37, 10, 12), dtype, seed=6, kinds=50)
    labels = coarse.repeat(7, axis=1).repeat(8, axis=2).repeat(3, axis=3)
    block = lay_out(labels[:, 3:, 4:, :])
    assert_array_equal(mode(block, factor), counted_mode(block, factor), strict=True)


def test_rows_longer_than_a_piece_are_reduced() -> None:
    """One row alone may exceed what is taken at once."""
    coarse = random_block((1, 2**13, 4, 2), "uint64", seed=7, kinds=50)
    block = lay_out(coarse.repeat(9, axis=1)[:, 1:-7])
    assert_array_equal(mode(block, (2, 2, 2)), counted_mode(block, (2, 2, 2)), strict=True)


@pytest.mark.parametrize(
    ("factor", "order"),
    [((1, 2, 1), (0, 1, 0)), ((2, 1, 1), (1, 0, 0)), ((1, 1, 2), (0, 0, 1))],
)
def test_a_tie_goes_to_the_first_voxel(factor: Factor, order: tuple[int, int, int]) -> None:
    """Of two different voxels the one at the begin of the cell is kept."""
    block = np.zeros((1, *factor), np.uint8)
    block[0, *order] = 5
    assert mode(block, factor).item() == 0


def test_y_runs_before_x_and_x_before_z() -> None:
    """Two pairs tie: the one whose first voxel is met earlier wins."""
    cell = np.array([[[8, 2], [1, 8]], [[2, 3], [4, 5]]], np.uint8)  # [x][y][z]
    assert mode(cell[np.newaxis], (2, 2, 2)).item() == 8
    cell = np.array([[[6, 7], [1, 2]], [[2, 1], [4, 5]]], np.uint8)
    assert mode(cell[np.newaxis], (2, 2, 2)).item() == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_cells_of_64_voxels_an_edge_are_counted_without_overflow(dtype: str) -> None:
    """A quarter of a million votes for one value are not fewer than one for another."""
    block = np.full((1, 64, 64, 64), 3, dtype)
    block[:, ::2] = 4
    block[0, 63, 63, 62:] = 4
    assert mode(block, (64, 64, 64)).item() == 4


def test_no_voxel_of_a_long_cell_is_overlooked() -> None:
    """Most voxels of 16 win, even where equal ones stand at the begin of each half."""
    cell = np.full(16, 9, np.uint8)
    cell[[0, 1, 4, 5]] = 3
    for axis in range(1, 4):
        block = np.moveaxis(cell.reshape(1, 1, 1, 16), 3, axis)
        factor = block.shape[1:]
        assert mode(block, (factor[0], factor[1], factor[2])).item() == 9


def test_a_nan_equals_nothing() -> None:
    """NaN gets one vote each time it is met."""
    block = np.array([np.nan, 2, np.nan, 2, np.nan, 3, 1, 4], np.float32).reshape(1, 8, 1, 1)
    assert_array_equal(mode(block, (4, 1, 1)).ravel(), np.array([2, np.nan], np.float32))
