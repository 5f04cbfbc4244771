"""The way around mag 1: the same voxels, or none."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.voxels.reduce import KnownVoxels, downsample_shards
from wkflow.voxels.scratch_mag import Shortcut, shortcut_bytes, shortcut_of
from wkflow.voxels.scratch_voxels import ShortcutVoxels

from tests.steps.stacks import grains, write_tiffs
from tests.steps.stacks import plan_of as small_shards


def plan_of(source: Path, **options: object) -> Plan:
    """Draw a plan whose shards span all x, as those of most layers do."""
    return small_shards(source, **{"chunk_shape": 8, "shard_shape": "1024,1024,8"} | options)


def converted(tmp_path: Path, volume: np.ndarray, **options: object) -> tuple[Plan, LayerPlan]:
    """Write mag 1 and its shortcuts below `scratch`."""
    plan = plan_of(write_tiffs(tmp_path / "em", volume), **options)
    one = plan.layers[0]
    for slab in one.slabs():
        convert_slab(
            plan, "em", str(slab), threads=2, tick=lambda _: None, scratch=tmp_path / "scratch"
        )
    return plan, one


def second_mag(plan: Plan, one: LayerPlan, shortcut: Shortcut | None) -> list[str]:
    """Write the second mag, and give the checksums of its shards."""
    finer, coarser = one.steps()[0]
    with ThreadPoolExecutor(2) as pool:
        places = one.all_shards(coarser)
        written = downsample_shards(
            Path(plan.dataset), one, (finer, coarser), places, pool, KnownVoxels(shortcut)
        )
        return [file.crc32c for _, file in written]


@pytest.mark.parametrize("kernel", ["median", "mode", "nearest", "bilinear"])
@pytest.mark.parametrize("sampling_mode", ["isotropic", "constant_z"])
@pytest.mark.parametrize("shape", [(70, 45, 37), (33, 64, 128), (1, 31, 33)])
def test_it_leads_to_the_same_shards(
    tmp_path: Path, shape: tuple[int, int, int], sampling_mode: str, kernel: str
) -> None:
    """With the mag below read from shards or not at all."""
    plan, one = converted(
        tmp_path, grains(*shape), sampling_mode=sampling_mode, interpolation_mode=kernel
    )
    shortcut = shortcut_of(one, tmp_path / "scratch")
    assert shortcut
    with ShortcutVoxels(shortcut).reading([shortcut.grid.box]) as region:
        assert region is not None
    assert second_mag(plan, one, shortcut) == second_mag(plan, one, None)


@pytest.mark.parametrize("shard", ["1024,1024,8", "16,16,8"])
@pytest.mark.parametrize(
    "box",
    [
        "8,16,24,24,16,40",  # at chunks
        "14,10,6,21,27,33",  # within them, at whole cells
        "40,0,0,20,45,30",  # chunks and shards before it hold nothing
    ],
)
def test_a_part_has_one_where_cells_are_whole(tmp_path: Path, box: str, shard: str) -> None:
    """Each slab leaves its part of it, also the first, which begins anywhere; same shards."""
    options = {"bounding_box": box, "shard_shape": shard, "max_mag": "4"}
    plan, one = converted(tmp_path, grains(70, 45, 64), sampling_mode="isotropic", **options)
    cut = replace(one, job_bytes=1)
    cut = replace(cut, job_bytes=cut.grids[0].shard[2] * cut.box.size[0] * cut.box.size[1] * 2)
    plan = replace(plan, layers=(cut,))
    scratch = tmp_path / "scratch"
    for slab in cut.slabs():
        convert_slab(plan, "em", str(slab), threads=2, tick=lambda _: None, scratch=scratch)
    assert len(cut.slabs()) > 1
    shortcut = shortcut_of(cut, scratch)
    assert shortcut
    with ShortcutVoxels(shortcut).reading([shortcut.grid.box]) as region:
        assert region is not None
        assert region(shortcut.grid.box).any()
    assert second_mag(plan, cut, shortcut) == second_mag(plan, cut, None)
    assert shortcut_bytes(cut) == shortcut.grid.box.voxels * cut.layer.voxel_bytes


def test_small_slabs_each_leave_a_part(tmp_path: Path) -> None:
    """The parts of all slabs make the mag."""
    plan, one = converted(tmp_path, grains(100, 45, 37), max_mag="2")
    cut = replace(one, job_bytes=45 * 37 * 32)
    plan = replace(plan, layers=(cut,))
    for slab in cut.slabs():
        convert_slab(
            plan, "em", str(slab), threads=1, tick=lambda _: None, scratch=tmp_path / "scratch"
        )
    shortcut = Shortcut(tmp_path / "scratch" / "em", cut)
    assert len(cut.slabs()) == 4
    assert second_mag(plan, cut, shortcut) == second_mag(plan, cut, None)


@pytest.mark.parametrize(
    "feed",
    [
        ReadStrategy("bands", 8, 16, 2),
        ReadStrategy("scratch", 8, 45, 2),
        ReadStrategy("bands", 16, 45, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_it_depends_neither_on_the_feed_nor_on_the_format(
    tmp_path: Path, feed: ReadStrategy, data_format: str
) -> None:
    """Bands of some rows of a slice leave their part, too, and so does what becomes one file."""
    shard = {"zarr3": "16,16,8", "wkw": 16}.get(data_format)
    source = write_tiffs(tmp_path / "em", grains(70, 45, 37))
    plan = plan_of(source, shard_shape=shard, data_format=data_format)
    fed = replace(plan, layers=(replace(plan.layers[0], feed=feed),))
    (one,) = fed.layers
    scratch = tmp_path / "scratch"
    for slab in one.slabs():
        convert_slab(fed, "em", str(slab), threads=2, tick=lambda _: None, scratch=scratch)
    shortcut = shortcut_of(one, scratch)
    assert shortcut
    with ShortcutVoxels(shortcut).reading([shortcut.grid.box]) as region:
        assert region is not None
    assert second_mag(fed, one, shortcut) == second_mag(fed, one, None)


def test_a_missing_part_is_no_loss(tmp_path: Path) -> None:
    """The shards are read instead."""
    plan, one = converted(tmp_path, grains(70, 45, 37))
    expected = second_mag(plan, one, None)
    shortcut = Shortcut(tmp_path / "scratch" / "em", one)
    shortcut.remove()
    assert second_mag(plan, one, shortcut) == expected


def test_the_last_rule_removes_it(tmp_path: Path) -> None:
    """Disk is borrowed, not kept."""
    plan, _ = converted(tmp_path, grains(70, 45, 37))
    assert list((tmp_path / "scratch" / "em").iterdir())
    downsample_rest(plan, "em", threads=1, tick=lambda _: None, scratch=tmp_path / "scratch")
    assert not (tmp_path / "scratch" / "em").exists()


def test_not_every_layer_has_one(tmp_path: Path) -> None:
    """None for halos, large steps, frames, big mags, cut cells, or without a place for it."""
    source = write_tiffs(tmp_path / "em", grains(3, 300, 300))
    one = plan_of(source).layers[0]
    assert shortcut_of(one, tmp_path)
    assert shortcut_bytes(one) == 150 * 150 * 2
    assert shortcut_of(one, None) is None
    others = (
        replace(one, kernel="bicubic"),
        replace(one, grids=one.grids[::2]),
        replace(one, job_bytes=1),
        replace(one, grids=one.grids[:1]),
        replace(one, layer=replace(one.layer, axes=(("t", 2),))),
        plan_of(source, chunk_shape="8,8,1", sampling_mode="isotropic").layers[0],
        plan_of(source, bounding_box="7,8,0,90,90,3").layers[0],
    )
    assert [shortcut_of(other, tmp_path) for other in others] == [None] * len(others)
