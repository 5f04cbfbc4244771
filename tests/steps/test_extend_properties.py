"""New mags are listed when all of them are there, at once; all else stays as it was."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from wkflow.errors import ConfigError, VerificationError
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES
from wkflow.steps.extend_properties import extend_properties

from tests.datasets import read_mags
from tests.steps.extensions import (
    SMALL,
    HandLayer,
    change,
    computed,
    document_of,
    drawn,
    extend,
    files_of,
    layer_of,
    settings_of,
    voxels_of,
    write_dataset,
)

FORMATS = ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"]
FIELDS = {
    "defaultViewConfiguration": {"color": [1, 2, 3], "min": 0.5},
    "adminViewConfiguration": {"alpha": 20},
    "coordinateTransformations": [{"type": "affine", "matrix": [[1, 0], [0, 1]]}],
    "attachments": {"meshes": [{"name": "m", "path": "./em/meshes/m.hdf5"}]},
    "ours": None,
    "somethingNew": {"b": [1.0, 1e-3, 12345678901234567890], "a": "ä"},
}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write a layer that has mag 1 only."""
    return write_dataset(tmp_path / "e2006", layer_of(1))


def listed(dataset: Path, place: int = 0) -> list[tuple[Any, Any]]:
    """Give mags and paths of a layer as the properties list them."""
    mags = document_of(dataset)["dataLayers"][place]["mags"]
    return [(mag["mag"], mag.get("path")) for mag in mags]


def without_mags(document: dict[str, Any]) -> str:
    """Give all else, in its order."""
    layers = [
        {key: value for key, value in layer.items() if key not in {"mags", "wkwResolutions"}}
        for layer in document["dataLayers"]
    ]
    return json.dumps(document | {"dataLayers": layers})


def begun(dataset: Path, **options: object) -> tuple[Plan, list[str]]:
    """Do all but the last step."""
    plan = drawn(dataset, **SMALL, **options)
    return plan, computed(plan, settings_of(dataset).run_folder)


@pytest.mark.parametrize("data_format", FORMATS)
def test_new_mags_are_listed_and_others_read_them(tmp_path: Path, data_format: str) -> None:
    """After the ones that were there, described alike; libraries that are not ours find voxels."""
    layer = layer_of(1, data_format=data_format)
    dataset = write_dataset(tmp_path / "e2006", layer)
    before = document_of(dataset)
    extend(dataset, shard_shape=32 if data_format in {"zarr3", "wkw"} else None)
    document = document_of(dataset)
    assert without_mags(document) == without_mags(before)
    mags = document["dataLayers"][0]["mags"]
    assert mags[:1] == before["dataLayers"][0]["mags"]
    assert [mag["path"] for mag in mags] == ["./em/1", "./em/2", "./em/4"]
    assert {tuple(mag) for mag in mags} == {tuple(mags[0])}
    assert {json.dumps(mag["axisOrder"]) for mag in mags} == {json.dumps(mags[0]["axisOrder"])}
    voxels = read_mags(dataset, layer)
    assert voxels["2"].shape[2:] == (35, 25, 20)
    cells = layer.finest[0, 0, :70, :50].reshape(35, 2, 25, 2, 20, 2)
    low, high = cells.min(axis=(1, 3, 5)), cells.max(axis=(1, 3, 5))
    assert (low <= voxels["2"][0, 0]).all()
    assert (voxels["2"][0, 0] <= high).all()


def test_nothing_is_listed_before_the_last_step(dataset: Path) -> None:
    """All voxels are there, and the dataset says what it said; its files are untouched."""
    before = files_of(dataset)
    plan, receipts = begun(dataset)
    assert {name: files_of(dataset)[name] for name in before} == before
    extend_properties(plan, receipts)
    after = files_of(dataset)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {PROPERTIES}


