"""The line of progress: it fits, and what it says is true."""

import io
import os
import pty

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.cli.progress_line import State, cells_of, fitted, width_of

CELLS = ("#", "-")
NUMBERS = st.integers(-(10**6), 10**15)


@given(
    done=NUMBERS, total=NUMBERS, rate=st.floats(0, 1e15), ready=st.integers(0, 10**15),
    width=st.integers(1, 300), jobs=st.sampled_from(["", "jobs: 3 run, 9 wait (Priority)"]),
)  # fmt: skip
def test_a_line_fits_and_is_never_negative(
    done: int, total: int, rate: float, ready: int, width: int, jobs: str
) -> None:
    """Whatever the width, it leaves the last column; neither share nor time is below zero."""
    state = State("voxels", done, total, rate, 0, ready, jobs)
    line = fitted(state, width, CELLS)
    assert len(line) < max(2, width)
    assert "\n" not in line
    assert 0 <= state.share <= 1
    assert state.seconds_left is None or state.seconds_left >= 0


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_bar_fills_the_terminal(width: int) -> None:
    """But for its last column."""
    assert len(fitted(State("voxels", 5, 10, 1.0), width, CELLS)) == width - 1


def test_what_matters_most_stays_where_it_is_narrow() -> None:
    """First the speed goes, then the cluster, the bytes, the time, the bar."""
    state = State("voxels", 5, 10, 1.0, 1, 2, "jobs: 1 run, 0 wait")
    told = [fitted(state, width, CELLS) for width in (120, 82, 65, 46, 32, 26)]
    assert told[0].endswith("1/s")
    assert told[1].endswith("jobs: 1 run, 0 wait")
    assert told[2].endswith("sent 1 of 2 bytes")
    assert told[3].endswith("0:05 left")
    assert told[4].endswith("-  50%  5 of 10 voxels")
    assert told[5] == " 50%  5 of 10 voxels"


def test_the_end_is_no_zero_seconds() -> None:
    """When all voxels are written, metadata and report are not yet."""
    assert "finishing" in fitted(State("voxels", 10, 10, 1.0), 80, CELLS)
    assert "left" not in fitted(State("voxels", 10, 10, 1.0), 80, CELLS)


@pytest.mark.parametrize(
    ("encoding", "cells"), [("utf-8", "█░"), ("cp437", "█░"), ("ascii", "#-"), ("latin-1", "#-")]
)
def test_blocks_are_drawn_where_they_can_be_shown(encoding: str, cells: str) -> None:
    """The encoding of the stream decides, and not its name."""
    assert "".join(cells_of(io.TextIOWrapper(io.BytesIO(), encoding))) == cells


def test_the_width_is_that_of_the_terminal_now() -> None:
    """It may be changed while the run goes on."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as out:
        for columns in (43, 120):
            _resize(writer, columns)
            assert width_of(out) == columns
    os.close(reader)
    assert width_of(io.StringIO()) == 80


def _resize(terminal: int, columns: int) -> None:
    import fcntl  # noqa: PLC0415 -- where there are pseudo-terminals
    import struct  # noqa: PLC0415
    import termios  # noqa: PLC0415

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
