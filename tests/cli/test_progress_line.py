"""The line of progress in a file, and its words: what they say is true."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.cli.progress_line import State, cells_of, line_of

NUMBERS = st.integers(-(10**6), 10**15)


@given(done=NUMBERS, total=NUMBERS, rate=st.floats(0, 1e15))
def test_nothing_is_negative(done: int, total: int, rate: float) -> None:
    """Neither share nor time is below zero, nor is a share above one."""
    state = State("voxels", done, total, rate)
    assert 0 <= state.share <= 1
    assert state.seconds_left is None or state.seconds_left >= 0
    bar = line_of(state, io.StringIO()).partition(" ")[0]
    assert len(bar) == 24


def test_the_end_is_no_zero_seconds() -> None:
    """When all voxels are written, metadata and report are not yet."""
    assert "finishing" in State("voxels", 10, 10, 1.0).parts()
    assert not any("left" in part for part in State("voxels", 10, 10, 1.0).parts())


@pytest.mark.parametrize(
    ("encoding", "cells"), [("utf-8", "█░"), ("cp437", "█░"), ("ascii", "#-"), ("latin-1", "#-")]
)
def test_blocks_are_drawn_where_they_can_be_shown(encoding: str, cells: str) -> None:
    """The encoding of the stream decides, and not its name."""
    assert "".join(cells_of(io.TextIOWrapper(io.BytesIO(), encoding))) == cells
