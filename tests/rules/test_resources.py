"""What jobs get: whole numbers that fit, the same wherever the rules are read."""

from dataclasses import replace

import pytest
from wkflow.options.cluster_resources import JobResources
from wkflow.rules.resources import RuleResources

from tests.rules.test_inputs import PLAN, Wildcards, extended
from tests.strategies import dataset_plan, small_layer_plan


@pytest.mark.parametrize("cores", [None, 1, 2, 7, 64])
def test_every_job_has_a_thread_and_no_more_than_there_are(cores: int | None) -> None:
    """Slabs together keep all cores busy; where nobody says how many there are, four."""
    ask = RuleResources(PLAN, cores)
    wildcards = Wildcards(slab="z000000000")
    asked = [ask.slab_threads(wildcards), ask.block_threads(wildcards), ask.rest_threads(wildcards)]
    assert all(1 <= threads <= (cores or 4) for threads in asked)
    one = RuleResources(dataset_plan(), cores)
    assert one.slab_threads(wildcards) == (cores or 1)


def test_a_job_of_a_cluster_takes_no_core_that_is_of_no_use() -> None:
    """One for each second of work: of hundreds of small datasets all would wait for the others."""
    slab = Wildcards(slab="z000000000")
    large = replace(small_layer_plan((4096, 4096, 64)), job_bytes=2**40)
    for plan, least in ((dataset_plan(), 1), (dataset_plan(large), 4)):
        ask = RuleResources(plan, None)
        assert (ask.slab_threads(slab), ask.rest_threads(slab)) == (least, least)
        here = RuleResources(plan, 8)
        assert (here.slab_threads(slab), here.rest_threads(slab)) == (8, 8)


def test_memory_and_time_are_told_in_the_units_of_clusters() -> None:
    """MiB and minutes, whole numbers above zero, more for more voxels."""
    ask = RuleResources(PLAN, 4)
    big, small = Wildcards("em", slab="z000000000"), Wildcards("small", slab="z000000000")
    assert ask.slab_mem_mb(big) >= ask.slab_mem_mb(small) > 100
    threads = ask.slab_threads(small)
    assert ask.slab_mem_mb(small) == PLAN.layer("small").slab_memory(threads) // 2**20
    assert ask.slab_minutes(big) >= ask.slab_minutes(small) >= 10
    assert ask.rest_mem_mb(small) >= ask.block_mem_mb(small) > 100
    kept = PLAN.layer("em").kept_bytes
    assert ask.rest_mem_mb(big) == ask.block_mem_mb(big) + kept // 2**20


def test_an_extension_needs_little_memory_and_all_cores() -> None:
    """There is no slab whose slices were in memory."""
    ask = RuleResources(extended(dataset_plan()), 8)
    assert ask.rest_threads(Wildcards()) == 8
    assert ask.block_mem_mb(Wildcards()) > 100


def test_a_job_of_a_cluster_gets_more_with_each_try() -> None:
    """Twice the memory and time, whatever it began with; and Snakemake runs beside it there."""
    slab = Wildcards("small", slab="z000000000")
    here, there = RuleResources(PLAN, 4), RuleResources(PLAN, None)
    assert here.slab_threads(slab) == there.slab_threads(slab)
    assert there.slab_mem_mb(slab) > here.slab_mem_mb(slab) + 200
    for ask in (there.slab_mem_mb, there.slab_minutes, there.rest_mem_mb):
        assert [ask(slab, attempt) for attempt in (1, 2, 3)] == [
            ask(slab), 2 * ask(slab), 4 * ask(slab)
        ]  # fmt: skip


def test_what_is_told_of_all_jobs_holds() -> None:
    """To the last MiB."""
    told = RuleResources(PLAN, None, given=JobResources(mem_mb=10, minutes=7, cpus=3))
    slab = Wildcards("small", slab="z000000000")
    assert (told.slab_mem_mb(slab), told.rest_mem_mb(slab, 2)) == (10, 20)
    assert (told.slab_minutes(slab), told.rest_minutes(slab)) == (7, 7)
    assert told.slab_threads(slab) == told.block_threads(slab) == told.rest_threads(slab) == 3


@pytest.mark.parametrize(("cores", "there"), [(4, False), (None, False), (4, True), (None, True)])
def test_sending_costs_cores_on_a_cluster_only(cores: int | None, *, there: bool) -> None:
    """Here it takes none from those that compute; a node gives at least one."""
    ask = RuleResources(PLAN, cores, sends_there=there)
    assert ask.sending_threads == int(cores is None and there)
    assert (ask.sending_mem_mb > 300) == (cores is None and there)


def test_one_machine_sends_for_a_cluster_but_not_all_at_once() -> None:
    """A login node is no place for a hundred processes."""
    assert RuleResources(PLAN, 64).senders(66) == 66
    assert RuleResources(PLAN, None).senders(102) == 8
    assert RuleResources(PLAN, None).senders(3) == 3
    assert RuleResources(PLAN, None, sends_there=True).senders(102) == 102
