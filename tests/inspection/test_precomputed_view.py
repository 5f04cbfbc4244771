"""Layers of each format as precomputed volumes: what they are said to be, and their voxels."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
from numpy.typing import NDArray
from wkflow.access_token import SHARING, TOKEN
from wkflow.errors import SourceError
from wkflow.inspection.open_dataset import open_dataset
from wkflow.inspection.precomputed_view import ShownLayer, shown_layers

from tests.datasets import HandLayer, write_dataset
from tests.inspection.conftest import FORMATS, WriteDataset, opened, two_mags
from tests.runs import noise
from tests.standin.conftest import Served
from tests.steps.extensions import layer_of
from tests.upload.extending import publish


def read_by_another(shown: ShownLayer, folder: Path, scale: int) -> NDArray[Any]:
    """Write down what is served, and let tensorstore read it: (x, y, z, c)."""
    info = shown.info()
    (folder / "info").write_text(json.dumps(info))
    stated = info["scales"][scale]
    place = folder / stated["key"]
    place.mkdir()
    (edge, *_) = stated["chunk_sizes"][0]
    axes = [
        [(o + b, o + min(b + edge, n)) for b in range(0, n, edge)]
        for n, o in zip(stated["size"], stated["voxel_offset"], strict=True)
    ]
    for x in axes[0]:
        for y in axes[1]:
            for z in axes[2]:
                name = "_".join(f"{begin}-{end}" for begin, end in (x, y, z))
                (place / name).write_bytes(shown.chunk(stated["key"], name))
    spec = {
        "driver": "neuroglancer_precomputed", "kvstore": f"file://{folder}/", "scale_index": scale
    }  # fmt: skip
    found: NDArray[Any] = tensorstore.open(spec).result().read().result()
    return found


@pytest.mark.parametrize("data_format", FORMATS)
def test_voxels_are_those_that_are_stored(
    written: WriteDataset, tmp_path: Path, data_format: str
) -> None:
    """An independent reader of precomputed volumes finds them at their places, in both mags."""
    with shown_layers(opened(written(data_format))) as (layers, notes):
        (shown,), scales = layers, layers[0].info()["scales"]
        assert [scale["resolution"] for scale in scales] == [[11.24, 11.24, 25], [22.48, 22.48, 50]]
        assert notes == []
        for number, mag in enumerate(("1", "2")):
            folder = tmp_path / f"{mag} again"
            folder.mkdir()
            found = read_by_another(shown, folder, number)
            np.testing.assert_array_equal(
                found, two_mags(data_format).mags[mag][0].transpose(1, 2, 3, 0)
            )


@pytest.mark.parametrize(
    ("dtype", "channels", "category", "shown_as"),
    [
        ("uint16", 2, "color", "uint16"),
        ("uint8", 3, "color", "uint8"),
        ("float32", 1, "color", "float32"),
        ("int64", 1, "segmentation", "uint64"),
    ],
)
def test_types_and_channels_are_kept(
    tmp_path: Path, dtype: str, channels: int, category: str, shown_as: str
) -> None:
    """Also where the box begins elsewhere; ids of 64 bit with a sign are shown without it."""
    voxels = noise(1, channels, 80, 40, 20, dtype=dtype)
    if dtype == "int64":
        voxels = np.abs(voxels)
    layer = HandLayer("em", {"1": voxels}, begin=(9, 5, 0), size=(71, 35, 20), category=category)
    folder = tmp_path / "served"
    folder.mkdir()
    with shown_layers(opened(write_dataset(tmp_path / "hand", layer))) as ((shown,), _):
        info = shown.info()
        assert (info["data_type"], info["num_channels"]) == (shown_as, channels)
        assert info["type"] == ("segmentation" if category == "segmentation" else "image")
        assert info["scales"][0]["voxel_offset"] == [9, 5, 0]
        found = read_by_another(shown, folder, 0)
    wanted = voxels[0, :, 9:, 5:].transpose(1, 2, 3, 0)
    np.testing.assert_array_equal(found, wanted.astype(shown_as))


@pytest.mark.parametrize(
    ("mag", "name"),
    [
        ("4", "0-64_0-50_0-40"),
        ("1", "info"),
        ("1", "0-64_0-50_0-41"),
        ("1", "0-70_0-50_0-40"),
        ("1", "64-64_0-50_0-40"),
        ("1", "../1"),
    ],
)
def test_what_is_no_chunk_is_none(written: WriteDataset, mag: str, name: str) -> None:
    """Neither a mag that is not there, nor a box beyond the layer or larger than a chunk."""
    with shown_layers(opened(written("zarr3"))) as ((shown,), _), pytest.raises(LookupError):
        shown.chunk(mag, name)


def test_mags_that_cannot_be_opened_are_left_out_and_noted(written: WriteDataset) -> None:
    """The others are shown; if there is none, that is an error."""
    folder = written("zarr3")
    (folder / "em" / "1" / "zarr.json").unlink()
    with shown_layers(opened(folder)) as ((shown,), notes):
        assert [mag.name for mag in shown.mags] == ["2"]
        assert notes == ["mag 1 of layer em: is missing"]
    shutil.rmtree(folder / "em")
    with pytest.raises(SourceError, match="has nothing to show"), shown_layers(opened(folder)):
        pass


def test_of_further_axes_the_first_frame_is_shown(tmp_path: Path) -> None:
    """And a note says so."""
    voxels = noise(3, 1, 40, 20, 10)
    layer = HandLayer("em", {"1": voxels}, axes=("t", "c", "x", "y", "z"))
    with shown_layers(opened(write_dataset(tmp_path, layer))) as ((shown,), notes):
        found = np.frombuffer(shown.chunk("1", "0-40_0-20_0-10"), "uint8")
        np.testing.assert_array_equal(found.reshape(10, 20, 40).T, voxels[0, 0])
        assert notes == ["layer em: the first frame of the axes t"]


def test_a_server_s_dataset_is_shown_as_well(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its voxels come through this program, so the browser gets no token."""
    standin = served(16)
    monkeypatch.setenv(TOKEN, standin.token)
    monkeypatch.setenv(SHARING, "")
    folder = write_dataset(
        tmp_path / "hand", layer_of(1, 2), layer_of(1, name="b", data_format="wkw")
    )
    url = publish(standin, folder).url
    with (
        shown_layers(opened(folder)) as (local, _),
        shown_layers(open_dataset(url, where="a test")) as (remote, notes),
    ):
        assert notes == []
        for ours, theirs in zip(local, remote, strict=True):
            assert ours.info() == theirs.info()
            for scale in ours.info()["scales"]:
                begins, sizes = scale["voxel_offset"], scale["size"]
                spans = zip(begins, (min(64, size) for size in sizes), strict=True)
                name = "_".join(f"{begin}-{begin + size}" for begin, size in spans)
                assert ours.chunk(scale["key"], name) == theirs.chunk(scale["key"], name)
