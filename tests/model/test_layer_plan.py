"""Slabs and blocks: each voxel has one writer, and who feeds whom leaves none out."""

import json
from dataclasses import asdict, replace
from itertools import product
from math import prod

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from wkflow.json_document import parsed
from wkflow.model.box import Box, Triple
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import (
    READ_BYTES,
    ROWS_AHEAD,
    START_BYTES,
    Grid,
    Layer,
    lay_grid,
    shard_bytes,
)
from wkflow.model.layer_plan import BLOCK_JOBS, BLOCK_SHARE, LayerPlan
from wkflow.model.mag import Mag
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.slab import Slab
from wkflow.model.source import Channel, RawLayout, Source
from wkflow.model.stored_mag import StoredMag
from wkflow.voxels.kernels.edges import reach
from wkflow.voxels.reduce import Reduction

from tests.strategies import (
    channels,
    feeds,
    layer_plans,
    layers,
    mags,
    of_one_file,
    plan_of,
    raw_layouts,
    small_layer_plan,
    streamed,
    triples,
)

HUGE = (40_000, 30_000, 9_000)


def huge_plan(size: Triple = HUGE, *, frames: int = 1) -> LayerPlan:
    """Plan terabytes: arithmetic does not mind."""
    axes = (("t", frames),) if frames > 1 else ()
    layer = replace(small_layer_plan().layer, size=size, axes=axes)
    shards = {1: (4096, 4096, 32), 2: (1024, 1024, 1024), 4: (1024, 1024, 1024), 8: (512, 512, 512)}
    grids = tuple(
        lay_grid(layer, Mag(n, n, n), chunk=(32, 32, 32), shard=shard)
        for n, shard in shards.items()
    )
    return replace(plan_of(replace(layer, size=(9, 9, 9)), grids), layer=layer)


@given(plan=layer_plans())
def test_slabs_own_their_shards(plan: LayerPlan) -> None:
    """Each slice of each frame is in one slab, cut only between shards; names find slabs again."""
    slabs = plan.slabs()
    held = [(f, z) for slab in slabs for f in slab.frames for z in range(slab.z_begin, slab.z_end)]
    assert sorted(held) == list(product(range(plan.layer.frames), range(plan.layer.size[2])))
    assert all(slab.z_begin % plan.grids[0].shard[2] == 0 for slab in slabs)
    assert all(slab.z_begin % plan.batch == 0 for slab in slabs)
    assert len({str(slab) for slab in slabs}) == len(slabs)
    assert [plan.slab(str(slab)) for slab in slabs] == slabs


def test_a_slab_is_worth_its_job() -> None:
    """Whole batches up to the bytes of a job; one batch where that is more already."""
    small = small_layer_plan((100, 100, 4000), job_bytes=10**6)
    assert 100 * 100 * small.slab_depth <= small.job_bytes
    assert 100 * 100 * (small.slab_depth + small.batch) > small.job_bytes
    assert huge_plan().slab_depth == 32


def test_small_frames_share_a_slab() -> None:
    """A thousand time points of a small volume are no thousand jobs; large ones stand alone."""
    small = small_layer_plan((10, 10, 10), job_bytes=2500)
    layer = replace(small.layer, axes=(("t", 5),))
    timed = replace(small, layer=layer)
    assert [(slab.frame_begin, slab.frame_end) for slab in timed.slabs()] == [
        (0, 2),
        (2, 4),
        (4, 5),
    ]
    grids = (replace(timed.grids[0], size=(10, 10, 40)), *timed.grids[1:])
    deep = replace(timed, layer=replace(layer, size=(10, 10, 40)), grids=grids)
    assert [(slab.frame_begin, slab.depth) for slab in deep.slabs()[:3]] == [
        (0, 16),
        (0, 16),
        (0, 8),
    ]
    assert len(deep.slabs()) == 5 * 3


def test_a_stream_is_one_slab() -> None:
    """However large: each further one would read all before it again."""
    one = streamed(small_layer_plan((90, 90, 70), job_bytes=1))
    timed = replace(one, layer=replace(one.layer, axes=(("t", 3), ("e", 2))))
    assert one.slabs() == [Slab(0, 70)]
    assert timed.slabs() == [Slab(0, 70, 0, 6)]


@given(plan=layer_plans())
def test_slabs_share_out_the_files(plan: LayerPlan) -> None:
    """Each file of a stack is an input of one slab of a frame; any other file is of all slabs."""
    firsts = [slab for slab in plan.slabs() if slab.frame_begin == 0]
    shares = [plan.slab_sources(slab) for slab in firsts]
    if plan.source.is_stack:
        assert tuple(file for files, _ in shares for file in files) == plan.source.files
        assert tuple(mark for _, marks in shares for mark in marks) == plan.source.marks
    else:
        assert set(shares) == {(plan.source.files, plan.source.marks)}


