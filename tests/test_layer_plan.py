"""Slabs and blocks: each voxel has one writer, and who feeds whom leaves none out."""

import json
from dataclasses import asdict, replace
from math import prod

from hypothesis import assume, given
from hypothesis import strategies as st
from wkflow.box import Box, Triple
from wkflow.kernels import KERNELS, reach
from wkflow.layer import Grid, lay_grid, shard_bytes
from wkflow.layer_plan import BLOCK_JOBS, LayerPlan, digest
from wkflow.mag import Mag
from wkflow.slab import Slab

from .strategies import layer_plans, layers, mags, plan_of, resized, small_layer_plan

HUGE = (40_000, 30_000, 9_000)


def huge_plan(size: Triple = HUGE, kernel: str = "median") -> LayerPlan:
    """Plan terabytes: arithmetic does not mind."""
    layer = replace(small_layer_plan().layer, size=size)
    shards = {1: (4096, 4096, 32), 2: (1024, 1024, 1024), 4: (1024, 1024, 1024), 8: (512, 512, 512)}
    grids = tuple(
        lay_grid(layer, Mag(n, n, n), chunk=(32, 32, 32), shard=shard)
        for n, shard in shards.items()
    )
    return replace(plan_of(replace(layer, size=(9, 9, 9)), grids, kernel=kernel), layer=layer)


@given(plan=layer_plans())
def test_slabs_own_their_shards(plan: LayerPlan) -> None:
    """Slab after slab they hold all slices, cut only between shards."""
    slabs = plan.slabs()
    assert [z for slab in slabs for z in range(slab.z_begin, slab.z_end)] == list(
        range(plan.layer.size[2])
    )
    assert all(slab.z_begin % plan.grids[0].shard[2] == 0 for slab in slabs)
    assert all(slab.z_begin % plan.batch == 0 for slab in slabs)
    assert [plan.slab(str(slab)) for slab in slabs] == slabs


def test_a_slab_is_worth_its_job() -> None:
    """Whole batches up to the bytes of a job; one batch where that is more already."""
    small = small_layer_plan((100, 100, 4000), job_bytes=10**6)
    assert 100 * 100 * small.slab_depth <= small.job_bytes
    assert 100 * 100 * (small.slab_depth + small.batch) > small.job_bytes
    assert huge_plan().slab_depth == 32


@given(depth=st.integers(1, 200), more=st.integers(0, 200))
def test_appended_slices_change_the_last_slab_only(depth: int, more: int) -> None:
    """Files, marks and place of the others make the same recipe as before."""
    before = small_layer_plan((30, 30, depth), job_bytes=30_000)
    after = resized(before, (30, 30, depth + more))
    kept = before.slabs()[:-1] if more else before.slabs()
    assert after.slabs()[: len(kept)] == kept
    assert [after.slab_recipe(slab) for slab in kept] == [before.slab_recipe(slab) for slab in kept]


@given(plan=layer_plans())
def test_slabs_share_out_the_files(plan: LayerPlan) -> None:
    """Each file of a sequence is an input of one slab, with its mark."""
    slabs = plan.slabs()
    files = [file for slab in slabs for file in plan.slab_sources(slab).files]
    marks = [mark for slab in slabs for mark in plan.slab_sources(slab).marks]
    assert files == list(plan.source.files)
    assert marks == list(plan.source.marks)


def test_a_file_of_many_pages_feeds_all_slabs() -> None:
    """It cannot be split."""
    plan = small_layer_plan((50, 50, 100), job_bytes=50_000)
    source = plan.source
    one = replace(
        plan,
        source=replace(
            source,
            files=source.files[:1],
            marks=source.marks[:1],
            header=replace(source.header, planes=100),
        ),
    )
    assert len(one.slabs()) > 1
    assert {one.slab_sources(slab).files for slab in one.slabs()} == {source.files[:1]}


def test_a_changed_slice_changes_one_recipe() -> None:
    """A new size or time of a file redoes its slab, and no other."""
    plan = small_layer_plan((50, 50, 100), job_bytes=50_000)
    marks = list(plan.source.marks)
    marks[50] = (1001, 50)
    changed = replace(plan, source=replace(plan.source, marks=tuple(marks)))
    differing = [s for s in plan.slabs() if plan.slab_recipe(s) != changed.slab_recipe(s)]
    assert [slab.z_begin <= 50 < slab.z_end for slab in differing] == [True]


