"""A layer's mags: how many voxels they have, and how chunks and shards lie in them."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.box import Triple, ceil_div
from wkflow.layer import (
    COLOR_DTYPES,
    ITEM_BYTES,
    SEGMENTATION_DTYPES,
    Layer,
    lay_grid,
    shard_bytes,
)
from wkflow.mag import Mag
from wkflow.storage import STORAGES, shard_of

from .strategies import axes, layers, mags, power_triples, shapes, times, triples


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
    storage = STORAGES[layer.data_format]
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
    most = shard_of(STORAGES[data_format].flat, (32, 32, 32))
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
