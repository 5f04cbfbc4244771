"""Settings and a dataset that exists in, plan out: which mags it gets, and where they go."""

import json
import os
from pathlib import Path

import pytest
from wkflow.errors import ConfigError, SourceError
from wkflow.model.plan import Plan
from wkflow.model.stored_mag import StoredMag
from wkflow.planning import plan_downsampling as module
from wkflow.planning import size_jobs
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.run_folder import DRAFT

from tests.steps.extensions import (
    SMALL,
    HandLayer,
    change,
    computed,
    drawn,
    extend,
    files_of,
    layer_of,
    settings_of,
    voxels_of,
    write_dataset,
)

THICK = {"factor": [11.24, 11.24, 25.0], "unit": "nanometer"}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write a layer that has mag 1 only."""
    return write_dataset(tmp_path / "e2006", layer_of(1))


def plan_of(dataset: Path, **options: object) -> Plan:
    return plan_downsampling(settings_of(dataset, **options))


def mags_of(plan: Plan) -> dict[str, str]:
    """Give the mags of each layer: the one that is there, and those that are made."""
    return {one.layer.name: " ".join(str(grid.mag) for grid in one.grids) for one in plan.layers}


def refusal(dataset: Path, **options: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        plan_of(dataset, **options)
    return caught.value


def test_a_large_dataset_gets_them_by_larger_jobs(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as the option asks for, where it is given."""
    monkeypatch.setattr(module, "JOB_BYTES", 1000)
    monkeypatch.setattr(size_jobs, "MOST_JOBS", 3)
    (asked,) = plan_of(dataset, job_size=1000, **SMALL).layers
    (usual,) = plan_of(dataset, **SMALL).layers
    assert usual.job_count <= 3 < asked.job_count
    assert usual.job_bytes > asked.job_bytes == 1000


def test_a_dataset_with_one_mag_gets_the_others(dataset: Path) -> None:
    """Computed from what is there, step by step; name, unit and voxel size stay."""
    plan = plan_of(dataset)
    assert mags_of(plan) == {"em": "1 2 4"}
    assert (plan.name, plan.voxel_size, plan.unit) == ("by hand", (11.24, 11.24, 25.0), "nanometer")
    assert plan.extends
    assert not plan.overwrite
    assert plan.dataset == str(dataset)
    (one,) = plan.layers
    assert one.given == StoredMag(str(dataset), "em/1", "zarr3", ("c", "x", "y", "z"), absent=0)
    assert one.kernel == "median"
    assert one.slabs() == []


def test_drawing_writes_nothing(dataset: Path) -> None:
    """Neither into the dataset nor beside it."""
    before = files_of(dataset.parent)
    plan_downsampling(settings_of(dataset), is_trial=True)
    plan_of(dataset)
    assert files_of(dataset.parent) == before


@pytest.mark.parametrize(
    ("options", "mags"),
    [
        ({"max_mag": None}, "1 2 4"),
        ({"max_mag": "2"}, "1 2"),
        ({"max_mag": "8-8-2"}, "1 2 4-4-2 8-8-2"),
        ({"max_mag": None, "sampling_mode": "anisotropic"}, "1 2-2-1 4-4-2"),
        ({"sampling_mode": "constant_z"}, "1 2-2-1 4-4-1"),
    ],
)
def test_the_ladder_is_that_of_a_conversion(
    dataset: Path, options: dict[str, object], mags: str
) -> None:
    """With the dataset's own voxel size."""
    assert mags_of(plan_of(dataset, **options)) == {"em": mags}


def test_the_ladder_goes_on_above_the_coarsest(tmp_path: Path) -> None:
    """Each layer from its own; one that has all of them needs nothing."""
    layers = [layer_of(1, 2), layer_of(1, name="fresh"), layer_of(1, 2, 4, name="whole")]
    plan = plan_of(write_dataset(tmp_path / "e2006", *layers))
    assert mags_of(plan) == {"em": "2 4", "fresh": "1 2 4"}


def test_nothing_to_do_is_a_plan_without_layers(tmp_path: Path) -> None:
    """And no error: the same command may be given twice."""
    plan = plan_of(write_dataset(tmp_path / "e2006", layer_of(1, 2, 4)))
    assert (plan.layers, plan.extends) == ((), True)