def test_every_field_and_its_place_are_kept(tmp_path: Path) -> None:
    """Whoever wrote it: unknown ones, attachments, numbers of any length, of dataset and layer."""
    layer = layer_of(1, fields={key: value for key, value in FIELDS.items() if value})
    dataset = write_dataset(tmp_path / "e2006", layer, zfirst=1, **FIELDS)
    (dataset / "em" / "meshes").mkdir()
    (dataset / "em" / "meshes" / "m.hdf5").write_bytes(b"mesh")
    change(dataset, lambda one: one["mags"][0].update(credentialId="7"))
    before = document_of(dataset)
    extend(dataset, **SMALL)
    assert without_mags(document_of(dataset)) == without_mags(before)
    assert document_of(dataset)["dataLayers"][0]["mags"][0] == before["dataLayers"][0]["mags"][0]
    assert (dataset / "em" / "meshes" / "m.hdf5").read_bytes() == b"mesh"


def test_only_the_layers_of_the_plan_change(tmp_path: Path) -> None:
    """The others are not even opened."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1), layer_of(1, name="b"))
    before = document_of(dataset)["dataLayers"][0]
    extend(dataset, layer_name="b", **SMALL)
    assert document_of(dataset)["dataLayers"][0] == before
    assert [mag for mag, _ in listed(dataset, 1)] == [[1, 1, 1], [2, 2, 2], [4, 4, 4]]


def test_the_receipt_lists_what_was_written(dataset: Path) -> None:
    """All new shards and their voxels."""
    plan, receipts = begun(dataset)
    receipt = extend_properties(plan, receipts)
    assert receipt.rule == "extend_properties"
    assert len(receipt.files) == plan.file_count
    assert all((dataset / file.path).stat().st_size == file.bytes for file in receipt.files)
    assert all(file.path.startswith(("em/2/c/", "em/4/c/")) for file in receipt.files)


@pytest.mark.parametrize("overwrite", [False, True])
def test_called_again_it_comes_to_the_same(tmp_path: Path, *, overwrite: bool) -> None:
    """It was interrupted, and nobody knows where."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2) if overwrite else layer_of(1))
    plan, receipts = begun(dataset, overwrite_mags=overwrite)
    first = extend_properties(plan, receipts)
    once = files_of(dataset)
    assert extend_properties(plan, receipts) == first
    assert files_of(dataset) == once


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_lost_shard_is_noticed(dataset: Path, damage: str) -> None:
    """Its receipt goes, the dataset stays as it was; the same command makes the shard anew."""
    plan, receipts = begun(dataset)
    before = (dataset / PROPERTIES).read_bytes()
    shard = dataset / "em/2/c/0/0/0/0"
    if damage == "missing":
        shard.unlink()
    else:
        shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(VerificationError, match=r"missing|bytes") as caught:
        extend_properties(plan, receipts)
    assert shard.relative_to(dataset).as_posix() in caught.value.what
    assert (dataset / PROPERTIES).read_bytes() == before
    assert [Path(path).exists() for path in receipts].count(False) == 1


def test_a_job_that_was_forgotten_is_noticed(dataset: Path) -> None:
    """By the number of files."""
    plan, _ = begun(dataset)
    before = (dataset / PROPERTIES).read_bytes()
    with pytest.raises(VerificationError, match=f"{plan.file_count} were planned"):
        extend_properties(plan, [])
    assert (dataset / PROPERTIES).read_bytes() == before


def test_a_layer_that_is_gone_is_told(dataset: Path) -> None:
    """Somebody renamed it while its mags were computed: nothing is listed."""
    plan, receipts = begun(dataset)
    change(dataset, lambda layer: layer.update(name="volume"))
    before = document_of(dataset)
    with pytest.raises(ConfigError, match="has no layer em any more") as caught:
        extend_properties(plan, receipts)
    assert caught.value.where == str(dataset / PROPERTIES)
    assert document_of(dataset) == before


