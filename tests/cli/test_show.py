"""Tables in a terminal and in a pipe."""

import io
from pathlib import Path
from typing import Any

import pytest
from wkflow.cli.show import show
from wkflow.report.text_table import Part, TextTable, plain

from tests.datasets import write_dataset
from tests.inspection.conftest import two_mags
from tests.runs import VOXEL_SIZE, noise, write_stack
from tests.terminals import COLOUR, QUIET, at_terminal, shown_to

PARTS: list[Part] = [
    "dataset    [red]em[/red]",
    TextTable(("mag", "codec"), (("1", "zstd:1"), ("2-2-1", "blosc of many words " * 4)), "><"),
]


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of this machine decide."""
    for name in QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(columns: int) -> str:
    """Show lines and a table on a terminal so wide."""

    def write(out: Any) -> None:  # noqa: ANN401 -- a stream
        show(PARTS, out)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        return shown_to(write, columns)


def test_a_pipe_gets_plain_lines() -> None:
    """Exactly the text; FORCE_COLOR asks for colours there too."""
    out = io.StringIO()
    show(PARTS, out)
    assert out.getvalue() == f"{plain(PARTS)}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        out = io.StringIO()
        show(PARTS, out)
    assert COLOUR.search(out.getvalue())


def test_a_terminal_gets_a_table_with_the_same_words() -> None:
    """In colours; brackets are no markup."""
    told = shown(120)
    assert COLOUR.search(told)
    assert COLOUR.sub("", told).split() == plain(PARTS).split()


def test_a_narrow_terminal_folds_cells() -> None:
    """No line is wider than it, and no word is lost."""
    lines = COLOUR.sub("", shown(40)).splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(lines).count("blosc") == 4


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nobody_gets_colours_against_their_will(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sequence at all."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "\x1b" not in shown(120)


def test_the_commands_show_so(tmp_path: Path) -> None:
    """Of a dataset, and of a plan."""
    dataset = write_dataset(tmp_path / "dataset", two_mags("zarr3"))
    status, told = at_terminal("info", dataset, columns=100)
    assert (status, bool(COLOUR.search(told))) == (0, True)
    assert "layer em: color, uint8" in COLOUR.sub("", told)
    source = write_stack(tmp_path / "stack", noise(3, 20, 30))
    words = ("convert", *VOXEL_SIZE, source, tmp_path / "out", "--dry-run")
    status, told = at_terminal(*words, columns=100)
    assert (status, bool(COLOUR.search(told))) == (0, True)
    assert "30 x 20 x 3" in COLOUR.sub("", told)