def test_one_layer_may_be_chosen(tmp_path: Path) -> None:
    """The others stay as they are."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1), layer_of(1, name="b"))
    assert mags_of(plan_of(dataset, layer_name="b")) == {"b": "1 2 4"}
    assert "no layer c" in refusal(dataset, layer_name="c").what


def test_layers_share_their_mags(tmp_path: Path) -> None:
    """WEBKNOSSOS wants one mag for each largest factor, whoever made it: the other layer, or we."""
    old = HandLayer("old", {"1": voxels_of(), "2-2-1": voxels_of()[:, :, ::2, ::2]})
    dataset = write_dataset(tmp_path / "e2006", layer_of(1), old)
    assert mags_of(plan_of(dataset)) == {"em": "1 2-2-1 4-4-2", "old": "2-2-1 4-4-2"}


def test_the_default_ends_where_a_slice_is_about_100_voxels_across(tmp_path: Path) -> None:
    """The layer's own extent decides, not where it lies."""
    layer = layer_of(1, begin=(13, 7, 5), size=(57, 43, 35))
    dataset = write_dataset(tmp_path / "e2006", layer)
    change(dataset, lambda one: one["boundingBox"].update(topLeft=[9000, 9000, 9000]))
    plan = plan_of(dataset, max_mag=None, missing_shards="zeros")
    assert mags_of(plan) == {"em": "1 2 4"}
    assert plan.layers[0].grids[1].begin == (4500, 4500, 4500)


def test_torn_mags_are_made_anew_beside_the_old_ones(tmp_path: Path) -> None:
    """A folder that is listed is not written into: until the end, the dataset stays as it was."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4))
    (dataset / "em/2/c/0/0/0/0").unlink()
    plan = plan_of(dataset)
    assert mags_of(plan) == {"em": "1 2 4"}
    assert [grid.name for grid in plan.layers[0].made] == ["2__2", "4__2"]
    assert any("not whole and made anew" in note for note in plan.notes)


def test_torn_mags_are_made_anew_however_coarse(tmp_path: Path) -> None:
    """Also above the mag at which a ladder ends by itself: what is listed there is broken."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4, 8))
    (dataset / "em/8/c/0/0/0/0").unlink()
    assert mags_of(plan_of(dataset, max_mag=None)) == {"em": "4 8"}


def test_an_old_torn_mag_is_not_written_over(tmp_path: Path) -> None:
    """Of old, no path said where it was."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    (dataset / "em/2/c/0/0/0/0").unlink()
    change(dataset, lambda layer: [mag.pop("path") for mag in layer["mags"]])
    assert [grid.name for grid in plan_of(dataset).layers[0].made] == ["2__2", "4"]


def test_mags_that_are_there_may_be_made_anew(tmp_path: Path) -> None:
    """Up to the coarsest that there is, in folders of their own; another time in others."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4, 8))
    plan = plan_of(dataset, overwrite_mags=True, max_mag=None)
    assert mags_of(plan) == {"em": "1 2 4 8"}
    assert [grid.name for grid in plan.layers[0].made] == ["2__2", "4__2", "8__2"]
    (dataset / "em" / "2").rename(dataset / "em" / "2__2")
    change(dataset, lambda layer: layer["mags"][1].update(path="./em/2__2"))
    again = plan_of(dataset, overwrite_mags=True, max_mag="4")
    assert [grid.name for grid in again.layers[0].made] == ["2", "4__2"]


def test_what_is_made_anew_aligns_with_what_stays(tmp_path: Path) -> None:
    """Not with mags that are made anew themselves, of whatever layer: else none could change."""
    flat = {"1": voxels_of(), "2-2-1": voxels_of()[:, :, ::2, ::2]}
    one = write_dataset(tmp_path / "one", HandLayer("a", flat))
    assert mags_of(plan_of(one, overwrite_mags=True)) == {"a": "1 2 4"}
    two = write_dataset(tmp_path / "two", HandLayer("a", flat), HandLayer("b", flat))
    assert mags_of(plan_of(two, overwrite_mags=True)) == {"a": "1 2 4", "b": "1 2 4"}
    kept = plan_of(two, overwrite_mags=True, layer_name="a")
    assert mags_of(kept) == {"a": "1 2-2-1 4-4-2"}