def test_what_somebody_else_changed_meanwhile_stays(dataset: Path) -> None:
    """The properties are read at the end, not at the begin."""
    plan, receipts = begun(dataset)
    change(dataset, lambda layer: layer.update(largestSegmentId=7))
    extend_properties(plan, receipts)
    assert document_of(dataset)["dataLayers"][0]["largestSegmentId"] == 7
    assert len(listed(dataset)) == 3


def test_what_an_interrupted_run_left_is_removed(dataset: Path) -> None:
    """In the folders of new mags only: half a file, shards of another shape."""
    (dataset / "em" / "stray").write_bytes(b"not ours")
    plan, receipts = begun(dataset)
    strays = [dataset / "em/2/c/0/9/0/0", dataset / "em/4/c/0/0/0/.0.ab.partial"]
    for path in strays:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    extend_properties(plan, receipts)
    assert not any(path.exists() for path in strays)
    assert not strays[0].parent.exists()
    assert (dataset / "em" / "stray").exists()
    assert (dataset / "em/2/zarr.json").exists()


def test_a_mag_that_is_made_anew_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """In the list, in its order; the old folder goes after that, the others stay."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4, 8))
    extend(dataset, overwrite_mags=True, interpolation_mode="nearest", **SMALL)
    assert listed(dataset) == [
        ([1, 1, 1], "./em/1"),
        ([2, 2, 2], "./em/2__2"),
        ([4, 4, 4], "./em/4__2"),
        ([8, 8, 8], "./em/8"),
    ]
    assert sorted(path.name for path in (dataset / "em").iterdir()) == ["1", "2__2", "4__2", "8"]
    found = zarr.open_array(dataset / "em" / "2__2", mode="r")[...]
    np.testing.assert_array_equal(found[0], layer_of(1).finest[0, 0, ::2, ::2, ::2])


def test_old_mags_stay_until_the_new_ones_are_listed(tmp_path: Path) -> None:
    """Whoever reads the dataset meanwhile finds what is listed."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    before = files_of(dataset)
    plan, receipts = begun(dataset, overwrite_mags=True)
    assert {name: files_of(dataset)[name] for name in before} == before
    extend_properties(plan, receipts)
    assert not (dataset / "em" / "2").exists()


def test_a_mag_of_the_same_size_is_replaced(tmp_path: Path) -> None:
    """WEBKNOSSOS tells mags apart by their largest factor: 2-2-1 and 2 cannot both be there."""
    layer = HandLayer("em", {"1": voxels_of(), "2-2-1": voxels_of()[:, :, ::2, ::2]})
    dataset = write_dataset(tmp_path / "e2006", layer)
    extend(dataset, overwrite_mags=True, max_mag="2", **SMALL)
    assert listed(dataset) == [([1, 1, 1], "./em/1"), ([2, 2, 2], "./em/2")]
    assert not (dataset / "em" / "2-2-1").exists()


def test_a_replaced_link_goes_but_not_what_it_leads_to(tmp_path: Path) -> None:
    """Those voxels are another dataset's."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    other = write_dataset(tmp_path / "other", layer_of(2))
    (dataset / "em" / "2").rename(tmp_path / "spare")
    (dataset / "em" / "2").symlink_to(other / "em" / "2")
    before = files_of(other)
    extend(dataset, overwrite_mags=True, **SMALL)
    assert not (dataset / "em" / "2").is_symlink()
    assert files_of(other) == before


@pytest.mark.parametrize("spelling", ["{}", "file://{}"])
def test_a_replaced_mag_elsewhere_stays(tmp_path: Path, spelling: str) -> None:
    """An absolute path leads out of the dataset, however it is spelled."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    (dataset / "em" / "2").rename(tmp_path / "shared")
    path = spelling.format(tmp_path / "shared")
    change(dataset, lambda layer: layer["mags"][1].update(path=path))
    before = files_of(tmp_path / "shared")
    extend(dataset, overwrite_mags=True, **SMALL)
    assert listed(dataset)[1] == ([2, 2, 2], "./em/2")
    assert files_of(tmp_path / "shared") == before


