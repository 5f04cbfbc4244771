"""Feeds: memory is bounded whatever the source, and no band cuts a chunk."""

from math import lcm

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ResourceError
from wkflow.model.box import Triple
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Header, Source
from wkflow.planning import choose_read_strategy as module
from wkflow.planning.choose_read_strategy import BAND_BYTES, OPEN_FILES_MAX, choose_feed

from tests.strategies import power_triples, triples

CHUNK = (32, 32, 32)
GIB = 2**30


def source_of(
    size: Triple, grain: Triple, *, is_stack: bool = False, is_stream: bool = False
) -> Source:
    x, y, z = size
    files = tuple(f"/data/{n}.tif" for n in range(z if is_stack else 1))
    header = Header(x, y, 1 if is_stack else z, 1, "uint16")
    marks = ((1, 1),) * len(files)
    return Source(files, marks, header, grain, is_stack=is_stack, is_stream=is_stream)


def feed_of(size: Triple, grain: Triple, *, budget: int = GIB, **kind: bool) -> ReadStrategy:
    return choose_feed(source_of(size, grain, **kind), size, CHUNK, None, budget=budget)


@given(
    size=triples(1, 20_000),
    grain=st.sampled_from([(1, 1, 1), (7, 16, 1), (512, 512, 1), (64, 64, 64), (10**6, 10**6, 1)]),
    chunk=power_triples(64),
    batches=st.integers(0, 3),
    budget=st.integers(-(2**20), 2**34),
    kind=st.sampled_from(["file", "stack", "stream"]),
)
def test_what_is_fed_fits_or_is_refused(
    size: Triple, grain: Triple, chunk: Triple, batches: int, budget: int, kind: str
) -> None:
    """Bands are whole chunks high and deep but for the last; no more memory than there is."""
    source = source_of(size, grain, is_stack=kind == "stack", is_stream=kind == "stream")
    x, y, z = size
    try:
        feed = choose_feed(source, size, chunk, batches * chunk[2] or None, budget=budget)
    except ResourceError:
        if x * y * 2 > budget:
            return
        raise
    assert feed.bytes <= max(0, budget)
    assert feed.rows == y or feed.rows % chunk[1] == 0
    assert feed.depth == z or feed.depth % chunk[2] == 0
    assert feed.depth >= min(z, chunk[2])
    assert feed.buffers >= 1
    if feed.kind == "bands":
        assert feed.bytes == feed.buffers * x * feed.rows * feed.depth * 2
        assert feed.scratch_bytes == 0
    if feed.kind == "scratch":
        assert feed.bytes == feed.buffers * x * y * 2
        assert feed.scratch_bytes == feed.depth * x * y * 2
    if kind == "stream":
        assert feed.kind != "rows"
        assert feed.rows == y
        assert feed.kind == "bands" or feed.buffers == 1


def test_what_can_be_read_in_rows_takes_no_memory() -> None:
    """Uncompressed voxels, and rows that are stored one by one."""
    for feed in (
        feed_of((9000, 9000, 100), (1, 1, 1)),
        feed_of((9000, 9000, 100), (9000, 1, 1), is_stack=True),
    ):
        assert (feed.kind, feed.depth, feed.rows % 32, feed.bytes) == ("rows", 32, 0, 0)
        assert BAND_BYTES / 2 < 9000 * feed.rows * 32 * 2 <= BAND_BYTES


def test_few_files_are_open_at_once() -> None:
    """Of deeper chunks slices are decoded one by one; a file of many planes is one file."""
    deep = (8, 8, 2 * OPEN_FILES_MAX)
    size = (100, 100, 1000)
    stack, file = source_of(size, (1, 1, 1), is_stack=True), source_of(size, (1, 1, 1))
    assert choose_feed(stack, size, deep, None, budget=GIB).kind == "bands"
    assert choose_feed(file, size, deep, None, budget=GIB).kind == "rows"