def test_a_mag_to_begin_with_may_be_chosen(tmp_path: Path) -> None:
    """Where mags above it are there, they have to be made anew in so many words."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2))
    assert mags_of(plan_of(dataset, from_mag="2")) == {"em": "2 4"}
    error = refusal(dataset, from_mag="1")
    assert error.what == "layer em has mag 2 already"
    assert error.where == "from_mag"
    assert "--overwrite-mags" in error.remedy
    assert mags_of(plan_of(dataset, from_mag="1", overwrite_mags=True)) == {"em": "1 2 4"}


def test_a_coarsest_mag_that_is_there_is_told(tmp_path: Path) -> None:
    """Finer than what there is cannot be meant; what is there already needs nothing."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4))
    error = refusal(dataset, max_mag="2")
    assert error.what == "mag 2 is finer than mag 4, which layer em has already"
    assert error.where == "coarsest_mag"
    assert mags_of(plan_of(dataset, max_mag="4")) == {}


def test_a_layer_that_is_coarser_already_is_left_out(tmp_path: Path) -> None:
    """If there is another one that gets mags."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, 2, 4), layer_of(1, name="b"))
    assert mags_of(plan_of(dataset, max_mag="2")) == {"b": "1 2"}


def test_a_mag_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    """From what is there, with what can be."""
    layer = HandLayer("em", {"1": voxels_of(), "2": voxels_of(factor=2)})
    dataset = write_dataset(tmp_path / "e2006", layer)
    error = refusal(dataset, max_mag="8-8-1")
    assert "8-8-1 cannot be reached from 2 " in error.what
    assert error.where == "coarsest_mag"


def test_a_folder_that_is_in_the_way_is_told(dataset: Path) -> None:
    """Nobody lists it; another program may be writing it."""
    (dataset / "em" / "2").mkdir()
    error = refusal(dataset)
    assert error.where == str(dataset / "em" / "2")
    assert "--overwrite-mags" in error.remedy
    assert mags_of(plan_of(dataset, overwrite_mags=True)) == {"em": "1 2 4"}


def test_layers_do_not_share_the_folders_of_new_mags(tmp_path: Path) -> None:
    """Two layers that show the same voxels would both write `raw/2`, each in its own way."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, name="raw"))
    document = json.loads((dataset / "datasource-properties.json").read_text())
    twin = document["dataLayers"][0] | {"name": "cells", "category": "segmentation"}
    document["dataLayers"].append(twin)
    (dataset / "datasource-properties.json").write_text(json.dumps(document))
    folders = [
        f"{one.layer.path}/{grid.name}" for one in plan_of(dataset).layers for grid in one.made
    ]
    assert len(set(folders)) == len(folders) == 4


@pytest.mark.parametrize(
    ("data_format", "codec", "chunk", "shard"),
    [
        ("zarr3", "zstd:1", (32, 32, 32), (64, 32, 32)),
        ("zarr", "zstd:1", (32, 32, 32), (32, 32, 32)),
        ("wkw", "lz4hc:9", (32, 32, 32), (64, 64, 64)),
        ("n5", "gzip:6", (32, 32, 32), (32, 32, 32)),
        ("neuroglancerPrecomputed", "none:0", (32, 32, 32), (32, 32, 32)),
    ],
)
def test_new_mags_are_stored_as_the_format_wants(
    tmp_path: Path,
    data_format: str,
    codec: str,
    chunk: tuple[int, int, int],
    shard: tuple[int, int, int],
) -> None:
    """In the format of the layer, with shards clipped to it."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, data_format=data_format))
    (one,) = plan_of(dataset).layers
    assert (one.codec, one.layer.data_format) == (codec, data_format)
    assert (one.made[0].chunk, one.made[0].shard) == (chunk, shard)


def test_labels_are_reduced_by_mode(tmp_path: Path) -> None:
    """Unless another mode is asked for."""
    labels = layer_of(1, category="segmentation")
    dataset = write_dataset(tmp_path / "e2006", labels)
    (one,) = plan_of(dataset).layers
    assert (one.kernel, one.codec) == ("mode", "zstd:1")
    (other,) = plan_of(dataset, interpolation_mode="nearest", compress=False).layers
    assert (other.kernel, other.codec) == ("nearest", "none:0")


def test_shapes_and_compression_may_be_chosen(dataset: Path) -> None:
    """Of all new mags."""
    (one,) = plan_of(dataset, compression="gzip:2", **SMALL).layers
    assert one.codec == "gzip:2"
    assert {grid.chunk for grid in one.made} == {(8, 8, 8)}
    assert {grid.shard for grid in one.made} == {(16, 16, 16)}


def test_shapes_that_the_format_has_not_are_told(tmp_path: Path) -> None:
    """Which one it is, only the dataset knows."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, data_format="zarr"))
    error = refusal(dataset, shard_shape=64)
    assert "zarr stores each chunk as a file" in error.what
    assert error.where == "layer em"
    assert "is no compression in zarr" in refusal(dataset, compression="lz4").what


