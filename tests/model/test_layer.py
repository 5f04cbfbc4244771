"""A layer's mags: how many voxels they have, and how chunks and shards lie in them."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.data_formats import DATA_FORMATS, shard_of
from wkflow.model.layer import (
    COLOR_DTYPES,
    ITEM_BYTES,
    SEGMENTATION_DTYPES,
    Grid,
    Layer,
    lay_grid,
    shard_bytes,
)
from wkflow.model.mag import Mag

from tests.strategies import axes, layers, mags, power_triples, shapes, times, triples


@pytest.mark.parametrize("dtype", sorted(ITEM_BYTES))
def test_sizes_of_samples_are_those_of_numpy(dtype: str) -> None:
    """The table is there because nouns import nothing."""
    assert ITEM_BYTES[dtype] == np.dtype(dtype).itemsize


def test_labels_are_whole_numbers() -> None:
    """And colors have no 64 bits: WEBKNOSSOS shows neither."""
    assert "float32" in COLOR_DTYPES - SEGMENTATION_DTYPES
    assert {"uint64", "int64"} == SEGMENTATION_DTYPES - COLOR_DTYPES


@pytest.mark.parametrize(
    ("dtype", "channels", "element_class", "voxel_bytes"),
    [
        ("uint8", 1, "uint8", 1),
        ("uint8", 3, "uint24", 3),
        ("uint16", 1, "uint16", 2),
        ("uint16", 3, "uint16", 6),
        ("float32", 1, "float", 4),
        ("int64", 1, "int64", 8),
    ],
)
def test_webknossos_has_words_of_its_own(
    dtype: str, channels: int, element_class: str, voxel_bytes: int
) -> None:
    """RGB is uint24, and float32 is float."""
    layer = Layer("em", "color", dtype, channels, (1, 1, 1))
    assert (layer.element_class, layer.voxel_bytes) == (element_class, voxel_bytes)


@given(layer=layers(), mag=mags(), chunk=power_triples(), shards=triples(1, 9))
def test_a_grid_is_as_large_as_the_layer_needs(
    layer: Layer, mag: Mag, chunk: Triple, shards: Triple
) -> None:
    """Shards are whole chunks, none larger than asked for, nor twice the layer."""
    shard = times(chunk, shards)
    grid = lay_grid(layer, mag, chunk=chunk, shard=shard)
    assert grid.size == ceil_div(layer.size, mag.factors)
    assert all(s % c == 0 for s, c in zip(grid.shard, grid.chunk, strict=True))
    for clipped, asked, size, edge in zip(grid.shard, shard, grid.size, grid.chunk, strict=True):
        assert clipped <= asked
        assert clipped < 2 * (size + edge)


@given(layer=layers(40), mag=mags(8), chunk=power_triples(), shards=triples(1, 4))
def test_shards_tile_a_grid(layer: Layer, mag: Mag, chunk: Triple, shards: Triple) -> None:
    """Each voxel is in one shard, and each planned shard has voxels."""
    grid = lay_grid(layer, mag, chunk=chunk, shard=times(chunk, shards))
    positions = grid.box.cells(grid.shard)
    assert len(positions) == prod(grid.shards)
    assert sum(grid.shard_box(position).voxels for position in positions) == prod(grid.size)
    assert all(grid.shard_box(position).voxels for position in positions)


@given(layer=layers(plain=False), mag=mags(), data=st.data())
def test_each_format_has_the_shards_it_wants(layer: Layer, mag: Mag, data: st.DataObject) -> None:
    """One chunk, a cube, or what was asked for; always whole chunks that hold the mag."""
    storage = DATA_FORMATS[layer.data_format]
    chunk, shard, _ = data.draw(shapes(layer.data_format))
    grid = lay_grid(layer, mag, chunk=chunk, shard=shard)
    if storage.is_single:
        assert grid.shard == grid.chunk
    if storage.is_cubic:
        assert len(set(grid.shard)) == len(set(grid.chunk)) == 1
        assert grid.chunk == chunk
        assert (grid.shard[0] // grid.chunk[0]).bit_count() == 1
    assert all(s % c == 0 for s, c in zip(grid.shard, grid.chunk, strict=True))
    assert len(grid.box.cells(grid.shard)) == prod(grid.shards)
    assert sum(grid.shard_box(p).voxels for p in grid.box.cells(grid.shard)) == prod(grid.size)


@pytest.mark.parametrize(
    ("data_format", "chunk", "shard"),
    [
        ("zarr3", (32, 32, 1), (128, 64, 1)),
        ("zarr", (32, 32, 1), (32, 32, 1)),
        ("n5", (32, 32, 1), (32, 32, 1)),
        ("neuroglancerPrecomputed", (32, 32, 1), (32, 32, 1)),
        ("wkw", (32, 32, 32), (128, 128, 128)),
    ],
)
def test_formats_store_a_slice_each_in_its_way(
    data_format: str, chunk: Triple, shard: Triple
) -> None:
    """WKW knows cubes only: those of a single slice are nearly empty, but as small as may be."""
    layer = Layer("em", "color", "uint8", 1, (100, 60, 1), data_format=data_format)
    most = shard_of(DATA_FORMATS[data_format].flat, (32, 32, 32))
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(32, 32, 32), shard=most)
    assert (grid.chunk, grid.shard) == (chunk, shard)


@given(further=axes())
def test_axes_make_frames(further: tuple[tuple[str, int], ...]) -> None:
    """One, where there are none; a voxel of one frame has the bytes it always had."""
    layer = Layer("em", "color", "uint16", 1, (9, 9, 9), further)
    assert layer.frames == prod(size for _, size in further)
    assert layer.voxel_bytes == 2


def test_a_single_slice_has_flat_chunks() -> None:
    """31 empty slices in each chunk would be in the way of everybody."""
    one = Layer("em", "color", "uint8", 1, (100, 70, 1))
    grid = lay_grid(one, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(1024, 1024, 1024))
    assert (grid.size, grid.chunk, grid.shard) == ((50, 35, 1), (32, 32, 1), (64, 64, 1))


def test_bytes_of_a_shard_count_all_channels() -> None:
    """Before compression, and whether the array fills it or not."""
    layer = Layer("em", "color", "uint8", 3, (40, 20, 10))
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(16, 16, 16), shard=(32, 32, 16))
    assert shard_bytes(layer, grid) == 32 * 32 * 16 * 3


@st.composite
def placed(draw: st.DrawFn) -> tuple[Layer, Grid]:
    """Draw a layer of any format that begins anywhere, and one of its mags."""
    layer = draw(layers(60, plain=False))
    begin = draw(triples(0, 90))
    end = tuple(b + extent for b, extent in zip(begin, layer.size, strict=True))
    moved = replace(layer, begin=begin, size=(end[0], end[1], end[2]))
    chunk, shard, _ = draw(shapes(layer.data_format))
    return moved, lay_grid(moved, draw(mags(8)), chunk=chunk, shard=shard)


@given(one=placed())
def test_a_mag_has_all_voxels_that_the_box_touches(one: tuple[Layer, Grid]) -> None:
    """Its box is that of the layer, aligned outward to whole voxels of the mag."""
    layer, grid = one
    factors = grid.mag.factors
    assert grid.box.begin == tuple(b // f for b, f in zip(layer.begin, factors, strict=True))
    assert grid.box.end == grid.size == ceil_div(layer.size, factors)
    assert min(grid.box.size) > 0


@given(one=placed())
def test_shards_hold_the_box_wherever_it_begins(one: tuple[Layer, Grid]) -> None:
    """Those that the box touches and no others, from `first` on; each voxel is in one of them."""
    _, grid = one
    positions = grid.box.cells(grid.shard)
    assert positions[0] == grid.first
    assert len(positions) == prod(grid.shards)
    parts = [grid.shard_box(position).overlap(grid.box) for position in positions]
    assert all(min(part.size) > 0 for part in parts)
    assert sum(part.voxels for part in parts) == grid.box.voxels


@given(one=placed())
def test_a_shard_begins_with_a_chunk_and_ends_with_the_array(one: tuple[Layer, Grid]) -> None:
    """Chunks are stored whole; those with nothing of the layer along y and z are left out."""
    _, grid = one
    for position in grid.box.cells(grid.shard):
        box = grid.shard_box(position)
        cell = Box.of_cell(position, grid.shard, grid.size)
        assert box.begin[0] == cell.begin[0]
        assert box.end == cell.end
        for axis in (1, 2):
            assert box.begin[axis] % grid.chunk[axis] == 0
            first = max(cell.begin[axis], grid.begin[axis])
            assert 0 <= first - box.begin[axis] < grid.chunk[axis]


def test_a_layer_far_from_the_origin_has_few_shards() -> None:
    """The array counts from the dataset's origin, but nobody writes what lies before the box."""
    layer = Layer("em", "color", "uint8", 1, (1100, 2100, 3050), begin=(1000, 2000, 3001))
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(64, 64, 64))
    assert (grid.begin, grid.size) == ((500, 1000, 3001), (550, 1050, 3050))
    assert (grid.first, grid.shards) == ((7, 15, 46), (2, 2, 2))
    assert grid.shard_box((7, 15, 46)) == Box((448, 992, 3000 // 32 * 32), (512, 1024, 3008))
    assert layer.box.size == (100, 100, 49)


def test_one_slice_is_flat_wherever_it_lies() -> None:
    """Slice 700 of a dataset is no reason for chunks of 32 slices."""
    layer = Layer("em", "color", "uint8", 1, (100, 70, 701), begin=(0, 0, 700))
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(64, 64, 32))
    assert grid.chunk == (32, 32, 1)
    assert grid.box == Box((0, 0, 700), (50, 35, 701))


def test_a_mag_lies_where_it_is_called() -> None:
    """Below the layer's folder: like the mag, or by a name of its own where that is taken."""
    layer = Layer("em", "color", "uint8", 1, (70, 50, 40))
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(8, 8, 8), shard=(16, 16, 16))
    assert (layer.path, grid.name) == ("em", "2-2-1")
    assert replace(layer, folder="volumes/raw").path == "volumes/raw"
    assert replace(grid, folder="2-2-1__2").name == "2-2-1__2"


@pytest.mark.parametrize(
    ("axes", "places", "arranged"),
    [
        ("", (), "cxyz"),
        ("t", (), "tcxyz"),
        ("t", (0,), "tcxyz"),
        ("t", (4,), "cxyzt"),
        ("t", (2,), "cxtyz"),
        ("te", (), "tecxyz"),
        ("te", (0, 5), "tcxyze"),
        ("te", (1, 3), "ctxeyz"),
    ],
)
def test_further_axes_stand_where_the_properties_put_them(
    axes: str, places: tuple[int, ...], arranged: str
) -> None:
    """First by default; each at its index in the whole array."""
    further = tuple((name, 3) for name in axes)
    layer = Layer("em", "color", "uint8", 1, (9, 9, 9), further, axis_places=places)
    assert "".join(layer.arranged(axes, "cxyz")) == arranged
