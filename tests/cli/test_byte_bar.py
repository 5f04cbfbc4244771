"""The line that shows how far the reading of files is."""

import io

from wkflow.cli.byte_bar import ByteBar

from tests.terminals import COLOUR


class Terminal(io.StringIO):
    """Text that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_share_and_bytes() -> None:
    """And is empty in the end."""
    out = Terminal()
    bar = ByteBar(4_000_000, out, pause_s=0)
    bar.tick(1_000_000)
    assert " 25%  1.0M of 4.0M bytes" in COLOUR.sub("", out.getvalue())
    bar.close()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_more_bytes_than_were_counted_are_no_more_than_all() -> None:
    """Files may grow meanwhile."""
    out = Terminal()
    bar = ByteBar(10, out, pause_s=0)
    bar.tick(25)
    assert "100%  10 of 10 bytes" in COLOUR.sub("", out.getvalue())


def test_nobody_looks_at_a_file() -> None:
    """Nothing is written there; nor is where nothing is to be counted."""
    out = io.StringIO()
    bar = ByteBar(10, out, pause_s=0)
    bar.tick(5)
    bar.close()
    assert out.getvalue() == ""
    empty = ByteBar(0, Terminal(), pause_s=0)
    empty.tick(5)
    assert empty.out.getvalue() == ""
