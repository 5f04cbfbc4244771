"""Shards go from the disk when the server has them and no job will read them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.run_folder import SCRATCH
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.discard_shards import discard_shards
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.voxels.scratch_mag import BOOT, has_shortcut, is_spared, shortcut_of
from wkflow.webknossos.upload_plan import UploadPlan

from tests.steps.stacks import grains, laid_out, write_tiffs
from tests.webknossos.test_upload_plan import DELIVERY

REST = "downsample_rest/em"

on_linux = pytest.mark.skipif(not BOOT.exists(), reason="shortcuts are named after Linux's start")

Run = tuple[Plan, UploadPlan, Path]


def converted(tmp_path: Path, shard: str, **options: object) -> Run:
    """Convert all slabs of a layer, with shortcuts where there are some."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = laid_out(source, job_size=10_000, max_mag="2", shard_shape=shard, **options)
    run = tmp_path / "run"
    for slab in plan.layers[0].slabs():
        receipt = convert_slab(
            plan, "em", str(slab), threads=2, tick=lambda _: None, scratch=run / SCRATCH
        )
        receipt.write(run / "receipts" / "convert_slab" / "em" / f"{slab}.json")
    return plan, replace(DELIVERY, dataset=plan.dataset), run


@pytest.fixture
def with_shortcuts(tmp_path: Path) -> Run:
    """Convert with a kernel that reduces whole cells, as most do."""
    plan, delivery, run = converted(tmp_path, "1024,1024,8")
    assert len(plan.layers[0].slabs()) > 1
    return plan, delivery, run


@pytest.fixture
def without_shortcuts(tmp_path: Path) -> Run:
    """Convert with a kernel that looks beyond its cells."""
    return converted(tmp_path / "other", "16,16,8", interpolation_mode="bicubic")


def slabs_of(plan: Plan) -> list[str]:
    return [f"convert_slab/em/{slab}" for slab in plan.layers[0].slabs()]


def shards(plan: Plan, run: Path, batch: str) -> list[Path]:
    receipt = Receipt.read(run / "receipts" / f"{batch}.json")
    return [Path(plan.dataset, file.path) for file in receipt.files]


def build_rest(plan: Plan, run: Path) -> Receipt:
    return downsample_rest(plan, "em", threads=2, tick=lambda _: None, scratch=run / SCRATCH)


def shortcut_path(plan: Plan, run: Path, batch: str) -> Path:
    one = plan.layers[0]
    shortcut = shortcut_of(one, run / SCRATCH)
    assert shortcut
    return shortcut.path(one.slab(batch.rpartition("/")[2]))


def test_the_files_of_a_batch_are_removed(without_shortcuts: Run) -> None:
    """All of them, and only them; the receipt says which."""
    plan, delivery, run = without_shortcuts
    first, *others = slabs_of(plan)
    receipt = discard_shards(delivery, plan, run, batch=first)
    assert receipt.rule == "discard_shards"
    assert receipt.files == Receipt.read(run / "receipts" / f"{first}.json").files
    assert not any(path.exists() for path in shards(plan, run, first))
    assert all(path.exists() for other in others for path in shards(plan, run, other))
    assert Path(plan.dataset, "em", "1", "zarr.json").exists()


def test_some_may_be_gone_already(without_shortcuts: Run) -> None:
    """A job that was killed is repeated."""
    plan, delivery, run = without_shortcuts
    first = slabs_of(plan)[0]
    shards(plan, run, first)[0].unlink()
    once = discard_shards(delivery, plan, run, batch=first)
    assert discard_shards(delivery, plan, run, batch=first) == once


@on_linux
def test_only_slabs_have_shortcuts(with_shortcuts: Run, without_shortcuts: Run) -> None:
    """Where whole cells are reduced; what is built of them is read itself."""
    plan, _, run = with_shortcuts
    assert all(has_shortcut(plan, slab) for slab in slabs_of(plan))
    assert not has_shortcut(plan, REST)
    assert not is_spared(plan, run, REST)
    plan, _, run = without_shortcuts
    for slab in slabs_of(plan):
        assert not has_shortcut(plan, slab)
        assert not is_spared(plan, run, slab)


@on_linux
def test_shards_with_a_shortcut_go_before_the_small_mags_are_built(with_shortcuts: Run) -> None:
    """Those come out the same: nobody reads mag 1 again."""
    plan, delivery, run = with_shortcuts
    whole = Path(f"{plan.dataset}.whole")
    shutil.copytree(plan.dataset, whole)
    expected = downsample_rest(
        replace(plan, dataset=str(whole)), "em", threads=2, tick=lambda _: None
    )
    for slab in slabs_of(plan):
        assert discard_shards(delivery, plan, run, batch=slab).files
        assert not any(path.exists() for path in shards(plan, run, slab))
    assert build_rest(plan, run).files == expected.files


@on_linux
def test_shards_whose_shortcut_is_lost_stay(with_shortcuts: Run) -> None:
    """Until the small mags are there; then nobody needs them."""
    plan, delivery, run = with_shortcuts
    first = slabs_of(plan)[0]
    shortcut_path(plan, run, first).unlink()
    assert not is_spared(plan, run, first)
    assert discard_shards(delivery, plan, run, batch=first) == Receipt("discard_shards")
    assert all(path.exists() for path in shards(plan, run, first))
    build_rest(plan, run).write(run / "receipts" / f"{REST}.json")
    assert is_spared(plan, run, first)
    assert discard_shards(delivery, plan, run, batch=first).files
    assert not any(path.exists() for path in shards(plan, run, first))


@on_linux
def test_a_shortcut_that_is_lost_does_not_cost_the_others_shards(with_shortcuts: Run) -> None:
    """The machine was started anew: a slab of before has shards only, one of after its shortcut."""
    plan, delivery, run = with_shortcuts
    before, after, *_ = slabs_of(plan)
    shortcut_path(plan, run, before).unlink()
    for slab in (before, after):
        discard_shards(delivery, plan, run, batch=slab)
    build_rest(plan, run)


def test_nothing_is_removed_behind_a_link(without_shortcuts: Run, tmp_path: Path) -> None:
    """The folder of a layer leads out of the dataset."""
    plan, delivery, run = without_shortcuts
    layer, outside = Path(plan.dataset, "em"), tmp_path / "outside"
    layer.rename(outside)
    layer.symlink_to(outside)
    with pytest.raises(ConfigError, match="leads out of the dataset"):
        discard_shards(delivery, plan, run, batch=slabs_of(plan)[0])
    assert all(path.exists() for path in shards(plan, run, slabs_of(plan)[0]))
    with pytest.raises(ConfigError, match="leads out of the dataset"):
        build_rest(plan, run)