def test_a_slice_gets_flat_mags(tmp_path: Path) -> None:
    """One of many, wherever it lies; z is never halved."""
    layer = HandLayer("em", {"1": voxels_of()}, begin=(0, 0, 17), size=(70, 50, 1))
    (one,) = plan_of(write_dataset(tmp_path / "e2006", layer)).layers
    assert [str(grid.mag) for grid in one.made] == ["2-2-1", "4-4-1"]
    assert {grid.chunk[2] for grid in one.made} == {1}


def test_mags_lie_beside_the_given_one(tmp_path: Path) -> None:
    """Where a layer has a folder of another name."""
    layer = layer_of(1, folders={"1": "./volumes/raw/1"})
    (one,) = plan_of(write_dataset(tmp_path / "e2006", layer)).layers
    assert (one.layer.path, one.given and one.given.path) == ("volumes/raw", "volumes/raw/1")


def test_the_policy_of_missing_shards_reaches_the_jobs(dataset: Path) -> None:
    """They read, and find what is missing when this plan is long drawn."""
    (one,) = plan_of(dataset, missing_shards="refuse").layers
    assert one.given
    assert one.given.misses == "refuse"


def test_lost_shards_are_refused_before_anything_is_computed(dataset: Path) -> None:
    """Zeros in their place would look like voxels."""
    (dataset / "em/1/c/0/0/0/0").unlink()
    with pytest.raises(SourceError, match="em/1/c/0/0/0/0"):
        plan_of(dataset)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_dataset_that_cannot_be_written_is_told(dataset: Path) -> None:
    """Before anything is computed; a trial only asks."""
    dataset.chmod(0o500)
    try:
        assert "cannot be written" in refusal(dataset).what
        assert plan_downsampling(settings_of(dataset), is_trial=True).layers
    finally:
        dataset.chmod(0o700)


def test_a_plan_stays_until_it_is_carried_out(dataset: Path) -> None:
    """Other cores or less memory change nothing, nor does what it wrote meanwhile."""
    plan = drawn(dataset)
    computed(plan, settings_of(dataset).run_folder)
    assert plan_of(dataset) == plan
    assert plan_of(dataset, jobs=1, memory="2G") == plan


@pytest.mark.parametrize("options", [{"max_mag": "2"}, {"interpolation_mode": "nearest"}])
def test_other_options_are_another_plan(dataset: Path, options: dict[str, object]) -> None:
    """What the first one wrote is its own: it may be written over."""
    plan = drawn(dataset)
    computed(plan, settings_of(dataset).run_folder)
    other = plan_of(dataset, **options)
    assert other != plan
    assert other.drawn_from != plan.drawn_from
    assert [grid.folder for grid in other.layers[0].made] == [""] * (len(other.layers[0].grids) - 1)


def test_what_an_earlier_plan_wrote_stays_our_own(dataset: Path) -> None:
    """Also after a plan between that ended sooner: nobody else has been here."""
    plan = drawn(dataset)
    computed(plan, settings_of(dataset).run_folder)
    drawn(dataset, max_mag="2")
    assert mags_of(plan_of(dataset)) == {"em": "1 2 4"}


def test_a_dataset_that_changed_is_another_plan(dataset: Path) -> None:
    """Somebody made a layer of it a segmentation."""
    plan = drawn(dataset)
    change(dataset, lambda layer: layer.update(category="segmentation"))
    other = plan_of(dataset)
    assert (plan.layers[0].kernel, other.layers[0].kernel) == ("median", "mode")


def test_a_plan_that_was_carried_out_is_done(dataset: Path) -> None:
    """The next one finds all mags there."""
    assert mags_of(extend(dataset)) == {"em": "1 2 4"}
    assert plan_of(dataset).layers == ()
    assert mags_of(plan_of(dataset, max_mag="8")) == {"em": "4 8"}


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_a_broken_draft_is_no_plan(dataset: Path, content: str) -> None:
    """It is drawn anew."""
    folder = settings_of(dataset).run_folder
    folder.mkdir()
    (folder / DRAFT).write_text(content)
    assert mags_of(plan_of(dataset)) == {"em": "1 2 4"}
