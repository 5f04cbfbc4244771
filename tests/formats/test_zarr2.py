"""Zarr v2, judged by tensorstore and zarr-python."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import zarr
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, lay_out_one, with_tensorstore, zarr_reads

LAYER = Layer("em", "color", "uint16", 1, (70, 50, 40), data_format="zarr")


class TestZarr2(FormatContract):
    data_format = "zarr"
    codecs = ("zstd:3", "gzip:1", "none")
    checked = ("zstd:3", "gzip:1")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        array = dataset / voxels.layer.name / str(voxels.grid.mag)
        found = np.asarray(with_tensorstore(array, "zarr").read().result())
        np.testing.assert_array_equal(zarr_reads(array), found)
        return found


def test_the_array_is_described_as_the_official_tool_does(tmp_path: Path) -> None:
    """Every key that `webknossos` 4.3.3 wrote, with its value, but for the true shape."""
    grid = lay_grid(LAYER, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(64, 64, 32))
    lay_out_one(tmp_path, LAYER, (grid,), Codec("zstd", 5))
    assert json.loads((tmp_path / "em" / "2-2-1" / ".zarray").read_text()) == {
        "chunks": [1, 32, 32, 32],
        "compressor": {"id": "zstd", "level": 5},
        "dimension_separator": "/",
        "dtype": "<u2",
        "fill_value": 0,
        "filters": None,
        "order": "F",
        "shape": [1, 35, 25, 40],
        "zarr_format": 2,
    }
    assert json.loads((tmp_path / ".zgroup").read_text()) == {"zarr_format": 2}


def test_time_stands_where_the_properties_put_it(tmp_path: Path) -> None:
    """With the extent that its begin leaves room for, in the array and in the names of chunks."""
    layer = replace(LAYER, axes=(("t", 2),), axis_begins=(3,), axis_places=(4,), folder="raw")
    grid = replace(
        lay_grid(layer, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(32, 32, 32)), folder="2-2-1__2"
    )
    lay_out_one(tmp_path, layer, (grid,), Codec("zstd", 5))
    array = json.loads((tmp_path / "raw" / "2-2-1__2" / ".zarray").read_text())
    assert (array["shape"], array["chunks"]) == ([1, 35, 25, 40, 5], [1, 32, 32, 32, 1])
    path = MagVoxels(tmp_path, layer, grid, Codec("zstd", 5), 1).path((1, 0, 0))
    assert path == "raw/2-2-1__2/0/1/0/0/4"


def test_ome_zarr_tools_find_all_mags(tmp_path: Path) -> None:
    """Version 0.4 multiscales: axes with units, and the size of a voxel in each mag."""
    grids = tuple(
        lay_grid(LAYER, mag, chunk=(8, 8, 8), shard=(8, 8, 8))
        for mag in (Mag(1, 1, 1), Mag(2, 2, 1))
    )
    lay_out_one(tmp_path, LAYER, grids, Codec("zstd", 3))
    group = zarr.open_group(tmp_path / "em", mode="r")
    (multiscale,) = group.attrs["multiscales"]
    assert multiscale["version"] == "0.4"
    assert [axis["name"] for axis in multiscale["axes"]] == ["c", "x", "y", "z"]
    scales = [one["coordinateTransformations"][0]["scale"] for one in multiscale["datasets"]]
    assert scales == [[1, 11.24, 11.24, 25], [1, 22.48, 22.48, 25]]
    assert all(one["path"] in group for one in multiscale["datasets"])
