"""What was sent and removed is made again when it is wanted again, and only then."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.stale_receipts import drop_lost, drop_stale_receipts
from wkflow.run_folder import REPORT
from wkflow.voxels.scratch_mag import shortcut_of
from wkflow.webknossos.upload_plan import UploadPlan

from tests.strategies import dataset_plan, small_layer_plan

DELIVERY = UploadPlan(
    dataset="", name="em", url="https://example.org", folder=None, transfer_mode="http",
    verify="sample", ca_bundle=None, connections=2, discard=True, batches=(), extras=(),
    file_count=0, byte_bound=0, recipe="r",
)  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Give a plan with slabs, blocks of two mags, and small mags, all of which are done."""
    one = small_layer_plan((64, 64, 64), mags=("2", "4", "8"), job_bytes=6000)
    plan = replace(dataset_plan(one), dataset=str(tmp_path / "dataset"))
    for job, _ in plan.jobs():
        path = f"{job}.shard"
        (tmp_path / "dataset" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dataset" / path).touch()
        Receipt("any", (ShardFile(path, 0, ""),)).write(tmp_path / "receipts" / f"{job}.json")
    DELIVERY.state(tmp_path).mkdir(parents=True)
    (tmp_path / "receipts" / "discard_shards").mkdir()
    return plan


def jobs(plan: Plan, folder: Path) -> set[str]:
    """List the jobs that have a receipt."""
    return {job for job, _ in plan.jobs() if (folder / "receipts" / f"{job}.json").exists()}


def of_rule(plan: Plan, rule: str) -> list[str]:
    return [job for job, _ in plan.jobs() if job.startswith(f"{rule}/")]


def discard(folder: Path, *names: str) -> None:
    """Remove what jobs wrote, which is sent by then."""
    for name in names:
        (folder / "dataset" / f"{name}.shard").unlink()
        sent(folder, name)


def sent(folder: Path, job: str) -> None:
    path = folder / "receipts" / "upload_shards" / f"{job}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_what_nobody_wants_stays_gone(plan: Plan, tmp_path: Path) -> None:
    """All jobs are done: shards that left the disk are no reason to make them again."""
    every = jobs(plan, tmp_path)
    assert of_rule(plan, "convert_slab")
    assert of_rule(plan, "downsample_block")
    discard(tmp_path, *every)
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert jobs(plan, tmp_path) == every


def test_a_new_upload_wants_all_that_is_gone(plan: Plan, tmp_path: Path) -> None:
    """What is still on the disk is sent from there."""
    gone = of_rule(plan, "convert_slab")[:2]
    discard(tmp_path, *gone)
    second = replace(DELIVERY, attempt=2)
    drop_stale_receipts(RuleInputs(plan), second, tmp_path)
    assert jobs(plan, tmp_path) == {job for job, _ in plan.jobs()} - set(gone)
    assert second.state(tmp_path).is_dir()


def test_a_lost_block_wants_what_is_below_it(plan: Plan, tmp_path: Path) -> None:
    """Down to the slabs, as far as they are gone, and no further."""
    slabs, blocks = of_rule(plan, "convert_slab"), of_rule(plan, "downsample_block")
    discard(tmp_path, *slabs, *blocks)
    (lost,) = of_rule(plan, "downsample_rest")
    (tmp_path / "receipts" / f"{lost}.json").unlink()
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert not jobs(plan, tmp_path) & set(slabs)


def test_what_is_on_the_disk_is_not_made_again(plan: Plan, tmp_path: Path) -> None:
    """A lost receipt above is no reason."""
    (lost,) = of_rule(plan, "downsample_rest")
    (tmp_path / "receipts" / f"{lost}.json").unlink()
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert jobs(plan, tmp_path) == {job for job, _ in plan.jobs()} - {lost}


def test_a_shortcut_replaces_a_slab(tmp_path: Path) -> None:
    """As long as its file is there; without it the slab is made again."""
    one = small_layer_plan((16, 16, 64))
    plan = replace(dataset_plan(one), dataset=str(tmp_path / "dataset"))
    shortcut = shortcut_of(plan.layers[0], tmp_path / "scratch")
    assert shortcut
    for slab in one.slabs():
        job = f"convert_slab/em/{slab}"
        Receipt("any", (ShardFile("gone", 0, ""),)).write(tmp_path / "receipts" / f"{job}.json")
        shortcut.path(slab).parent.mkdir(parents=True, exist_ok=True)
        shortcut.path(slab).touch()
        sent(tmp_path, job)
    (tmp_path / "receipts" / "discard_shards").mkdir()
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert len(jobs(plan, tmp_path)) == len(one.slabs())
    shortcut.remove()
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert not jobs(plan, tmp_path)


def test_what_is_lost_before_it_was_sent_is_made_again(plan: Plan, tmp_path: Path) -> None:
    """A shard that is gone or cut, and those below it as far as they are gone."""
    slabs = of_rule(plan, "convert_slab")
    (tmp_path / "dataset" / f"{slabs[0]}.shard").unlink()
    (tmp_path / "dataset" / f"{slabs[1]}.shard").write_bytes(b"more")
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert jobs(plan, tmp_path) == {job for job, _ in plan.jobs()} - set(slabs[:2])


def test_what_the_server_has_proven_to_hold_is_not_looked_for(plan: Plan, tmp_path: Path) -> None:
    """The proof is of this upload; one of another says nothing."""
    (lost, *_) = of_rule(plan, "convert_slab")
    (tmp_path / "dataset" / f"{lost}.shard").unlink()
    (tmp_path / "upload.json").write_text('{"upload_id": "", "url": "u"}')
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert lost in jobs(plan, tmp_path)
    (tmp_path / "upload.json").write_text('{"upload_id": "other", "url": "u"}')
    drop_stale_receipts(RuleInputs(plan), DELIVERY, tmp_path)
    assert lost not in jobs(plan, tmp_path)


def test_a_lost_shard_of_a_dataset_that_stays_is_made_again(plan: Plan, tmp_path: Path) -> None:
    """Its receipt goes, and what a run has to reach, or nobody would look below."""
    (lost, *_) = of_rule(plan, "downsample_block")
    (tmp_path / "dataset" / f"{lost}.shard").write_bytes(b"more")
    (tmp_path / REPORT).touch()
    (found,) = drop_lost(plan, tmp_path)
    assert str(found) == f"{lost}.shard has 4 bytes, 0 were written"
    assert jobs(plan, tmp_path) == {job for job, _ in plan.jobs()} - {lost}
    assert not (tmp_path / REPORT).exists()
    assert drop_lost(plan, tmp_path) == []
