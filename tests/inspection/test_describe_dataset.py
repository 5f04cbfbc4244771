"""What `wkflow info` tells, of each format and of a server's datasets."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from wkflow.access_token import SHARING, TOKEN
from wkflow.inspection.describe_dataset import MagDescription, dataset_table, describe_dataset
from wkflow.inspection.open_dataset import open_dataset

from tests.datasets import HandLayer, write_dataset
from tests.inspection.conftest import FORMATS, WriteDataset, opened, two_mags
from tests.standin.conftest import Served
from tests.steps.extensions import layer_of
from tests.upload.extending import publish

SHARDED = {"zarr3": 32, "wkw": 32}
CODECS = {"zarr3": "zstd", "zarr": "zstd", "n5": "gzip"}


def by_axis(mag: MagDescription, extents: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(mag.axes, extents, strict=True))


@pytest.mark.parametrize("data_format", FORMATS)
def test_each_format_is_described(written: WriteDataset, data_format: str) -> None:
    """Shapes, chunks, shards, codec, and the files as the file system has them."""
    folder = written(data_format)
    found = describe_dataset(opened(folder))
    (layer,) = found.layers
    assert (found.name, found.unit, found.voxel_size) == (
        "by hand",
        "nanometer",
        (11.24, 11.24, 25),
    )
    assert (layer.dtype, layer.channels, layer.window) == ("uint8", 1, (5, 150))
    assert layer.bounding_box.size == (70, 50, 40)
    for mag, (x, y, z) in zip(layer.mags, ((70, 50, 40), (35, 25, 20)), strict=True):
        assert by_axis(mag, mag.shape) == {"c": 1, "x": x, "y": y, "z": z}
        assert by_axis(mag, mag.chunk) == {"c": 1, "x": 16, "y": 16, "z": 16}
        edge = SHARDED.get(data_format)
        shard = {"c": 1, "x": edge, "y": edge, "z": edge} if edge else {}
        assert dict(zip(mag.axes, mag.shard, strict=False)) == shard
        assert (mag.format, mag.fault) == (data_format, "")
        assert mag.codec == CODECS.get(data_format, "none")
        files = [path for path in (folder / "em" / mag.mag).rglob("*") if path.is_file()]
        assert mag.files == len(files) > 2
        assert mag.bytes == sum(path.stat().st_size for path in files)
    assert found.bytes == sum(mag.bytes or 0 for mag in layer.mags)


def test_the_table_tells_what_a_person_asks(tmp_path: Path) -> None:
    """Also of labels, of time, and of a box that begins elsewhere."""
    labels = np.full((3, 1, 40, 20, 10), 7, "uint32")
    layer = HandLayer(
        "cells",
        {"1": labels},
        begin=(4, 0, 0),
        size=(36, 20, 10),
        category="segmentation",
        axes=("t", "c", "x", "y", "z"),
        fields={"largestSegmentId": 7},
    )
    table = dataset_table(describe_dataset(opened(write_dataset(tmp_path / "dataset", layer))))
    assert "voxel      11.24 x 11.24 x 25 nm" in table
    assert "layer cells: segmentation, uint32, largest id 7" in table
    assert "  box 36 x 20 x 10 x 3 t from 4,0,0 on, stored as zarr3" in table
    assert table.splitlines()[-1].split() == [
        *("1", "40", "x", "20", "x", "10", "16", "x", "16", "x", "16"),
        *("32", "x", "32", "x", "32", "zstd", "7"),
        *table.splitlines()[-1].split()[-2:],
    ]


@pytest.mark.parametrize("data_format", FORMATS)
def test_a_mag_that_cannot_be_opened_hides_no_other(
    written: WriteDataset, data_format: str
) -> None:
    """It is named, with what is wrong with it."""
    folder = written(data_format)
    for path in (folder / "em" / "2").rglob("*"):
        if path.name in {"zarr.json", ".zarray", "header.wkw", "attributes.json"}:
            path.unlink()
    if data_format == "neuroglancerPrecomputed":
        info = json.loads((folder / "em" / "info").read_text())
        (folder / "em" / "info").write_text(json.dumps(info | {"scales": info["scales"][:1]}))
    found = describe_dataset(opened(folder))
    first, second = found.layers[0].mags
    assert (first.fault, first.shape != ()) == ("", True)
    assert "is missing" in second.fault or "lists no scale" in second.fault
    assert f"  mag 2: {second.fault}" in dataset_table(found)


def test_a_mag_whose_folder_is_gone_is_named(written: WriteDataset) -> None:
    """Its files are none."""
    folder = written("zarr3")
    (folder / "em" / "2").rename(folder.parent / "gone")
    second = describe_dataset(opened(folder)).layers[0].mags[1]
    assert (second.files, second.bytes) == (0, 0)
    assert "is not there" in second.fault


def test_a_dataset_without_layers_is_described(tmp_path: Path) -> None:
    """It has none, and no size."""
    found = describe_dataset(opened(write_dataset(tmp_path)))
    assert (found.layers, found.bytes, found.files) == ((), 0, 0)
    assert dataset_table(found).endswith("no layers")


def test_json_keeps_its_keys(written: WriteDataset) -> None:
    """Programs count on them."""
    found = asdict(describe_dataset(opened(written("zarr3"))))
    layer = found["layers"][0]
    assert set(found) == {"name", "location", "voxel_size", "unit", "bytes", "files", "layers"}
    assert set(layer) == {
        *("name", "category", "dtype", "channels", "bounding_box", "further_axes", "largest_id"),
        *("window", "mags"),
    }
    assert set(layer["mags"][0]) == {
        *("mag", "path", "format", "axes", "shape", "chunk", "shard", "codec", "bytes", "files"),
        "fault",
    }


def test_a_server_s_dataset_is_described_but_for_bytes(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arrays are read through the server; what they take there, nobody says."""
    standin = served(16)
    monkeypatch.setenv(TOKEN, standin.token)
    monkeypatch.setenv(SHARING, "")
    layers = (layer_of(1, 2), layer_of(1, name="cubes", data_format="wkw"))
    url = publish(standin, write_dataset(tmp_path / "hand", *layers)).url
    found = describe_dataset(open_dataset(url, where="a test", insecure=True))
    assert (found.name, found.location, found.bytes) == ("hand", url, None)
    local = describe_dataset(opened(tmp_path / "hand"))
    for ours, theirs in zip(local.layers, found.layers, strict=True):
        for mag, shown in zip(ours.mags, theirs.mags, strict=True):
            assert (shown.shape, shown.chunk, shown.shard) == (mag.shape, mag.chunk, mag.shard)
            assert (shown.fault, shown.bytes, shown.files) == ("", None, None)


def test_layers_are_shown_in_the_order_of_the_properties(tmp_path: Path) -> None:
    """As WEBKNOSSOS shows them."""
    layers = (two_mags("zarr3", "b"), two_mags("wkw", "a"))
    found = describe_dataset(opened(write_dataset(tmp_path / "dataset", *layers)))
    assert [layer.name for layer in found.layers] == ["b", "a"]
