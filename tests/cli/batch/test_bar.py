"""The line of a batch."""

import io
import json

import pytest
from wkflow.cli.batch import bar
from wkflow.cli.batch.bar import BatchBar
from wkflow.cli.messages import Messages

from tests.terminals import COLOUR


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many datasets are done, and how many failed."""
    monkeypatch.setattr(bar, "DRAWN_S", 0)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    shown = BatchBar(Messages(out=out), 300)
    shown.show(24, 1, 2)
    assert "24 of 300 datasets" in COLOUR.sub("", out.getvalue())
    assert "\n" not in out.getvalue()
    shown.close()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_a_file_has_lines_and_programs_have_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then; nobody else sees anything."""
    monkeypatch.setattr(bar, "LINE_S", 0)
    monkeypatch.setattr(bar, "EVENT_S", 0)
    lines, events, nothing = io.StringIO(), io.StringIO(), io.StringIO()
    for messages in (Messages(out=lines), Messages(out=events, as_events=True)):
        shown = BatchBar(messages, 300)
        shown.show(24, 1, 2)
        shown.close()
    BatchBar(Messages(out=nothing, quiet=True), 300).show(24, 1, 2)
    assert "2 at work, 1 failed" in lines.getvalue()
    told = json.loads(events.getvalue())
    assert (told["done"], told["total"], told["failed"], told["running"]) == (24, 300, 1, 2)
    assert nothing.getvalue() == ""
