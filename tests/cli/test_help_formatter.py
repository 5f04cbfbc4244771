"""Help in a terminal and in a pipe: the same words; colours where somebody wants them."""

import os
import subprocess
import sys

import pytest
from wkflow.cli.command_parser import build_parsers

from tests.runs import TIMEOUT_S, environment
from tests.terminals import COLOUR, QUIET, all_of, at_terminal, terminal


def piped(*words: str, **variables: str) -> str:
    env = {name: value for name, value in environment().items() if name not in QUIET}
    command = [sys.executable, "-m", "wkflow", *words]
    env |= {"COLUMNS": "80", "TERM": "xterm", **variables}
    run = subprocess.run(
        command, check=False, capture_output=True, text=True, env=env, timeout=TIMEOUT_S
    )
    return run.stdout


@pytest.mark.parametrize("words", [["--help"], ["convert", "--help"]])
def test_a_terminal_has_colours_and_the_words_of_a_pipe(words: list[str]) -> None:
    """Brackets and percent signs too, which are no markup."""
    status, told = at_terminal(*words)
    assert status == 0
    assert COLOUR.search(told)
    plain = piped(*words)
    assert "\x1b" not in plain
    assert COLOUR.sub("", told) == plain


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nobody_gets_colours_against_their_will(variables: dict[str, str]) -> None:
    """Nor bold letters, nor any other sequence."""
    status, told = at_terminal("upload", "--help", **variables)
    assert (status, "\x1b" in told) == (0, False)
    assert told == piped("upload", "--help")


def test_colours_can_be_had_in_a_pipe() -> None:
    """As for a pager."""
    assert COLOUR.search(piped("upload", "--help", FORCE_COLOR="1"))


@pytest.mark.parametrize("columns", [60, 72])
def test_lines_fit(columns: int) -> None:
    """But for commands, and words that are longer than there is room."""
    _, told = at_terminal("convert", "--help", columns=columns)
    lines = COLOUR.sub("", told).splitlines()
    assert (
        max(len(line) for line in lines if line.count(" ") > 3 and "wkflow " not in line) < columns
    )


def test_nobody_waits_for_it_who_wants_no_help() -> None:
    """A command line is read without rich."""
    code = (
        "import sys; from wkflow.cli.command_parser import build_parsers; "
        "build_parsers()[1]['convert'].parse_args(['a', 'b']); "
        "print([one for one in sys.modules if one.startswith('rich')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True,
        env=environment(),
        timeout=TIMEOUT_S,
    )  # fmt: skip
    assert run.stdout.strip() == "[]", run.stderr


def test_every_help_can_be_drawn() -> None:
    """Whatever stands in the texts."""
    parser, parsers = build_parsers()
    assert all(one.format_help() for one in (parser, *parsers.values()))


def test_the_commands_are_shown_to_whoever_names_none() -> None:
    """On standard error, whose colours are its own: here it is a pipe, and standard output none."""
    with terminal(80) as (ours, theirs):
        env = {name: value for name, value in environment().items() if name not in QUIET}
        command = [sys.executable, "-m", "wkflow"]
        run = subprocess.run(
            command, check=False, stdout=theirs, stderr=subprocess.PIPE, env=env, timeout=TIMEOUT_S
        )
        os.close(theirs)
        assert all_of(ours) == ""
    assert b"convert an image stack" in run.stderr
    assert b"\x1b" not in run.stderr
