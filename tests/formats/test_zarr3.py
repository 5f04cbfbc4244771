"""Zarr v3, judged by tensorstore, zarr-python and the bytes that zarr-python writes."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import zarr
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag
from zarr.codecs import BytesCodec, GzipCodec, TransposeCodec, ZstdCodec

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, lay_out_one, tensorstore_reads, zarr_reads

COMPRESSORS = {"zstd:5": ZstdCodec(level=5, checksum=True), "gzip:6": GzipCodec(level=6),
               "none": None}  # fmt: skip


class TestZarr3(FormatContract):
    data_format = "zarr3"
    codecs = ("zstd:3", "gzip:1", "none")
    checked = ("zstd:3", "gzip:1")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        array = dataset / voxels.layer.name / str(voxels.grid.mag)
        np.testing.assert_array_equal(zarr_reads(array), tensorstore_reads(array))
        return tensorstore_reads(array)


@pytest.mark.parametrize("codec", COMPRESSORS)
@pytest.mark.parametrize("axes", [(), (("t", 3),)])
@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 3), ("uint16", 1), ("float32", 1)])
def test_the_array_is_described_as_zarr_python_does(
    tmp_path: Path, codec: str, axes: tuple[tuple[str, int], ...], dtype: str, channels: int
) -> None:
    """Key by key, in its order; our own word is that no shard is left out."""
    layer = Layer("em", "color", dtype, channels, (70, 50, 40), axes)
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(8, 8, 8), shard=(16, 16, 16))
    lay_out_one(tmp_path / "ours", layer, (grid,), Codec.parse(codec))
    frames, ones = [size for _, size in axes], [1] * len(axes)
    zarr.create_array(
        tmp_path / "theirs",
        shape=(*frames, channels, *grid.size),
        chunks=(*ones, channels, *grid.chunk),
        shards=(*ones, channels, *grid.shard),
        dtype=dtype,
        filters=[TransposeCodec(order=tuple(reversed(range(4 + len(axes)))))],
        serializer=BytesCodec(endian="little"),
        compressors=COMPRESSORS[codec],
        fill_value=0,
        attributes={"wkflow": {"every_shard_is_stored": True}},
        dimension_names=[*(name for name, _ in axes), "c", "x", "y", "z"],
    )
    ours = (tmp_path / "ours" / "em" / "2-2-1" / "zarr.json").read_text()
    assert json.loads(ours) == json.loads((tmp_path / "theirs" / "zarr.json").read_text())


def test_time_stands_where_the_properties_put_it(tmp_path: Path) -> None:
    """And begins where it does, in the box of the layer: zarr-python finds each voxel there."""
    layer = Layer("em", "color", "uint16", 1, (70, 50, 40), (("t", 2),), begin=(40, 20, 10),
                  axis_begins=(3,), axis_places=(4,), folder="volumes/raw")  # fmt: skip
    grid = replace(
        lay_grid(layer, Mag(2, 2, 2), chunk=(8, 8, 8), shard=(16, 16, 16)), folder="2__2"
    )
    lay_out_one(tmp_path, layer, (grid,), Codec("zstd", 3))
    x, y, z = grid.box.size
    for frame in range(2):
        mag = MagVoxels(tmp_path, layer, grid, Codec("zstd", 3), frame)
        whole = np.zeros((1, *grid.size), np.uint16)
        whole[0, 20:, 10:, 5:] = np.arange(x * y * z).reshape(x, y, z) + 1000 * frame
        for position in grid.box.cells(grid.shard):
            box = grid.shard_box(position)
            (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
            cut = np.ascontiguousarray(whole[:, x0:x1, y0:y1, z0:z1].T).T
            with ThreadPoolExecutor(1) as pool:
                mag.write(position, partial(_part, cut, box), pool)
        found = np.asarray(zarr.open_array(tmp_path / "volumes/raw/2__2", mode="r")[...])
        assert found.shape == (1, 35, 25, 20, 5)
        np.testing.assert_array_equal(found[..., 3 + frame], whole)
    assert not found[..., :3].any()


def _part(cut: Block, whole: Box, box: Box) -> Block:
    """Cut a box out of voxels that begin at that of a shard."""
    begins = zip(box.begin, box.end, whole.begin, strict=True)
    return cut[:, *(slice(b - first, e - first) for b, e, first in begins)]


def test_time_comes_first(tmp_path: Path) -> None:
    """As OME-Zarr asks for: time, channel, space; an axis without a kind has only its name."""
    layer = Layer("em", "color", "uint8", 1, (70, 50, 40), (("t", 3), ("e", 2)))
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(8, 8, 8), shard=(16, 16, 16))
    lay_out_one(tmp_path, layer, (grid,), Codec("zstd", 3))
    multiscale = zarr.open_group(tmp_path / "em", mode="r").attrs["ome"]["multiscales"][0]
    assert multiscale["axes"][:3] == [
        {"name": "t", "type": "time"},
        {"name": "e"},
        {"name": "c", "type": "channel"},
    ]
    scale = multiscale["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == [1.0, 1.0, 1.0, 11.24, 11.24, 25.0]
    path = MagVoxels(tmp_path, layer, grid, Codec("zstd", 3), 5).path((1, 2, 0))
    assert path == "em/1/c/2/1/0/1/2/0"
