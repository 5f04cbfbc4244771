"""Bicubic against fractions, and against Keys' formula."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.voxels.kernels.bicubic import bicubic, cubic_halo

from tests.voxels.kernels.blocks import FACTORS, INTEGERS, Block, Factor, lay_out, random_block

EXACT = tuple(name for name in INTEGERS if not name.endswith("64"))


def keys(distance: float) -> float:
    """Weigh a voxel at a distance: cubic convolution (Keys 1981) with a = -1/2."""
    t = abs(distance)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def stencil(size: int) -> list[tuple[int, Fraction]]:
    """Give place, from the begin of the halo, and weight of each voxel along one axis."""
    if size == 1:
        return [(0, Fraction(1))]
    extent = size + 2 * (size == 2)
    centre = (extent - 1) / 2
    weights = [(place, Fraction(keys(place - centre))) for place in range(extent)]
    return [(place, weight) for place, weight in weights if weight]


def convolved(block: Block, factor: Factor, place: tuple[int, ...]) -> Fraction:
    """Weigh all voxels of one cell as fractions."""
    channel, *cell = place
    begins = [index * size for index, size in zip(cell, factor, strict=True)]
    total = Fraction(0)
    for taps in product(*(stencil(size) for size in factor)):
        at = tuple(begin + tap[0] for begin, tap in zip(begins, taps, strict=True))
        total += taps[0][1] * taps[1][1] * taps[2][1] * Fraction(block[channel, *at].item())
    return total


@st.composite
def haloed(draw: st.DrawFn, dtypes: tuple[str, ...]) -> tuple[Block, Factor]:
    """Draw up to two cells along each axis with what lies around them."""
    factor = draw(st.sampled_from(FACTORS))
    halo = cubic_halo(factor)
    extents = (
        draw(st.integers(1, 2)) * size + 2 * edge for size, edge in zip(factor, halo, strict=True)
    )
    shape = (draw(st.integers(1, 3)), *extents)
    seed, kinds = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([None, 2, 9]))
    return random_block(shape, draw(st.sampled_from(dtypes)), seed, kinds=kinds), factor


@settings(deadline=None, max_examples=50)
@given(case=haloed(EXACT))
def test_integers_are_exact_rounded_half_to_even_and_clipped(case: tuple[Block, Factor]) -> None:
    """No integer up to 32 bits is off by one; overshoots stop at the ends of the range."""
    block, factor = case
    reduced = bicubic(block, factor)
    ends = np.iinfo(block.dtype)
    for place in np.ndindex(reduced.shape):
        expected = min(max(round(convolved(block, factor, place)), ends.min), ends.max)
        assert reduced[place] == expected


@settings(deadline=None, max_examples=30)
@given(case=haloed(("float32", "uint64", "int64")))
def test_floats_and_wide_integers_are_computed_in_float64(case: tuple[Block, Factor]) -> None:
    """Only the last bits of a double are lost."""
    block, factor = case
    reduced = bicubic(block, factor)
    is_float = block.dtype.kind == "f"
    for place in np.ndindex(reduced.shape):
        expected = float(convolved(block, factor, place))
        if not is_float:
            ends = np.iinfo(block.dtype)
            expected = min(max(round(expected), ends.min), ends.max)
        slack = 1e-3 if is_float else 2.0**15
        assert abs(float(reduced[place]) - expected) <= slack


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("factor", [(2, 2, 2), (4, 4, 4), (2, 1, 4)])
def test_the_ends_of_the_range_stay_where_they_are(dtype: str, factor: Factor) -> None:
    """A region full of the smallest or of the largest integer keeps it."""
    shape = (
        1,
        *(2 * size + 2 * edge for size, edge in zip(factor, cubic_halo(factor), strict=True)),
    )
    for end in (np.iinfo(dtype).min, np.iinfo(dtype).max):
        assert np.all(bicubic(np.full(shape, end, dtype), factor) == end)


def test_planes_are_taken_in_groups_without_a_seam() -> None:
    """A block larger than the cache is reduced group by group, and nobody can tell."""
    block = random_block((1, 130, 66, 42), "uint8", seed=9)
    whole = bicubic(block, (2, 2, 2))
    assert whole.shape == (1, 64, 32, 20)
    for z in range(20):
        part = bicubic(lay_out(block[..., 2 * z : 2 * z + 4]), (2, 2, 2))
        assert_array_equal(part, whole[..., z : z + 1], strict=True)


def test_nan_propagates() -> None:
    """A NaN spoils the cells that reach it."""
    block = np.zeros((1, 10, 1, 1), np.float32)
    block[0, 0] = np.nan
    assert np.isnan(bicubic(block, (2, 1, 1))).ravel().tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("factor", "halo"), [((2, 2, 1), (1, 1, 0)), ((4, 2, 2), (0, 1, 1)), ((1, 8, 1), (0, 0, 0))]
)
def test_only_cells_of_two_reach_beyond_themselves(factor: Factor, halo: Factor) -> None:
    """Four voxels around the centre lie within a cell of four."""
    assert cubic_halo(factor) == halo