def test_a_stream_is_fed_in_whole_slices() -> None:
    """Its rows come in order, though each could be read for itself."""
    feed = feed_of((100, 90, 100), (1, 1, 1), is_stream=True)
    assert (feed.kind, feed.rows, feed.depth) == ("bands", 90, 32)


def test_bands_of_tiles_hold_whole_tiles() -> None:
    """Else tiles at the border were decoded twice; where both are too high, chunks are whole."""
    size, row_bytes = (100_000, 100_000, 32), 100_000 * 32 * 2
    assert feed_of(size, (40, 40, 1), budget=160 * row_bytes).rows == 160
    assert feed_of(size, (40, 40, 1), budget=160 * row_bytes - 1).rows == 32
    whole = lcm(600, 32)
    assert whole * row_bytes > module.ALIGNED_BYTES
    assert feed_of(size, (600, 600, 1), budget=100 * GIB).rows == 32
    fine = feed_of((10_000, 10_000, 32), (40, 40, 1))
    assert fine.rows % 160 == 0
    assert BAND_BYTES / 2 < 10_000 * 32 * 2 * fine.rows <= BAND_BYTES


def test_whole_slices_are_decoded_whole() -> None:
    """As many as a chunk is deep; one batch ahead where that is little."""
    small = feed_of((1000, 900, 100), (1000, 900, 1), is_stack=True)
    assert (small.kind, small.rows, small.depth, small.buffers) == ("bands", 900, 32, 2)
    large = feed_of((5000, 4000, 100), (5000, 4000, 1), is_stack=True, budget=2 * GIB)
    assert (large.kind, large.rows, large.buffers) == ("bands", 4000, 1)
    last = feed_of((1000, 900, 32), (1000, 900, 1), is_stack=True)
    assert last.buffers == 1


def test_what_does_not_fit_goes_over_the_disk() -> None:
    """A few slices at once, or one."""
    size, plane = (20_000, 20_000, 100), 20_000 * 20_000 * 2
    for budget, at_once in ((9 * plane, 4), (4 * plane, 2), (2 * plane, 1), (plane, 1)):
        feed = feed_of(size, (20_000, 20_000, 1), is_stack=True, budget=budget)
        assert feed == ReadStrategy("scratch", 32, 20_000, at_once, at_once * plane, 32 * plane)
    with pytest.raises(
        ResourceError, match=r"one slice takes 0\.7 GiB of memory, 0\.1 GiB"
    ) as caught:
        feed_of(size, (20_000, 20_000, 1), is_stack=True, budget=10**8)
    assert "--memory" in caught.value.remedy


@given(batches=st.integers(1, 9))
def test_the_option_says_how_many_slices_are_in_memory(batches: int) -> None:
    """Or all, if there are fewer."""
    size = (100, 100, 100)
    source = source_of(size, (100, 100, 1), is_stack=True)
    feed = choose_feed(source, size, CHUNK, batches * 32, budget=GIB)
    assert feed.depth == min(100, batches * 32)


@pytest.mark.parametrize(("picks", "samples"), [((0, 1, 2), 3), ((1,), 4), ((0,), 1)])
def test_samples_that_are_left_out_are_there_at_first(picks: tuple[int, ...], samples: int) -> None:
    """Of RGB one is kept, but all three are decoded."""
    header = Header(100, 100, 100, 3 if len(picks) == 1 and samples > 1 else samples, "uint16")
    one = Source(("/a",), ((1, 1),), header, (100, 100, 1), picks)
    feed = choose_feed(one, (100, 100, 100), CHUNK, None, budget=GIB)
    assert feed.bytes == 2 * 100 * 100 * 32 * samples * np.dtype("uint16").itemsize


def test_no_band_is_larger_than_what_hides_the_disk_twice() -> None:
    """The bounds fit one another."""
    assert module.AHEAD_BYTES <= module.BAND_BYTES
