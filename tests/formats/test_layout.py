"""Metadata of a layer: zarr-python and tensorstore open it, OME-Zarr tools find their way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from wkflow.formats.layout import (
    as_json,
    axis_names,
    frame_ends,
    frame_position,
    multiscale,
    refuse_axes,
)
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST
from zarr.storage import MemoryStore

from tests.formats.judges import SCALE, lay_out_one, with_tensorstore, with_zarr

LAYER = Layer("em", "color", "uint16", 1, (70, 50, 40))
ZSTD = Codec("zstd", 3)


def grids_of(layer: Layer, *mags: Mag, chunk: int = 8) -> tuple[Grid, ...]:
    shape = (chunk, chunk, chunk)
    ladder = (Mag(1, 1, 1), *(mags or (Mag(2, 2, 1),)))
    return tuple(lay_grid(layer, mag, chunk=shape, shard=(16, 16, 16)) for mag in ladder)


def touch_shards(dataset: Path, grid: Grid, name: str = "em") -> list[Path]:
    """Put a file at the place of each shard."""
    folder = dataset / name / str(grid.mag) / "c" / "0"
    paths = [folder.joinpath(*map(str, at)) for at in grid.box.cells(grid.shard)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


@pytest.mark.parametrize("codec", ["zstd:5", "gzip:6", "none"])
def test_arrays_are_opened_by_others(tmp_path: Path, codec: str) -> None:
    """With their true shape, chunks, shards and dtype, and zeros everywhere."""
    grids = grids_of(LAYER)
    lay_out_one(tmp_path, LAYER, grids, Codec.parse(codec))
    for grid in grids:
        array = with_zarr(tmp_path / "em" / str(grid.mag))
        assert array.shape == (1, *grid.size)
        assert (array.chunks, array.shards) == ((1, *grid.chunk), (1, *grid.shard))
        assert not np.asarray(array[...]).any()
        store = with_tensorstore(tmp_path / "em" / str(grid.mag))
        assert store.shape == (1, *grid.size)
        assert store.dtype.name == LAYER.dtype
        assert store.chunk_layout.read_chunk.shape == (1, *grid.chunk)
        assert store.chunk_layout.write_chunk.shape == (1, *grid.shard)
        assert store.domain.labels == ("c", "x", "y", "z")


def test_codecs_are_those_of_the_official_tool(tmp_path: Path) -> None:
    """Transposed so that x runs fastest, a checksum in each chunk, the index at the end."""
    lay_out_one(tmp_path, LAYER, grids_of(LAYER), Codec("zstd", 5))
    document = json.loads((tmp_path / "em" / "1" / "zarr.json").read_text())
    assert document["codecs"] == [{
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": [1, 8, 8, 8],
            "codecs": [
                {"name": "transpose", "configuration": {"order": [3, 2, 1, 0]}},
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "zstd", "configuration": {"level": 5, "checksum": True}},
            ],
            "index_codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "crc32c"},
            ],
            "index_location": "end",
        },
    }]  # fmt: skip
    assert document["chunk_grid"]["configuration"] == {"chunk_shape": [1, 16, 16, 16]}
    assert (document["fill_value"], document["data_type"]) == (0, "uint16")


def test_ome_zarr_tools_find_all_mags(tmp_path: Path) -> None:
    """Version 0.5 multiscales: axes with units, and the size of a voxel in each mag."""
    lay_out_one(tmp_path, LAYER, grids_of(LAYER, Mag(2, 2, 1), Mag(4, 4, 2)), ZSTD)
    group = zarr.open_group(tmp_path / "em", mode="r")
    ome = group.attrs["ome"]
    assert ome["version"] == "0.5"
    multiscale = ome["multiscales"][0]
    assert [axis["name"] for axis in multiscale["axes"]] == ["c", "x", "y", "z"]
    assert {axis.get("unit") for axis in multiscale["axes"][1:]} == {"nanometer"}
    assert multiscale["axes"][0] == {"name": "c", "type": "channel"}
    x, y, z = SCALE
    scales = {
        one["path"]: one["coordinateTransformations"][0]["scale"] for one in multiscale["datasets"]
    }
    assert scales == {
        "1": [1, x, y, z],
        "2-2-1": [1, 2 * x, 2 * y, z],
        "4-4-2": [1, 4 * x, 4 * y, 2 * z],
    }
    assert all(path in group for path in scales)


def test_layers_lie_side_by_side(tmp_path: Path) -> None:
    """A further layer does not touch the one that is there."""
    labels = replace(LAYER, name="labels", dtype="uint32", category="segmentation")
    lay_out_one(tmp_path, LAYER, grids_of(LAYER), ZSTD)
    shards = touch_shards(tmp_path, grids_of(LAYER)[0])
    lay_out_one(tmp_path, labels, grids_of(labels), ZSTD)
    assert sorted(zarr.open_group(tmp_path, mode="r").group_keys()) == ["em", "labels"]
    assert all(shard.exists() for shard in shards)


def test_shards_are_left_alone(tmp_path: Path) -> None:
    """Whatever is laid out over them: slabs may be written before their array is described."""
    shards = touch_shards(tmp_path, grids_of(LAYER)[0])
    for layer in (LAYER, replace(LAYER, size=(70, 50, 90)), replace(LAYER, dtype="uint8")):
        lay_out_one(tmp_path, layer, grids_of(layer), ZSTD)
        assert all(shard.exists() for shard in shards)
        assert with_zarr(tmp_path / "em" / "1").shape == (1, *layer.size)
        assert with_zarr(tmp_path / "em" / "1").dtype == layer.dtype


DOCUMENT_LAYER = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3),))


def test_documents_are_spelled_as_zarr_python_does() -> None:
    """To the last blank: a dataset that is made again is the same."""
    store = MemoryStore()
    zarr.create_group(store, attributes={"a": [1, 2.5, {"b": None}]})
    theirs = store._store_dict["zarr.json"].to_bytes()  # noqa: SLF001 -- its bytes, unparsed
    document = {"attributes": {"a": [1, 2.5, {"b": None}]}, "zarr_format": 3, "node_type": "group"}
    assert as_json(document) == theirs


def test_axes_are_named_slowest_first() -> None:
    """And a scale has a number for each."""
    assert axis_names(DOCUMENT_LAYER) == ["t", "c", "x", "y", "z"]
    grid = lay_grid(DOCUMENT_LAYER, FINEST, chunk=(8, 8, 8), shard=(8, 8, 8))
    scales = multiscale(DOCUMENT_LAYER, (grid,), (1.5, 2.5, 3.5), "nanometer")
    assert scales["datasets"][0]["coordinateTransformations"][0]["scale"] == [
        1.0, 1.0, 1.5, 2.5, 3.5,
    ]  # fmt: skip
    assert [axis["name"] for axis in scales["axes"]] == axis_names(DOCUMENT_LAYER)


FRAMES_LAYER = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3), ("e", 4), ("l", 2)))


def test_frames_are_counted_as_numpy_does() -> None:
    """In C order: the last axis runs fastest."""
    for frame in range(FRAMES_LAYER.frames):
        position = [int(index) for index in np.unravel_index(frame, (3, 4, 2))]
        assert frame_position(FRAMES_LAYER, frame) == position
    assert frame_position(Layer("em", "color", "uint8", 1, (9, 9, 9)), 0) == []


def test_indexes_begin_where_the_axes_do() -> None:
    """Frame 0 of a dataset that exists may be time point 5; arrays count from 0 all the same."""
    later = replace(FRAMES_LAYER, axis_begins=(5, 0, 7))
    assert frame_position(later, 0) == [5, 0, 7]
    assert frame_position(later, FRAMES_LAYER.frames - 1) == [7, 3, 8]
    assert frame_ends(later) == [8, 4, 9]
    assert frame_ends(FRAMES_LAYER) == [3, 4, 2]
    assert frame_ends(Layer("em", "color", "uint8", 1, (9, 9, 9))) == []


def test_the_words_name_the_axes() -> None:
    """One or several; a layer without any is not refused."""
    one = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3),))
    assert refuse_axes(one, "WKW") == (
        "WKW holds only x, y and z; the source has the axis t besides"
    )
    assert "the axes t and e and l" in str(refuse_axes(FRAMES_LAYER, "WKW"))
    assert refuse_axes(Layer("em", "color", "uint8", 1, (9, 9, 9)), "WKW") is None