def test_a_replaced_mag_beside_the_dataset_stays(tmp_path: Path) -> None:
    """A relative path may lead out of it, too."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    (dataset / "em" / "2").rename(tmp_path / "shared")
    change(dataset, lambda layer: layer["mags"][1].update(path="../shared"))
    extend(dataset, overwrite_mags=True, **SMALL)
    assert (tmp_path / "shared" / "zarr.json").exists()


def old_style(dataset: Path) -> None:
    """Let the layer's mags be resolutions, as they were before 2023."""

    def mend(layer: dict[str, Any]) -> None:
        mags = layer.pop("mags")
        layer["wkwResolutions"] = [
            {"resolution": mag["mag"], "cubeLength": mag["cubeLength"]} for mag in mags
        ]

    change(dataset, mend)
    document = document_of(dataset)
    document["scale"] = [11.24, 11.24, 25]
    (dataset / PROPERTIES).write_text(json.dumps(document))


def test_old_properties_stay_old(tmp_path: Path) -> None:
    """New mags are described as the others are: old programs read them."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, data_format="wkw"))
    old_style(dataset)
    before = document_of(dataset)
    extend(dataset, chunk_shape=16, shard_shape=32)
    assert without_mags(document_of(dataset)) == without_mags(before)
    (layer,) = document_of(dataset)["dataLayers"]
    assert "mags" not in layer
    assert layer["wkwResolutions"] == [
        {"resolution": [1, 1, 1], "cubeLength": 32},
        {"resolution": [2, 2, 2], "cubeLength": 32},
        {"resolution": [4, 4, 4], "cubeLength": 32},
    ]
    assert (dataset / "em" / "4" / "header.wkw").exists()


@pytest.mark.parametrize("folder", ["1", "1-1-1"])
def test_old_properties_say_where_mags_are_if_they_have_to(tmp_path: Path, folder: str) -> None:
    """A mag that is made anew has no usual name: then all have a path, in the list's old place."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, data_format="wkw"))
    (dataset / "em" / "1").rename(dataset / "em" / folder)
    old_style(dataset)
    keys = list(document_of(dataset)["dataLayers"][0])
    extend(dataset, overwrite_mags=True, chunk_shape=16, shard_shape=32)
    (layer,) = document_of(dataset)["dataLayers"]
    assert list(layer) == [{"wkwResolutions": "mags"}.get(key, key) for key in keys]
    assert listed(dataset) == [
        ([1, 1, 1], f"./em/{folder}"),
        ([2, 2, 2], "./em/2__2"),
        ([4, 4, 4], "./em/4"),
    ]
    assert {mag["cubeLength"] for mag in layer["mags"]} == {32}
    assert all((dataset / path / "header.wkw").exists() for _, path in listed(dataset))
    assert not (dataset / "em" / "2").exists()


def group(dataset: Path, *names: str) -> Path:
    """Describe a layer as an OME-Zarr pyramid of these mags, with a voice of its own."""
    scale = {"type": "scale", "scale": [1, 11.24, 11.24, 25]}
    datasets = [{"path": name, "coordinateTransformations": [scale]} for name in names]
    axes = [{"name": name} for name in "cxyz"]
    ome = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome, "mine": 1}}
    (dataset / "em" / "zarr.json").write_text(json.dumps(document))
    return dataset / "em" / "zarr.json"


def pyramid(path: Path) -> dict[str, list[float]]:
    datasets = json.loads(path.read_text())["attributes"]["ome"]["multiscales"][0]["datasets"]
    return {one["path"]: one["coordinateTransformations"][0]["scale"] for one in datasets}


