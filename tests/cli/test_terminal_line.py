"""The line of a terminal: it fits, it goes, and it has colours only where somebody wants them."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wkflow.cli import terminal_line
from wkflow.cli.progress_line import State
from wkflow.cli.terminal_line import TerminalLine, is_terminal, width_of
from wkflow.model.units import shown_bytes

from tests.runs import TIMEOUT_S, VOXEL_SIZE, environment, noise, write_stack
from tests.terminals import COLOUR, QUIET, at_terminal, resize, shown_to, terminal

NUMBERS = st.integers(-(10**6), 10**15)
STATE = State("voxels", 5, 10, 1.0, 1, 2, "jobs: 1 run, 0 wait")
EMPTIED = "\r\x1b[2K"


class Terminal(io.StringIO):
    """Text that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of this machine decide."""
    for name in QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def line_at(width: int, state: State | str, out: io.StringIO | None = None) -> str:
    """Show a line on a terminal so wide; give it without colours."""
    out = out or Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal_line, "width_of", lambda _: width)
        TerminalLine(out).show(state)
    return COLOUR.sub("", out.getvalue()).removeprefix(EMPTIED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    done=NUMBERS, total=NUMBERS, rate=st.floats(0, 1e15), ready=st.integers(0, 10**15),
    width=st.integers(1, 300), jobs=st.sampled_from(["", "jobs: 3 run, 9 wait (Priority)"]),
)  # fmt: skip
def test_a_line_fits(done: int, total: int, rate: float, ready: int, width: int, jobs: str) -> None:
    """Whatever the width, it leaves the last column, and is one line."""
    line = line_at(width, State("voxels", done, total, rate, 0, ready, jobs))
    assert len(line) < max(2, width)
    assert "\n" not in line


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_bar_fills_the_terminal(width: int) -> None:
    """But for its last column."""
    line = line_at(width, State("voxels", 5, 10, 1.0))
    assert len(line) == width - 1
    assert line.startswith("\u2501" * 8)


def test_what_matters_most_stays_where_it_is_narrow() -> None:
    """First the speed goes, then the cluster, the bytes, the time, the bar."""
    told = [line_at(width, STATE) for width in (120, 82, 65, 46, 32, 26, 12)]
    assert told[0].endswith("1/s")
    assert told[1].endswith("jobs: 1 run, 0 wait")
    assert told[2].endswith("sent 1 of 2 bytes")
    assert told[3].endswith("0:05 left")
    assert told[4].endswith(" 50%  5 of 10 voxels")
    assert "\u2501" in told[4]
    assert told[5] == " 50%  5 of 10 voxels"
    assert told[6] == " 50%  5 of "


def test_words_alone_have_no_bar() -> None:
    """Before there is a plan."""
    assert line_at(80, "planning, 3 s") == "planning, 3 s"
    assert line_at(10, "planning, 3 s") == "planning,"


def both(out: Any) -> None:  # noqa: ANN401 -- a stream
    """Show two states and take the line away."""
    line = TerminalLine(out)
    line.show(State("voxels", 5, 10))
    line.show(State("voxels", 10, 10))
    line.clear()
    line.clear()


def test_each_line_takes_the_place_of_the_last() -> None:
    """In a real terminal; nothing else of it is touched, so nothing is left behind by a kill."""
    told = shown_to(both, 60)
    assert COLOUR.search(told)
    first, second, last = COLOUR.sub("", told).split(EMPTIED)[1:]
    assert " 50%" in first
    assert "100%" in second
    assert last == ""
    assert "\n" not in told
    assert "\x1b" not in COLOUR.sub("", told).replace(EMPTIED, "")


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is still drawn in its place."""
    monkeypatch.setenv("NO_COLOR", "1")
    told = shown_to(both, 60)
    assert not COLOUR.search(told)
    assert told.count(EMPTIED) == 3
    assert len(told.split(EMPTIED)[1]) == 59


def test_ascii_where_nothing_else_can_be_shown() -> None:
    """The encoding of the stream decides."""
    out = io.TextIOWrapper(io.BytesIO(), "ascii", newline="")
    TerminalLine(out).show(State("voxels", 5, 10))
    out.flush()
    told = out.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]  # it is BytesIO
    assert "----" in told
    assert " 50%  5 of 10 voxels" in told


def test_the_width_is_that_of_the_terminal_now() -> None:
    """It may be changed while the run goes on; COLUMNS of a shell does not hold it fast."""
    with terminal(43) as (_, theirs), open(theirs, "w") as out:  # noqa: PTH123 -- a number
        for columns in (43, 120):
            resize(theirs, columns)
            assert width_of(out) == columns
    assert width_of(io.StringIO()) == 80


def test_a_terminal_that_cannot_go_back_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets lines as a file does."""
    assert is_terminal(Terminal())
    assert not is_terminal(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(Terminal())


@pytest.mark.parametrize(
    "variables",
    [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}],
    ids=["colours", "no colour", "no terminal to go back in"],
)
def test_a_run_at_a_terminal(tmp_path: Path, variables: dict[str, str]) -> None:
    """Its line is drawn while it runs, and gone when it has ended; the end is as in a file."""
    source = write_stack(tmp_path / "stack", noise(4, 30, 40))
    words = ("convert", *VOXEL_SIZE, source, tmp_path / "out")
    status, told = at_terminal(*words, columns=70, **variables)
    assert status == 0, told
    assert (EMPTIED in told) == ("TERM" not in variables)
    assert bool(COLOUR.search(told)) <= (not variables)
    assert "\x1b" not in COLOUR.sub("", told).replace(EMPTIED, "")
    rest = COLOUR.sub("", told).rpartition(EMPTIED)[2]
    assert rest.splitlines()[-3:] == [
        f"wkflow: dataset  {tmp_path / 'out'}, {shown_bytes(stored(tmp_path / 'out.wkflow'))}",
        f"wkflow: report   {tmp_path / 'out.wkflow' / 'report.html'}",
        f"wkflow: look at  wkflow info {tmp_path / 'out'}",
    ]


def stored(run_folder: Path) -> int:
    """Give how many bytes a run wrote."""
    rules = json.loads((run_folder / "report.json").read_bytes())["rules"]
    return sum(rule["bytes"] for rule in rules.values())


def test_no_job_imports_what_draws_lines() -> None:
    """Nor does Snakemake with our rules: its start is what a small run waits for."""
    code = """
import importlib, pkgutil, sys
import snakemake.cli
import wkflow.rules, wkflow.steps

for package in (wkflow.rules, wkflow.steps):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
print([name for name in sys.modules if name.partition(".")[0] in {"rich", "rich_argparse"}])
"""
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment(), timeout=TIMEOUT_S
    )
    assert run.stdout.strip() == "[]"
