"""Memory and disk, asked for before the first voxel is read."""

import shutil
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from wkflow.errors import ConfigError, ResourceError
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import (
    CLUSTER_JOB_BYTES,
    check_room,
    measure_room,
    memory_budget,
)

from tests.strategies import dataset_plan, small_layer_plan


def settings_of(tmp_path: Path, **options: object) -> Settings:
    given = {"source": "/data/stack", "target": tmp_path / "target", "voxel_size": "1,1,1"}
    return Settings.parse(given | options, where="test")


def plan_at(tmp_path: Path, category: str = "color") -> Plan:
    one = small_layer_plan((70, 50, 40), mags=("2",))
    one = replace(one, layer=replace(one.layer, category=category), passing=True)
    return dataset_plan(one, dataset=str(tmp_path / "target"))


def test_memory_is_what_the_option_says(tmp_path: Path) -> None:
    """Else most of what is free, and never more than there is."""
    assert memory_budget(settings_of(tmp_path, memory="3G")) == 3 * 2**30
    assert 0 < memory_budget(settings_of(tmp_path)) < psutil.virtual_memory().total


def test_needs_are_those_of_all_mags(tmp_path: Path) -> None:
    """Uncompressed exactly; on disk images shrink a little and labels much.

    For a while the second mag is there once more, uncompressed.
    """
    settings = settings_of(tmp_path)
    color, labels = (
        measure_room(plan_at(tmp_path, category), settings)
        for category in ("color", "segmentation")
    )
    assert color.raw == labels.raw == 70 * 50 * 40 + 35 * 25 * 20
    shortcut = 35 * 25 * 20
    assert shortcut < labels.expected < color.expected < color.raw + shortcut
    raw = measure_room(plan_at(tmp_path), settings_of(tmp_path, compress=False))
    assert raw.expected == raw.raw + shortcut


def test_what_goes_when_it_is_sent_needs_little_room(tmp_path: Path) -> None:
    """The disk holds the shards of a few jobs at once, however large the whole is."""
    one = small_layer_plan((70, 50, 40), mags=(), job_bytes=1000)
    plan = dataset_plan(one, dataset=str(tmp_path / "target"))
    sends: dict[str, object] = {"target": None, "upload": True, "work_dir": tmp_path / "run"}
    goes = measure_room(plan, settings_of(tmp_path, compress=False, **sends))
    stays = measure_room(plan, settings_of(tmp_path, compress=False, keep_local=True, **sends))
    assert goes.raw == stays.raw == stays.expected == 70 * 50 * 40
    assert 1000 < goes.expected < stays.expected / 10
    small = replace(one, job_bytes=10**9)
    plan = dataset_plan(small, dataset=str(tmp_path / "target"))
    room = measure_room(plan, settings_of(tmp_path, compress=False, **sends))
    assert room.expected == stays.expected


def test_frames_and_scratch_files_need_room(tmp_path: Path) -> None:
    """Each frame as much as the first; slices that do not fit into memory are on the disk."""
    one = small_layer_plan((70, 50, 40), mags=())
    timed = replace(one, layer=replace(one.layer, axes=(("t", 3),)))
    fed = replace(one, feed=ReadStrategy("scratch", 8, 50, 1, 10**6, 10**7))
    plain, several, over_disk = (
        measure_room(
            dataset_plan(each, dataset=str(tmp_path / "target")),
            settings_of(tmp_path, compress=False),
        )
        for each in (one, timed, fed)
    )
    assert several.raw == several.expected == 3 * plain.raw
    assert over_disk.expected - plain.expected == 10**7
    assert over_disk.memory_per_job - plain.memory_per_job == 10**6


def test_a_plan_with_room_is_let_through(tmp_path: Path) -> None:
    """Silently, and without making its folder."""
    check_room(plan_at(tmp_path), settings_of(tmp_path, memory="1G"))
    assert not list(tmp_path.iterdir())


def test_too_little_memory_is_refused(tmp_path: Path) -> None:
    """With both numbers, and two ways out."""
    with pytest.raises(
        ResourceError, match=r"a job needs 2\d\d MiB .* 100 MiB may be used"
    ) as caught:
        check_room(plan_at(tmp_path), settings_of(tmp_path, memory="100M"))
    assert "--memory" in caught.value.remedy
    assert "--shard-shape" in caught.value.remedy


def test_too_little_disk_is_refused(tmp_path: Path) -> None:
    """A petabyte fits on no disk of today."""
    one = small_layer_plan((70, 50, 40), mags=())
    size = (10**6, 10**6, 10**4)
    grid = replace(one.grids[0], size=size)
    huge = replace(one, layer=replace(one.layer, size=size), grids=(grid,))
    plan = dataset_plan(huge, dataset=str(tmp_path / "target"))
    with pytest.raises(
        ResourceError, match=r"the dataset needs about .* PB, .*B are free"
    ) as caught:
        check_room(plan, settings_of(tmp_path, memory=10**15))
    assert caught.value.where == plan.dataset


def test_what_is_already_written_is_not_needed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resumed run counts its own files as room, a stranger's not."""
    free = shutil.disk_usage(tmp_path)  # else what other processes write would be seen
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    settings, plan = settings_of(tmp_path), plan_at(tmp_path)
    for name in (plan.layers[0].layer.path, "stranger"):
        (tmp_path / "target" / name).mkdir(parents=True)
        (tmp_path / "target" / name / "shard").write_bytes(bytes(1000))
    assert measure_room(plan, settings).disk_free == free.free
    (settings.run_folder / "receipts").mkdir(parents=True)
    assert measure_room(plan, settings).disk_free == free.free + 1000


def test_a_cluster_has_other_memory_than_this_machine(tmp_path: Path) -> None:
    """What was told of its jobs, where it is a size to plan with; its nodes judge."""
    there = {"distribution_strategy": "slurm"}
    assert memory_budget(settings_of(tmp_path, **there)) == CLUSTER_JOB_BYTES
    told = settings_of(tmp_path, **there, job_resources="mem=32G")
    assert memory_budget(told) == 32 * 2**30
    little = settings_of(tmp_path, **there, job_resources="mem=10M")
    assert memory_budget(little) == CLUSTER_JOB_BYTES
    check_room(plan_at(tmp_path), little)
    with pytest.raises(ResourceError, match="100 MiB may be used"):
        check_room(plan_at(tmp_path), settings_of(tmp_path, **there, memory="100M"))


@pytest.mark.skipif(not Path("/proc").exists(), reason="there is no such file system")
def test_a_file_system_of_the_kernel_holds_no_dataset() -> None:
    """It has no room, which nobody can free."""
    plan = dataset_plan(small_layer_plan((70, 50, 40), mags=()), dataset="/proc/foo")
    settings = Settings.parse(
        {"source": "/data", "target": "/proc/foo", "voxel_size": "1,1,1"}, where="test"
    )
    with pytest.raises(ConfigError, match="holds no files of users"):
        check_room(plan, settings)