def test_a_file_of_many_pages_feeds_all_slabs() -> None:
    """It cannot be split."""
    one = of_one_file(small_layer_plan((50, 50, 100), job_bytes=50_000))
    assert len(one.slabs()) > 1
    assert {one.slab_sources(slab)[0] for slab in one.slabs()} == {one.source.files}


@given(fewer=st.integers(1, 2**40), more=st.integers(0, 2**40))
def test_blocks_grow_with_jobs_but_slower(fewer: int, more: int) -> None:
    """Two slabs, as ever, up to a gigabyte; of larger ones a part, as a block reads much more."""
    small, large = (replace(small_layer_plan(), job_bytes=n) for n in (fewer, fewer + more))
    assert small.block_bytes <= large.block_bytes
    for one in (small, large):
        if one.job_bytes <= 2**30:
            assert one.block_bytes == BLOCK_JOBS * one.job_bytes
        else:
            assert one.job_bytes // BLOCK_SHARE <= one.block_bytes <= BLOCK_JOBS * one.job_bytes


@given(layer=layers(200), mag=mags(4), frames=st.sampled_from([1, 3]))
def test_blocks_own_each_shard_once(layer: Layer, mag: Mag, frames: int) -> None:
    """Block after block they hold all shards of a mag, in order, frame after frame."""
    plan = huge_plan((layer.size[0] * 97, layer.size[1] * 97, layer.size[2] * 97), frames=frames)
    grid = lay_grid(plan.layer, mag, chunk=(32, 32, 32), shard=(512, 512, 512))
    blocks = plan.blocks(grid)
    owned = [place for block in blocks for place in plan.block_shards(grid, block)]
    assert (
        owned == list(product(range(frames), grid.box.cells(grid.shard))) == plan.all_shards(grid)
    )
    assert (
        plan.shards_per_block(grid) * shard_bytes(plan.layer, grid) <= BLOCK_JOBS * plan.job_bytes
    )


@given(plan=layer_plans(90))
def test_each_shard_of_a_mag_belongs_to_one_block(plan: LayerPlan) -> None:
    """Whatever axes, format and mags there are."""
    for grid in plan.grids:
        owned = [place for one in plan.blocks(grid) for place in plan.block_shards(grid, one)]
        assert owned == plan.all_shards(grid)
        assert len(set(owned)) == len(owned) == prod(grid.shards) * plan.layer.frames


def test_each_mag_is_made_by_one_rule() -> None:
    """Big ones in blocks, the rest together, and no step is left out."""
    plan = huge_plan()
    assert plan.big_steps() + plan.rest_steps() == plan.steps()
    assert all(plan.is_big(coarser) for _, coarser in plan.big_steps())
    small = small_layer_plan()
    assert (small.big_steps(), small.rest_steps()) == ([], small.steps())
    assert small.step_to("4") == small.steps()[1]


@given(data=st.data(), frame=st.integers(0, 2))
def test_all_shards_below_a_box_feed_it(data: st.DataObject, frame: int) -> None:
    """Of a big mag, exactly the blocks that own a voxel of the box in its frame."""
    plan = huge_plan(frames=3)
    grid = plan.grids[1]
    position = data.draw(st.sampled_from(grid.box.cells(grid.shard)))
    box = data.draw(st.sampled_from([grid.shard_box(position), Box((0, 0, 0), (1500, 1030, 9))]))
    owners = {place: b for b in plan.blocks(grid) for place in plan.block_shards(grid, b)}
    expected = {owners[frame, shard] for shard in box.cells(grid.shard)}
    assert plan.feeding_blocks(grid, frame, box) == sorted(expected)


@given(plan=layer_plans(), depth=st.integers(1, 300), data=st.data())
def test_all_slabs_below_a_box_feed_it(plan: LayerPlan, depth: int, data: st.DataObject) -> None:
    """Exactly the slabs that hold a slice of the box in its frame."""
    x, y, z = plan.layer.size
    begin = data.draw(st.integers(0, z - 1))
    frame = data.draw(st.integers(0, plan.layer.frames - 1))
    box = Box((0, 0, begin), (x, y, min(z, begin + depth)))
    feeding = [
        slab
        for slab in plan.slabs()
        if frame in slab.frames and slab.z_begin < box.end[2] and slab.z_end > begin
    ]
    assert plan.feeding_slabs(frame, box) == feeding


