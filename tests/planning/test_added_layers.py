"""Layers for a dataset that exists: what fits, what is refused, and where a run goes on."""

import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from wkflow.errors import ConfigError, SourceError, VerificationError
from wkflow.model.added_layers import AddedLayers, recipe_of
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.added_layers import begin_adding, require_extensible
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.run_folder import ADDING, REPORT, RunFolder

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise
from tests.steps.stacks import grains, write_tiffs

REMOTE = "https://wk.example/datasets/a-5f1d0c6e8b4a2d0017e3c9aa"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Write a dataset with one layer in mags 1 and 2-2-1; its voxels are 4 x 4 x 40 nm."""
    mags = {"1": noise(1, 1, 45, 37, 20), "2-2-1": noise(1, 1, 23, 19, 20)}
    folder = write_dataset(tmp_path / "set", HandLayer("em", mags))
    document = json.loads((folder / PROPERTIES).read_bytes())
    document["scale"] = {"factor": [4.0, 4.0, 40.0], "unit": "nanometer"}
    (folder / PROPERTIES).write_text(json.dumps(document))
    return folder


def settings_of(target: Path, name: str = "nuclei", depth: int = 20, **options: object) -> Settings:
    source = target.parent / name
    if not source.exists():
        write_tiffs(source, grains(depth))
    given = {"command": "add-layer", "source": source, "target": target, "category": "color"}
    return Settings.parse(given | options, where="test")


def plan_of(target: Path, name: str = "nuclei", **options: object) -> Plan:
    return plan_conversion(settings_of(target, name, **options))


def test_voxel_size_and_mags_are_those_of_the_dataset(target: Path) -> None:
    """Made in the run folder beside it; the mags keep the steps that its layers have."""
    plan = plan_of(target, sampling_mode="isotropic", chunk_shape=8, shard_shape=16)
    assert (plan.voxel_size, plan.unit) == ((4.0, 4.0, 40.0), "nanometer")
    assert plan.dataset == str(target.with_name("set.add-layer") / "dataset")
    (one,) = plan.layers
    assert [str(grid.mag) for grid in one.grids][:2] == ["1", "2-2-1"]
    assert plan.notes == ()


def test_a_box_that_differs_is_noted(target: Path) -> None:
    """Both are named: it may be meant."""
    (note,) = plan_of(target, depth=7).notes
    assert note == "layer nuclei has the box 45 x 37 x 7 at 0,0,0, layer em 45 x 37 x 20 at 0,0,0"


def test_another_voxel_size_is_refused(target: Path) -> None:
    """Of the option and of files, naming both; the same one in another unit is none."""
    assert plan_of(target, voxel_size="0.004,0.004,0.04", unit="um").unit == "nanometer"
    with pytest.raises(ConfigError, match="8,8,40 nanometer is not that of the dataset, 4,4,40"):
        plan_of(target, voxel_size="8,8,40")
    stated = write_dataset(target.parent / "other", HandLayer("x", {"1": noise(1, 1, 9, 9, 9)}))
    with pytest.raises(ConfigError, match=r"states a voxel size of .*dataset has 4,4,40") as caught:
        plan_of(target, "other")
    assert "--voxel-size 4,4,40 --unit nanometer" in caught.value.remedy
    assert plan_of(target, "other", voxel_size="4,4,40").layers[0].layer.name == "x"
    assert stated.exists()


def test_a_name_that_is_taken_is_refused(target: Path) -> None:
    """Unless it is to be replaced."""
    with pytest.raises(ConfigError, match="has a layer em already") as caught:
        plan_of(target, layer_name="em")
    assert "--replace" in caught.value.remedy
    assert plan_of(target, layer_name="em", replace=True).layers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"verify": "full"}, "verify is for a dataset on a server"),
        ({"folder": "lab"}, "folder is for a dataset on a server"),
        ({"target": REMOTE, "replace": True}, "replace is for a dataset in a folder"),
        ({"target": REMOTE, "webknossos_url": "https://other.example"}, "webknossos_url does not"),
        ({"target": REMOTE.replace("https", "http")}, "would travel over plain http"),
        ({"target": "https://wk.example/annotations/x"}, "leads to an annotation"),
        ({"upload": True}, "upload"),
        ({"overwrite_existing": True}, "overwrite_existing does not go with"),
        ({"tags": "em"}, "tags"),
        ({"name": "retina"}, "name does not go with"),
        ({"from_mag": "2"}, "from_mag does not go with"),
        ({"command": "convert", "replace": True}, "replace does not go with the command convert"),
    ],
)
def test_options_of_others_are_refused(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    """Before anything is looked at."""
    given = {"command": "add-layer", "source": "/s", "target": tmp_path} | options
    with pytest.raises(ConfigError, match=words):
        Settings.parse(given, where="test")


def test_what_is_no_dataset_gets_no_layers(target: Path, tmp_path: Path) -> None:
    """Nor one that is the source, or lies on another file system than the run folder."""
    with pytest.raises(SourceError, match="is no dataset"):
        plan_of(tmp_path, "nuclei")
    with pytest.raises(SourceError, match="is not there"):
        require_extensible(settings_of(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="is the source itself"):
        plan_of(target, "set")
    shared = Path("/dev/shm")  # noqa: S108 -- another file system, where there is one
    if not shared.is_dir() or shared.stat().st_dev == target.stat().st_dev:
        pytest.skip("there is one file system alone")
    with pytest.raises(ConfigError, match="another file system"):
        require_extensible(settings_of(target, work_dir=shared / "wkflow-none"))


def test_a_run_goes_on_where_it_is(target: Path) -> None:
    """Layers on their way into the dataset are looked for there; the same command is done then."""
    settings = settings_of(target)
    plan, folder = plan_conversion(settings), settings.run_folder
    assert not begin_adding(settings, plan)
    noted = AddedLayers.read(folder)
    assert noted == AddedLayers(str(target), recipe_of(plan))
    entry = {"name": "nuclei", "mags": [{"path": "./nuclei/1"}]}
    moving = AddedLayers(
        str(target), recipe_of(plan), folders={"nuclei": "nuclei"}, entries=[entry]
    )
    moving.write(folder)
    assert begin_adding(settings, plan)
    _list(target, entry)
    moving.done().write(folder)
    assert begin_adding(settings, plan_conversion(settings))


def test_files_of_an_added_layer_that_are_gone_are_told(target: Path) -> None:
    """By their place in the dataset; with the option to replace it the layer is made anew."""
    settings = settings_of(target)
    plan, folder = plan_conversion(settings), settings.run_folder
    entry = {"name": "nuclei", "mags": [{"path": "./nuclei/1"}]}
    places = {"nuclei": "nuclei__2"}
    _list(target, entry)
    AddedLayers(str(target), recipe_of(plan), folders=places, entries=[entry], is_done=True).write(
        folder
    )
    shard = target / "nuclei__2/1/c/0/0/0/0"
    shard.parent.mkdir(parents=True)
    shard.touch()  # another size than was written: made anew by another command
    job = next(name for name, _ in plan.jobs())
    receipt = RunFolder(folder).receipt(job)
    receipt.parent.mkdir(parents=True)
    Receipt(job.partition("/")[0], (ShardFile("nuclei/1/c/0/0/0/0", 9, "0" * 8),)).write(receipt)
    assert begin_adding(settings, plan)
    shard.unlink()
    with pytest.raises(VerificationError, match=r"nuclei__2/1/c/0/0/0/0 is missing") as caught:
        begin_adding(settings, plan)
    assert "--replace" in caught.value.remedy
    assert receipt.exists()
    assert not begin_adding(settings.model_copy(update={"replace": True}), plan)
    assert not receipt.exists()
    assert AddedLayers.read(folder) == AddedLayers(str(target), recipe_of(plan), replaces=True)


def _list(target: Path, entry: dict[str, object]) -> None:
    document = json.loads((target / PROPERTIES).read_bytes())
    own = document["dataLayers"][0]
    mag = {**own["mags"][0], "path": "./nuclei/1"}
    document["dataLayers"].append({**own, **entry, "mags": [mag]})
    (target / PROPERTIES).write_text(json.dumps(document))


def test_another_plan_forgets_the_last_one(target: Path) -> None:
    """Layers that were moved and never listed go; receipts tell of what is not there."""
    settings = settings_of(target)
    plan, folder = plan_conversion(settings), settings.run_folder
    for name in ("convert_slab/nuclei/z0", "write_properties"):
        RunFolder(folder).receipt(name).parent.mkdir(parents=True, exist_ok=True)
        RunFolder(folder).receipt(name).write_text("{}")
    (folder / REPORT).write_text("{}")
    (target / "nuclei").mkdir()
    (target / "nuclei/zarr.json").write_text("{}")
    entry = {"name": "nuclei", "mags": [{"path": "./nuclei/1"}]}
    AddedLayers(str(target), "other", folders={"nuclei": "nuclei"}, entries=[entry]).write(folder)
    assert not begin_adding(settings, plan)
    assert not (target / "nuclei").exists()
    assert not RunFolder(folder).receipts.exists()
    assert not (folder / REPORT).exists()
    assert AddedLayers.read(folder) == AddedLayers(str(target), recipe_of(plan))
    assert (folder / ADDING).exists()


def test_a_dataset_for_reading_only_is_told(target: Path) -> None:
    """Before anything is read."""
    with (
        patch.object(os, "access", lambda *_: False),  # root may write anywhere
        pytest.raises(ConfigError, match="may not be changed"),
    ):
        require_extensible(settings_of(target))
