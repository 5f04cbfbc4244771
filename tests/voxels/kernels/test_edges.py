"""Mirroring at borders against `np.pad`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.voxels.kernels.edges import gather, reach

from tests.voxels.kernels.blocks import lay_out, random_block


def read(axis: NDArray[np.intp], begin: int, end: int, window: int | None) -> NDArray[np.intp]:
    """Read what `reach` says, and take what it says."""
    read_begin, read_end, take = reach(begin, end, len(axis), window=window)
    assert 0 <= read_begin <= read_end <= len(axis)
    found = axis[read_begin:read_end]
    return found if take is None else found[take]


@settings(deadline=None)
@given(
    size=st.integers(1, 40),
    before=st.integers(0, 90),
    after=st.integers(0, 90),
    window=st.sampled_from([None, 1, 4, 16, 1024]),
)
def test_outside_voxels_are_those_of_symmetric_padding(
    size: int, before: int, after: int, window: int | None
) -> None:
    """At the begin the axis is mirrored, at the end its last window."""
    axis = np.arange(size)
    last = 0 if window is None else (size - 1) // window * window
    tail = np.pad(axis[last:], (0, after), mode="symmetric")
    head = np.pad(axis, (before, 0), mode="symmetric")
    expected = np.concatenate([head[: before + last], tail])
    assert_array_equal(read(axis, -before, size + after, window), expected)


@settings(deadline=None)
@given(
    size=st.integers(1, 40),
    ends=st.tuples(st.integers(-20, 60), st.integers(1, 20)),
    window=st.sampled_from([None, 4, 16]),
)
def test_a_stretch_is_part_of_the_whole(
    size: int, ends: tuple[int, int], window: int | None
) -> None:
    """What stands at a position does not depend on where reading begins."""
    begin, end = ends[0], sum(ends)
    whole = read(np.arange(size), -20, 100, window)
    assert_array_equal(read(np.arange(size), begin, end, window), whole[begin + 20 : end + 20])


def test_nothing_is_taken_where_nothing_is_missing() -> None:
    """Inside the axis no voxel is copied."""
    assert reach(0, 10, 10, window=4) == (0, 10, None)


def test_only_what_is_needed_is_read() -> None:
    """A cell at the end of a long axis does not read the whole axis."""
    assert reach(4096, 4098, 4097, window=1024)[:2] == (4096, 4097)
    assert reach(4090, 4100, 4097)[:2] == (4090, 4097)


@pytest.mark.parametrize("channels", [1, 3])
def test_gathering_pads_a_block_and_keeps_its_layout(channels: int) -> None:
    """Three axes at once are what `np.pad` makes, c fastest in memory."""
    block = random_block((channels, 5, 4, 3), "uint16", seed=10)
    takes = [reach(-1, extent + 2, extent)[2] for extent in block.shape[1:]]
    gathered = gather(block, takes)
    expected = np.pad(block, ((0, 0), (1, 2), (1, 2), (1, 2)), mode="symmetric")
    assert_array_equal(gathered, expected, strict=True)
    assert gathered.T.flags.c_contiguous


def test_gathering_nothing_copies_nothing() -> None:
    """A complete block passes as it is."""
    block = lay_out(np.zeros((1, 2, 2, 2), np.uint8))
    assert np.shares_memory(gather(block, (None, None, None)), block)
