"""The voxels that mags are computed from: those of a dataset that exists, and our own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError, VerificationError
from wkflow.model.layer import Grid
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.stored_mag import StoredMag
from wkflow.voxels.finer_mag import CONNECTIONS, finer_voxels, opened_files, threads_for

from tests.steps.extensions import (
    SMALL,
    HandLayer,
    Voxels,
    computed,
    drawn,
    layer_of,
    settings_of,
    voxels_of,
    write_dataset,
)

FORMATS = ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Compute two mags of a dataset that has one."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1))
    plan = drawn(dataset, interpolation_mode="nearest", **SMALL)
    computed(plan, settings_of(dataset).run_folder)
    return plan


def read(plan: Plan, one: LayerPlan, grid: Grid, frame: int = 0) -> Voxels:
    """Read all voxels of a mag, (c, x, y, z)."""
    with finer_voxels(Path(plan.dataset), one, grid) as reading, reading(frame) as region:
        return region(grid.box)


@pytest.mark.parametrize("data_format", FORMATS)
def test_what_is_there_is_read_as_it_lies(tmp_path: Path, data_format: str) -> None:
    """In any format, and frame by frame; its shards are nobody's plan."""
    layer = layer_of(1, data_format=data_format)
    plan = drawn(write_dataset(tmp_path / "e2006", layer))
    (one,) = plan.layers
    found = read(plan, one, one.grids[0])
    assert_array_equal(found, layer.finest[0], strict=True)
    assert found.T.flags.c_contiguous


def test_frames_are_told_apart(tmp_path: Path) -> None:
    """Each has its own voxels."""
    voxels = np.concatenate([voxels_of(seed=n) for n in range(3)])
    layer = HandLayer("em", {"1": voxels}, axes=("t", "c", "x", "y", "z"))
    plan = drawn(write_dataset(tmp_path / "e2006", layer))
    (one,) = plan.layers
    with finer_voxels(Path(plan.dataset), one, one.grids[0]) as reading:
        for frame in range(3):
            with reading(frame) as region:
                assert_array_equal(region(one.grids[0].box), voxels[frame], strict=True)


def test_what_the_run_wrote_is_read_as_our_own(plan: Plan) -> None:
    """The mags above the one that is there, whatever format that has."""
    (one,) = plan.layers
    finest = read(plan, one, one.grids[0])
    assert_array_equal(read(plan, one, one.grids[1]), finest[:, ::2, ::2, ::2])
    elsewhere = replace(one, given=StoredMag("/nowhere", "em/1", "n5"))
    assert_array_equal(read(plan, elsewhere, one.grids[1]), finest[:, ::2, ::2, ::2])


def test_who_is_to_blame_for_damage_depends_on_whose_it_is(plan: Plan) -> None:
    """What was there is a source; what we wrote has to be what was written."""
    (one,) = plan.layers
    theirs, ours = (Path(plan.dataset, "em", mag, "c/0/0/0/0") for mag in ("1", "2"))
    for path in (theirs, ours):
        path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceError) as source:
        read(plan, one, one.grids[0])
    assert source.value.where == str(theirs)
    with pytest.raises(VerificationError) as verification:
        read(plan, one, one.grids[1])
    assert verification.value.where == str(ours)


def test_a_shard_that_is_gone_meanwhile_is_told_if_asked_for(plan: Plan) -> None:
    """The plan says what it means: refused, or zeros."""
    (one,) = plan.layers
    assert one.given
    gone = Path(plan.dataset, "em/1/c/0/0/0/0")
    gone.unlink()
    refusing = replace(one, given=replace(one.given, misses="refuse"))
    with pytest.raises(SourceError, match="is missing") as caught:
        read(plan, refusing, one.grids[0])
    assert caught.value.where == str(gone)
    taking = replace(one, given=replace(one.given, misses="zeros"))
    assert not read(plan, taking, one.grids[0])[:, :32, :32, :32].any()


def test_files_are_named_below_the_dataset(tmp_path: Path) -> None:
    """And closed at the end."""
    (tmp_path / "a").write_bytes(b"123")
    with opened_files(StoredMag(str(tmp_path), "em/1", "zarr3")) as files:
        assert files.whole("a") == b"123"
        assert files.part("a", 1, 2) == b"2"
        assert files.whole("b") is None
        assert files.where("a") == str(tmp_path / "a")


def test_who_waits_for_a_server_has_more_threads(plan: Plan) -> None:
    """They wait most of the time; on disk as many as the job has."""
    (one,) = plan.layers
    remote = replace(one, given=StoredMag("https://wk.example/d", "em/1", "zarr3"))
    assert [threads_for(one, n) for n in (1, 4, 64)] == [1, 4, 64]
    assert [threads_for(remote, n) for n in (1, 4, 64)] == [CONNECTIONS, CONNECTIONS, 64]
    assert threads_for(replace(one, given=None), 2) == 2