@given(plan=layer_plans(), data=st.data())
def test_a_kernel_reads_nothing_but_the_source_box(plan: LayerPlan, data: st.DataObject) -> None:
    """What a shard is computed from was waited for: mirrored borders and halos, too."""
    assume(plan.steps())
    finer, coarser = data.draw(st.sampled_from(plan.steps()))
    position = data.draw(st.sampled_from(coarser.box.cells(coarser.shard)))
    source = plan.source_box(finer, coarser, position)
    assert Box((0, 0, 0), finer.size).voxels >= source.voxels > 0
    kernel = KERNELS[plan.kernel]
    factor = coarser.mag.over(finer.mag)
    wanted = coarser.shard_box(position)
    for axis, halo in enumerate(kernel.halo(factor)):
        begin, end = wanted.begin[axis] * factor[axis], wanted.end[axis] * factor[axis]
        read = reach(begin - halo, end + halo, finer.size[axis], window=kernel.window)
        feeding = finer.shard[axis]  # jobs wait for whole shards
        assert read[0] // feeding >= source.begin[axis] // feeding
        assert -(-read[1] // feeding) <= -(-source.end[axis] // feeding)


@given(plan=layer_plans())
def test_source_boxes_cover_the_finer_mag(plan: LayerPlan) -> None:
    """Every voxel is seen by some shard above."""
    assume(plan.kernel != "bicubic")
    for finer, coarser in plan.steps():
        assert _cover(plan, finer, coarser) == prod(finer.size)


def _cover(plan: LayerPlan, finer: Grid, coarser: Grid) -> int:
    corner = (coarser.shards[0] - 1, coarser.shards[1] - 1, coarser.shards[2] - 1)
    first = plan.source_box(finer, coarser, (0, 0, 0))
    last = plan.source_box(finer, coarser, corner)
    assert first.begin == (0, 0, 0)
    return Box(first.begin, last.end).voxels


@given(plan=layer_plans(), raw=st.none() | raw_layouts(), feed=feeds(), display=channels())
def test_json_keeps_a_layer_plan(
    plan: LayerPlan, raw: RawLayout | None, feed: ReadStrategy, display: Channel
) -> None:
    """Jobs read what the Snakefile drew: frames, raw files, feed and colours as well."""
    source = replace(plan.source, raw=raw, image=2, picks=(2, 0))
    whole = replace(plan, source=source, feed=feed, display=display, passing=True)
    assert parsed(LayerPlan, json.loads(json.dumps(asdict(whole)))) == whole


def test_memory_holds_what_is_fed_and_what_goes_out() -> None:
    """Each thread has rows of chunks of its own; a layer flatter than its chunks fewer voxels.

    Low rows are read several at once, as far as there are some.
    """
    plan = small_layer_plan((500, 500, 400))
    assert plan.slab_memory(3) - plan.slab_memory(2) == ROWS_AHEAD * 500 * 500 * 8
    tall = small_layer_plan((500, 5000, 400))
    assert tall.slab_memory(3) - tall.slab_memory(2) == ROWS_AHEAD * READ_BYTES
    wide = small_layer_plan((500_000, 50, 400))
    assert wide.slab_memory(3) - wide.slab_memory(2) == ROWS_AHEAD * 500_000 * 8 * 8
    fed = replace(plan, feed=ReadStrategy("bands", 8, 500, 2, 12345))
    assert fed.slab_memory(1) - plan.slab_memory(1) == 12345
    flat = small_layer_plan((500, 500, 3))
    assert flat.slab_memory(3) - flat.slab_memory(2) == ROWS_AHEAD * 500 * 500 * 3


def test_a_slab_has_a_name_that_finds_it() -> None:
    """The wildcard of its job is all that the job knows."""
    plan = small_layer_plan((90, 90, 70), job_bytes=1)
    assert plan.slab("z000000064") == Slab(64, 70)
    timed = replace(plan, layer=replace(plan.layer, axes=(("t", 12),)))
    assert timed.slab("t000010z000000064") == Slab(64, 70, 10, 11)
    assert timed.slab("z000000000") == Slab(0, 16, 0, 1)


@st.composite
def extended_plans(draw: st.DrawFn) -> LayerPlan:
    """Draw a layer that is there, begins anywhere and gets more mags."""
    plan = draw(layer_plans(90))
    layer, begin = plan.layer, draw(triples(0, 200))
    end = tuple(b + extent for b, extent in zip(begin, layer.size, strict=True))
    begins = tuple(3 + place for place in range(len(layer.axes)))
    moved = replace(layer, begin=begin, size=(end[0], end[1], end[2]), axis_begins=begins)
    grids = tuple(
        lay_grid(moved, grid.mag, chunk=grid.chunk, shard=grid.shard) for grid in plan.grids
    )
    given = StoredMag(draw(st.sampled_from(["/data/d", "https://h/d"])), "em/1", "wkw", ("x", "y"))
    return replace(plan, layer=moved, grids=grids, source=Source.of_nothing(), given=given)


@given(plan=extended_plans())
def test_what_is_there_is_not_made(plan: LayerPlan) -> None:
    """It has no slab, needs no memory for slices, and is the first of the mags."""
    assert plan.slabs() == []
    assert plan.slab_memory(8) == START_BYTES
    assert (plan.grids[0], *plan.made) == plan.grids
    assert [coarser for _, coarser in plan.steps()] == list(plan.made)
    assert replace(plan, given=None).made == plan.grids


@given(plan=extended_plans())
def test_blocks_own_each_shard_wherever_the_layer_begins(plan: LayerPlan) -> None:
    """Numbers begin at the first shard that holds voxels."""
    for grid in plan.grids:
        owned = [place for one in plan.blocks(grid) for place in plan.block_shards(grid, one)]
        expected = list(product(range(plan.layer.frames), grid.box.cells(grid.shard)))
        assert owned == plan.all_shards(grid) == expected


@given(plan=extended_plans(), data=st.data())
def test_blocks_below_a_box_feed_it_wherever_it_begins(
    plan: LayerPlan, data: st.DataObject
) -> None:
    """Exactly those that own a voxel of what a shard above is computed from."""
    assume(plan.steps())
    finer, coarser = data.draw(st.sampled_from(plan.steps()))
    position = data.draw(st.sampled_from(coarser.box.cells(coarser.shard)))
    frame = data.draw(st.integers(0, plan.layer.frames - 1))
    box = plan.source_box(finer, coarser, position)
    owners = {place: b for b in plan.blocks(finer) for place in plan.block_shards(finer, b)}
    expected = {owners[frame, shard] for shard in box.cells(finer.shard)}
    assert plan.feeding_blocks(finer, frame, box) == sorted(expected)


@given(plan=extended_plans(), data=st.data())
def test_a_kernel_reads_nothing_else_wherever_the_layer_begins(
    plan: LayerPlan, data: st.DataObject
) -> None:
    """What is mirrored at the begin was waited for, too; nothing before the box is read."""
    assume(plan.steps())
    finer, coarser = data.draw(st.sampled_from(plan.steps()))
    position = data.draw(st.sampled_from(coarser.box.cells(coarser.shard)))
    source = plan.source_box(finer, coarser, position)
    assert source.overlap(finer.box) == source
    assert min(source.size) > 0
    reduction = Reduction(plan.kernel, finer, coarser)
    read = list[Box]()

    def zeros(box: Box) -> NDArray[np.generic]:
        read.append(box)
        x, y, z = box.size
        return np.zeros((z, y, x, 1), np.uint8).T

    region, rows = reduction.of(zeros), coarser.shard_box(position)
    assert region(rows).shape == (1, *rows.size)
    for box in read:
        assert box.overlap(finer.box) == box
        for axis, edge in enumerate(finer.shard):  # jobs wait for whole shards
            assert box.begin[axis] // edge >= source.begin[axis] // edge
            assert -(-box.end[axis] // edge) <= -(-source.end[axis] // edge)


@given(plan=extended_plans())
def test_json_keeps_what_is_there(plan: LayerPlan) -> None:
    """Where the mag is and how it lies, begins, places of axes and folders of their own."""
    folders = tuple(replace(grid, folder=f"{grid.mag}__2") for grid in plan.grids)
    places = tuple(range(len(plan.layer.axes)))
    layer = replace(plan.layer, axis_places=places, folder="volumes/raw")
    given = plan.given and replace(plan.given, misses="zeros", ca_bundle="/etc/ca.pem")
    whole = replace(plan, layer=layer, grids=folders, given=given)
    assert parsed(LayerPlan, json.loads(json.dumps(asdict(whole)))) == whole


def test_what_is_there_is_part_of_the_recipes() -> None:
    """Computed from another mag, or read in another way, voxels may be others."""
    one = replace(
        small_layer_plan((300, 300, 200), job_bytes=200_000), given=StoredMag("/d", "em/1", "n5")
    )
    plans = [
        one,
        replace(one, given=None),
        replace(one, given=StoredMag("/d", "em/1__2", "n5")),
        replace(one, given=StoredMag("/d", "em/1", "n5", misses="zeros")),
    ]
    blocks = {plan.block_recipe(*plan.steps()[0], plan.all_shards(plan.grids[1])) for plan in plans}
    assert len(blocks) == len({plan.rest_recipe() for plan in plans}) == len(plans)


def test_a_small_box_far_away_is_small() -> None:
    """Whether a mag has jobs of its own depends on its voxels, not on where they are."""
    near = small_layer_plan((60, 60, 60), job_bytes=100_000)
    layer = replace(near.layer, begin=(10**6,) * 3, size=(10**6 + 60,) * 3)
    grids = tuple(
        lay_grid(layer, grid.mag, chunk=grid.chunk, shard=grid.shard) for grid in near.grids
    )
    far = replace(near, layer=layer, grids=grids, given=StoredMag("/d", "em/1", "zarr3"))
    assert far.big_steps() == near.big_steps() == []
