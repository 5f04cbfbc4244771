"""Mags from the mags below, against the kernel applied to the whole array at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import VerificationError
from wkflow.kernels import KERNELS
from wkflow.layer import Grid, lay_grid
from wkflow.mag import Mag
from wkflow.plan import LayerPlan, Plan
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample import downsample_shards

from .stacks import Volume, grains, plan_of, write_tiffs

LADDERS = [("2", "4"), ("2-2-1", "4-4-2"), ("4", "8-8-4")]


def converted(folder: Path, kernel: str, ladder: tuple[str, ...], dtype: str = "uint8") -> Plan:
    """Convert mag 1 of a small layer whose shards above it are small, too."""
    source = write_tiffs(folder / "em", grains(21, 37, 45, dtype))
    drawn = plan_of(source, downsample=False, interpolation_mode=kernel)
    (one,) = drawn.layers
    coarser = [
        lay_grid(one.layer, Mag.parse(mag), chunk=(4, 4, 4), shard=(8, 8, 4)) for mag in ladder
    ]
    plan = replace(drawn, layers=(replace(one, grids=(*one.grids, *coarser)),))
    create_layer(plan, "em")
    convert_slab(plan, "em", "z000000000", threads=2, tick=lambda _: None)
    return plan


def downsample(plan: Plan, *, threads: int = 2, backwards: bool = False) -> list[str]:
    """Build all mags; give the sums of all files, in the order of their names."""
    (one,) = plan.layers
    files = []
    with ThreadPoolExecutor(threads) as pool:
        for step in one.steps():
            positions = step[1].box.cells(step[1].shard)[:: -1 if backwards else 1]
            files += list(downsample_shards(Path(plan.dataset), one, step, positions, pool))
    return [f"{file.path} {file.crc32c}" for file in sorted(files, key=lambda file: file.path)]


def stored(plan: Plan, grid: Grid) -> Volume:
    """Read a mag with zarr-python, (c, x, y, z)."""
    return np.asarray(zarr.open_array(Path(plan.dataset, "em", str(grid.mag)), mode="r")[...])


def reduced(one: LayerPlan, finer: Volume, step: tuple[Grid, Grid]) -> Volume:
    """Mirror the whole array until its cells are whole, and hand all of it to the kernel."""
    kernel, factor = KERNELS[one.kernel], step[1].mag.over(step[0].mag)
    halo = kernel.halo(factor)
    padding = [(h, -size % f + h) for size, f, h in zip(finer.shape[1:], factor, halo, strict=True)]
    whole = np.pad(finer, [(0, 0), *padding], mode="symmetric")
    return kernel.reduce(np.ascontiguousarray(whole.T).T, factor)


@pytest.mark.parametrize("ladder", LADDERS, ids=" ".join)
@pytest.mark.parametrize("kernel", sorted(KERNELS))
def test_shards_are_the_kernel_of_the_whole(
    tmp_path: Path, kernel: str, ladder: tuple[str, ...]
) -> None:
    """No seam where one row, shard or mag ends, and each mag has ceil(size / factor) voxels."""
    plan = converted(tmp_path, kernel, ladder)
    downsample(plan)
    (one,) = plan.layers
    for finer, coarser in one.steps():
        expected = reduced(one, stored(plan, finer), (finer, coarser))
        assert_array_equal(stored(plan, coarser), expected, strict=True)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_every_dtype_is_reduced(tmp_path: Path, dtype: str) -> None:
    """Without a detour through another one."""
    plan = converted(tmp_path, "median", ("2",), dtype)
    downsample(plan)
    (one,) = plan.layers
    expected = reduced(one, stored(plan, one.grids[0]), one.steps()[0])
    assert_array_equal(stored(plan, one.grids[1]), expected, strict=True)


@pytest.mark.parametrize("kernel", ["mode", "bicubic"])
def test_neither_threads_nor_order_change_a_byte(tmp_path: Path, kernel: str) -> None:
    """Blocks may be built by anybody, in any order."""
    plan = converted(tmp_path, kernel, ("2", "4"))
    first = downsample(plan, threads=1)
    assert downsample(plan, threads=4, backwards=True) == first


def test_a_damaged_shard_below_is_noticed(tmp_path: Path) -> None:
    """Nothing is computed from what is not what was written."""
    plan = converted(tmp_path, "median", ("2",))
    shard = Path(plan.dataset, "em/1/c/0/1/1/1")
    shard.write_bytes(shard.read_bytes()[:-7])
    with pytest.raises(VerificationError) as caught:
        downsample(plan)
    assert caught.value.where == str(shard)
