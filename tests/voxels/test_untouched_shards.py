"""Which voxels of coarser mags depend on a box, against computing them; shards that stay."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.formats.contract import ReadBox
from wkflow.model.box import Box, triple
from wkflow.voxels.reduce import Reduction
from wkflow.voxels.untouched_shards import UntouchedShards, changed_boxes

from tests.steps.stacks import grains, laid_out, plan_of, write_tiffs

EDGE = 24


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiffs(tmp_path_factory.mktemp("em") / "em", grains(EDGE, EDGE, EDGE))


@pytest.mark.parametrize("kernel", ["median", "nearest", "bilinear", "bicubic"])
@given(begin=st.tuples(*[st.integers(0, EDGE - 1)] * 3), size=st.tuples(*[st.integers(1, 9)] * 3))
def test_no_voxel_outside_of_it_changes(
    source: Path, kernel: str, begin: tuple[int, int, int], size: tuple[int, int, int]
) -> None:
    """Whatever the kernel reaches: every voxel that becomes another lies in the box."""
    plan = plan_of(source, interpolation_mode=kernel, sampling_mode="isotropic", max_mag="4")
    (one,) = plan.layers
    box = Box(begin, triple(min(b + s, EDGE) for b, s in zip(begin, size, strict=True)))
    old = np.random.default_rng(0).integers(0, 256, (1, EDGE, EDGE, EDGE), np.uint8)
    new = old.copy()
    place = tuple(slice(b, e) for b, e in zip(box.begin, box.end, strict=True))
    new[(0, *place)] = 255 - new[(0, *place)]
    boxes = changed_boxes(one, box)
    for step in one.steps():
        reduce = Reduction(one.kernel, *step)
        old, new = (
            np.ascontiguousarray(reduce.of(_region(voxels))(step[1].box)) for voxels in (old, new)
        )
        inside = boxes[step[1].mag]
        for at in np.argwhere(old[0] != new[0]):
            voxel = triple(map(int, at))
            assert inside.meets(Box(voxel, triple(a + 1 for a in voxel)))


def _region(voxels: np.ndarray) -> ReadBox:
    def read(box: Box) -> np.ndarray:
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        return voxels[:, x0:x1, y0:y1, z0:z1]

    return read


@pytest.mark.parametrize("has_links", [True, False])
def test_a_shard_that_stays_has_two_names(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_links: bool,  # noqa: FBT001 -- a parameter
) -> None:
    """Or is copied; again after a kill; what is reached, or is not there, is made."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()), chunk_shape=8, shard_shape=8)
    (one,) = plan.layers
    grid = replace(one.made[1], folder="new")
    old = Path(plan.dataset) / "em" / one.made[1].name / "c/0"
    for place in ("0/0/0", "1/1/0"):
        (old / place).parent.mkdir(parents=True, exist_ok=True)
        (old / place).write_bytes(b"chunks")
    box = Box((0, 0, 0), (3, 3, 3))
    folders = {grid.mag: f"em/{one.made[1].name}"}
    shards = UntouchedShards(Path(plan.dataset), one, changed_boxes(one, box), folders)
    if not has_links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EXDEV, "")))
    for _ in range(2):
        found = shards.take(grid, 0, (1, 1, 0))
        assert found is not None
        assert (found.path, found.bytes) == ("em/new/c/0/1/1/0", 6)
        new = Path(plan.dataset) / found.path
        assert new.read_bytes() == b"chunks"
        assert new.samefile(old / "1/1/0") == has_links
    assert shards.take(grid, 0, (0, 0, 0)) is None
    assert shards.take(grid, 0, (2, 1, 0)) is None
    assert UntouchedShards.of(plan, one) is None
