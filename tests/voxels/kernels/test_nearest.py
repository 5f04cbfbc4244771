"""Nearest against the voxel that its docstring names."""

import numpy as np
import pytest
from hypothesis import given, settings
from wkflow.voxels.kernels.nearest import nearest

from tests.voxels.kernels.blocks import Block, Factor, blocks, cells_of


@settings(deadline=None)
@given(case=blocks())
def test_nearest_keeps_the_voxel_before_the_centre(case: tuple[Block, Factor]) -> None:
    """Each reduced voxel is the one at (f - 1) // 2 of its cell."""
    block, factor = case
    reduced = nearest(block, factor)
    place_in_cell = tuple((size - 1) // 2 for size in factor)
    for place, cell in cells_of(block, factor):
        assert reduced[place] == cell[place_in_cell]


@pytest.mark.parametrize(("size", "kept"), [(1, 0), (2, 0), (4, 1), (8, 3)])
def test_the_lower_of_the_two_central_voxels_is_kept(size: int, kept: int) -> None:
    """A cell has an even number of voxels, so two lie as near to its centre."""
    block = np.arange(size, dtype=np.uint8).reshape(1, 1, 1, size)
    assert nearest(block, (1, 1, size)).item() == kept


def test_what_is_returned_owns_its_memory() -> None:
    """Writing to the reduced voxels leaves the block as it was."""
    block = np.ones((1, 2, 2, 2), np.uint8)
    nearest(block, (1, 1, 1))[...] = 0
    assert block.all()
