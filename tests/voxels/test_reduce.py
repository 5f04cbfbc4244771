"""Mags from the mags below, against the kernel applied to the whole array at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.errors import VerificationError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model import layer_plan
from wkflow.model.box import Box
from wkflow.model.codec import Codec, default_codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.plan import LayerPlan, Plan
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.reduce import Reduction, downsample_shards

from tests import strategies
from tests.steps.stacks import Volume, grains, plan_of, write_tiffs

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
    for slab in plan.layers[0].slabs():
        convert_slab(
            plan, "em", str(slab), threads=2, tick=lambda _: None, scratch=folder / "scratch"
        )
    return plan


def downsample(plan: Plan, *, threads: int = 2, backwards: bool = False) -> list[str]:
    """Build all mags; give the sums of all files, in the order of their names."""
    (one,) = plan.layers
    files = []
    with ThreadPoolExecutor(threads) as pool:
        for step in one.steps():
            places = one.all_shards(step[1])[:: -1 if backwards else 1]
            made = downsample_shards(Path(plan.dataset), one, step, places, pool)
            files += [file for _, file in made]
    return [f"{file.path} {file.crc32c}" for file in sorted(files, key=lambda file: file.path)]


@pytest.mark.parametrize("kernel", sorted(KERNELS))
@pytest.mark.parametrize("frames", [1, 3])
def test_what_is_kept_in_memory_changes_no_byte(tmp_path: Path, kernel: str, frames: int) -> None:
    """Whether no mag is small enough for it, some, or all."""
    stack = grains(21, 37, 45)
    source = tmp_path / "em.tif"
    volume = np.stack([stack + number for number in range(frames)])
    tifffile.imwrite(source, volume, imagej=True, metadata={"axes": "TZYX"})
    sums = {}
    for most in (0, 2000, layer_plan.KEPT_BYTES):
        target = str(tmp_path / str(most))
        plan = plan_of(source, interpolation_mode=kernel, target=target, max_mag="16")
        create_layer(plan, "em")
        for slab in plan.layers[0].slabs():
            convert_slab(
                plan, "em", str(slab), threads=2, tick=lambda _: None, scratch=tmp_path / "no"
            )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(layer_plan, "KEPT_BYTES", most)
            receipt = downsample_rest(plan, "em", threads=2, tick=lambda _: None)
        assert len({file.path.split("/")[1] for file in receipt.files}) == 4
        sums[most] = sorted((file.path, file.crc32c) for file in receipt.files)
    assert sums[0] == sums[2000] == sums[layer_plan.KEPT_BYTES]


def stored(plan: Plan, grid: Grid) -> Volume:
    """Read a mag with zarr-python, (c, x, y, z)."""
    return np.asarray(zarr.open_array(Path(plan.dataset, "em", str(grid.mag)), mode="r")[...])


def reduced(one: LayerPlan, finer: Volume, step: tuple[Grid, Grid]) -> Volume:
    """Mirror the whole array until its cells are whole, and hand all of it to the kernel."""
    factor = step[1].mag.over(step[0].mag)
    halo = KERNELS[one.kernel].halo(factor)
    padding = [(h, -size % f + h) for size, f, h in zip(finer.shape[1:], factor, halo, strict=True)]
    whole = np.pad(finer, [(0, 0), *padding], mode="symmetric")
    return REDUCERS[one.kernel](np.ascontiguousarray(whole.T).T, factor)


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


def in_frames(folder: Path, data_format: str, axes: tuple[tuple[str, int], ...]) -> Plan:
    """Write mag 1 of a layer of several frames, each with voxels of its own."""
    layer = Layer("em", "color", "uint16", 1, (45, 37, 21), axes, data_format)
    shards = {"wkw": (8, 8, 8)}
    grids = tuple(
        lay_grid(layer, Mag.parse(mag), chunk=(4, 4, 4), shard=shards.get(data_format, (8, 8, 4)))
        for mag in ("1", "2", "4-4-2")
    )
    codec = str(default_codec(layer))
    one = replace(strategies.plan_of(layer, grids, codec=codec), job_bytes=1)
    for frame in range(layer.frames):
        mag = mag_of(folder, one, grids[0], frame)
        volume = np.random.default_rng(frame).integers(1, 2**16, (21, 37, 45, 1), np.uint16).T
        with ThreadPoolExecutor(2) as pool:
            for position in grids[0].box.cells(grids[0].shard):
                mag.write(position, partial(_cut, volume), pool)
    return strategies.dataset_plan(one, dataset=str(folder))


def _cut(volume: Volume, box: Box) -> Volume:
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    return volume[:, x0:x1, y0:y1, z0:z1]


def mag_of(folder: Path, one: LayerPlan, grid: Grid, frame: int) -> MagVoxels:
    return MagVoxels(folder, one.layer, grid, Codec.parse(one.codec, one.layer.data_format), frame)


FORMATS = [(name, (("t", 2), ("e", 2)) if "zarr" in name else ()) for name in sorted(DATA_FORMATS)]


@pytest.mark.parametrize(("data_format", "axes"), FORMATS)
def test_frames_do_not_mix_in_any_format(
    tmp_path: Path, data_format: str, axes: tuple[tuple[str, int], ...]
) -> None:
    """Each is reduced from its own voxels, whatever block its shards are in."""
    plan = in_frames(tmp_path, data_format, axes)
    (one,) = plan.layers
    with ThreadPoolExecutor(2) as pool:
        for step in one.steps():
            for block in one.blocks(step[1]):
                places = one.block_shards(step[1], block)
                assert len(list(downsample_shards(tmp_path, one, step, places, pool))) > 0
    for step, frame in product(one.steps(), range(one.layer.frames)):
        below, made = (mag_of(tmp_path, one, grid, frame).reading() for grid in step)
        with below as finer, made as coarser:
            expected = reduced(one, finer(step[0].box), step)
            assert_array_equal(coarser(step[1].box), expected, strict=True)


def test_a_place_is_told_when_it_is_written(tmp_path: Path) -> None:
    """With its voxels, in the order that was asked for."""
    plan = converted(tmp_path, "median", ("2",))
    (one,) = plan.layers
    (step,) = one.steps()
    places = one.all_shards(step[1])[::-1]
    with ThreadPoolExecutor(2) as pool:
        made = list(downsample_shards(Path(plan.dataset), one, step, places, pool))
    assert [box for box, _ in made] == [step[1].shard_box(position) for _, position in places]
    assert sum(box.voxels for box, _ in made) == np.prod(step[1].size)


@st.composite
def placed_steps(draw: st.DrawFn) -> tuple[str, Grid, Grid]:
    """Draw a kernel and two mags of a layer that begins anywhere."""
    begin, size = draw(strategies.triples(0, 40)), draw(strategies.triples(1, 30))
    end = tuple(b + extent for b, extent in zip(begin, size, strict=True))
    layer = Layer("em", "color", "uint8", 1, (end[0], end[1], end[2]), begin=begin)
    finer = draw(st.sampled_from([Mag(1, 1, 1), Mag(2, 2, 1), Mag(2, 2, 2)]))
    coarser = Mag(*strategies.times(finer.factors, draw(strategies.power_triples(4))))
    grids = (lay_grid(layer, mag, chunk=(8, 8, 4), shard=(16, 16, 8)) for mag in (finer, coarser))
    return draw(st.sampled_from(sorted(KERNELS))), *grids


def inside(volume: Volume, grid: Grid) -> Callable[[Box], Volume]:
    """Give what reads the voxels of a layer; nothing else may be asked for."""

    def read(box: Box) -> Volume:
        assert box == box.overlap(grid.box)
        sides = zip(box.begin, box.end, grid.begin, strict=True)
        return volume[:, *(slice(b - first, e - first) for b, e, first in sides)]

    return read


def mirrored(kernel: str, finer: Volume, step: tuple[Grid, Grid]) -> Volume:
    """Mirror the layer at both ends until all cells are whole, and hand all of it to the kernel."""
    factor = step[1].mag.over(step[0].mag)
    padding = [(0, 0)]
    for axis, (f, halo) in enumerate(zip(factor, KERNELS[kernel].halo(factor), strict=True)):
        before = step[0].begin[axis] - step[1].begin[axis] * f
        after = step[1].size[axis] * f - step[0].size[axis]
        padding.append((before + halo, after + halo))
    whole = np.pad(finer, padding, mode="symmetric")
    return REDUCERS[kernel](np.ascontiguousarray(whole.T).T, factor)


@given(drawn=placed_steps(), seed=st.integers(0, 99))
def test_a_layer_is_mirrored_at_both_ends(drawn: tuple[str, Grid, Grid], seed: int) -> None:
    """Where its box cuts a cell, the voxels outside of it do not count: they are not read."""
    kernel, finer, coarser = drawn
    x, y, z = finer.box.size
    volume = np.random.default_rng(seed).integers(1, 250, (z, y, x, 1), np.uint8).T
    region = Reduction(kernel, finer, coarser).of(inside(volume, finer))
    expected = mirrored(kernel, volume, (finer, coarser))
    assert_array_equal(region(coarser.box), expected, strict=True)


@given(drawn=placed_steps(), seed=st.integers(0, 99))
def test_what_lies_before_a_layer_is_zero(drawn: tuple[str, Grid, Grid], seed: int) -> None:
    """Chunks are stored whole; however the mag is cut, each voxel is what it is in the whole."""
    kernel, finer, coarser = drawn
    x, y, z = finer.box.size
    volume = np.random.default_rng(seed).integers(1, 250, (z, y, x, 1), np.uint8).T
    region = Reduction(kernel, finer, coarser).of(inside(volume, finer))
    whole = np.zeros((1, *coarser.size), np.uint8)
    whole[:, *(slice(begin, None) for begin in coarser.begin)] = region(coarser.box)
    for position in coarser.box.cells(coarser.shard):
        box = coarser.shard_box(position)
        found = region(box)
        assert found.T.flags.c_contiguous
        assert_array_equal(found, _cut(whole, box), strict=True)
        row = Box(box.begin, (box.end[0], min(box.end[1], box.begin[1] + 8), box.end[2]))
        assert_array_equal(region(row), _cut(whole, row), strict=True)


def far_away(data_format: str) -> Plan:
    """Plan a layer of two frames that begins elsewhere along every axis."""
    axes = (("t", 2),) if "zarr" in data_format else ()
    layer = Layer(
        "em", "color", "uint16", 1, (145, 137, 121), axes, data_format,
        begin=(101, 95, 77), axis_begins=(3,) if axes else (), axis_places=(4,) if axes else (),
    )  # fmt: skip
    shard = (8, 8, 8) if data_format == "wkw" else (8, 8, 4)
    grids = tuple(
        lay_grid(layer, Mag.parse(mag), chunk=(4, 4, 4), shard=shard) for mag in ("1", "2", "4-4-2")
    )
    one = strategies.plan_of(replace(layer, size=(9, 9, 9)), grids, codec=str(default_codec(layer)))
    return strategies.dataset_plan(replace(one, layer=layer, job_bytes=1))


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_shards_of_a_layer_far_away_are_the_kernel_of_the_whole(
    tmp_path: Path, data_format: str
) -> None:
    """In every format: what was written is read back, block by block and frame by frame."""
    (one,) = far_away(data_format).layers
    volumes = {}
    with ThreadPoolExecutor(2) as pool:
        for frame in range(one.layer.frames):
            mag, (x, y, z) = mag_of(tmp_path, one, one.grids[0], frame), one.grids[0].size
            volumes[frame] = (
                np.random.default_rng(frame).integers(1, 2**16, (z, y, x, 1), np.uint16).T
            )
            for position in one.grids[0].box.cells(one.grids[0].shard):
                mag.write(position, partial(_cut, volumes[frame]), pool)
        for step in one.steps():
            for block in one.blocks(step[1]):
                places = one.block_shards(step[1], block)
                list(downsample_shards(tmp_path, one, step, places, pool))
    for frame, volume in volumes.items():
        expected = _cut(volume, one.grids[0].box)
        for step in one.steps():
            expected = mirrored(one.kernel, expected, step)
            with mag_of(tmp_path, one, step[1], frame).reading() as read:
                assert_array_equal(read(step[1].box), expected, strict=True)