def test_what_voxels_depend_on_changes_recipes() -> None:
    """The codec redoes everything, the kernel only what it made."""
    plan = small_layer_plan()
    slab, step = plan.slabs()[0], plan.steps()[0]
    codec, kernel = replace(plan, codec="zstd:4"), replace(plan, kernel="mode")
    assert len({one.slab_recipe(slab) for one in (plan, codec, kernel)}) == 2
    assert len({one.rest_recipe() for one in (plan, codec, kernel)}) == 3
    positions = [(0, 0, 0)]
    assert len({one.block_recipe(*step, positions) for one in (plan, codec, kernel)}) == 3


@given(layer=layers(200), mag=mags(4))
def test_blocks_own_each_shard_once(layer: object, mag: Mag) -> None:
    """Block after block they hold all shards of a mag, in order."""
    plan = huge_plan(tuple(n * 97 for n in layer.size))  # type: ignore[attr-defined]  # a Layer
    grid = lay_grid(plan.layer, mag, chunk=(32, 32, 32), shard=(512, 512, 512))
    blocks = plan.blocks(grid)
    owned = [shard for block in blocks for shard in plan.block_shards(grid, block)]
    assert owned == grid.box.cells(grid.shard)
    assert (
        plan.shards_per_block(grid) * shard_bytes(plan.layer, grid) <= BLOCK_JOBS * plan.job_bytes
    )


def test_each_mag_is_made_by_one_rule() -> None:
    """Big ones in blocks, the rest together, and no step is left out."""
    plan = huge_plan()
    assert plan.big_steps() + plan.rest_steps() == plan.steps()
    assert all(plan.is_big(coarser) for _, coarser in plan.big_steps())
    small = small_layer_plan()
    assert (small.big_steps(), small.rest_steps()) == ([], small.steps())
    assert small.step_to("4") == small.steps()[1]


@given(data=st.data())
def test_all_shards_below_a_box_feed_it(data: st.DataObject) -> None:
    """Of a big mag, exactly the blocks that own a voxel of the box."""
    plan = huge_plan()
    grid = plan.grids[1]
    position = data.draw(st.sampled_from(grid.box.cells(grid.shard)))
    box = data.draw(st.sampled_from([grid.shard_box(position), Box((0, 0, 0), (1500, 1030, 9))]))
    owners = {shard: b for b in plan.blocks(grid) for shard in plan.block_shards(grid, b)}
    assert plan.feeding_blocks(grid, box) == sorted({owners[s] for s in box.cells(grid.shard)})


@given(plan=layer_plans(), begin=st.integers(0, 299), depth=st.integers(1, 300))
def test_all_slabs_below_a_box_feed_it(plan: LayerPlan, begin: int, depth: int) -> None:
    """Exactly the slabs that hold a slice of the box."""
    x, y, z = plan.layer.size
    assume(begin < z)
    box = Box((0, 0, begin), (x, y, min(z, begin + depth)))
    feeding = [s for s in plan.slabs() if s.z_begin < box.end[2] and s.z_end > box.begin[2]]
    assert plan.feeding_slabs(box) == feeding


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


@given(plan=layer_plans())
def test_json_keeps_a_layer_plan(plan: LayerPlan) -> None:
    """Jobs read what the Snakefile drew."""
    assert LayerPlan.from_dict(json.loads(json.dumps(asdict(plan)))) == plan


def test_memory_holds_the_batches_that_a_slab_has() -> None:
    """Two where there is a next one; deeper batches need more."""
    shallow, deep = small_layer_plan((500, 500, 16)), small_layer_plan((500, 500, 400))
    assert deep.slab_memory() - shallow.slab_memory() == 500 * 500 * 16
    assert replace(deep, batch=64).slab_memory() > deep.slab_memory()


def test_a_digest_tells_values_and_places_apart() -> None:
    """The same parts make the same text in any process, others another."""
    assert digest("a", 1) == digest("a", 1) == "".join(digest("a", 1).split())
    digests = {digest(), digest("a", "b"), digest("b", "a"), digest("ab"), digest(["a", "b"])}
    assert len(digests) == 5
    assert digest((1, 2)) == digest([1, 2])


def test_a_slab_has_a_name_that_finds_it() -> None:
    """The wildcard of its job is all that the job knows."""
    plan = small_layer_plan((90, 90, 70), job_bytes=1)
    assert plan.slab("z000000064") == Slab(64, 70)
