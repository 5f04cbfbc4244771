"""How datasets share cores and memory."""

from hypothesis import given
from hypothesis import strategies as st
from wkflow.cli.batch.pool import BYTES_PER_CORE, HEADS_ON_CLUSTER, Pool, Share


@given(st.integers(1, 64), st.integers(0, 10**12), st.lists(st.integers(0, 10**11), max_size=30))
def test_all_begin_in_the_end_and_never_take_more_than_there_is(
    cores: int, memory: int, sizes: list[int]
) -> None:
    """Whatever the datasets are like, and in whichever order they end."""
    pool = Pool(cores, memory)
    waiting, running = [pool.share_of(size) for size in sizes], list[Share]()
    ended = 0
    while waiting or running:
        while (at := pool.next_of(waiting)) is not None:
            running.append(waiting.pop(at))
            pool.take(running[-1])
        assert running
        assert sum(one.cores for one in running) <= cores
        assert sum(one.memory for one in running) <= memory
        pool.give_back(running.pop(0))
        ended += 1
    assert (ended, pool.free) == (len(sizes), cores)


def test_small_ones_have_a_core_and_large_ones_all() -> None:
    """On a cluster the jobs are parted among few heads."""
    pool = Pool(4, 400)
    assert pool.share_of(0) == Share(1, 100)
    assert pool.share_of(100 * BYTES_PER_CORE) == Share(4, 400)
    assert pool.share_of(0, is_alone=True) == Share(4, 400)
    assert Pool(100, 0, HEADS_ON_CLUSTER).share_of(10**12).cores == 100 // HEADS_ON_CLUSTER
    assert Pool(1, 0, HEADS_ON_CLUSTER).share_of(0).cores == 1
