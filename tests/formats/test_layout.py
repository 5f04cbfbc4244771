"""Metadata of a layer: zarr-python and tensorstore open it, OME-Zarr tools find their way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag import Mag

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
