"""Bilinear against fractions, and against scipy."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal
from scipy.ndimage import map_coordinates
from wkflow.voxels.kernels.bilinear import bilinear

from tests.voxels.kernels.blocks import INTEGERS, Block, Factor, blocks, cells_of, random_block


def centre(cell: Block) -> Block:
    """Cut out the one or two central voxels along each axis."""
    x, y, z = (slice((size - 1) // 2, size // 2 + 1) for size in cell.shape)
    return cell[x, y, z]


@settings(deadline=None)
@given(case=blocks(dtypes=INTEGERS))
def test_integers_are_exact_means_rounded_half_to_even(case: tuple[Block, Factor]) -> None:
    """No integer of any width is off by one, or wraps around."""
    block, factor = case
    reduced = bilinear(block, factor)
    for place, cell in cells_of(block, factor):
        voxels = centre(cell).ravel().tolist()
        assert reduced[place] == round(Fraction(sum(voxels), len(voxels)))


@settings(deadline=None)
@given(case=blocks(dtypes=("float32",)))
def test_floats_are_summed_in_float64(case: tuple[Block, Factor]) -> None:
    """A float is the mean in double precision, rounded once."""
    block, factor = case
    reduced = bilinear(block, factor)
    for place, cell in cells_of(block, factor):
        mean = np.mean(centre(cell), dtype=np.float64)
        assert reduced[place] == pytest.approx(mean, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("factor", [(2, 2, 2), (4, 2, 1), (8, 4, 2)])
def test_it_is_linear_interpolation_at_the_centre(factor: Factor) -> None:
    """Scipy, asked for the values at the cells' centres, gives the same."""
    block = random_block((1, 16, 8, 8), "float32", seed=8)
    centres = [
        np.arange(extent // size) * size + (size - 1) / 2
        for extent, size in zip(block.shape[1:], factor, strict=True)
    ]
    grid = np.meshgrid(*centres, indexing="ij")
    expected = map_coordinates(block[0].astype(np.float64), grid, order=1)
    np.testing.assert_allclose(bilinear(block, factor)[0], expected, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_ends_of_the_range_stay_where_they_are(dtype: str) -> None:
    """Cells full of the smallest or of the largest integer keep it."""
    for end in (np.iinfo(dtype).min, np.iinfo(dtype).max):
        block = np.full((3, 8, 8, 8), end, dtype)
        assert_array_equal(bilinear(block, (2, 2, 2)), block[:, ::2, ::2, ::2], strict=True)


def test_nan_and_infinity_propagate() -> None:
    """A NaN spoils the cells whose centre it touches, an infinity makes them infinite."""
    block = np.zeros((1, 8, 2, 2), np.float32)
    block[0, 0, 0, 0], block[0, 4, 1, 1] = np.nan, np.inf
    reduced = bilinear(block, (2, 2, 2)).ravel()
    assert_array_equal(reduced, np.array([np.nan, 0, np.inf, 0], np.float32))