def test_a_pyramid_beside_the_arrays_grows(dataset: Path) -> None:
    """OME-Zarr programs find the new mags, too; all else that it says stays."""
    path = group(dataset, "1")
    plan, receipts = begun(dataset)
    assert list(pyramid(path)) == ["1"]
    extend_properties(plan, receipts)
    assert pyramid(path) == {
        "1": [1, 11.24, 11.24, 25],
        "2": [1, 22.48, 22.48, 50],
        "4": [1, 44.96, 44.96, 100],
    }
    assert json.loads(path.read_text())["attributes"]["mine"] == 1
    assert sorted(zarr.open_group(dataset / "em", mode="r")) == ["1", "2", "4"]


def test_a_pyramid_forgets_what_is_replaced(tmp_path: Path) -> None:
    """Its folder is gone; the new one stands there."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    path = group(dataset, "1", "2")
    extend(dataset, overwrite_mags=True, **SMALL)
    assert list(pyramid(path)) == ["1", "2__2", "4"]


@pytest.mark.parametrize(
    ("order", "begin"), [(("t", "c", "x", "y", "z"), 0), (("c", "x", "y", "z", "t"), 0),
                         (("x", "y", "z", "t"), 0), (("t", "z", "y", "x"), 0)],
)  # fmt: skip
def test_time_stays_where_it_is(tmp_path: Path, order: tuple[str, ...], begin: int) -> None:
    """In all mags at one place among the axes: the properties have one index for all."""
    voxels = np.concatenate([voxels_of(seed=n)[:, :, :40, :30, :20] for n in range(3)])
    layer = HandLayer("em", {"1": voxels}, axes=order)
    dataset = write_dataset(tmp_path / "e2006", layer)
    extend(dataset, max_mag="2", interpolation_mode="nearest", **SMALL)
    (document,) = document_of(dataset)["dataLayers"]
    assert document["additionalAxes"][0]["index"] == order.index("t")
    assert document["additionalAxes"][0]["bounds"] == [begin, 3]
    np.testing.assert_array_equal(read_mags(dataset, layer)["2"], voxels[:, :, ::2, ::2, ::2])


def test_a_box_that_begins_elsewhere_keeps_its_place(tmp_path: Path) -> None:
    """Voxels outside of it do not count; arrays count from the dataset's origin."""
    layer = layer_of(1, begin=(14, 8, 4), size=(56, 42, 36))
    dataset = write_dataset(tmp_path / "e2006", layer)
    before = document_of(dataset)["dataLayers"][0]["boundingBox"]
    extend(dataset, max_mag="2", interpolation_mode="nearest", **SMALL)
    assert document_of(dataset)["dataLayers"][0]["boundingBox"] == before
    found = read_mags(dataset, layer)["2"][0, 0]
    assert found.shape == (35, 25, 20)
    np.testing.assert_array_equal(found[7:, 4:, 2:], layer.finest[0, 0, 14:70:2, 8:50:2, 4:40:2])
    assert not found[:7].any()
    assert not found[:, :4].any()
    assert not found[:, :, :2].any()


def test_an_old_mag_goes_at_the_second_call_if_not_at_the_first(tmp_path: Path) -> None:
    """It was interrupted after the new ones were listed, before the old ones went."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    shutil.copytree(dataset / "em" / "2", tmp_path / "spare")
    plan, receipts = begun(dataset, overwrite_mags=True)
    extend_properties(plan, receipts)
    once = files_of(dataset)
    (tmp_path / "spare").rename(dataset / "em" / "2")
    extend_properties(plan, receipts)
    assert files_of(dataset) == once


def test_a_replaced_mag_without_a_path_goes_as_well(tmp_path: Path) -> None:
    """Where no path says it, mags have their usual folders."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    change(dataset, lambda layer: [mag.pop("path") for mag in layer["mags"]])
    extend(dataset, overwrite_mags=True, **SMALL)
    assert listed(dataset)[:2] == [([1, 1, 1], None), ([2, 2, 2], "./em/2__2")]
    assert not (dataset / "em" / "2").exists()
