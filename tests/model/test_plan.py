"""The plan: all jobs, all files, and the document that jobs read."""

import json
from dataclasses import replace
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Channel
from wkflow.model.stored_mag import StoredMag
from wkflow.run_folder import EXTENDED

from tests.strategies import dataset_plan, layer_plans, small_layer_plan

GIVEN = StoredMag("/data/target", "em/1", "zarr3", ("c", "x", "y", "z"))


def test_jobs_write_each_voxel_once() -> None:
    """Their voxels add up to those of all mags, and no two have one receipt."""
    plan = dataset_plan(small_layer_plan(), small_layer_plan((200, 200, 60), name="big"))
    jobs = list(plan.jobs())
    planned = sum(prod(grid.size) for one in plan.layers for grid in one.grids)
    assert sum(voxels for _, voxels in jobs) == planned
    assert len({receipt for receipt, _ in jobs}) == len(jobs)
    rules = {receipt.split("/")[0] for receipt, _ in jobs}
    assert rules == {"convert_slab", "downsample_rest"}


@given(one=layer_plans())
def test_jobs_add_up_whatever_the_layer(one: LayerPlan) -> None:
    """With mags or without, in every frame."""
    plan = dataset_plan(one)
    voxels = one.layer.frames * sum(prod(grid.size) for grid in one.grids)
    assert sum(voxels for _, voxels in plan.jobs()) == voxels


def test_big_mags_have_jobs_of_their_own() -> None:
    """A receipt for each block, named after rule, layer, mag and block."""
    plan = dataset_plan(small_layer_plan((300, 300, 200), job_bytes=200_000))
    blocks = [job for job, _ in plan.jobs() if job.startswith("downsample_block/")]
    assert blocks[:2] == ["downsample_block/em/2/b000000", "downsample_block/em/2/b000001"]
    assert sum(1 for job, _ in plan.jobs() if job.startswith("downsample_rest/")) == 1


def test_files_are_counted_before_they_are_there() -> None:
    """The server wants their number first; empty shards are files, too."""
    plan = dataset_plan(small_layer_plan((70, 50, 40)), small_layer_plan((16, 16, 16), name="b"))
    assert plan.file_count == (5 * 4 * 3 + 3 * 2 * 2 + 2 * 1 * 1) + (1 + 1 + 1)
    small = plan.layers[1]
    timed = replace(small, layer=replace(small.layer, axes=(("t", 5),)))
    assert dataset_plan(timed).file_count == 5 * (1 + 1 + 1)


def test_mags_that_are_there_are_nobodys_job() -> None:
    """Neither the jobs nor the number of files count the one that the others are computed from."""
    one = replace(small_layer_plan((300, 300, 200), job_bytes=200_000), given=GIVEN)
    plan, whole = dataset_plan(one), dataset_plan(replace(one, given=None))
    slabs = [job for job in whole.jobs() if job[0].startswith("convert_slab/")]
    assert list(plan.jobs()) == [job for job in whole.jobs() if job not in slabs]
    assert plan.file_count == whole.file_count - prod(one.grids[0].shards)
    assert "downsample_block/em/2/b000000" in dict(plan.jobs())


def test_receipts_say_that_an_extension_is_carried_out() -> None:
    """Of the rules that end it, here and on a server."""
    rules = [Path(receipt).stem for receipt in EXTENDED]
    assert rules == ["extend_properties", "finish_mags"]
    assert all(receipt.startswith("receipts/") for receipt in EXTENDED)


def test_layers_have_names() -> None:
    """A wildcard finds its layer."""
    plan = dataset_plan(small_layer_plan(name="a"), small_layer_plan(name="b"))
    assert plan.layer("b") is plan.layers[1]


@given(layers=st.lists(layer_plans(60), min_size=1, max_size=3), notes=st.lists(st.text()))
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, layers: list[LayerPlan], notes: list[str]
) -> None:
    """All layers with all their numbers."""
    plan = replace(dataset_plan(*layers), notes=tuple(notes), extends=True, drawn_from="0f")
    path = tmp_path_factory.getbasetemp() / "plan.json"
    plan.write(path)
    assert Plan.read(path) == plan
    assert Plan.read(path).recipe() == plan.recipe()


@pytest.mark.parametrize(
    "mend",
    [
        lambda _: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"batch"', '"batches"'),
        lambda text: text.replace('"unit"', '"units"'),
        lambda text: text.replace('"notes"', '"note"'),
        lambda _: "[]",
        lambda _: "{}",
    ],
)
def test_a_plan_of_another_version_is_refused(tmp_path: Path, mend: object) -> None:
    """The file is named, and it may be removed."""
    path = tmp_path / "plan.json"
    dataset_plan().write(path)
    path.write_text(mend(path.read_text()))  # type: ignore[operator]  # a function, see above
    with pytest.raises(ConfigError, match="is no plan of this version") as caught:
        Plan.read(path)
    assert caught.value.where == str(path)
    assert "Remove it" in caught.value.remedy


def test_a_plan_holds_no_option_that_is_not_its_own(tmp_path: Path) -> None:
    """A token or a number of cores in it would be a mistake: these are all keys."""
    dataset_plan().write(tmp_path / "plan.json")
    document = json.loads((tmp_path / "plan.json").read_text())
    assert sorted(document) == [
        *("dataset", "destination", "drawn_from", "extends", "layers", "name", "notes"),
        *("overwrite", "unit", "voxel_size"),
    ]


def test_what_the_layout_depends_on_changes_its_recipe() -> None:
    """Another unit or size lays out anew; another kernel does not."""
    one = small_layer_plan()
    plan = dataset_plan(one)
    others = [
        replace(plan, unit="meter"),
        replace(plan, dataset="/elsewhere"),
        dataset_plan(replace(one, codec="none:0")),
        dataset_plan(small_layer_plan((70, 50, 41))),
        dataset_plan(small_layer_plan(mags=("2",))),
        dataset_plan(replace(one, layer=replace(one.layer, axes=(("t", 2),)))),
        dataset_plan(replace(one, layer=replace(one.layer, data_format="zarr"))),
    ]
    recipes = {other.layout_recipe("em") for other in (plan, *others)}
    assert len(recipes) == 1 + len(others)
    assert dataset_plan(replace(one, kernel="mode")).layout_recipe("em") == plan.layout_recipe("em")


def test_how_names_were_read_is_no_part_of_the_recipe() -> None:
    """It is told besides; what else is told is a part."""
    plan = dataset_plan()
    read = replace(plan, notes=("layer em: names read as x_z{z}_ch{channel}.tif",))
    assert read.recipe() == plan.recipe()
    often = replace(plan, notes=("layer em: slices are taken across, each is read 3 times",))
    assert often.recipe() == plan.recipe()  # that depends on memory
    assert replace(plan, notes=("layer em: a gap",)).recipe() != plan.recipe()


def test_how_voxels_pass_is_no_part_of_the_recipe() -> None:
    """With other memory, or if shards are kept, an upload goes on; with another look not."""
    one = small_layer_plan()
    fed = replace(one, passing=True, feed=ReadStrategy("scratch", 8, 50, 4, 10**6, 10**7))
    assert dataset_plan(fed).recipe() == dataset_plan(one).recipe()
    shown = replace(one, display=Channel(colour=(255, 0, 0)))
    assert dataset_plan(shown).recipe() != dataset_plan(one).recipe()
