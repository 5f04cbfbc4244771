"""Boxes are half-open, and the cells of a grid neither overlap nor leave a gap."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Box, Triple, ceil_div

from tests.strategies import boxes, power_triples, times, triples


@given(size=triples(1, 10**6), by=triples(1, 5000))
def test_ceil_div_is_the_least_that_suffices(size: Triple, by: Triple) -> None:
    """As many steps as are needed, and not one more."""
    for extent, step, count in zip(size, by, ceil_div(size, by), strict=True):
        assert count * step >= extent > (count - 1) * step


@given(box=boxes())
def test_voxels_are_the_product_of_the_size(box: Box) -> None:
    """Begin and size make the end."""
    assert box.voxels == prod(box.size)
    assert tuple(b + s for b, s in zip(box.begin, box.size, strict=True)) == box.end


def test_the_end_is_outside() -> None:
    """Two boxes that touch share no voxel."""
    assert Box((0, 0, 0), (4, 4, 4)).size == (4, 4, 4)
    assert Box((4, 0, 0), (4, 4, 4)).voxels == 0


@given(size=triples(1, 40), cell=power_triples(16))
def test_cells_tile_an_array(size: Triple, cell: Triple) -> None:
    """Each voxel of an array is in exactly one cell."""
    whole = Box((0, 0, 0), size)
    parts = [Box.of_cell(position, cell, size) for position in whole.cells(cell)]
    assert sum(part.voxels for part in parts) == whole.voxels
    assert len({part.begin for part in parts}) == len(parts)
    assert all(0 < extent <= c for part in parts for extent, c in zip(part.size, cell, strict=True))


@given(box=boxes(40), cell=power_triples(16))
def test_cells_are_those_that_share_a_voxel(box: Box, cell: Triple) -> None:
    """A cell is listed if and only if a voxel of the box is in it."""
    touched = {
        (x // cell[0], y // cell[1], z // cell[2])
        for x in range(box.begin[0], box.end[0])
        for y in range(box.begin[1], box.end[1])
        for z in range(box.begin[2], box.end[2])
    }
    assert set(box.cells(cell)) == touched


def test_x_runs_fastest() -> None:
    """Shards of one row are written one after the other."""
    cells = Box((0, 0, 0), (4, 4, 4)).cells((2, 2, 2))
    assert cells[:3] == [(0, 0, 0), (1, 0, 0), (0, 1, 0)]
    assert cells == sorted(cells, key=lambda cell: cell[::-1])


@given(box=boxes(), factor=power_triples(8))
def test_times_is_the_same_region_finer(box: Box, factor: Triple) -> None:
    """Where nothing is clipped, each voxel becomes a cell of `factor` voxels."""
    finer = box.times(factor, times(box.end, factor))
    assert finer.voxels == box.voxels * prod(factor)
    assert finer.begin == times(box.begin, factor)


@given(size=triples(1, 60), factor=power_triples(8), data=st.data())
def test_times_ends_with_the_array(size: Triple, factor: Triple, data: st.DataObject) -> None:
    """The last coarse voxels stand for fewer fine ones; together they are the whole array."""
    coarse = Box((0, 0, 0), ceil_div(size, factor))
    assert coarse.times(factor, size) == Box((0, 0, 0), size)
    cell = data.draw(power_triples(8))
    parts = [Box.of_cell(at, cell, coarse.end).times(factor, size) for at in coarse.cells(cell)]
    assert sum(part.voxels for part in parts) == prod(size)


def test_components_are_not_mixed_up() -> None:
    """Shapes of another number of axes are a mistake of the caller."""
    with pytest.raises(ValueError, match="zip"):
        ceil_div((1, 2, 3), (1, 2))  # type: ignore[arg-type]  # what a careless caller does
